"""The dashboard opens only a whole, verified build, notices a new one, and says when it cannot."""

import datetime as dt
import hashlib
import json
import re
from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.explaining.memberships import MEMBERSHIPS
from dagster_project.settings import PROJECT_ROOT, load_settings
from dashboards import (
    data_access,
    data_access_claims,
    data_access_ratings,
    data_access_scores,
    data_access_time,
    labels,
    labels_scores,
    state,
)
from dashboards.app_pages import (
    ratings,
    score_explanation,
    score_parts,
    score_rankings,
    timeliness_parts,
    timeliness_stock,
)
from dashboards.data_access_time import TimeScope
from tests.survey_tables import SURVEY_TABLES

pytestmark = pytest.mark.unit

ADDITIVE = [code.removeprefix("on_time_rate__") for code in MEMBERSHIPS]
# A province of three departments: two tie, one has no dossiers. Another authority only declares.
TABLES = {
    "dim_authorities": """
        select * from (values ('H99', 'Tỉnh Mẫu', true, 30), ('H44', 'Tỉnh <Khác>', false, 0))
        as t(authority_code, authority_name, is_synthetic, dossier_count)""",
    "dim_units": """
        select *, true as is_registered,
          case unit_bloc_code when 'authority' then 0 else 1 end as bloc_display_order
        from (values
          ('H99', 'H99', 'Tỉnh Mẫu', null, 'authority', 'Toàn địa phương', null),
          ('H99', 'H99.1', 'Sở Đất', 'Sở Đ', 'department', 'Sở, ban, ngành', 'H99'),
          ('H99', 'H99.2', 'Sở Em', null, 'department', 'Sở, ban, ngành', 'H99'),
          ('H99', 'H99.3', 'Sở Trống', null, 'department', 'Sở, ban, ngành', 'H99'),
          ('H44', 'H44', 'Tỉnh <Khác>', null, 'authority', 'Toàn địa phương', null),
          ('H44', 'H44.1', 'Sở <b>Lạ</b>', null, 'department', 'Sở, ban, ngành', 'H44'),
          ('H44', 'H44.2', 'Sở Im', null, 'department', 'Sở, ban, ngành', 'H44'),
          ('H33', 'H33.1', 'Sở Một', null, 'department', 'Sở, ban, ngành', 'H33'),
          ('H33', 'H33.2', 'Sở <Hai>', null, 'department', 'Sở, ban, ngành', 'H33'),
          ('H33', 'H33.3', 'Sở Ba', null, 'department', 'Sở, ban, ngành', 'H33'))
        as t(authority_code, unit_code, unit_name, unit_short_name, unit_bloc_code, unit_bloc_name,
          parent_unit_code)""",
    "dim_peer_groups": """
        select *, cast(null as bigint) as tier_lower_count
        from (values ('H99', 'department', 'Sở, ban', 3, 1), ('H44', 'department', 'Sở', 2, 1),
          ('H33', 'department', 'Sở', 3, 1))
        as t(authority_code, peer_group_code, peer_group_name, unit_count, display_order)""",
    "dim_periods": """
        select *, 'month' as period_kind_code, least(end_date, date '2026-04-10') as counted_to_date,
          end_date <= date '2026-04-10' as is_complete
        from (values
          ('2026-02', 'Tháng 02/2026', date '2026-02-01', date '2026-02-28', null),
          ('2026-03', 'Tháng 03/2026', date '2026-03-01', date '2026-03-31', '2026-02'),
          ('2026-04', 'Tháng 04/2026', date '2026-04-01', date '2026-04-30', '2026-03'))
        as t(period_code, period_name, start_date, end_date, previous_period_code)""",
    "dim_survey_instruments": """
        select 'H99' as authority_code, *, true as is_confirmed, 30 as minimum_ballot_count, 'thử' as method_version
        from (values ('kiosk_2_levels', 'Thang <2> mức'), ('kiosk_3_levels', 'Thang 3 mức'))
        as t(instrument_code, instrument_name)""",
    "fct_rating_counts": """
        select 'H99' as authority_code, *, handed_over_count > 0 and coverage_rate < 0.2 as is_coverage_low,
          20 as low_coverage_percent, burst_rating_count >= rating_count / 10 and burst_rating_count > 0
          as has_many_bursts, 10 as many_bursts_percent
        from (values
          ('H99', '2026-02', 'kiosk_2_levels', 7, 7, 'insufficient_sample', null, null, null, null, null, null, 0),
          ('H99', '2026-04', 'kiosk_2_levels', 31, 31, 'ok', 31, 1, 0.89, 1, 60, 0.5, 0),
          ('H99', '2026-02', 'kiosk_3_levels', 40, 40, 'ok', 30, 0.75, 0.598, 0.858, 200, 0.2, 0),
          ('H99', '2026-03', 'kiosk_3_levels', 152, 150, 'ok', 135, 0.9, 0.8415, 0.9385, 1000, 0.151, 30),
          ('H99.1', '2026-03', 'kiosk_3_levels', 102, 100, 'ok', 95, 0.95, 0.888, 0.978, 800, 0.125, 30),
          ('H99.2', '2026-03', 'kiosk_3_levels', 40, 40, 'ok', 36, 0.9, 0.77, 0.96, 32, 1.25, 0),
          ('H99.3', '2026-03', 'kiosk_3_levels', 10, 10, 'insufficient_sample', null, null, null, null, null, null, 0),
          ('H99.4', '2026-03', 'kiosk_3_levels', 0, 0, 'no_activity', null, null, null, null, 25, 0, 0))
        as t(unit_code, period_code, instrument_code, rating_count, valid_count, value_status, positive_count,
          positive_rate, interval_low, interval_high, handed_over_count, coverage_rate, burst_rating_count)""",
    "dim_indicators": """
        select *, 'Không' as exclusions_text, 'higher_is_better' as direction_code, 30 as minimum_denominator,
          true as is_computed, 'thử-1' as method_version, null as legal_basis
        from (values
          ('on_time_rate__resolved', 'Đúng hạn trên đã giải quyết', 'Đúng hạn', 'timeliness', 'Đúng hạn',
           'Đã giải quyết', 'rate', 1, 'resolved', true, false, true, 10),
          ('on_time_rate__resolved_timestamp', 'Đúng hạn theo giờ phút', 'Đúng hạn giờ phút', 'timeliness', 'Đúng hạn',
           'Đã giải quyết', 'rate', 1, null, false, true, false, 15),
          ('dossiers_resolved', 'Đã giải quyết', 'Đã giải quyết', 'volume', 'Đã xong', null,
           'count', 1, null, false, true, false, 20))
        as t(indicator_code, indicator_name, indicator_short_name, family_code, numerator_text,
          denominator_text,
          unit_of_measure_code, multiplier, definition_code, is_declared, is_confirmed, is_rankable,
          display_order)""",
    "fct_indicator_values": """
        select authority_code, unit_code, period_code, indicator_code, origin_code, numerator, denominator,
          case indicator_code when 'on_time_rate__resolved_timestamp' then 3 else 0 end as excluded_count,
          cast(numerator / denominator as decimal(18, 6)) as value, value_status,
          cast(null as decimal(18, 6)) as interval_low, cast(null as decimal(18, 6)) as interval_high
        from (values
          ('H99', 'H99', '2026-03', 'on_time_rate__resolved', 'computed', 180, 200, 'ok'),
          ('H99', 'H99', '2026-04', 'on_time_rate__resolved', 'computed', 40, 50, 'ok'),
          ('H99', 'H99', '2026-03', 'on_time_rate__resolved_timestamp', 'computed', 0, null, 'no_activity'),
          ('H99', 'H99', '2026-02', 'on_time_rate__resolved', 'computed', 0, null, 'no_activity'),
          ('H99', 'H99.1', '2026-03', 'on_time_rate__resolved', 'computed', 90, 100, 'ok'),
          ('H99', 'H99.2', '2026-03', 'on_time_rate__resolved', 'computed', 90, 100, 'ok'),
          ('H99', 'H99.3', '2026-03', 'on_time_rate__resolved', 'computed', 0, null, 'no_activity'),
          ('H99', 'H99.2', '2026-04', 'on_time_rate__resolved', 'computed', 19, 26, 'insufficient_sample'),
          ('H44', 'H44.1', '2026-03', 'on_time_rate__resolved', 'declared', 30, 40, 'ok'),
          ('H44', 'H44.2', '2026-03', 'on_time_rate__resolved', 'declared', null, null, 'not_reported'))
        as t(authority_code, unit_code, period_code, indicator_code, origin_code, numerator, denominator,
          value_status)""",
    "fct_indicator_values_by_successor": """
        select * exclude (origin_code), true as is_year_on_year_comparable from fct_indicator_values
        where origin_code = 'computed'""",
    "bridge_unit_successions": "select authority_code, unit_code, unit_code as current_unit_code from dim_units",
    "fct_timeliness_counts": f"""
        select 'H99' as authority_code, *, domain_name as channel_code, date '2026-03-01' as slice_start_date,
          {", ".join(f"n as {c}_numerator, d as {c}_denominator, 1 as {c}_excluded_count" for c in ADDITIVE)}
        from (values
          ('H99.1', 'P1', 'TT', '', 50, 60), ('H99.1', '', 'TT', '', 40, 40), ('H99.2', '', '<i>', '', 90, 100))
        as t(unit_code, section_code, procedure_code, domain_name, n, d)""",
    "rpt_backlog_ages": """
        select 'H99' as authority_code, *, false as is_confirmed, 2 as waiting_count
        from (values
          ('H99', 'late_1_5', 'Quá hạn', true, 1, 25), ('H99.1', 'late_1_5', 'Quá hạn', true, 1, 25),
          ('H99.1', 'due_in_1', 'Còn 1 ngày', false, 2, 3), ('H99', 'due_in_1', 'Còn 1 ngày', false, 2, 3))
        as t(unit_code, ageing_band_code, ageing_band_name, is_overdue, display_order, open_count)""",
    "rpt_open_dossiers": """
        select 'H99' as authority_code, 'HS-' || i as dossier_code, 'H99.1' as resolving_unit_code,
          cast(null as varchar) as section_code, 'TT' as procedure_code, 'Thủ tục' as procedure_name,
          date '2026-02-02' as received_date, date '2026-03-02' as due_date, timestamp '2026-03-02' as due_at,
          i < 26 as is_overdue, case when i < 26 then -i when i < 28 then 1 end as working_days_left,
          timestamp '2026-03-05' as recomputed_due_at, 'open_in_time' as timeliness_recomputed_by_date_code,
          if(i = 3, -3, i) as recomputed_working_days_left, if(i < 26, 'late_1_5', 'due_in_1') as ageing_band_code,
          'in_progress' as state_code, i = 27 as is_waiting
        from range(1, 29) as t(i)""",
    "rpt_repeat_late_officers": """
        select 'H99' as authority_code, 'H99.1' as unit_code, 'khóa bí mật' as officer_key, 4 as late_count,
          1 as justified_count, 2 as threshold_count, 12 as threshold_months""",
    "fct_unit_rankings": """
        select authority_code, 'department' as peer_group_code, period_code, indicator_code, origin_code,
          unit_code, value, value_status, numerator, denominator, interval_low, interval_high,
          case when value_status = 'ok' then 1 end as unit_rank,
          case when value_status = 'ok' then authority_code = 'H99' end as is_tied,
          2 as ranked_unit_count, 3 as listed_unit_count,
          case authority_code when 'H99' then 0.9 else 0.75 end as peer_group_median,
          cast(null as integer) as previous_unit_rank, cast(null as decimal(18, 6)) as previous_value,
          if(unit_rank is null, null, 1) as rank_low, if(unit_rank is null, null, 2) as rank_high,
          if(unit_rank is null, null, 1) as distinct_group_number, false as is_change_beyond_chance
        from fct_indicator_values
        where unit_code <> authority_code""",
    "fct_on_time_reports": """
        select 'H44' as authority_code, 'H44.1' as unit_code, date '2026-03-01' as period_start_date,
          date '2026-03-31' as period_end_date, 'resolved' as definition_code,
          'Báo & Đài' as publisher_name""",
    "rpt_reported_totals": """
        select 'H44' as authority_code, '2026-03' as period_code, 'resolved' as definition_code,
          g.code as peer_group_code, g.units as unit_count, 1 as reporting_unit_count,
          g.units = 1 as is_complete, 30 as numerator, 40 as denominator, cast(0.75 as decimal(18, 6)) as value,
          cast(null as varchar) as not_added_text, 'Báo & Đài' as publisher_name
        from (values ('department', 1), ('authority', 2)) as g (code, units)""",
    "rpt_units_to_watch": """
        select 'H99' as authority_code, '2026-03' as period_code, 'H99.1' as unit_code,
          'overdue_backlog' as reason_code, 'Tồn' as reason_name, 3 as severity_order,
          1 as position_in_reason,
          cast(12 as decimal(18, 6)) as observed_value, cast(null as decimal(18, 6)) as reference_value,
          12 as numerator, cast(null as bigint) as denominator""",
    "fct_apology_letters": "select 'H99' as authority_code, 'none' as dossier_code where false",
    "dim_difference_causes": """
        select *, 'Lời giải thích' as explanation, 1 as display_order
        from (values ('not_explained', 'report', 'không cách đếm nào cho ra'), ('same', 'report', 'khớp'),
          ('unit_unknown', 'report', 'không tìm được đơn vị'), ('recomputed_due_date', 'report', 'bằng theo hạn khác'),
          ('synchronisation_delay', 'national', 'đồng bộ muộn'), ('not_synchronised', 'national', 'chưa có trên Cổng'),
          ('date_changed', 'national', 'ngày khác nhau'), ('due_date_changed', 'recomputed', 'ngày hẹn bị sửa'))
        as t(cause_code, compared_code, cause_name)""",
    # One reporter is known by its name only.
    "fct_report_differences": """
        select 'H99' as authority_code, *, claimed_count - computed_count as difference_count
        from (values
          ('H99.1', 'H99.1', 'Sở Đất', '2026-03', 'resolved', 'unit', 'Tổng số', 'on_time', 'numerator_count', 95, 90,
            'recomputed_due_date', 'on_time_rate__resolved'),
          ('H99.1', 'H99.1', 'Sở Đất', '2026-03', 'form_06a', 'domain', 'Đất <đai>', 'resolved', 'resolved_late_count',
            0, 10, 'not_explained', null),
          ('H99.1', 'H99.1', 'Sở Đất', '2026-03', 'form_06a', 'domain', 'Đất <đai>', 'resolved', 'resolved_total_count',
            100, 100, 'same', null),
          ('H99.1', 'H99.1', 'Sở Đất', '2026-02', 'resolved', 'unit', 'Tổng số', 'on_time', 'denominator_count', 26, 26,
            'same', null),
          ('H99.1', 'H99.1', 'Sở Đất', '2026-02', 'resolved', 'unit', 'Tổng số', 'on_time', 'numerator_count', 26, 22,
            'not_explained', null),
          ('H99.1', 'H99.1', 'Sở Đất', '2026-02', 'resolved', 'unit', 'Tổng số', 'on_time', 'overdue_count', 0, 4,
            'not_explained', null),
          (null, 'sở lạ', 'Sở Lạ', '2026-03', 'form_06a', 'unit', 'Tổng số', 'open', 'open_late_count', 4, null,
            'unit_unknown', null))
        as t(unit_code, reporter_key, unit_name, period_code, report_code, line_kind_code, line_name, group_code,
          measure_code, claimed_count, computed_count, cause_code, reading_code)""",
    "fct_form_06a": """
        select 'H99' as authority_code, 'H99.1' as unit_code, '2026-02' as period_code, *
        from (values
          ('domain', 'Đất <đai>', 120, 60, 40, 2, 20, 100, 60, 30, 10, 18, 15, 3, 4, 1, 5, 0, 0, 0, 0, 2),
          ('unit', 'Tổng số', 120, 60, 40, 2, 20, 100, 60, 30, 10, 18, 15, 3, 4, 1, 5, 0, 0, 0, 0, 2))
        as t(line_kind_code, line_name, received_total_count, received_online_count, received_direct_count,
          received_postal_count, received_carried_count, resolved_total_count, resolved_early_count,
          resolved_on_time_count, resolved_late_count, open_total_count, open_in_time_count, open_late_count,
          withdrawn_count, resolved_undated_count, waiting_late_count, open_undated_count, channel_unknown_count,
          unplaced_count, taken_over_count, passed_on_count)""",
    "fct_sync_differences": """
        select 'H99' as authority_code, *, date '2026-03-05' as received_date,
          case when match_code <> 'only_national' then timestamp '2026-03-10 17:00:00' end as local_due_at,
          timestamp '2026-03-10 10:00:00' as local_completed_at, 'on_time' as local_timeliness_by_date_code,
          case when match_code <> 'only_local' then timestamp '2026-03-10 17:00:00' end as national_due_at,
          timestamp '2026-03-12 10:00:00' as national_completed_at, 'late' as national_timeliness_by_date_code,
          'late' as national_declared_timeliness_code, timestamp '2026-03-12 11:00:00' as synced_at
        from (values
          ('S-1', 'H99.1', 'same', null, false, false),
          ('S-2', 'H99.1', 'differing', 'synchronisation_delay', false, true),
          ('S-3', 'H99.2', 'same', null, true, true),
          ('S-4', 'H99.2', 'differing', 'date_changed', false, true),
          ('S-5', 'H99.2', 'only_local', 'not_synchronised', false, null))
        as t(dossier_code, unit_code, match_code, cause_code, is_late_local, is_late_national)""",
    "fct_dossier_date_changes": """
        select 'H99' as authority_code, 'XONG-1' as dossier_code, 'due' as date_kind_code,
          'nobody' as announced_by_code, 'became_met' as effect_code, 1 as version_number""",
    "fct_dossier_verdicts": f"""
        select 'H99' as authority_code, 'HS-' || i as dossier_code, 'H99.1' as resolving_unit_code,
          'H99.1' as due_unit_code, '' as section_code, 'TT' as procedure_code, 'Đất <đai>' as domain_name,
          '' as channel_code,
          date '2026-03-05' + cast(i as integer) as closed_date, closed_date as handed_over_date,
          date '2026-03-09' as passed_due_date,
          case when i = 7 then 'withdrawn' when i > 4 then 'missed' else 'met' end as verdict,
          {", ".join(f"verdict as {code}_verdict_code" for code in ADDITIVE)}
        from range(0, 8) as t(i)""",
    "fct_dossier_flags": "select 'H99' as authority_code, 'none' as dossier_code where false",
    "fct_dossier_events": "select 'H99' as authority_code, 'none' as dossier_code where false",
    "dim_procedures": """
        select 'H99' as authority_code, 'TT' as procedure_code, 'Thủ tục' as procedure_name""",
    "fct_dossier_steps": """
        select 'H99' as authority_code, * from (values
          ('T-1', 'Tiếp nhận', 'H99.1', null, false, 100, false),
          ('T-1', 'Thẩm <định>', 'H99.1', 'P1', false, 57500, true),
          ('T-2', null, 'H99.2', null, true, 3600, true))
        as t(dossier_code, activity_name, unit_code, section_code, is_wait, delay_seconds, is_largest_delay)
        cross join (select 'TT' as procedure_code)""",
    "fct_dossier_delays": """
        select 'H99' as authority_code, *, 'working' as measure_code, 'recomputed' as due_basis_code,
          timestamp '2026-03-02 08:00:00' as due_at, timestamp '2026-03-04 08:00:00' as delay_ended_at
        from (values
          ('T-1', 'H99.1', 'processing', 57600, 57600),
          ('HS-1', 'H99.1', 'processing', 60, 60),
          ('HS-5', 'H99.1', 'processing', 600, 600),
          ('T-2', 'H99.2', 'waiting', 3600, 7200),
          ('T-2', 'H99.1', 'unlogged', 3600, 7200))
        as t(dossier_code, unit_code, holding_code, delay_seconds, dossier_delay_seconds)""",
    "fct_step_times": """
        select 'H99' as authority_code, 'working' as measure_code, *, median_seconds * 2 as p90_seconds,
          median_seconds * step_count as total_seconds, 1 as late_step_count, 2 as handed_over_count,
          step_count as stated_step_count, 0 as limited_step_count,
          3 as rework_count
        from (values
          ('authority', 'H99', '*', '*', '2026-03', 'Thẩm <định>', 'work', 10, 28800),
          ('authority', 'H99', '*', '*', '2026-03', 'Thẩm <định>', 'wait', 4, 7200),
          ('unit', 'H99.1', '*', '*', '2026-03', 'Thẩm <định>', 'work', 10, 28800),
          ('section', 'H99.1', 'P1', '*', '2026-03', 'Thẩm <định>', 'work', 9, 28800),
          ('section', 'H99.1', '-', '*', '2026-03', 'Thẩm <định>', 'work', 1, 28800),
          ('procedure', 'H99.1', 'P1', 'TT', '2026-03', 'Thẩm <định>', 'work', 9, 28800))
        as t(level_code, unit_code, section_code, procedure_code, period_code, activity_name, time_kind_code,
          step_count, median_seconds)""",
    "fct_dossier_stops": "select 'H99' as authority_code, 'none' as dossier_code where false",
    "fct_dossier_supplements": "select 'H99' as authority_code, 'none' as dossier_code where false",
    "fct_dossier_versions": "select 'H99' as authority_code, 'none' as dossier_code where false",
    "fct_dossiers": """
        select *, 'H99' as authority_code, 'TT' as procedure_code, 'Thủ tục' as procedure_name,
          cast(null as varchar) as domain_name, cast(null as varchar) as channel_code, 'P1' as section_code,
          'H99.1' as resolving_unit_code, true as is_counted, true as is_closed,
          date '2026-03-02' as received_date, date '2026-03-09' as due_date, timestamp '2026-03-09 10:00' as due_at,
          due_at as original_due_at, due_at as recomputed_due_at, completed_at as first_completed_at,
          completed_at as returned_at, cast(completed_at as date) as completed_date,
          timeliness_by_date_code as timeliness_by_timestamp_code,
          timeliness_by_date_code as timeliness_original_by_date_code,
          timeliness_by_date_code as timeliness_recomputed_by_date_code,
          case when dossier_code = 'HS-3' then timestamp '2026-03-04' end as stopped_since_at
        from (
          select 'HS-' || i as dossier_code, timestamp '2026-03-05' + to_days(cast(i as integer)) as completed_at,
            case when i = 7 then 'not_counted' when i > 4 then 'late' else 'on_time' end as timeliness_by_date_code
          from range(0, 8) as t(i)
        )
        union all by name
        select 'H99' as authority_code, *, 'H99.1' as resolving_unit_code, true as is_counted, true as is_closed,
          date '2026-02-02' as received_date, date '2026-02-10' as due_date, date '2026-02-10' as completed_date,
          timestamp '2026-02-10 17:00:00' as due_at, timestamp '2026-02-09 17:00:00' as recomputed_due_at,
          timestamp '2026-02-10 09:00:00' as completed_at, timestamp '2026-02-10 09:00:00' as first_completed_at
        from (values
          ('XONG-1', 'on_time', 'late', 'on_time', 'due_date_changed'),
          ('XONG-2', 'late', 'late', 'on_time', null),
          ('XONG-3', 'late', 'late', 'late', null),
          ('XONG-4', 'on_time', 'on_time', null, null))
        as t(dossier_code, timeliness_by_date_code, timeliness_recomputed_by_date_code, declared_timeliness_code,
          difference_cause_code)""",
    "fct_data_quality": """
        select 'H99' as authority_code, *, dossier_count - flagged_dossier_count as unflagged_dossier_count,
          cast((dossier_count - flagged_dossier_count) / nullif(dossier_count, 0) as decimal(18, 6)) as unflagged_rate,
          flagged_dossier_count as no_due_date_count, 0 as impossible_order_count, 0 as future_date_count,
          0 as state_conflict_count, 0 as duplicate_count, 0 as unknown_code_count, 0 as other_count,
          'received' as reports_status, 'no_data' as answers_status, false as is_grade_confirmed
        from (values
          ('H99', '2026-03', 1320, 20, 'received', 'A', 'ok', null),
          ('H99.1', '2026-03', 1200, 12, 'received', 'A', 'ok', null),
          ('H99.2', '2026-03', 120, 8, 'received', 'C', 'ok', 'tỷ lệ hồ sơ không có ngày hẹn trả cao'),
          ('H99.3', '2026-03', 0, 0, 'missing', null, 'no_data', 'không có hồ sơ nào trong kỳ'),
          ('H99.1', '2026-02', 5, 0, 'received', null, 'insufficient_sample', 'chỉ có 5 hồ sơ, cần ít nhất 10'),
          ('H99.2', '2026-02', 0, 0, 'missing', null, 'no_data', 'không có hồ sơ nào trong kỳ'),
          ('H99.3', '2026-02', 0, 0, 'missing', null, 'no_data', 'không có hồ sơ nào trong kỳ'))
        as t(unit_code, period_code, dossier_count, flagged_dossier_count, dossiers_status, grade_code, grade_status,
          grade_reason_text)""",
    "fct_deliveries": """
        select *, rows_accepted // 10 as rows_flagged
        from (values
          ('d1', 'one_stop__dossiers', 'a<b>.csv', 1250, 1200, 30, 20, date '2026-03-01', date '2026-03-31'),
          ('d2', 'one_stop__dossiers', 'cũ.csv', 90, 90, 0, 0, date '2025-03-01', date '2025-03-31'),
          ('d3', 'nguon_la', 'danh_muc.csv', 7, 7, 0, 0, null, null),
          ('d4', 'one_stop__dossiers', 'nơi khác.csv', 5, 5, 0, 0, date '2026-03-01', date '2026-03-31'))
        as t(delivery_id, source_code, file_name, rows_read, rows_accepted, rows_rejected, rows_ignored,
          data_from_date, data_until_date)""",
    "fct_delivery_authorities": """
        select * from (values ('d1', 'H99', 1200), ('d2', 'H99', 90), ('d3', 'H99', 7), ('d4', 'H44', 5))
        as t(delivery_id, authority_code, row_count)""",
    "dim_rules": """
        select 'x.due' as rule_code, 'Đơn vị gửi' as owner_text, 'Ô «hẹn trả» trống' as example_text""",
    "fct_rule_results": """
        select *, failed_count = 0 as is_passed
        from (values
          ('d1', 'x.due', 'Hồ sơ có ngày hẹn trả', 'flag_row', 1200, 40),
          ('d1', 'x.kept', 'Quy tắc đạt', 'report', 1200, 0),
          ('d2', 'x.due', 'Hồ sơ có ngày hẹn trả', 'flag_row', 90, 90),
          ('d3', 'x.new', 'Quy tắc chưa có trong sổ', 'reject_row', 7, 7))
        as t(subject_name, rule_code, rule_text, effect_code, checked_count, failed_count)""",
    # An authority whose three departments a regulation scores; the third is not scored to the end.
    "dim_regulations": """
        select 'H33' as authority_code, 'BTC' as regulation_code, 'BTC@2026-01-01' as regulation_version_code,
          'Bộ tiêu chí <thử>' as regulation_name, 'appraised_first' as score_order_code, 'percent' as grade_basis_code,
          'half_up' as rounding_mode_code, 2 as rounding_digits, 'leaf' as rounding_stage_code,
          cast(0.05 as decimal(18, 6)) as tie_tolerance, 30 as minimum_denominator, '10; 50' as volume_tier_bounds,
          date '2026-01-01' as valid_from_date,
          cast(12 as decimal(18, 6)) as max_score, 'QĐ <1>' as legal_basis, false as is_confirmed""",
    "dim_criteria": """
        select 'H33' as authority_code, 'BTC@2026-01-01' as regulation_version_code, *, 'criterion' as level_code,
          cast(null as decimal(18, 6)) as weight, cast(null as decimal(18, 6)) as total_weight,
          cast(null as varchar) as factor_input_code, cast(null as decimal(18, 6)) as floor_value,
          cast(null as varchar) as zero_denominator_code, cast(null as integer) as rounding_digits,
          'Báo cáo <chứng minh>' as evidence_text, 'QĐ <1>' as legal_basis, false as is_confirmed
        from (values
          ('1', 'Lĩnh vực <một>', 'sum', 'none', null, null, 1),
          ('1.1', 'Đúng hạn', 'linear', 'indicator', 'on_time_rate__resolved', cast(0.8 as decimal(18, 6)), 2),
          ('1.2', 'Phân cấp', 'manual', 'none', null, null, 3),
          ('P', 'Điểm trừ', 'manual', 'none', null, null, 4))
        as t(criterion_code, criterion_name, rule_code, input_kind_code, input_code, target_value, display_order)""",
    "dim_criterion_bands": """
        select 'H33' as authority_code, 'BTC@2026-01-01' as regulation_version_code, 'none' as criterion_code,
          1 as band_number where false""",
    "fct_score_inputs": """
        select 'H33' as authority_code, 'BTC@2026-01-01' as regulation_version_code, '2026-03' as period_code, *,
          criterion_code = '1.1' as has_counts, if(has_counts, 80, 1000000) as denominator, false as is_small_sample,
          cast(null as varchar) as wave_code, true as is_applicable,
          cast(null as bigint) as factor_numerator, cast(null as bigint) as factor_denominator,
          case criterion_code when '1.2' then '12/BC-<SM>' end as evidence_reference,
          cast(null as varchar) as explanation_reference,
          if(unit_code = 'H33.3', null, 'D1') as campaign_code, cast(null as bigint) as survey_answer_count
        from (values ('H33.1'), ('H33.2'), ('H33.3')) as u(unit_code)
        cross join (values ('1'), ('1.1'), ('1.2'), ('P')) as c(criterion_code)""",
    "fct_criterion_scores": """
        select 'H33' as authority_code, 'BTC@2026-01-01' as regulation_version_code, '2026-03' as period_code, *,
          'BTC' as regulation_code, '1' as field_criterion_code,
          if(criterion_code = '1.1', 'timeliness', null) as family_code,
          max_score as applicable_max_score, appraised_score as appraised_score_1,
          cast(null as decimal(18, 6)) as appraised_score_2, cast(null as decimal(18, 6)) as survey_score,
          cast(null as decimal(18, 6)) as declared_score, cast(null as decimal(18, 6)) as score_low,
          cast(null as varchar) as uncertainty_code,
          cast(null as decimal(18, 6)) as score_high,
          case when computed_score is not null then computed_score + 0.1 end as one_more_score
        from (
          select unit_code, criterion_code, parent_criterion_code, level_number, kind_code, is_leaf,
            score_status, final_source_code, numerator, denominator,
            columns('_score$')::decimal(18, 6)
          from (values
            ('H33.1', '1', null, 1, 'base', false, 12, 9, 6, 8, 9, null, 'ok', 'parts', null, null),
            ('H33.1', '1.1', '1', 2, 'base', true, 8, 7, null, 5, 5, 5, 'ok', 'computed', 40, 80),
            ('H33.1', '1.2', '1', 2, 'base', true, 4, 2, 4, null, 4, 4, 'ok', 'appraised_1', null, null),
            ('H33.1', 'P', null, 1, 'penalty', true, 5, null, 0.5, null, 0.5, -0.5, 'ok', 'appraised_1', null, null),
            ('H33.2', '1', null, 1, 'base', false, 12, 9, 4, 4, 8, null, 'ok', 'parts', null, null),
            ('H33.2', '1.1', '1', 2, 'base', true, 8, 3, null, 4, 4, 4, 'ok', 'computed', 32, 80),
            ('H33.2', '1.2', '1', 2, 'base', true, 4, null, 4, null, 4, 4, 'ok', 'appraised_1', null, null),
            ('H33.3', '1', null, 1, 'base', false, 12, null, null, 4, null, null, 'incomplete', null, null, null),
            ('H33.3', '1.1', '1', 2, 'base', true, 8, null, null, 4, 4, 4, 'ok', 'computed', 32, 80),
            ('H33.3', '1.2', '1', 2, 'base', true, 4, null, null, null, null, null, 'not_scored', null, null, null))
          as t(unit_code, criterion_code, parent_criterion_code, level_number, kind_code, is_leaf, max_score,
            self_score, appraised_score, computed_score, final_score, contribution_score, score_status,
            final_source_code, numerator, denominator)
        )""",
    "fct_rule_scores": """
        select authority_code, regulation_version_code, period_code, unit_code, criterion_code,
          cast(null as decimal(18, 6)) as interval_low, cast(null as decimal(18, 6)) as interval_high
        from fct_score_inputs""",
    "fct_unit_scores": """
        select 'H33' as authority_code, 'BTC@2026-01-01' as regulation_version_code, '2026-03' as period_code, *,
          cast(null as decimal(18, 6)) as self_score, cast(null as decimal(18, 6)) as computed_score,
          cast(null as decimal(18, 6)) as declared_score
        from (values ('H33.1', 9, 0, 0.5, 0, 9, 2, 2), ('H33.2', 8, 0, 0, 0, 8, 2, 2), ('H33.3', 0, 0, 0, 4, 4, 2, 1))
        as t(unit_code, base_score, bonus_score, penalty_score, missing_max_score, known_score, leaf_count,
          scored_leaf_count)""",
    "fct_score_rankings": """
        select 'H33' as authority_code, 'BTC@2026-01-01' as regulation_version_code, '2026-03' as period_code,
          'department' as peer_group_code, unit_code, columns('_score$|_percent$|_median$')::decimal(18, 6),
          cast(percent_low as decimal(18, 6)) as percent_low, cast(percent_high as decimal(18, 6)) as percent_high,
          value_status, unit_rank, is_tied, rank_low, rank_high, distinct_group_number, previous_unit_rank,
          is_change_beyond_chance, if(unit_rank is null, null, 'tot') as grade_code,
          if(unit_rank is null, null, 'Tốt') as grade_name, if(unit_rank is null, null, false) as is_grade_confirmed,
          3 as listed_unit_count, 2 as ranked_unit_count, 80 as largest_denominator, quality_grade_code,
          'ok' as quality_grade_status, cast(8 as decimal(18, 6)) as counted_max_score,
          cast(0 as decimal(18, 6)) as uncounted_max_score
        from (values
          ('H33.1', 8.5, 12, 70.83, 60.1, 80.2, 'ok', 1, false, 1, 2, 1, 65, 2, true, 68.75, 'A'),
          ('H33.2', 8, 12, 66.67, 55, 77, 'ok', 2, false, 1, 2, 1, 66, 1, false, 68.75, 'C'),
          ('H33.3', 4, 12, null, null, null, 'not_assessed', null, null, null, null, null, null, null, null, 68.75,
            null))
        as t(unit_code, total_score, applicable_max_score, total_percent, percent_low, percent_high, value_status,
          unit_rank, is_tied, rank_low, rank_high, distinct_group_number, previous_percent, previous_unit_rank,
          is_change_beyond_chance, peer_group_median, quality_grade_code)""",
    "fct_score_explanations": """
        select 'H33' as authority_code, 'D1' as campaign_code, 'BTC' as regulation_code, '2026-03' as period_code,
          'H33.1' as unit_code, '1.2' as criterion_code, *, old_score + 1 as new_score, false as is_reworded
        from (values
          (timestamp '2026-04-05 08:00', 'explanation', 'H33.1', 'Bổ sung <quyết định>', cast(2 as decimal(18, 6))),
          (timestamp '2026-04-02 08:00', 'appraisal_1', 'TTD', 'Thiếu văn bản', cast(1 as decimal(18, 6))))
        as t(stated_at, stage_code, actor_code, reason_text, old_score)""",
    "rpt_score_differences": """
        select authority_code, regulation_version_code, period_code, unit_code, criterion_code, max_score,
          self_score as claimed_score, 'self' as claim_origin_code, computed_score,
          self_score - computed_score as difference_score, final_score, final_source_code, numerator, denominator,
          cast(row_number() over (order by self_score - computed_score desc) as integer) as severity_order
        from fct_criterion_scores
        where is_leaf and self_score is not null and computed_score is not null""",
    "rpt_rank_robustness": """
        select authority_code, regulation_version_code, period_code, peer_group_code, unit_code, unit_rank,
          ranked_unit_count, 1 as third_number, 200 as draw_count, 25 as weight_width_percent,
          0.985::decimal(18, 6) as kept_third_rate, 1 as best_drawn_rank, 2 as worst_drawn_rank, false as is_confirmed
        from fct_score_rankings
        where unit_rank is not null""",
    "rpt_saturated_criteria": """
        select distinct authority_code, regulation_version_code, period_code, criterion_code, 11 as full_mark_count,
          12 as scored_unit_count, 90 as saturated_above_percent, true as is_saturated
        from fct_criterion_scores
        where is_leaf""",
    **SURVEY_TABLES,
}


def _publish(root, build_id, as_of="2026-04-10", point_to_it=True):
    """Write a whole build of TABLES under ``root`` and, if asked, point CURRENT to it."""
    folder = root / "published" / build_id
    folder.mkdir(parents=True)
    manifest = {"build_id": build_id, "as_of_date": as_of, "code_version": "1", "tables": {}}
    with duckdb.connect() as connection:
        for name, sql in TABLES.items():
            path = folder / f"{name}.parquet"
            connection.execute(f"create table {name} as {sql}")
            connection.execute(f"copy {name} to '{path}' (format parquet)")
            manifest["tables"][name] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if point_to_it:
        (root / "published" / "CURRENT").write_text(f"{build_id}\n")
    return folder


@pytest.fixture
def settings(tmp_path):
    return load_settings(tmp_path)


@pytest.fixture
def build(settings):
    _publish(settings.root, "a1")
    return data_access.open_current_build(settings)


def _run(settings, monkeypatch, **query):
    """The dashboard, opened in process on ``settings`` with these query parameters; it may not raise."""
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    app = AppTest.from_file(str(PROJECT_ROOT / "dashboards" / "app.py"), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_nothing_published_yet(settings):
    with pytest.raises(data_access.BuildMissingError):
        data_access.open_current_build(settings)


@pytest.mark.parametrize("pointer", ["", "../a1", "a1/b", "khác"])
def test_a_pointer_that_is_no_build_id_is_refused(settings, pointer):
    _publish(settings.root, "a1")
    (settings.published / "CURRENT").write_text(pointer)
    with pytest.raises(data_access.BuildBrokenError, match="CURRENT"):
        data_access.open_current_build(settings)


def test_a_changed_file_is_refused_by_name(settings):
    folder = _publish(settings.root, "a1")
    path = folder / "dim_units.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(data_access.BuildBrokenError, match=r"dim_units\.parquet"):
        data_access.open_current_build(settings)


def test_a_missing_file_or_table_is_refused_by_name(settings):
    folder = _publish(settings.root, "a1")
    (folder / "dim_periods.parquet").unlink()
    with pytest.raises(data_access.BuildBrokenError, match=r"dim_periods\.parquet"):
        data_access.open_current_build(settings)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["tables"]["dim_periods"], manifest["tables"]["fct_dossiers"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(data_access.BuildBrokenError, match="fct_dossiers"):
        data_access.open_current_build(settings)


def test_a_manifest_of_another_build_is_refused(settings):
    _publish(settings.root, "a1")
    (settings.published / "a1").rename(settings.published / "b2")
    (settings.published / "CURRENT").write_text("b2")
    with pytest.raises(data_access.BuildBrokenError, match="b2"):
        data_access.open_current_build(settings)


def test_a_new_current_is_noticed_on_the_next_call(settings):
    _publish(settings.root, "a1")
    assert data_access.open_current_build(settings).build_id == "a1"
    _publish(settings.root, "b2", as_of="2026-05-11", point_to_it=False)
    assert data_access.open_current_build(settings).build_id == "a1"
    (settings.published / "CURRENT").write_text("b2")
    newer = data_access.open_current_build(settings)
    assert (newer.build_id, newer.as_of_date.isoformat()) == ("b2", "2026-05-11")


def test_queries_cannot_read_outside_the_build(build, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(duckdb.PermissionException):
        data_access._rows(build.folder, f"select * from read_csv('{secret}')")
    with pytest.raises(duckdb.InvalidInputException, match="locked"):
        data_access._rows(build.folder, "set enable_external_access = true")


def test_periods_without_anything_counted_are_left_out_newest_first(build):
    codes = [row["period_code"] for row in data_access.periods_with_data(build, "H99")]
    assert codes == ["2026-04", "2026-03"]
    assert data_access.periods_with_data(build, "H99", "H99.3") == []


def test_ranking_lists_everyone_ties_in_vietnamese_order(build):
    rows = data_access.ranking(build, "H99", "department", "2026-03", "on_time_rate__resolved", "computed")
    assert [(row["unit_name"], row["unit_rank"]) for row in rows] == [
        ("Sở Đất", 1),
        ("Sở Em", 1),
        ("Sở Trống", None),
    ]


def test_overdue_dossiers_are_the_longest_ones_with_their_total(build):
    rows = data_access.overdue_dossiers(build, "H99", "H99.1")
    assert [row["overdue_working_days"] for row in rows] == list(range(25, 5, -1))
    assert rows[0]["open_late_count"] == 25


def _html(app):
    return "".join(element.proto.body for element in app.get("html"))


def _page_html(module, code, name, **flags):
    """One page module drawn alone for an authority of the build under ``CCHC_DATA``."""
    script = (
        "from dagster_project.settings import load_settings\n"
        "from dashboards import data_access, state\n"
        f"from dashboards.app_pages import {module}\n"
        "build = data_access.open_current_build(load_settings())\n"
        f"{module}.render(state.View(build, {code!r}, {name!r}, **{flags!r}))\n"
    )
    app = AppTest.from_string(script, default_timeout=30).run()
    assert not app.exception
    return _html(app)


def test_page_without_a_build_says_what_to_run(settings, monkeypatch):
    app = _run(settings, monkeypatch)
    assert app.title[0].value == "Chưa có số liệu được công bố"
    assert "cchc build" in app.markdown[0].value


def test_page_of_a_broken_build_shows_no_number(settings, monkeypatch):
    folder = _publish(settings.root, "a1")
    (folder / "dim_units.parquet").unlink()
    app = _run(settings, monkeypatch)
    assert app.title[0].value == "Không mở được bản dựng đã công bố"
    assert "dim_units.parquet" in app.markdown[0].value
    assert "180/200" not in _html(app)


def test_overview_takes_the_latest_complete_month_and_keeps_no_data_apart_from_zero(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run(settings, monkeypatch))
    assert "90,00%" in html and "180/200 hồ sơ" in html
    assert "Dữ liệu giả lập (không có thật)" in html and "10/04/2026" in html
    assert html.count('<div class="value none">không có số liệu</div>') == 4  # only one indicator has rows
    assert "so với" not in html  # the month before has no value to compare with
    assert 'href="don-vi?authority=H99&amp;unit=H99.1&amp;period=2026-03"' in html


def test_an_unfinished_month_says_until_when_it_counts(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run(settings, monkeypatch, period="2026-04"))
    assert "Tháng 04/2026 chưa kết thúc: số liệu mới có đến 10/04/2026." in html
    assert "80,00%" in html and "so với" not in html


def test_a_partial_declaration_is_not_the_province_and_names_are_escaped(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run(settings, monkeypatch, authority="H44"))
    assert html.count('<div class="value none">không có số liệu</div>') == 5
    assert "75,00%" in html and "30/40" in html and "Báo &amp; Đài" in html
    assert "Sở &lt;b&gt;Lạ&lt;/b&gt;" in html and "<b>Lạ" not in html


def test_an_unconfirmed_definition_is_marked_and_the_unranked_have_a_reason(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("rankings", "H99", "Tỉnh Mẫu", is_synthetic=True, has_dossiers=True)
    assert "định nghĩa chưa được xác nhận" in html and "<dd>chưa được xác nhận</dd>" in html
    assert html.count('<td class="rank">=1</td>') == 2
    assert "Trung vị của nhóm: 90,00%" in html
    assert "không có hồ sơ nào để tính trong kỳ" in html and "0,00%" not in html.replace("90,00%", "").replace(
        "100,00%", ""
    )


def test_without_dossiers_the_unit_page_does_not_claim_that_none_is_overdue(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("unit", "H44", "Tỉnh <Khác>", is_synthetic=False, has_dossiers=False)
    assert "Không có số liệu: bản dựng không chứa hồ sơ của địa phương này." in html
    assert "Không thấy hồ sơ nào" not in html
    assert "75,00%" in html and "số báo cáo" in html


def test_the_authority_stands_for_the_overdue_dossiers_of_all_its_units(build):
    assert data_access.overdue_dossiers(build, "H99", "H99")[0]["open_late_count"] == 25
    assert data_access.overdue_dossiers(build, "H99", "H99.2") == []


MARCH = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))


def test_files_of_a_period_are_those_whose_data_touch_it_and_the_registers(build):
    rows = data_access.deliveries(build, "H99", *MARCH)
    assert [(row["delivery_id"], row["failed_rule_count"]) for row in rows] == [("d1", 1), ("d3", 1)]
    assert [row["delivery_id"] for row in data_access.deliveries(build, "H44", *MARCH)] == ["d4"]


def test_broken_rules_count_every_file_of_the_period_and_name_those_that_fail(build):
    rows = data_access.broken_rules(build, "H99", *MARCH)
    assert [(row["rule_code"], row["failed_count"], row["checked_count"], row["file_names"]) for row in rows] == [
        ("x.due", 40, 1200, ["a<b>.csv"]),
        ("x.new", 7, 7, ["danh_muc.csv"]),
    ]
    assert rows[1]["example_text"] is None
    assert data_access.broken_rules(build, "H44", *MARCH) == []


def test_grades_are_worst_first_and_the_ungraded_last(build):
    rows = data_access.quality_grades(build, "H99", "2026-03")
    assert [(row["unit_code"], row["grade_code"]) for row in rows] == [
        ("H99", "A"),
        ("H99.2", "C"),
        ("H99.1", "A"),
        ("H99.3", None),
    ]
    assert data_access.quality_grades(build, "H44", "2026-03") == []


def test_quality_page_shows_the_conservation_of_rows_and_keeps_no_data_apart_from_a_grade(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("quality", "H99", "Tỉnh Mẫu", is_synthetic=True, has_dossiers=True)
    assert "1.257 dòng đọc = 1.207 nhận + 30 loại + 20 bỏ qua: không mất dòng nào." in html
    assert 'class="grade c"' in html and "tỷ lệ hồ sơ không có ngày hẹn trả cao (không có ngày hẹn trả 8)" in html
    assert 'class="grade none" title="không có hồ sơ nào trong kỳ">không có số liệu</span>' in html
    assert "Ngưỡng do kho tự đặt, chưa được xác nhận." in html
    assert "đánh dấu dòng" in html and "loại dòng" in html and "40/1.200" in html and "7/7" in html
    assert "a&lt;b&gt;.csv" in html and "<b>.csv" not in html
    assert "Danh sách hồ sơ một cửa" in html and "nguon_la" in html
    assert "loại 30 dòng, đánh dấu 120 dòng, 1 quy tắc không đạt" in html


def test_units_that_lack_most_months_stand_first(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("quality", "H99", "Tỉnh Mẫu", is_synthetic=True, has_dossiers=True)
    table = html.split('aria-label="Đã nhận hay còn thiếu, theo tháng"')[1].split("</table>")[0]
    assert [name for name in ("Sở Trống", "Sở Em", "Sở Đất") if name in table] == sorted(
        ("Sở Trống", "Sở Em", "Sở Đất"), key=table.index
    )
    assert table.count("✕") == 3 and table.count("●") == 3
    assert 'aria-label="Tháng 02/2026: thiếu"' in table
    assert "2 trong 3 đơn vị thiếu ít nhất một tháng trong 2 tháng" in html


def test_quality_of_an_authority_that_only_declares_is_said_in_words(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("quality", "H44", "Tỉnh <Khác>", is_synthetic=False, has_dossiers=False)
    assert "Chưa xếp loại được" in html and "Không có tháng nào để xét" in html
    assert "Mọi tệp của kỳ đạt mọi quy tắc kiểm tra." in html
    assert 'class="grade' not in html


def test_the_grade_stands_beside_every_rank_and_on_the_unit_page(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("rankings", "H99", "Tỉnh Mẫu", is_synthetic=True, has_dossiers=True)
    assert "Chất lượng dữ liệu</th>" in html
    assert html.count('<td class="quality"><span class="grade') == 2
    html = _page_html("unit", "H99", "Tỉnh Mẫu", is_synthetic=True, has_dossiers=True)
    assert ">Chất lượng dữ liệu: A</span>" in html and "không thấy điểm nào đáng kể" in html
    declared = _page_html("rankings", "H44", "Tỉnh <Khác>", is_synthetic=False, has_dossiers=False)
    assert "Chất lượng dữ liệu" not in declared and 'class="grade' not in declared


def test_files_of_an_authority_without_any_counted_period_are_shown_all_the_same(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    monkeypatch.setattr(data_access, "periods_with_data", lambda *_: [])
    html = _page_html("quality", "H99", "Tỉnh Mẫu", is_synthetic=True, has_dossiers=False)
    assert "không có số liệu theo kỳ" in html
    assert "1.347 dòng đọc = 1.297 nhận + 30 loại + 20 bỏ qua" in html and "cũ.csv" in html
    assert "130/1.290" in html


def test_steps_of_a_unit_are_drilled_to_its_section_with_names_escaped(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("process", "H99", "Tỉnh", is_synthetic=True, has_dossiers=True)
    assert "Thẩm &lt;định&gt;" in html and "Thẩm <định>" not in html
    assert "quy-trinh?authority=H99&amp;kind=month&amp;period=2026-03&amp;unit=H99.1" in html
    assert "nhật ký không ghi hạn của bước" in html
    html = _page_html("process", "H44", "Tỉnh <Khác>", is_synthetic=False, has_dossiers=False)
    assert "Không có nhật ký xử lý của địa phương này" in html


def test_late_by_the_appointment_date_and_late_by_the_recomputed_one_are_told_apart(settings, monkeypatch):
    """HS-5 and HS-6 are late by the appointment date, HS-1 and HS-5 have a delay."""
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("process", "H99", "Tỉnh", is_synthetic=True, has_dossiers=True)
    assert "2 hồ sơ trễ so với ngày hẹn trả (trang Đúng hạn đếm như vậy), trong đó 1 trễ cả" in html
    assert "và 1 thì không" in html and "1 hồ sơ chỉ trễ so với hạn tính lại" in html
    assert "doi-soat?authority=H99&amp;kind=month&amp;period=2026-03&amp;unit=H99&amp;section=recomputed" in html
    assert '<span class="dates">hạn tính lại</span>' in html


def test_parts_with_the_largest_delay_stand_first_and_lists_have_pages(build):
    march = data_access.StepScope("H99", "2026-03", *MARCH, "H99")
    units = data_access.step_parts(build, march, "unit")
    assert [(row["part_code"], row["delay_seconds"]) for row in units] == [("H99.1", 57600)]
    of_unit = replace(march, unit_code="H99.1")
    sections = data_access.step_parts(build, of_unit, "section")
    assert [(row["part_code"], row["delay_seconds"]) for row in sections] == [("P1", 57500), ("-", 100)]
    pages = [data_access.late_dossiers(build, march, 1, offset)[0] for offset in (0, 1)]
    assert [(row["dossier_code"], row["late_count"]) for row in pages] == [("T-1", 2), ("T-2", 2)]


def test_delay_is_told_for_the_part_of_a_unit(build):
    march = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    whole = data_access.StepScope("H99", "2026-03", *march, "H99")
    part = data_access.StepScope("H99", "2026-03", *march, "H99.2")
    assert [row["delay_seconds"] for row in data_access.delays_by_unit(build, whole)] == [58260, 3600, 3600]
    assert [row["unit_code"] for row in data_access.delays_by_unit(build, part)] == ["H99.1", "H99.2"]
    assert [row["dossier_code"] for row in data_access.late_dossiers(build, part)] == ["T-2"]
    assert data_access.late_dossiers(build, whole)[0]["largest_activity_name"] == "Thẩm <định>"


@pytest.fixture
def march_scope():
    return TimeScope("H99", "2026-03", *MARCH, "H99")


def test_a_definition_is_drilled_by_links_that_keep_the_filters(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03"))
    assert "180/200 hồ sơ đạt = 90,00%; 20 không đạt; 3 không tính." in html
    kept = "period=2026-03&amp;org=then&amp;definition=on_time_rate__resolved"
    assert f"{kept}&amp;unit=H99.2&amp;sort=missed&amp;by=section" in html
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03", unit="H99.1", org="now"))
    assert "90/100 hồ sơ đạt" in html
    assert "sort=missed&amp;section=P1&amp;by=procedure" in html and "section=-&amp;by=procedure" in html
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03", unit="H99.2", section="-"))
    assert "procedure=%3Ci%3E&amp;by=dossier" in html and "&lt;i&gt;" in html and "<i>" not in html


def _run_timeliness(settings, monkeypatch, **query):
    """The page Đúng hạn alone, with these query parameters."""
    return _run_page(settings, monkeypatch, "timeliness", **query)


def test_the_dossiers_of_each_outcome_are_told_apart_and_paged(build, march_scope):
    code = "on_time_rate__resolved"
    assert data_access_time.outcome_counts(build, march_scope, code) == {"missed": 2, "met": 5, "excluded": 1}
    rows = data_access_time.placed_dossiers(build, march_scope, code, "missed", 1, 1)
    assert [row["dossier_code"] for row in rows] == ["HS-6"]
    elsewhere = replace(march_scope, unit_code="H99.2")
    assert data_access_time.outcome_counts(build, elsewhere, code) == {"missed": 0, "met": 0, "excluded": 0}


@pytest.mark.parametrize("page", ["0", "99", "x", "9" * 30])
def test_a_page_that_is_not_there_is_the_nearest(settings, monkeypatch, page):
    _publish(settings.root, "a1")
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03", unit="H99.1", by="dossier", page=page))
    assert "HS-5" in html and "2 hồ sơ, hạn sớm nhất đứng trước." in html


def test_a_dossier_left_out_has_its_reason_in_words(settings, monkeypatch):
    _publish(settings.root, "a1")
    query = {"period": "2026-03", "unit": "H99.1", "by": "dossier"}
    left_out = _html(_run_timeliness(settings, monkeypatch, **query, list="excluded"))
    assert "Lý do không tính" in left_out and '<td class="wide">đã rút hoặc dừng</td>' in left_out
    assert "Lý do không tính" not in _html(_run_timeliness(settings, monkeypatch, **query, list="missed"))


def test_a_definition_without_a_figure_stands_with_its_reason(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03"))
    table = html.split('aria-label="Các định nghĩa đúng hạn"')[1].split("</table>")[0]
    assert "không có số liệu: không có hồ sơ nào để tính trong kỳ (3 hồ sơ không tính)" in table
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-04"))
    assert "Đúng hạn giờ phút" not in html.split('aria-label="Các định nghĩa đúng hạn"')[1].split("</table>")[0]


def test_open_stock_is_told_by_age_and_officers_only_counted(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03"))
    assert "25 hồ sơ, gấp nhất đứng trước." in html and "quá 25" in html
    assert "Cách chia mức chưa được xác nhận." in html and "ngưỡng chưa được xác nhận" in html
    assert "khóa bí mật" not in html
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03", band="falling_due"))
    assert "3 hồ sơ, gấp nhất đứng trước." in html and "còn 1" in html and "đang chờ, tạm dừng" in html


def test_a_stopped_clock_has_words_and_no_number_on_the_screen_and_in_the_file(
    build, settings, monkeypatch, march_scope
):
    view = state.View(build, "H99", "Tỉnh Mẫu", True, True)
    sheet = timeliness_stock._open_sheet(view, march_scope, "Tỉnh Mẫu", "Đã quá hạn", ("late_1_5",))
    assert ("Đơn vị", "Tỉnh Mẫu (H99)") in sheet.head
    rows = {row[0]: row for row in sheet.rows}
    due, recomputed = slice(6, 8), slice(9, 11)
    assert rows["HS-3"][due] == ["quá 3", -3] and rows["HS-3"][recomputed] == ["đang dừng", None]
    assert rows["HS-4"][recomputed] == ["còn 4", 4]
    html = _html(_run_timeliness(settings, monkeypatch, period="2026-03"))
    assert html.count('<td class="num wide">đang dừng</td>') == 1


def test_the_head_of_a_file_names_what_it_is_of(build, march_scope):
    view = state.View(build, "H99", "Tỉnh Mẫu", True, True)
    definition = data_access.indicators(build)["on_time_rate__resolved"]
    scope = replace(march_scope, unit_code="H99.1", section_code="", procedure_code="TT")
    head = timeliness_parts._file_head(view, scope, definition)
    assert head[:5] == [
        ("Kỳ", "Tháng 03/2026 (2026-03)"),
        ("Đơn vị", "Sở Đất (H99.1)"),
        ("Đơn vị theo", "Theo tổ chức khi đó"),
        ("Bộ phận", "không ghi"),
        ("Thủ tục", "Thủ tục (TT)"),
    ]


def _run_page(settings, monkeypatch, module, **query):
    """One page alone for Tỉnh Mẫu, with these query parameters."""
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    script = (
        "from dagster_project.settings import load_settings\n"
        "from dashboards import data_access, state\n"
        f"from dashboards.app_pages import {module}\n"
        "build = data_access.open_current_build(load_settings())\n"
        f"{module}.render(state.View(build, 'H99', 'Tỉnh Mẫu', True, True))\n"
    )
    app = AppTest.from_string(script, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"period": "2026-02"}, "Trang này không có số liệu của Tháng 02/2026; đang xem Tháng 03/2026."),
        ({"period": "2031-01"}, "Không có kỳ nào mang mã «2031-01»; đang xem Tháng 03/2026."),
        ({"kind": "quarter"}, "Trang này không có số liệu theo quý; đang xem Tháng 03/2026."),
        ({"unit": "H99.2"}, "Trang này không có số liệu của Sở Em (H99.2) ở kỳ này; đang xem Toàn địa phương."),
    ],
)
def test_a_page_says_when_it_lacks_what_its_address_asks_for(settings, monkeypatch, query, said):
    _publish(settings.root, "a1")
    app = _run_page(settings, monkeypatch, "process", **query)
    assert said in _html(app)
    app.run()
    assert (said in _html(app)) == ("kind" not in query)  # the box of kinds has the answer by then
    asked = {"period": "2026-03", "kind": "month", "unit": "H99.1"}
    assert "Trang này không có" not in _html(_run_page(settings, monkeypatch, "process", **asked))


def test_units_too_small_for_the_watch_list_are_counted_apart_from_those_without_dossiers(build):
    assert data_access.units_not_watched(build, "H99", "2026-03") == []
    rows = data_access.units_not_watched(build, "H99", "2026-04")
    assert [(row["unit_count"], row["minimum_denominator"]) for row in rows] == [(1, 30)]


def test_an_authority_that_only_declares_has_its_claims_and_no_rate(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("timeliness", "H44", "Tỉnh <Khác>", is_synthetic=False, has_dossiers=False)
    assert "75,00%" in html and "1/2 đơn vị báo cáo" in html
    assert '<span class="missing">không có số liệu</span>' in html
    assert "Không có số liệu về từng hồ sơ" in html and "Chia theo" not in html


WHOLE_MARCH = data_access_claims.Scope("H99", "H99", "2026-03", *MARCH)
FEBRUARY = data_access_claims.Scope("H99", "H99", "2026-02", dt.date(2026, 2, 1), dt.date(2026, 2, 28))


def test_dossiers_late_on_the_portal_are_told_apart_by_what_made_them_late(build):
    row = data_access_claims.national_totals(build, WHOLE_MARCH)
    counts = [row[f"{name}_count"] for name in ("dossier", "same", "differing", "only_local", "only_national")]
    assert counts == [5, 2, 2, 1, 0]
    assert (row["late_national_count"], row["late_both_count"], row["delayed_count"]) == (3, 1, 1)


def test_what_nobody_declared_is_no_difference(build):
    found = data_access_claims.compared_causes(build, FEBRUARY, "declared")
    assert found == {"same": 2, "declared_met": 1, "not_declared": 1}
    assert data_access_claims.differing(found) == {"declared_met": 1}
    (unit,) = data_access_claims.compared_units(build, FEBRUARY, "declared", "*")
    assert (unit["unit_name"], unit["differing_count"], unit["dossier_count"]) == ("Sở Đất", 1, 3)
    listed = data_access_claims.compared_dossiers(build, FEBRUARY, "declared", "*", 1)
    assert [row["dossier_code"] for row in listed] == ["XONG-2"]


def test_every_cause_of_a_reported_figure_has_a_class_and_a_name(build):
    classes = data_access_claims.figures_by_class(data_access_claims.report_causes(build, WHOLE_MARCH))
    assert classes == {"same": 1, "explained": 1, "unexplained": 1, "no_dossiers": 1, "not_claimed": 0}


def _claims_html(settings, monkeypatch, **query):
    if not (settings.root / "published").exists():
        _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    script = (
        "import streamlit as st\n"
        f"st.query_params.from_dict({ {'period': '2026-03', **query}!r})\n"
        "from dagster_project.settings import load_settings\n"
        "from dashboards import data_access, state\n"
        "from dashboards.app_pages import reconciliation\n"
        "build = data_access.open_current_build(load_settings())\n"
        "reconciliation.render(state.View(build, 'H99', 'Tỉnh Mẫu', True, True))\n"
    )
    app = AppTest.from_string(script, default_timeout=30).run()
    assert not app.exception
    return _html(app)


def test_reported_figures_stand_beside_those_of_the_dossiers_worst_first(settings, monkeypatch):
    html = _claims_html(settings, monkeypatch)
    table = html.split('aria-label="Số báo cáo và kết quả"')[1].split("</table>")[0]
    assert "Biểu II.06a, Đất &lt;đai&gt;: cột 10: quá hạn" in table
    assert table.index("−10") < table.index("+5") < table.index("Sở Lạ")
    assert "bằng theo hạn khác: Đúng hạn trên đã giải quyết" in table
    assert "không có số liệu" in table  # nothing to hold the unknown unit's figure against
    assert "số cần giải trình, trong 4 số đã báo" in html


def test_a_right_total_with_late_ones_told_as_on_time_is_one_fact_said_once(settings, monkeypatch):
    html = _claims_html(settings, monkeypatch, period="2026-02")
    table = html.split('aria-label="Số báo cáo và kết quả"')[1].split("</table>")[0]
    wide = [cell.split("</td>")[0] for cell in table.split('<td class="wide">')[1:]]
    assert wide == [
        "báo đủ 26 hồ sơ nhưng ghi 4 hồ sơ quá hạn thành đúng hạn; cần đơn vị giải trình",
        "cùng một việc với số quá hạn lệch −4 của báo cáo này",
    ]
    # Late ones too few and nobody told as on time instead: the line of the form does not add up that way.
    assert "báo đủ" not in _claims_html(settings, monkeypatch, period="2026-03")


def test_form_06a_shows_its_sums_and_what_it_hides(settings, monkeypatch):
    html = _claims_html(settings, monkeypatch, period="2026-02", unit="H99.1", section="recomputed")
    assert "(3) = (4) + (5) + (6): 120 = 60 + 40 + 20" in html
    assert "(3) = (7) + (11) + bàn giao: 120 = 100 + 18 + 2" in html
    hidden = html.split('aria-label="Phần biểu không cho thấy"')[1].split("</table>")[0]
    assert "trong cột 9, như đúng hạn" in hidden and '<td class="num value">4</td>' in hidden
    assert "ngày hẹn bị sửa" in html and 'href="ho-so?authority=H99&amp;dossier=XONG-1"' in html
    assert "từ quá hạn thành đúng hạn" in html and "không văn bản nào ghi" in html


def test_the_share_of_synchronisation_faults_names_its_denominator(settings, monkeypatch):
    html = _claims_html(settings, monkeypatch, section="national")
    assert "Trong 3 hồ sơ Cổng ghi quá hạn: 33,3% (1/3) xong đúng hạn ở địa phương nhưng đồng bộ muộn" in html
    assert "chưa có trên Cổng" in html and 'dossier=S-5"' in html and 'dossier=S-1"' not in html


def test_an_authority_without_claims_and_dossiers_has_nothing_to_reconcile(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("reconciliation", "H44", "Tỉnh <Khác>", is_synthetic=False, has_dossiers=False)
    assert "nên không có gì để đối soát" in html and "%" not in html


def _score_html(settings, monkeypatch, module, **query):
    """A page on points for the authority that a regulation scores."""
    if not (settings.root / "published").exists():
        _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    script = (
        "import streamlit as st\n"
        f"st.query_params.from_dict({query!r})\n"
        "from dagster_project.settings import load_settings\n"
        "from dashboards import data_access, state\n"
        f"from dashboards.app_pages import {module}\n"
        "build = data_access.open_current_build(load_settings())\n"
        f"{module}.render(state.View(build, 'H33', 'Tỉnh Chấm', False, True))\n"
    )
    app = AppTest.from_string(script, default_timeout=30).run()
    assert not app.exception
    return _html(app)


def _rows_of(html, label):
    """The cells of a table as plain text, row by row."""
    body = html.split(f'aria-label="{label}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("</tr>")[:-1]]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in rows]


def test_points_are_ranked_with_the_range_of_the_rank_and_everyone_is_named(settings, monkeypatch):
    html = _score_html(settings, monkeypatch, "rankings")
    rows = _rows_of(html, "Xếp hạng theo điểm")
    assert rows[0] == ["Cả 2 đơn vị nối thành một dải"]
    assert [row[0] for row in rows[1:]] == ["1", "2"]
    assert rows[1][1] == "hạng 1–2" and rows[1][3] == "70,83%8,50 / 12,00 điểm"
    assert "width:100.00%" in html and "left:calc(25.00% - 1px)" in html
    assert rows[1][4] == "Tốtmức chưa xác nhận"
    assert rows[1][5] == "▲ tăng 5,83 điểm %, ▲ lên 1" and rows[2][5] == "thay đổi không vượt may rủi"
    assert [row[6:] for row in rows[1:]] == [["80", "A"], ["80", "C"]]
    assert _rows_of(html, "Đơn vị không xếp hạng") == [
        ["Sở Ba", "còn 4,00 điểm chưa chấm (đã chấm 1/2 tiêu chí)", "4,00 / 12,00 điểm", "80"]
    ]
    assert "xếp hạng 2/3 đơn vị · trung vị 68,75% · quy định chưa được xác nhận." in html
    assert _rows_of(html, "Độ vững của thứ hạng")[0][2:] == ["98,5%", "hạng 1–2"]
    assert "200 lần thử" in html and "kho tự đặt, chưa có căn cứ" in html
    assert "tiêu chí có trên 90% đơn vị đạt điểm tối đa" in html
    assert "Sở &lt;Hai&gt;" in html and "Bộ tiêu chí &lt;thử&gt;" in html
    assert "giai-thich-diem?authority=H33&amp;regulation=BTC%402026-01-01&amp;kind=month&amp;period=2026-03" in html


def test_the_file_of_a_ranking_says_how_sure_a_rank_is_and_until_when_it_counts(build):
    view = state.View(build, "H33", "Tỉnh Chấm", False, True)
    (choice,) = data_access_scores.score_choices(build, "H33")
    scope = score_parts.scope_of(view, choice)
    regulation = data_access_scores.regulation(build, "H33", choice["regulation_version_code"])
    rows = data_access_scores.score_ranking(build, scope, "department")
    sheet = score_rankings.ranking_sheet(view, choice, regulation, rows)
    assert {"Căn cứ": "QĐ <1>", "Kỳ": "Tháng 03/2026", "Số liệu chốt đến ngày": "10/04/2026"}.items() <= dict(
        sheet.head
    ).items()
    first, last = (dict(zip(sheet.headers, sheet.rows[place], strict=True)) for place in (0, 2))
    assert (first["Hạng tốt nhất còn có thể"], first["Hạng kém nhất còn có thể"]) == (1, 2)
    assert (first["Mẫu số lớn nhất"], first["Chất lượng dữ liệu"]) == (80, "A")
    assert last["Hạng"] is None and last["Tỷ lệ (%)"] is None and last["Lý do không xếp hạng"].startswith("còn 4,00")


def test_points_that_were_cut_say_what_they_are_exactly_and_what_left_the_maximum_is_named():
    part = {"final_score": 1, "kind_code": "base"}
    rows = [part | {"contribution_score": Decimal("53.955000")}, part | {"contribution_score": Decimal("0.05")}]
    told = score_explanation.sum_text({"total_score": Decimal("54.01")}, rows, 2)
    assert told == (
        "Cộng phần đóng góp của 2 tiêu chí: 54,01 (đúng 54,005) điểm, làm tròn theo quy định thành tổng 54,01 điểm."
    )
    assert labels_scores.stated_points(Decimal("53.955"), 3) == "53,955"
    assert labels_scores.stated_points(53.95, 2) == "53,95"
    gone = part | {
        "criterion_code": "6.1", "criterion_name": "Giải ngân", "parent_criterion_code": None, "rule_code": "linear",
        "score_status": "not_applicable", "is_leaf": True, "is_applicable": False, "max_score": Decimal(5),
    }  # fmt: skip
    told = score_explanation.taken_out_text([gone], 2)
    assert told == "Bỏ khỏi điểm tối đa 5,00 điểm: 6.1 (5,00, theo phiếu chấm)."


def test_the_leaves_of_a_unit_add_up_to_its_total_and_penalties_take_away(settings, monkeypatch):
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.1")
    assert "Cộng phần đóng góp của 3 tiêu chí: 9,00 − 0,50 (trừ) = 8,50 điểm, đúng bằng tổng điểm." in html
    rows = _rows_of(html, "Điểm từng tiêu chí")
    assert [row[3] for row in rows] == ["", "5,00", "4,00", "−0,50"]
    assert [row[4] for row in rows][:3] == ["cộng từ các phần bên dưới", "tính từ số liệu", "thẩm định lần 1"]
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.3")
    assert "chưa chấm đủ" in html and "không xếp hạng" in html and "còn 4,00 điểm chưa chấm" in html
    assert "0,00%" not in html


def test_a_criterion_leads_from_points_to_rule_to_figure_to_its_dossiers(settings, monkeypatch):
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.1", criterion="1.1")
    steps = dict(_rows_of(html, "Giải thích tiêu chí"))
    assert steps["Điểm cuối"].startswith("5,00 / 8,00 điểm, tính từ số liệu; đóng góp 5,00 điểm")
    assert steps["Cách chấm"].startswith("Điểm = tỷ lệ ÷ 80% × 8 điểm, tối đa 8 điểm khi đạt từ 80%.")
    assert steps["Căn cứ"] == "QĐ &lt;1&gt; (chưa được xác nhận)"
    assert "40/80 = 50,00%" in steps["Số liệu"] and "điểm kho tính tăng 0,10" in steps["Số liệu"]
    assert steps["Các điểm đã có"] == "tự chấm 7,00; kho tính 5,00."
    address = "kind=month&amp;period=2026-03&amp;unit=H33.1&amp;definition=on_time_rate__resolved&amp;by=dossier"
    assert f'href="dung-han?authority=H33&amp;{address}&amp;list=missed"' in html
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.3", criterion="1")
    assert dict(_rows_of(html, "Giải thích tiêu chí"))["Số liệu"] == "Bên dưới còn tiêu chí chưa có điểm."
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.1", criterion="1.2")
    assert "Đã nộp: 12/BC-&lt;SM&gt;." in html
    assert dict(_rows_of(html, "Giải thích tiêu chí"))["Số liệu"] == "Không lấy số liệu, hội đồng chấm."
    line = dict(_rows_of(html, "Giải thích tiêu chí"))["Dòng làm căn cứ"]
    assert line.startswith("Dòng của phiếu: đợt chấm D1, bộ tiêu chí BTC, đơn vị H33.1, tiêu chí 1.2; ")
    assert "chưa nạp tệp nào" in line and "Giải trình" in line
    told = _rows_of(html, "Giải trình và thẩm định")
    assert [row[1] for row in told] == ["Thẩm định lần 1TTD", "Giải trìnhSở Một (H33.1)"]
    assert told[1][2:] == ["Bổ sung &lt;quyết định&gt;", "2,00 → 3,00"]


def test_a_figure_of_a_sheet_is_named_as_the_units_own_wherever_points_stand_on_it(settings, monkeypatch):
    stated = TABLES["dim_criteria"].replace("'indicator', 'on_time_rate__resolved'", "'measured', 'stated'")
    assert stated != TABLES["dim_criteria"]
    monkeypatch.setitem(TABLES, "dim_criteria", stated)
    of_sheet = "tính từ số liệu đơn vị nêu trong phiếu"
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.1", criterion="1.1")
    assert [row[4] for row in _rows_of(html, "Điểm từng tiêu chí")][1] == f"{of_sheet}, chưa thẩm định"
    steps = dict(_rows_of(html, "Giải thích tiêu chí"))
    assert steps["Điểm cuối"].startswith(f"5,00 / 8,00 điểm, {of_sheet}, chưa thẩm định")
    assert steps["Các điểm đã có"] == f"tự chấm 7,00; {of_sheet} 5,00."
    html = _score_html(settings, monkeypatch, "score_comparison", unit="H33.2")
    assert _rows_of(html, "Các điểm của từng tiêu chí")[1][4] == "4,00từ số liệu đơn vị nêu trong phiếu"
    assert _rows_of(html, "Điểm nêu và điểm kho tính")[0][2] == "5,00từ số liệu đơn vị nêu trong phiếu"


def test_a_figure_that_is_no_count_is_told_as_its_value(settings, monkeypatch):
    stated = TABLES["fct_score_inputs"].replace("criterion_code = '1.1' as has_counts", "false as has_counts")
    scores = TABLES["fct_criterion_scores"].replace("'computed', 32, 80)", "'computed', 2000000, 1000000)")
    days = TABLES["dim_criteria"].replace("cast(0.8 as decimal(18, 6))", "cast(3 as decimal(18, 6))")
    for table, text in (("fct_score_inputs", stated), ("fct_criterion_scores", scores), ("dim_criteria", days)):
        assert text != TABLES[table]
        monkeypatch.setitem(TABLES, table, text)
    html = _score_html(settings, monkeypatch, "score_comparison", unit="H33.2")
    assert _rows_of(html, "Điểm nêu và điểm kho tính")[1][5] == "2"
    assert "1.000.000" not in html


def test_what_decided_is_seen_on_a_phone(settings, monkeypatch):
    def heads(unit):
        html = _score_html(settings, monkeypatch, "score_comparison", unit=unit)
        (table,) = re.findall(r'aria-label="Các điểm của từng tiêu chí".*?</thead>', html, re.S)
        found = re.findall(r"<th([^>]*)>([^<]*)</th>", table)
        return [name for attributes, name in found if "wide" not in attributes]

    assert heads("H33.2") == ["Tiêu chí", "Thẩm định", "Kho tính", "Điểm cuối"]
    assert heads("H33.3") == ["Tiêu chí", "Kho tính", "Điểm cuối"]


def test_a_ranking_without_ranges_says_who_has_to_send_what(settings, monkeypatch):
    scores = TABLES["fct_criterion_scores"].replace(
        "cast(null as varchar) as uncertainty_code",
        "case when unit_code = 'H33.2' and criterion_code = '1.2' then 'uncounted' end as uncertainty_code",
    )
    scores = scores.replace("4, null, 4, 4, 'ok', 'appraised_1'", "4, null, 4, 4, 'ok', 'survey'")
    ranks = re.sub(
        r"66.67, 55, 77, 'ok', 2, false, 1, 2",
        "66.67, null, null, 'ok', 2, false, null, null",
        TABLES["fct_score_rankings"],
    )
    ranks = ranks.replace("'ok', 1, false, 1, 2, 1, 65", "'ok', 1, false, null, null, 1, 65")
    ranks = ranks.replace("cast(0 as decimal(18, 6)) as uncounted", "cast(4 as decimal(18, 6)) as uncounted")
    assert ranks.count("null, null, ") > TABLES["fct_score_rankings"].count("null, null, ")
    monkeypatch.setitem(TABLES, "fct_criterion_scores", scores)
    monkeypatch.setitem(TABLES, "fct_score_rankings", ranks)
    html = _score_html(settings, monkeypatch, "rankings")
    assert (
        "Còn thiếu: Sở &lt;Hai&gt; (tiêu chí 1.2). Hãy điền cột «Số phiếu trả lời hợp lệ đứng sau điểm điều tra» "
        "trong phiếu chấm, rồi nạp lại và dựng lại." in html
    )


def test_two_units_stand_side_by_side_with_what_luck_could_do(settings, monkeypatch):
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.1", other="H33.2")
    rows = {row[0]: row for row in _rows_of(html, "Điểm từng tiêu chí")}
    assert [row[3:5] for row in rows.values()] == [
        ["8,00 / 12,00", "+1,00"],
        ["4,00 / 8,00", "+1,00"],
        ["4,00 / 4,00", "0,00"],
        ["–", "–"],
    ]
    assert (
        "Sở Một so với Sở &lt;Hai&gt;: cao hơn 4,16 điểm %; không vượt may rủi của số liệu đếm được (so riêng hai đơn "
        "vị, mức 95 %)." in html
    )
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.1", other="H33.3")
    assert "chưa so được tổng điểm, vì có đơn vị chưa chấm đủ" in html
    assert [row[4] for row in _rows_of(html, "Điểm từng tiêu chí")] == ["–", "+1,00", "–", "–"]
    assert "unit=H33.1&amp;other=H33.3&amp;criterion=1.1" in html


def test_the_facing_widths_of_two_totals_decide_whether_luck_could_have_done_it():
    one = {"total_percent": Decimal(80), "percent_low": Decimal(77), "percent_high": Decimal(81), "unit_name": "Một"}
    other = {"total_percent": Decimal(75), "percent_low": Decimal(70), "percent_high": Decimal(79), "unit_name": "Hai"}
    # Widths 3 down and 4 up face each other: 5 is not more than their 5.
    assert labels_scores.is_beyond_chance(one, other) is False
    further = other | {"total_percent": Decimal("74.99"), "percent_high": Decimal("78.99")}
    assert labels_scores.is_beyond_chance(one, further) is labels_scores.is_beyond_chance(further, one) is True
    assert "thấp hơn 5,01 điểm %; vượt may rủi" in labels_scores.pair_text(further, one)
    unknown = other | {"percent_low": None, "percent_high": None}
    assert labels_scores.is_beyond_chance(one, unknown) is None
    assert "không rõ có vượt may rủi" in labels_scores.pair_text(one, unknown)
    assert "tỷ lệ điểm bằng nhau" in labels_scores.pair_text(one, one)


def test_a_deduction_counts_the_other_way_in_a_difference():
    more, less = ({"final_score": Decimal(points), "kind_code": "penalty"} for points in (2, 1))
    assert score_explanation.difference_of(more, less) == -1
    base = more | {"kind_code": "base"}
    assert score_explanation.difference_of(base, less) == 1
    assert score_explanation.difference_of(base, None) is None


def test_a_unit_without_a_sheet_is_pointed_to_nobody_elses_files(settings, monkeypatch):
    html = _score_html(settings, monkeypatch, "score_explanation", unit="H33.3", criterion="1.2")
    line = dict(_rows_of(html, "Giải thích tiêu chí"))["Dòng làm căn cứ"]
    assert line == "Chưa nạp phiếu nào có dòng của đơn vị H33.3, tiêu chí 1.2 trong kỳ."


def test_scores_stand_side_by_side_and_the_highest_claim_over_the_data_is_first(settings, monkeypatch):
    html = _score_html(settings, monkeypatch, "score_comparison", unit="H33.2")
    rows = _rows_of(html, "Các điểm của từng tiêu chí")
    assert rows[1][1:] == ["8,00", "3,00", "–", "4,00", "4,00"]
    assert "từ số liệu đơn vị nêu trong phiếu" not in html
    assert "Không có số liệu về điểm: điều tra, công bố." in html
    rows = _rows_of(html, "Điểm nêu và điểm kho tính")
    assert [row[3] for row in rows] == ["+2,00", "−1,00"]
    assert "2 chỗ khác nhau, trong đó 1 chỗ nêu cao hơn" in html


def test_an_authority_without_a_regulation_says_so(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    for module in ("score_explanation", "score_comparison"):
        html = _page_html(module, "H99", "Tỉnh Mẫu", is_synthetic=True, has_dossiers=True)
        assert "không có số liệu để chấm điểm theo quy định nào" in html


def test_ratings_say_who_pressed_and_how_few_of_all_they_are(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run_page(settings, monkeypatch, "ratings", scale="kiosk_3_levels", period="2026-03"))
    assert "Đây không phải SIPAS: chỉ những người đã bấm đánh giá" in html
    assert "90,00%" in html and "135/150 lượt hợp lệ" in html and "khoảng tin cậy 95%: 84,2 – 93,9%" in html
    assert "15,1%" in html and "trên 1.000 kết quả đã trả" in html
    assert "30</div>" in html and "19,7% số lượt" in html
    # The lowest rate first; coverage beside it and marked where it says little; more ratings than results are shown.
    assert _rows_of(html, "Đánh giá từng đơn vị") == [
        ["Sở Em", "90,00%77,0 – 96,0%n = 40", "77,0 – 96,0%", "40", "125,0%", "", "32", "0"],
        ["Sở Đất", "95,00%88,8 – 97,8%n = 100", "88,8 – 97,8%", "100", "12,5%thấp", "", "800", "30nhiều"],
    ]
    assert _rows_of(html, "Đơn vị không đủ mẫu") == [["Sở Trống", "10", "–", "", "–", "0"]]
    assert _rows_of(html, "Đơn vị không có lượt nào") == [["H99.4", "không có số liệu", "0,0%", "25"]]


def test_low_coverage_and_bursts_of_ratings_are_warned_of_with_their_unconfirmed_thresholds(settings, monkeypatch):
    _publish(settings.root, "a1")
    html = _html(_run_page(settings, monkeypatch, "ratings", scale="kiosk_3_levels", period="2026-03"))
    assert "Độ phủ của toàn địa phương thấp." in html
    assert "2/4 đơn vị có độ phủ thấp (dưới 20%)." in html
    assert "1/4 đơn vị có nhiều lượt dồn dập (từ 10% số lượt)" in html
    assert "Hai ngưỡng này kho tự đặt, chưa được xác nhận." in html
    html = _html(_run_page(settings, monkeypatch, "ratings", scale="kiosk_3_levels", period="2026-02"))
    assert "kho tự đặt" not in html and "75,00%" in html


@pytest.fixture
def rated_years(settings, monkeypatch):
    """A build with a year that is over and one that is not, of which a department has too few ratings."""
    years = """
        union all by name
        select *, end_date < date '2026-04-10' as is_complete, 'year' as period_kind_code
        from (values ('2025', 'Năm 2025', date '2025-01-01', date '2025-12-31'),
          ('2026', 'Năm 2026', date '2026-01-01', date '2026-12-31'))
        as t(period_code, period_name, start_date, end_date)"""
    counts = """('H99', '2025', 'kiosk_3_levels', 212, 212, 'ok', 200, 0.94, 0.9, 0.97, 1000, 0.212, 0),
          ('H99', '2026', 'kiosk_3_levels', 579, 579, 'ok', 560, 0.97, 0.95, 0.98, 4000, 0.145, 0),
          ('H99.1', '2026', 'kiosk_3_levels', 9, 9, 'insufficient_sample', null, null, null, null, 800, 0.011, 0),
          ('H99', '2026-02', 'kiosk_2_levels'"""
    rows = TABLES["fct_rating_counts"].replace("('H99', '2026-02', 'kiosk_2_levels'", counts)
    # So have those of March, which the year holds.
    for unit, count in (("H99.1", 102), ("H99.2", 40)):
        row = f"('{unit}', '2026-03', 'kiosk_3_levels', {count}"
        assert row in rows
        rows = rows.replace(row, row.replace("3_levels", "2_levels"))
    monkeypatch.setitem(TABLES, "dim_periods", TABLES["dim_periods"] + years)
    monkeypatch.setitem(TABLES, "fct_rating_counts", rows)
    _publish(settings.root, "a1")


def test_ratings_open_on_the_newest_year_though_it_has_not_ended(settings, monkeypatch, rated_years):
    html = _html(_run_page(settings, monkeypatch, "ratings"))
    assert "Toàn địa phương, Năm 2026 (chưa hết kỳ)" in html and "560/579 lượt hợp lệ" in html


def test_a_longer_period_is_advised_only_where_there_is_one(settings, monkeypatch, rated_years):
    html = _html(_run_page(settings, monkeypatch, "ratings", period="2026"))
    assert "Không đơn vị nào có đủ 30 lượt hợp lệ trong kỳ này.<" in html
    html = _html(_run_page(settings, monkeypatch, "ratings", period="2026-03"))
    assert "trong kỳ này; hãy xem kỳ dài hơn.<" in html


def test_one_threshold_is_not_called_two(settings, monkeypatch, rated_years):
    html = _html(_run_page(settings, monkeypatch, "ratings", period="2026"))
    assert "1/1 đơn vị có độ phủ thấp (dưới 20%). Ngưỡng này kho tự đặt, chưa được xác nhận." in html


def test_the_page_of_ratings_has_one_name_in_menu_and_head(settings, monkeypatch, build):
    menu = (PROJECT_ROOT / "dashboards/app.py").read_text(encoding="utf-8")
    assert 'title=ratings.TITLE, url_path="danh-gia"' in menu
    html = _html(_run_page(settings, monkeypatch, "ratings"))
    assert f"<h1>{ratings.TITLE}</h1>" in html


def test_rating_scales_are_never_mixed(settings, monkeypatch, build):
    assert list(data_access_ratings.rating_scales(build, "H99")) == ["kiosk_3_levels", "kiosk_2_levels"]
    rows = data_access_ratings.rating_counts(build, "H99", "kiosk_2_levels", "2026-02")
    assert [(row["unit_code"], row["denominator"]) for row in rows] == [("H99", 7)]
    html = _html(_run_page(settings, monkeypatch, "ratings", scale="kiosk_2_levels", period="2026-02"))
    assert "Mỗi lần chỉ xem một thang" in html
    assert "không đủ mẫu (n = 7, cần ít nhất 30)" in html and "75,00%" not in html
    assert "không có số liệu hồ sơ" in html


def test_a_month_without_ratings_is_a_gap_in_the_trend(settings, monkeypatch, build):
    rows = data_access_ratings.rating_series(build, "H99", "kiosk_2_levels", "month")
    assert [(row["denominator"], row["value"]) for row in rows] == [(7, None), (None, None), (31, 1)]
    assert labels.value_or_status(rows[1]) == "không có lượt đánh giá"
    html = _html(_run_page(settings, monkeypatch, "ratings", scale="kiosk_2_levels", period="2026-04"))
    assert "Tỷ lệ đứng cạnh độ phủ" in html


def test_an_authority_without_ratings_says_so(settings, monkeypatch):
    _publish(settings.root, "a1")
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    html = _page_html("ratings", "H44", "Tỉnh <Khác>", is_synthetic=False, has_dossiers=False)
    assert "Không có lượt đánh giá sau giải quyết nào của địa phương này" in html


def test_the_file_of_ratings_says_that_they_are_no_survey(build):
    view = state.View(build, "H99", "Tỉnh Mẫu", True, True)
    scale = data_access_ratings.rating_scales(build, "H99")["kiosk_3_levels"]
    rows = data_access_ratings.rating_counts(build, "H99", "kiosk_3_levels", "2026-03")
    made = ratings.sheet(view, rows, scale, data_access.period(build, "2026-03"))
    head = dict(made.head)
    assert head["Không phải SIPAS"] == "chỉ những người đã bấm đánh giá, không ai chọn mẫu"
    assert head["Thang đánh giá"] == "Thang 3 mức"
    assert head["Ngưỡng"].endswith("từ 10% số lượt; kho tự đặt, chưa được xác nhận")
    cells = [dict(zip(made.headers, row, strict=True)) for row in made.rows]
    assert [row["Mã đơn vị"] for row in cells] == ["H99", "H99.2", "H99.1", "H99.3", "H99.4"]
    assert [row["Ghi chú"] for row in cells[2:]] == ["", "không đủ mẫu", "không có lượt đánh giá"]
    assert cells[4]["Độ phủ, %"] == 0 and cells[4]["Hài lòng, %"] is None
    assert cells[2]["Hài lòng, %"] == 95 and cells[2]["Độ phủ, %"] == Decimal("12.5")
    assert cells[2]["Độ phủ thấp"] == "có" and cells[2]["Nhiều lượt dồn dập"] == "có"
    assert cells[3]["Hài lòng, %"] is None and cells[3]["Ghi chú"] == "không đủ mẫu"
