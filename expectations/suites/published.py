"""Gate 2: what readers of a published build may rely on, checked on the very files.

Shape, ranges, completeness, and agreement between files. How a number is computed is dbt's to test.
"""

from __future__ import annotations

from expectations.rules import Rule, TableSuite
from expectations.suites import published_indicators, published_scores, published_surveys

SHAPE_SUBJECT = "published_columns"
COLUMNS_VIEW = (
    "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'main' and not internal"
)

# The columns that the dashboard, `cchc query` and the reports name. More may stand beside them.
PROMISED_COLUMNS = {
    "dim_authorities": "authority_code authority_name is_synthetic dossier_count",
    "dim_units": "authority_code unit_code unit_name unit_short_name unit_bloc_code unit_bloc_name "
    "parent_unit_code is_registered valid_from_date valid_to_date existed_from_date successor_unit_code "
    "successor_unit_name succession_status_code succession_text",
    "fct_unit_period_changes": "authority_code unit_code period_code",
    "bridge_unit_successions": "authority_code unit_code current_unit_code succession_status_code last_change_date",
    "dim_peer_groups": "authority_code peer_group_code peer_group_name tier_lower_count unit_count",
    "dim_periods": "period_code period_kind_code period_name start_date end_date is_complete sort_order",
    "dim_indicators": "indicator_code indicator_name indicator_short_name family_code numerator_text "
    "denominator_text exclusions_text direction_code unit_of_measure_code multiplier value_digits "
    "rank_digits minimum_denominator legal_basis method_version is_confirmed is_rankable display_order",
    "fct_indicator_values": "authority_code unit_code period_code indicator_code origin_code numerator "
    "denominator excluded_count value value_status interval_low interval_high",
    "fct_indicator_values_by_successor": "authority_code unit_code period_code indicator_code numerator denominator "
    "excluded_count value value_status interval_low interval_high is_year_on_year_comparable",
    "fct_unit_rankings": "authority_code peer_group_code period_code indicator_code origin_code unit_code "
    "value value_status numerator denominator interval_low interval_high unit_rank is_tied "
    "ranked_unit_count listed_unit_count peer_group_median is_new_in_period previous_unit_rank previous_value "
    "rank_low rank_high distinct_group_number is_change_beyond_chance quality_grade_code",
    "dim_regulations": "authority_code regulation_code regulation_version_code regulation_name unit_bloc_codes "
    "period_kind_codes score_order_code rounding_mode_code rounding_digits rounding_stage_code "
    "percent_digits tie_tolerance minimum_denominator volume_tier_bounds total_input_code grade_basis_code "
    "max_score valid_from_date valid_to_date legal_basis source_sha256 is_confirmed is_scorable "
    "faults_text",
    "dim_criteria": "authority_code regulation_code regulation_version_code criterion_code "
    "parent_criterion_code field_criterion_code path_codes level_number level_code criterion_name "
    "kind_code rule_code is_leaf max_score weight total_weight input_kind_code input_code "
    "factor_input_code target_value floor_value zero_denominator_code rounding_digits "
    "evidence_text display_order legal_basis is_confirmed",
    "dim_criterion_bands": "authority_code regulation_code regulation_version_code criterion_code band_number "
    "lower_value is_lower_included upper_value is_upper_included answer_code calculation_code "
    "awarded_score base_value",
    "dim_grades": "authority_code regulation_code regulation_version_code unit_bloc_code grade_code "
    "grade_name lower_value display_order is_confirmed",
    "fct_score_inputs": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code is_leaf input_kind_code input_code is_applicable campaign_code self_score "
    "appraised_score_1 appraised_score_2 survey_score survey_answer_count declared_score evidence_reference "
    "explanation_reference family_code wave_code has_counts is_sampled sample_count sample_scale is_small_sample "
    "numerator denominator "
    "factor_numerator factor_denominator factor_sample_count",
    "fct_score_answers": "authority_code unit_code period_code instrument_code item_code answer_code is_indexed "
    "option_kind_code is_withheld answer_count",
    "fct_rule_scores": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code is_in_maximum figure_status rule_score rule_score_low rule_score_high "
    "rule_score_joint_low rule_score_joint_high joint_quantile interval_low interval_high "
    "one_more_score",
    "fct_criterion_scores": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code parent_criterion_code field_criterion_code level_number kind_code is_leaf "
    "max_score applicable_max_score self_score appraised_score_1 appraised_score_2 "
    "appraised_score survey_score computed_score declared_score final_score final_source_code "
    "score_status score_low score_high score_joint_low score_joint_high one_more_score contribution_score "
    "held_max_score uncertainty_code "
    "numerator denominator "
    "family_code",
    "fct_unit_scores": "authority_code regulation_code regulation_version_code period_code unit_code base_score "
    "bonus_score penalty_score total_score applicable_max_score total_percent value_status "
    "percent_low percent_high percent_joint_low percent_joint_high grade_code grade_name is_grade_confirmed self_score "
    "computed_score declared_score missing_max_score known_score counted_max_score uncounted_max_score leaf_count "
    "scored_leaf_count "
    "largest_denominator",
    "fct_score_peer_groups": "authority_code regulation_code regulation_version_code period_code unit_code "
    "unit_bloc_code peer_group_code peer_group_name tier_lower_count volume_count",
    "fct_score_rankings": "authority_code regulation_code regulation_version_code period_code peer_group_code "
    "unit_code total_score applicable_max_score total_percent value_status percent_low "
    "percent_high grade_code grade_name is_grade_confirmed counted_max_score uncounted_max_score "
    "unit_rank is_tied rank_low rank_high "
    "distinct_group_number percentile listed_unit_count ranked_unit_count peer_group_median "
    "previous_unit_rank previous_percent is_change_beyond_chance largest_denominator "
    "quality_grade_code quality_grade_status",
    "rpt_score_differences": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code max_score claimed_score claim_origin_code computed_score difference_score "
    "final_score final_source_code numerator denominator severity_order",
    "fct_score_explanations": "authority_code campaign_code regulation_code period_code unit_code criterion_code "
    "stated_at stage_code actor_code reason_text old_score new_score is_reworded",
    "dim_survey_instruments": "authority_code instrument_code instrument_name kind_code index_formula_code "
    "minimum_ballot_count method_version legal_basis is_confirmed origin_code",
    "dim_survey_items": "authority_code instrument_code item_code item_order part_code factor_code factor_name "
    "item_text scale_code is_indexed is_on_time_question valid_from_date valid_to_date is_confirmed origin_code",
    "dim_survey_options": "authority_code scale_code answer_code option_text option_kind_code option_value "
    "option_order origin_code",
    "dim_survey_waves": "authority_code wave_code instrument_code wave_name survey_owner_code population_code "
    "mode_code frame_name start_date end_date is_registered instrument_name index_formula_code minimum_ballot_count "
    "method_version legal_basis is_confirmed weight_kind_code totals_use_code known_total_count used_total_count "
    "ballot_count unit_count unit_set_code series_code previous_wave_code break_code",
    "fct_survey_estimates": "authority_code wave_code instrument_code unit_code group_kind_code group_code "
    "measure_level_code measure_code statistic_code is_chosen_formula value_status ballot_count "
    "answered_ballot_count valid_count item_response_rate estimate standard_error interval_low interval_high "
    "design_effect effective_count degrees_of_freedom",
    "fct_survey_responses": "authority_code wave_code instrument_code unit_code listed_count answered_count "
    "refused_count not_reached_count ineligible_count response_rate",
    "fct_survey_answer_shares": "authority_code wave_code instrument_code unit_code item_code answer_code "
    "option_kind_code option_text option_order answer_count answer_share",
    "fct_survey_declared_results": "authority_code unit_code survey_owner_code period_start_date period_end_date "
    "measure_code declared_percent change_points declared_rank ranked_count ballot_count method_version source_name "
    "delivery_id source_row_number",
    "fct_survey_comparisons": "authority_code wave_code instrument_code unit_code measure_level_code measure_code "
    "comparison_code compared_wave_code peer_group_code compared_unit_count estimate compared_estimate difference "
    "difference_low difference_high chance adjusted_chance family_size difference_rank",
    "fct_rating_counts": "authority_code unit_code period_code instrument_code rating_count valid_count value_status "
    "positive_count positive_rate interval_low interval_high handed_over_count coverage_rate "
    "burst_rating_count",
    "rpt_survey_funnels": "authority_code wave_code instrument_code unit_code estimate effective_count centre "
    "inner_low inner_high outer_low outer_high position_code",
    "rpt_on_time_perceptions": "authority_code wave_code instrument_code unit_code item_code period_code value_status "
    "answered_ballot_count perceived_rate interval_low interval_high claimed_rate computed_rate claim_gap gap_code",
    "rpt_survey_sides": "authority_code unit_code period_code side_code side_key survey_owner_code side_name "
    "method_version value_status satisfied_percent percent_low percent_high answer_count change_points declared_rank "
    "ranked_count coverage_rate",
    "fct_dossiers": "authority_code dossier_code procedure_code procedure_name domain_name "
    "receiving_unit_code resolving_unit_code section_code channel_code submitted_at received_at due_at "
    "completed_at returned_at received_date due_date completed_date status_code state_code "
    "timeliness_by_date_code timeliness_by_timestamp_code first_received_at original_due_at recomputed_due_at "
    "first_completed_at "
    "timeliness_original_by_date_code timeliness_original_by_timestamp_code timeliness_recomputed_by_date_code "
    "timeliness_recomputed_by_timestamp_code difference_cause_code overdue_working_days declared_timeliness_code "
    "delivery_id source_row_number",
    "fct_dossier_date_changes": "authority_code dossier_code date_kind_code version_number old_at new_at "
    "announced_by_code effect_code delivery_id",
    "fct_dossier_stops": "authority_code dossier_code stop_number stopped_at resumed_at clock_mode_code "
    "wait_measure_code wait_seconds is_counted",
    "fct_dossier_verdicts": "authority_code dossier_code closed_date handed_over_date passed_due_date "
    "resolving_unit_code due_unit_code section_code procedure_code domain_name channel_code "
    "resolved_verdict_code resolved_timestamp_verdict_code "
    "resolved_original_verdict_code resolved_recomputed_verdict_code received_verdict_code handed_over_verdict_code "
    "form_06a_verdict_code qd766_verdict_code to_be_processed_verdict_code due_in_period_verdict_code "
    "declared_flag_verdict_code",
    "fct_timeliness_counts": "authority_code unit_code section_code procedure_code domain_name channel_code "
    "slice_start_date received_count resolved_count resolved_numerator resolved_denominator resolved_excluded_count",
    "fct_form_06a": "authority_code unit_code period_code line_kind_code line_name received_total_count "
    "resolved_total_count open_total_count",
    "fct_report_differences": "authority_code unit_code reporter_key period_code report_code line_kind_code line_name "
    "measure_code claimed_count computed_count difference_count cause_code reading_code",
    "fct_dossier_supplements": "authority_code dossier_code supplement_code request_number requested_at answered_at "
    "working_days_since_received working_days_left due_basis_code is_asked_on_last_days",
    "fct_apology_letters": "authority_code dossier_code letter_code issued_at due_at_before due_at_after is_issued "
    "is_before_due has_new_date is_new_date_kept is_signed_by_head late_cause_code",
    "fct_dossier_versions": "authority_code dossier_code version_number status_code procedure_code resolving_unit_code "
    "received_at due_at completed_at returned_at delivery_id",
    "fct_dossier_steps": "authority_code dossier_code step_number activity_name began_at ended_at unit_code "
    "section_code procedure_code is_logged is_open is_wait elapsed_seconds working_seconds delay_seconds "
    "is_largest_delay",
    "fct_step_times": "level_code authority_code unit_code section_code procedure_code period_code activity_name "
    "time_kind_code measure_code step_count median_seconds p90_seconds total_seconds stated_step_count "
    "limited_step_count late_step_count "
    "handed_over_count rework_count",
    "fct_dossier_delays": "authority_code dossier_code unit_code holding_code delay_seconds dossier_delay_seconds "
    "measure_code due_at delay_ended_at",
    "fct_sync_differences": "authority_code dossier_code unit_code received_date match_code local_due_at "
    "national_due_at local_completed_at national_completed_at local_timeliness_by_date_code "
    "national_timeliness_by_date_code national_declared_timeliness_code is_late_local is_late_national synced_at "
    "cause_code",
    "rpt_sync_totals": "authority_code unit_code received_month_date dossier_count same_count differing_count "
    "only_local_count only_national_count late_local_count late_national_count late_both_count "
    "synchronisation_delay_count",
    "dim_difference_causes": "cause_code compared_code cause_name explanation display_order",
    "fct_deliveries": "delivery_id source_code layout_code file_name rows_read rows_accepted rows_rejected "
    "rows_ignored rows_flagged data_until_date",
    "fct_delivery_authorities": "delivery_id authority_code",
    "fct_rule_results": "rule_code subject_name effect_code is_passed checked_count failed_count",
    "fct_data_quality": "authority_code unit_code period_code dossier_count flagged_dossier_count "
    "unflagged_dossier_count unflagged_rate dossiers_status reports_status answers_status grade_code grade_status "
    "grade_reason_text is_grade_confirmed",
    "fct_dossier_flags": "authority_code dossier_code source_code reason_code reason_text flagged_row_count",
    "dim_rules": "rule_code rule_text owner_text example_text effect_code is_current",
    "rpt_units_to_watch": "authority_code period_code unit_code reason_code severity_order observed_value "
    "reference_value numerator denominator",
    "rpt_open_dossiers": "authority_code dossier_code resolving_unit_code due_date is_overdue working_days_left "
    "recomputed_due_at recomputed_working_days_left ageing_band_code is_waiting",
    "rpt_backlog_ages": "authority_code unit_code ageing_band_code ageing_band_name is_overdue display_order "
    "is_confirmed open_count waiting_count",
    "rpt_handover_gaps": "authority_code dossier_code resolving_unit_code completed_date waiting_working_days",
    "rpt_unit_handover_gaps": "authority_code unit_code finished_count gap_count maximum_waiting_working_days",
    "rpt_repeat_late_officers": "authority_code unit_code officer_key late_count justified_count threshold_count "
    "threshold_months",
    "rpt_rank_robustness": "authority_code regulation_code regulation_version_code period_code peer_group_code "
    "unit_code unit_rank ranked_unit_count third_number draw_count weight_width_percent kept_third_count "
    "kept_third_rate best_drawn_rank worst_drawn_rank is_confirmed",
    "rpt_saturated_criteria": "authority_code regulation_code regulation_version_code period_code criterion_code "
    "scored_unit_count full_mark_count full_mark_rate is_saturated minimum_unit_count saturated_above_percent "
    "is_confirmed",
}
PROMISED_PRESENT = ("fct_dossier_events",)

# Verdicts on other due dates than the one in the file.
_OTHER_VERDICTS = tuple(
    f"timeliness_{basis}_by_{compare}_code" for basis in ("original", "recomputed") for compare in ("date", "timestamp")
)
# Parts of a column name that tell a person apart; a keyed hash or a flag of them is allowed.
IDENTITY_NAME = (
    "(^|_)(applicant|citizen|owner|person|contact|sender|respondent|officer|full|first|last)_name(_|$)"
    "|(^|_)(phone|mobile|tel|email|address|cccd|cmnd|passport|tax_code|birth_date|date_of_birth)(_|$)"
    "|(^|_)(identity|id)_(number|no|card)(_|$)|(^|_)(ho_ten|so_dien_thoai|dia_chi)(_|$)"
)
IDENTITY_ALLOWED = "_(hash|count|rate)$|^(is|has)_"


def rules() -> list[Rule]:
    """All rules of gate 2, shape first."""
    return [
        *_shape(),
        *_dimensions(),
        *_successions(),
        *published_indicators.value_rules(),
        *published_indicators.ranking_rules(),
        *published_scores.rules(),
        *published_surveys.rules(),
        *_dossiers(),
        *_sync_differences(),
        *_deliveries(),
        *_quality(),
        *_units_to_watch(),
        *_backlog(),
        *_officers(),
    ]


def _shape() -> list[Rule]:
    suite = TableSuite(SHAPE_SUBJECT, ("table_name", "column_name"))
    columns = ", ".join(
        f"('{table}', '{column}')" for table, names in PROMISED_COLUMNS.items() for column in names.split()
    )
    tables = ", ".join(f"('{table}')" for table in (*PROMISED_COLUMNS, *PROMISED_PRESENT))
    return [
        suite.rule(
            "tables_present",
            "Có đủ các bảng đã hứa với người đọc",
            "Thiếu bảng fct_unit_rankings",
            failing=f"select table_name from (values {tables}) as promised(table_name) where not exists "
            "(select 1 from batch where batch.table_name = promised.table_name)",
            checked=f"select count(*) from (values {tables}) as promised(table_name)",
        ),
        suite.rule(
            "columns_present",
            "Có đủ các cột đã hứa với người đọc",
            "Bảng fct_indicator_values không có cột denominator",
            failing="select table_name, column_name from "
            f"(values {columns}) as promised(table_name, column_name) where not exists "
            "(select 1 from batch where batch.table_name = promised.table_name "
            "and batch.column_name = promised.column_name)",
            checked=f"select count(*) from (values {columns}) as promised(table_name, column_name)",
        ),
        suite.rows(
            "no_identity_columns",
            "Không có cột danh tính công dân ở dạng rõ",
            "Cột applicant_name, phone_number",
            fails=f"regexp_matches(lower(column_name), '{IDENTITY_NAME}') "
            f"and not regexp_matches(lower(column_name), '{IDENTITY_ALLOWED}')",
        ),
        suite.rows(
            "no_ballot_codes",
            "Không có cột mã phiếu khảo sát: câu trả lời của từng người không được công bố",
            "Cột ballot_code",
            fails="lower(column_name) = 'ballot_code'",
        ),
    ]


def _dimensions() -> list[Rule]:
    authorities = TableSuite("dim_authorities", ("authority_code",))
    units = TableSuite("dim_units", ("authority_code", "unit_code"))
    groups = TableSuite("dim_peer_groups", ("authority_code", "peer_group_code"))
    periods = TableSuite("dim_periods", ("period_code",))
    indicators = TableSuite("dim_indicators", ("indicator_code",))
    return [
        authorities.has_rows("Có ít nhất một địa phương", "Bảng dim_authorities rỗng"),
        authorities.key_once("Mỗi địa phương một dòng", "Hai dòng H99"),
        authorities.rule(
            "total_row_present",
            "Mỗi địa phương có đúng một dòng tổng (khối «authority») trong dim_units",
            "H99 không có dòng tổng",
            failing="select authority_code from batch where (select count(*) from dim_units as unit "
            "where unit.authority_code = batch.authority_code and unit.unit_code = batch.authority_code "
            "and unit.unit_bloc_code = 'authority') <> 1",
            checked="select count(*) from batch",
            needs=("dim_units",),
        ),
        units.has_rows("Có ít nhất một đơn vị", "Bảng dim_units rỗng"),
        units.key_once("Mỗi đơn vị một dòng", "Hai dòng H99.01"),
        units.rows(
            "name_present",
            "Đơn vị nào cũng có tên và khối",
            "H99.01 không có tên",
            fails="unit_name is null or unit_bloc_code is null",
        ),
        units.known(
            "authority_known",
            "Địa phương của đơn vị có trong dim_authorities",
            "Đơn vị của H98, dim_authorities không có H98",
            columns=("authority_code",),
            table="dim_authorities",
        ),
        groups.key_once("Mỗi nhóm so sánh một dòng", "Hai dòng H99 – department"),
        periods.has_rows("Có ít nhất một kỳ", "Bảng dim_periods rỗng"),
        periods.key_once("Mỗi kỳ một dòng", "Hai dòng 2026-03"),
        periods.rows(
            "dates_in_order",
            "Kỳ nào cũng có tên và ngày đầu không sau ngày cuối",
            "2026-03 từ 31/03/2026 đến 01/03/2026",
            fails="period_name is null or start_date is null or end_date is null or start_date > end_date",
        ),
        indicators.has_rows("Có ít nhất một chỉ số", "Bảng dim_indicators rỗng"),
        indicators.key_once("Mỗi chỉ số một dòng", "Hai dòng on_time_rate__resolved"),
        indicators.rows(
            "denominator_named",
            "Tỷ lệ và điểm nào cũng nói rõ tử số và mẫu số bằng lời",
            "on_time_rate__resolved không có mô tả mẫu số",
            fails="coalesce(numerator_text, '') = '' or coalesce(denominator_text, '') = ''",
            applies="unit_of_measure_code in ('rate', 'score')",
        ),
    ]


def _successions() -> list[Rule]:
    bridge = TableSuite("bridge_unit_successions", ("authority_code", "unit_code"))
    values = TableSuite(
        "fct_indicator_values_by_successor", ("authority_code", "unit_code", "period_code", "indicator_code")
    )
    return [
        bridge.key_once("Mỗi đơn vị chuyển về một đơn vị hiện nay", "H99.301 chuyển về cả H99.101 và H99.113"),
        bridge.known(
            "current_unit_known",
            "Đơn vị hiện nay có trong dim_units",
            "H99.301 chuyển về H99.98, dim_units không có H99.98",
            columns=("authority_code", "current_unit_code"),
            table="dim_units",
            table_columns=("authority_code", "unit_code"),
        ),
        values.key_once("Mỗi giá trị theo tổ chức hiện nay một dòng", "H99.101 có hai dòng tháng 03/2026"),
    ]


def _dossiers() -> list[Rule]:
    suite = TableSuite("fct_dossiers", ("authority_code", "dossier_code"))
    by_date = "timeliness_by_date_code"
    by_timestamp = "timeliness_by_timestamp_code"
    judged = "('early', 'on_time', 'late', 'open_in_time', 'open_late')"
    finished = "('early', 'on_time', 'late')"
    return [
        suite.key_once("Mỗi hồ sơ một dòng", "Hai dòng H99.01-260105-0007"),
        suite.known(
            "resolving_unit_known",
            "Đơn vị giải quyết có trong dim_units",
            "Hồ sơ của H99.98, dim_units không có H99.98",
            columns=("authority_code", "resolving_unit_code"),
            table="dim_units",
            table_columns=("authority_code", "unit_code"),
        ),
        suite.known(
            "delivery_known",
            "Hồ sơ nào cũng chỉ được tệp nguồn trong fct_deliveries",
            "Hồ sơ của một tệp không có trong danh sách đã nạp",
            columns=("delivery_id",),
            table="fct_deliveries",
        ),
        suite.rows(
            "codes_known",
            "Tình trạng và kết luận về hạn là mã đã công bố",
            "Tình trạng «khong_ro»",
            fails="coalesce(state_code, '') not in ('not_received', 'in_progress', 'waiting', 'finished', "
            "'returned', 'withdrawn', 'refused', 'stopped') "
            + "".join(
                f"or coalesce({column}, '') not in ('early', 'on_time', 'late', 'open_in_time', "
                "'open_late', 'no_due_date', 'not_counted') "
                for column in (by_date, by_timestamp, *_OTHER_VERDICTS)
            )
            + f"or declared_timeliness_code not in {judged}",
        ),
        suite.rows(
            "judged_only_with_due_date",
            "Hồ sơ không có ngày hẹn trả không bao giờ được tính là đúng hạn hay trễ hạn",
            "Không có ngày hẹn trả, kết luận on_time",
            fails="due_date is null or due_at is null",
            applies=f"{by_date} in {judged} or {by_timestamp} in {judged}",
        ),
        suite.rows(
            "judged_finished_has_date",
            "Hồ sơ được kết luận sớm, đúng hay trễ hạn thì có ngày kết thúc",
            "Chưa kết thúc, kết luận on_time",
            fails="completed_date is null or completed_at is null",
            applies=f"{by_date} in {finished} or {by_timestamp} in {finished}",
        ),
    ]


def _sync_differences() -> list[Rule]:
    pairs = TableSuite("fct_sync_differences", ("authority_code", "dossier_code"))
    totals = TableSuite("rpt_sync_totals", ("authority_code", "unit_code", "received_month_date"))
    causes = TableSuite("dim_difference_causes", ("cause_code",))
    return [
        pairs.key_once("Mỗi hồ sơ được đối chiếu một dòng", "Hai dòng H99.01-260105-0007"),
        pairs.rows(
            "cause_where_not_same",
            "Hai bên khác nhau thì có nguyên nhân, giống nhau thì không",
            "Chỉ có ở địa phương, không có nguyên nhân",
            fails="coalesce(match_code, '') not in ('same', 'differing', 'only_local', 'only_national') "
            "or (match_code = 'same') <> (cause_code is null)",
        ),
        pairs.known(
            "cause_known",
            "Nguyên nhân có trong dim_difference_causes",
            "Nguyên nhân «khac»",
            columns=("cause_code",),
            table="dim_difference_causes",
        ),
        totals.key_once("Mỗi đơn vị và tháng một dòng đối chiếu", "Hai dòng của H99.01 tháng 01/2026"),
        totals.rows(
            "matches_add_up",
            "Giống, khác, chỉ có một bên cộng lại bằng số hồ sơ đối chiếu",
            "10 hồ sơ: giống 8, khác 1",
            fails="same_count + differing_count + only_local_count + only_national_count <> dossier_count",
        ),
        causes.key_once("Mỗi nguyên nhân một dòng", "Hai dòng synchronisation_delay"),
    ]


def _deliveries() -> list[Rule]:
    suite = TableSuite("fct_deliveries", ("delivery_id",))
    return [
        suite.has_rows("Có ít nhất một tệp đã nạp", "Bảng fct_deliveries rỗng"),
        suite.key_once("Mỗi tệp một dòng", "Hai dòng của một tệp"),
        suite.rows(
            "rows_conserved",
            "Không mất dòng nào: số dòng đọc bằng nhận cộng loại cộng bỏ qua",
            "Đọc 100, nhận 90, loại 5, bỏ qua 4",
            fails="coalesce(rows_read, -1) <> coalesce(rows_accepted, 0) + coalesce(rows_rejected, 0) "
            "+ coalesce(rows_ignored, 0)",
        ),
    ]


def _quality() -> list[Rule]:
    grades = TableSuite("fct_data_quality", ("authority_code", "unit_code", "period_code"))
    register = TableSuite("dim_rules", ("rule_code",))
    results = TableSuite("fct_rule_results", ("subject_name", "rule_code"))
    carried = TableSuite("fct_delivery_authorities", ("delivery_id", "authority_code"))
    return [
        grades.key_once("Mỗi đơn vị một dòng chất lượng mỗi kỳ", "Hai dòng của H99.01 kỳ 2026-01"),
        grades.known(
            "unit_known",
            "Đơn vị được xếp chất lượng có trong dim_units",
            "Dòng của H99.98, dim_units không có H99.98",
            columns=("authority_code", "unit_code"),
            table="dim_units",
        ),
        grades.rows(
            "grade_has_data",
            "Không có hồ sơ thì không có mức chất lượng; có mức thì là A, B, C hoặc D",
            "Không có hồ sơ nào, mức A",
            fails="grade_code is not null and (dossier_count = 0 or grade_code not in ('A', 'B', 'C', 'D'))",
        ),
        grades.rows(
            "flagged_within_dossiers",
            "Số hồ sơ bị đánh dấu không nhiều hơn số hồ sơ",
            "10 hồ sơ, 12 bị đánh dấu",
            fails="flagged_dossier_count + unflagged_dossier_count <> dossier_count or flagged_dossier_count < 0 "
            "or unflagged_dossier_count < 0",
        ),
        register.key_once("Mỗi quy tắc một dòng", "Hai dòng dossiers.has_due_date"),
        results.key_once("Mỗi quy tắc một kết quả mỗi lần nạp", "dossiers.has_due_date hai lần của một lần nạp"),
        results.known(
            "rule_known",
            "Kết quả nào cũng là của một quy tắc có trong dim_rules",
            "Kết quả của dossiers.khac, dim_rules không có",
            columns=("rule_code",),
            table="dim_rules",
        ),
        carried.known(
            "delivery_known",
            "Lần nạp của địa phương có trong fct_deliveries",
            "Dòng của lần nạp 0123, fct_deliveries không có",
            columns=("delivery_id",),
            table="fct_deliveries",
        ),
    ]


def _units_to_watch() -> list[Rule]:
    suite = TableSuite("rpt_units_to_watch", ("authority_code", "period_code", "unit_code", "reason_code"))
    return [
        suite.key_once("Mỗi đơn vị, kỳ và lý do một dòng", "Sở Xây dựng hai lần vì cùng một lý do"),
        suite.known(
            "unit_known",
            "Đơn vị cần xem có trong dim_units",
            "Dòng của H99.98, dim_units không có H99.98",
            columns=("authority_code", "unit_code"),
            table="dim_units",
        ),
        suite.rows(
            "reason_known",
            "Lý do là mã đã công bố và có thứ tự nặng nhẹ",
            "Lý do «khac»",
            fails="coalesce(reason_code, '') not in ('low_on_time', 'falling_on_time', 'overdue_backlog', "
            "'low_satisfaction') or severity_order is null",
        ),
    ]


def _backlog() -> list[Rule]:
    dossiers = TableSuite("rpt_open_dossiers", ("authority_code", "dossier_code"))
    ages = TableSuite("rpt_backlog_ages", ("authority_code", "unit_code", "ageing_band_code"))
    gaps = TableSuite("rpt_unit_handover_gaps", ("authority_code", "unit_code"))
    return [
        dossiers.key_once("Mỗi hồ sơ đang giải quyết một dòng", "Hai dòng H99.01-260105-0007"),
        dossiers.known(
            "dossier_known",
            "Hồ sơ đang giải quyết có trong fct_dossiers",
            "Hồ sơ H99.01-260105-9999, fct_dossiers không có",
            columns=("authority_code", "dossier_code"),
            table="fct_dossiers",
        ),
        ages.key_once("Mỗi đơn vị và mức tồn một dòng", "Hai dòng H99.01 – due_today"),
        ages.rule(
            "bands_add_up",
            "Các mức tồn của toàn địa phương cộng lại bằng số hồ sơ đang giải quyết",
            "Các mức cộng lại 99, rpt_open_dossiers có 100",
            failing="select counted.authority_code from (select authority_code, sum(open_count) as open_count "
            "from batch where unit_code = authority_code group by authority_code) as counted "
            "full join (select authority_code, count(*) as open_count from rpt_open_dossiers group by authority_code) "
            "as listed using (authority_code) where counted.open_count is distinct from listed.open_count",
            checked="select count(distinct authority_code) from batch",
            needs=("rpt_open_dossiers",),
        ),
        gaps.rows(
            "gaps_within_finished",
            "Số hồ sơ có kết quả chưa trả không nhiều hơn số hồ sơ đã có kết quả",
            "Có kết quả 10, chưa trả 12",
            fails="gap_count < 0 or gap_count > finished_count",
        ),
    ]


def _officers() -> list[Rule]:
    suite = TableSuite("rpt_repeat_late_officers", ("authority_code", "unit_code", "officer_key"))
    return [
        suite.key_once("Mỗi cán bộ của một đơn vị một dòng", "Hai dòng của một cán bộ"),
        suite.rows(
            "officer_is_keyed",
            "Cán bộ chỉ hiện bằng mã băm có khóa",
            "officer_key là «nguyenvana.sxd»",
            fails="not regexp_full_match(coalesce(officer_key, ''), '[0-9a-f]{32}')",
        ),
        suite.rows(
            "over_the_threshold",
            "Chỉ nêu cán bộ vượt ngưỡng",
            "2 hồ sơ muộn, ngưỡng nhiều hơn 2",
            fails="late_count <= threshold_count",
        ),
    ]
