"""A few published survey tables, as SQL: two waves of a province, one of a department itself, one by another form.

Of the province (H99) departments 1 and 2 have enough ballots, 3 has not. Question F1.2 was reworded in 2026.
"""

_WAVES = """
  ('KS-2025', 'form', 'Khảo sát <2025>', 'province', 'clients', date '2025-09-01', date '2025-12-15', 'pooled', true,
    'base', 'used', 6, 5, 400, 3, 'KS-2025', 'form|province|clients', null, null),
  ('KS-2026', 'form', 'Khảo sát 2026', 'province', 'clients', date '2026-02-01', date '2026-03-15', 'pooled', false,
    'base', 'used', 6, 6, 410, 3, 'KS-2025', 'form|province|clients', 'KS-2025', null),
  ('TU-1', 'form', 'Tự khảo sát', 'unit', 'clients', date '2026-02-01', date '2026-02-28', 'pooled', false,
    'equal', 'no_weights', 2, 0, 18, 1, 'TU-1', 'form|unit|clients', null, 'owner')
"""
_FIGURES = """
  ('KS-2025', 'H99', 'overall', 'overall', 'ok', 400, 0.70, 0.68, 0.72),
  ('KS-2026', 'H99', 'overall', 'overall', 'ok', 410, 0.75, 0.73, 0.77),
  ('KS-2026', 'H99', 'factor', 'F1', 'ok', 409, 0.76, 0.74, 0.78),
  ('TU-1', 'H99', 'overall', 'overall', 'insufficient_sample', 18, null, null, null),
  ('KS-2025', 'H99.1', 'overall', 'overall', 'ok', 60, 0.60, 0.50, 0.70),
  ('KS-2026', 'H99.1', 'overall', 'overall', 'ok', 61, 0.55, 0.45, 0.65),
  ('KS-2026', 'H99.1', 'factor', 'F1', 'ok', 61, 0.56, 0.46, 0.66),
  ('KS-2026', 'H99.2', 'overall', 'overall', 'ok', 62, 0.80, 0.70, 0.90),
  ('KS-2026', 'H99.3', 'overall', 'overall', 'insufficient_sample', 12, null, null, null),
  ('KS-2026', 'H99.1', 'item', 'F1.1', 'ok', 61, 0.50, 0.40, 0.60),
  ('KS-2026', 'H99.1', 'item', 'F1.2', 'ok', 60, 0.65, 0.55, 0.75),
  ('KS-2026', 'H99.1', 'item', 'X1', 'ok', 61, 0.90, 0.80, 0.96),
  ('KS-2026', 'H99.1', 'item', 'E1', 'ok', 59, 0.30, 0.20, 0.40),
  ('KS-2026', 'H99.1', 'item', 'E2', 'ok', 59, 0.40, 0.30, 0.50)
"""

SURVEY_TABLES = {
    "dim_survey_waves": f"""
        select 'H99' as authority_code, *, 'face_to_face' as mode_code, 'Danh sách <hồ sơ>' as frame_name,
          survey_owner_code is not null as is_registered, 'Phiếu thử' as instrument_name, 30 as minimum_ballot_count,
          'G2' as method_version, 'QĐ <2>' as legal_basis
        from (values {_WAVES}) as t(wave_code, instrument_code, wave_name, survey_owner_code, population_code,
          start_date, end_date, index_formula_code, is_confirmed, weight_kind_code, totals_use_code,
          known_total_count, used_total_count, ballot_count, unit_count, unit_set_code, series_code,
          previous_wave_code, break_code)""",
    "dim_survey_items": """
        select 'H99' as authority_code, 'form' as instrument_code, *, cast(null as date) as valid_to_date,
          case part_code when 'experience' then 'yes' when 'expectation' then 'wish' else 'five' end as scale_code
        from (values
          ('F1.1', 1, 'service', 'F1', 'Tiếp cận', 'Chỗ ngồi <chờ>', true, false, date '2017-01-01'),
          ('F1.2', 2, 'service', 'F1', 'Tiếp cận', 'Lời cũ', true, false, date '2017-01-01'),
          ('F1.2', 2, 'service', 'F1', 'Tiếp cận', 'Lời mới', true, false, date '2026-01-01'),
          ('F1.2', 2, 'service', 'F1', 'Tiếp cận', 'Lời chưa hiệu lực', true, false, date '2027-01-01'),
          ('X1', 3, 'experience', 'X', 'Trải nghiệm', 'Trả đúng hẹn', false, true, date '2017-01-01'),
          ('E1', 4, 'expectation', 'E', 'Mong đợi', 'Bớt giấy tờ', false, false, date '2017-01-01'),
          ('E2', 5, 'expectation', 'E', 'Mong đợi', 'Nhanh hơn', false, false, date '2017-01-01'))
        as t(item_code, item_order, part_code, factor_code, factor_name, item_text, is_indexed, is_on_time_question,
          valid_from_date)""",
    "dim_survey_options": """
        select 'H99' as authority_code, *
        from (values ('five', '3', 'Thường', 'neutral', 3), ('five', '5', 'Rất tốt', 'positive', 5),
          ('five', '4', 'Tốt', 'positive', 4), ('yes', '1', 'Có', 'positive', 1), ('yes', '2', 'Không', 'negative', 2),
          ('wish', '2', 'Nhiều', 'neutral', 2), ('wish', '3', 'Rất nhiều', 'positive', 3))
        as t(scale_code, answer_code, option_text, option_kind_code, option_order)""",
    "fct_survey_estimates": f"""
        select 'H99' as authority_code, wave_code, 'form' as instrument_code, unit_code, 'all' as group_kind_code,
          'all' as group_code, measure_level_code, measure_code,
          if(measure_level_code = 'item', 'share', 'pooled') as statistic_code, true as is_chosen_formula, value_status,
          answered_ballot_count as ballot_count, answered_ballot_count, answered_ballot_count as valid_count,
          cast(0.95 as decimal(18, 6)) as item_response_rate, estimate, interval_low, interval_high
        from (values {_FIGURES}) as t(wave_code, unit_code, measure_level_code, measure_code, value_status,
          answered_ballot_count, estimate, interval_low, interval_high)
        union all
        select 'H99', 'KS-2026', 'form', 'H99', 'all', 'all', 'overall', 'overall', 'mean_of_shares', false, 'ok', 410,
          410, 410, 0.95, 0.74, 0.72, 0.76
        union all
        select 'H99', 'KS-2026', 'form', 'H99', 'all', 'all', 'factor', 'F1', 'mean_of_shares', false, 'suppressed',
          409, 409, 409, 0.95, null, null, null
        union all
        select 'H99', 'KS-2026', 'form', 'H99.1', 'gender', g, 'overall', 'overall', 'pooled', true, s, n, n, n, 0.95,
          e, e - 0.1, e + 0.1
        from (values ('male', 'ok', 40, 0.5), ('female', 'insufficient_sample', 21, null),
          ('khác <lạ>', 'suppressed', null, null)) as t(g, s, n, e)""",
    "fct_survey_responses": """
        select 'H99' as authority_code, *,
          if(refused_count is not null, answered_count / (listed_count - ineligible_count), null) as response_rate
        from (values ('KS-2025', 'form', 'H99', 400, 400, null, null, null),
          ('KS-2026', 'form', 'H99', 840, 410, 200, 210, 20), ('KS-2026', 'form', 'H99.1', 122, 61, 31, 30, 0),
          ('TU-1', 'form', 'H99', 18, 18, null, null, null))
        as t(wave_code, instrument_code, unit_code, listed_count, answered_count, refused_count, not_reached_count,
          ineligible_count)""",
    "fct_survey_answer_shares": """
        select 'H99' as authority_code, 'KS-2026' as wave_code, 'form' as instrument_code, 'H99.1' as unit_code, *
        from (values
          ('F1.1', '1', 'negative', 'Rất kém', 1, 6, 0.10), ('F1.1', '2', 'negative', 'Kém', 2, 12, 0.20),
          ('F1.1', '3', 'neutral', 'Thường', 3, 6, 0.10), ('F1.1', '4', 'positive', 'Tốt', 4, 27, 0.45),
          ('F1.1', '9', 'dont_know', 'Không biết', 6, 5, 0.05), ('F1.1', 'merged', 'merged', null, null, 5, 0.10),
          ('X1', '1', 'positive', 'Có', 1, 55, 0.90), ('X1', '2', 'negative', 'Không', 2, 6, 0.10),
          ('E1', '3', 'positive', 'Rất nhiều', 3, 20, 0.30))
        as t(item_code, answer_code, option_kind_code, option_text, option_order, answer_count, answer_share)""",
    "fct_survey_comparisons": """
        select 'H99' as authority_code, wave_code, 'form' as instrument_code, unit_code, measure_level_code,
          measure_code, comparison_code, compared_wave_code, 1 as compared_unit_count, estimate, compared_estimate,
          estimate - compared_estimate as difference, estimate - compared_estimate - 0.05 as difference_low,
          estimate - compared_estimate + 0.05 as difference_high, adjusted_chance, 2 as family_size
        from (values
          ('KS-2026', 'H99.1', 'overall', 'overall', 'peers', null, 0.55, 0.80, 0.001),
          ('KS-2026', 'H99.2', 'overall', 'overall', 'peers', null, 0.80, 0.55, 0.2),
          ('KS-2026', 'H99.1', 'item', 'F1.1', 'peers', null, 0.50, 0.70, 0.01),
          ('KS-2026', 'H99.1', 'item', 'F1.2', 'peers', null, 0.65, 0.60, 1.0),
          ('KS-2026', 'H99.1', 'item', 'E1', 'peers', null, 0.30, 0.90, 0.001),
          ('KS-2026', 'H99', 'overall', 'overall', 'previous_wave', 'KS-2025', 0.75, 0.70, 0.01))
        as t(wave_code, unit_code, measure_level_code, measure_code, comparison_code, compared_wave_code, estimate,
          compared_estimate, adjusted_chance)""",
    "rpt_survey_funnels": """
        select 'H99' as authority_code, 'KS-2026' as wave_code, 'form' as instrument_code, *, 0.75 as centre,
          0.65 as inner_low, 0.85 as inner_high, 0.60 as outer_low, 0.90 as outer_high
        from (values ('H99.1', 0.55, 90.5, 'far_below'), ('H99.2', 0.80, 120.5, 'within'))
        as t(unit_code, estimate, effective_count, position_code)""",
    "rpt_on_time_perceptions": """
        select 'H99' as authority_code, 'KS-2026' as wave_code, 'form' as instrument_code, *, 'X1' as item_code,
          claimed_rate - perceived_rate as claim_gap
        from (values ('H99.2', 'ok', 62, 0.95, 0.90, 0.98, null, null, null),
          ('H99.3', 'suppressed', 12, null, null, null, 0.99, 0.98, null),
          ('H99.1', 'ok', 61, 0.90, 0.80, 0.95, 0.99, 0.97, 'claims_more'),
          ('H99', 'ok', 400, 0.92, 0.90, 0.94, 0.93, 0.92, 'agrees'))
        as t(unit_code, value_status, answered_ballot_count, perceived_rate, interval_low, interval_high, claimed_rate,
          computed_rate, gap_code)""",
    "rpt_survey_sides": """
        select 'H99' as authority_code, 'H99' as unit_code, '2026' as period_code,
          * replace (cast(satisfied_percent as decimal(18, 6)) as satisfied_percent,
            cast(change_points as decimal(18, 6)) as change_points)
        from (values
          ('declared', 'ministry', 'ministry', 'Bộ <công bố>', null, 'ok', 81.375, null, null, 900, 0.645, 19, 63,
            null),
          ('rating', 'kiosk_3_levels', 'unit', 'Kiosk', 'kiosk-3', 'ok', 90.5, 89.0, 92.0, 2000, null, null, null,
            0.25),
          ('estimate', 'KS-2026|form', 'province', 'Khảo sát 2026', 'G2', 'ok', 75.0, 73.0, 77.0, 410, null, null,
            null, null))
        as t(side_code, side_key, survey_owner_code, side_name, method_version, value_status, satisfied_percent,
          percent_low, percent_high, answer_count, change_points, declared_rank, ranked_count, coverage_rate)""",
}
