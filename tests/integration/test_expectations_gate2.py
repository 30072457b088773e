"""Every rule of gate 2 passes on a small good build and fails on a crafted bad one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.exc import DBAPIError

from expectations.catalogue import published_rules
from expectations.results import BLOCK_PUBLISH
from expectations.runner import check_published

pytestmark = pytest.mark.integration

# Columns and types of the published tables that the rules read; the rest is text.
COLUMNS = {
    "dim_authorities": "authority_code authority_name is_synthetic:boolean dossier_count:bigint",
    "dim_units": "authority_code unit_code unit_name unit_short_name unit_bloc_code unit_bloc_name "
    "parent_unit_code is_registered:boolean valid_from_date:date valid_to_date:date existed_from_date:date "
    "successor_unit_code successor_unit_name succession_status_code succession_text",
    "fct_unit_period_changes": "authority_code unit_code period_code",
    "bridge_unit_successions": "authority_code unit_code current_unit_code succession_status_code "
    "last_change_date:date",
    "dim_peer_groups": "authority_code peer_group_code peer_group_name tier_lower_count:bigint unit_count:bigint",
    "dim_periods": "period_code period_kind_code period_name start_date:date end_date:date "
    "is_complete:boolean sort_order:integer",
    "dim_indicators": "indicator_code indicator_name indicator_short_name family_code numerator_text "
    "denominator_text exclusions_text direction_code unit_of_measure_code multiplier:integer "
    "value_digits:integer rank_digits:integer minimum_denominator:integer legal_basis method_version "
    "is_confirmed:boolean is_rankable:boolean display_order:integer",
    "fct_indicator_values": "authority_code unit_code period_code indicator_code origin_code "
    "numerator:bigint denominator:bigint excluded_count:bigint value:decimal(18,6) value_status "
    "interval_low:decimal(18,6) interval_high:decimal(18,6)",
    "fct_indicator_values_by_successor": "authority_code unit_code period_code indicator_code numerator:bigint "
    "denominator:bigint excluded_count:bigint value:decimal(18,6) value_status interval_low:decimal(18,6) "
    "interval_high:decimal(18,6) is_year_on_year_comparable:boolean",
    "fct_unit_rankings": "authority_code peer_group_code period_code indicator_code origin_code unit_code "
    "value:decimal(18,6) value_status numerator:bigint denominator:bigint interval_low:decimal(18,6) "
    "interval_high:decimal(18,6) unit_rank:integer is_tied:boolean ranked_unit_count:bigint "
    "listed_unit_count:bigint peer_group_median:decimal(18,6) is_new_in_period:boolean previous_unit_rank:integer "
    "previous_value:decimal(18,6) rank_low:integer rank_high:integer distinct_group_number:integer "
    "is_change_beyond_chance:boolean quality_grade_code",
    "dim_regulations": "authority_code regulation_code regulation_version_code regulation_name unit_bloc_codes "
    "period_kind_codes score_order_code rounding_mode_code rounding_digits:bigint "
    "rounding_stage_code percent_digits:bigint tie_tolerance:decimal(18,6) "
    "minimum_denominator:bigint volume_tier_bounds total_input_code grade_basis_code max_score:decimal(18,6) "
    "valid_from_date:date valid_to_date:date legal_basis source_sha256 is_confirmed:boolean "
    "is_scorable:boolean faults_text",
    "dim_criteria": "authority_code regulation_code regulation_version_code criterion_code "
    "parent_criterion_code field_criterion_code path_codes level_number:integer level_code criterion_name "
    "kind_code rule_code is_leaf:boolean max_score:decimal(18,6) weight:decimal(18,6) "
    "total_weight:decimal(18,6) input_kind_code input_code factor_input_code "
    "target_value:decimal(18,6) floor_value:decimal(18,6) zero_denominator_code "
    "rounding_digits:bigint evidence_text display_order:bigint legal_basis is_confirmed:boolean",
    "dim_criterion_bands": "authority_code regulation_code regulation_version_code criterion_code band_number:bigint "
    "lower_value:decimal(18,6) is_lower_included:boolean upper_value:decimal(18,6) "
    "is_upper_included:boolean answer_code calculation_code awarded_score:decimal(18,6) "
    "base_value:decimal(18,6)",
    "dim_grades": "authority_code regulation_code regulation_version_code unit_bloc_code grade_code "
    "grade_name lower_value:decimal(18,6) display_order:bigint is_confirmed:boolean",
    "fct_score_inputs": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code is_leaf:boolean input_kind_code input_code is_applicable:boolean campaign_code "
    "self_score:decimal(18,6) appraised_score_1:decimal(18,6) appraised_score_2:decimal(18,6) "
    "survey_score:decimal(18,6) survey_answer_count:bigint declared_score:decimal(18,6) evidence_reference "
    "explanation_reference family_code wave_code has_counts:boolean is_sampled:boolean sample_count:bigint "
    "sample_scale:integer is_small_sample:boolean "
    "numerator:bigint denominator:bigint "
    "factor_numerator:bigint factor_denominator:bigint factor_sample_count:bigint "
    "",
    "fct_rule_scores": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code is_in_maximum:boolean figure_status rule_score:decimal(18,6) "
    "rule_score_low:decimal(18,6) rule_score_high:decimal(18,6) rule_score_joint_low:decimal(18,6) "
    "rule_score_joint_high:decimal(18,6) joint_quantile:double interval_low:decimal(18,6) "
    "interval_high:decimal(18,6) one_more_score:decimal(18,6)",
    "fct_criterion_scores": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code parent_criterion_code field_criterion_code level_number:integer kind_code "
    "is_leaf:boolean max_score:decimal(18,6) applicable_max_score:decimal(18,6) "
    "self_score:decimal(18,6) appraised_score_1:decimal(18,6) appraised_score_2:decimal(18,6) "
    "appraised_score:decimal(18,6) survey_score:decimal(18,6) computed_score:decimal(18,6) "
    "declared_score:decimal(18,6) final_score:decimal(18,6) final_source_code score_status "
    "score_low:decimal(18,6) score_high:decimal(18,6) score_joint_low:decimal(18,6) "
    "score_joint_high:decimal(18,6) one_more_score:decimal(18,6) "
    "contribution_score:decimal(18,6) held_max_score:decimal(18,6) uncertainty_code numerator:bigint "
    "denominator:bigint family_code",
    "fct_unit_scores": "authority_code regulation_code regulation_version_code period_code unit_code "
    "base_score:decimal(18,6) bonus_score:decimal(18,6) penalty_score:decimal(18,6) "
    "total_score:decimal(18,6) applicable_max_score:decimal(18,6) total_percent:decimal(18,6) "
    "value_status percent_low:decimal(18,6) percent_high:decimal(18,6) percent_joint_low:decimal(18,6) "
    "percent_joint_high:decimal(18,6) grade_code grade_name "
    "is_grade_confirmed:boolean self_score:decimal(18,6) computed_score:decimal(18,6) "
    "declared_score:decimal(18,6) missing_max_score:decimal(18,6) known_score:decimal(18,6) "
    "counted_max_score:decimal(18,6) "
    "uncounted_max_score:decimal(18,6) leaf_count:integer "
    "scored_leaf_count:integer largest_denominator:bigint",
    "fct_score_peer_groups": "authority_code regulation_code regulation_version_code period_code unit_code "
    "unit_bloc_code peer_group_code peer_group_name tier_lower_count:bigint volume_count:bigint",
    "fct_score_rankings": "authority_code regulation_code regulation_version_code period_code peer_group_code "
    "unit_code total_score:decimal(18,6) applicable_max_score:decimal(18,6) "
    "total_percent:decimal(18,6) value_status percent_low:decimal(18,6) "
    "percent_high:decimal(18,6) grade_code grade_name is_grade_confirmed:boolean "
    "counted_max_score:decimal(18,6) uncounted_max_score:decimal(18,6) "
    "unit_rank:integer is_tied:boolean rank_low:integer rank_high:integer "
    "distinct_group_number:integer percentile:integer listed_unit_count:bigint "
    "ranked_unit_count:bigint peer_group_median:decimal(18,6) previous_unit_rank:bigint "
    "previous_percent:decimal(18,6) is_change_beyond_chance:boolean largest_denominator:bigint "
    "quality_grade_code quality_grade_status",
    "rpt_score_differences": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code max_score:decimal(18,6) claimed_score:decimal(18,6) claim_origin_code "
    "computed_score:decimal(18,6) difference_score:decimal(18,6) final_score:decimal(18,6) "
    "final_source_code numerator:bigint denominator:bigint severity_order:integer",
    "fct_score_explanations": "authority_code campaign_code regulation_code period_code unit_code criterion_code "
    "stated_at:timestamp stage_code actor_code reason_text old_score:decimal(18,6) "
    "new_score:decimal(18,6) is_reworded:boolean",
    "fct_dossiers": "authority_code dossier_code procedure_code procedure_name domain_name "
    "receiving_unit_code resolving_unit_code section_code channel_code submitted_at:timestamp "
    "received_at:timestamp due_at:timestamp completed_at:timestamp returned_at:timestamp "
    "received_date:date due_date:date completed_date:date status_code state_code "
    "timeliness_by_date_code timeliness_by_timestamp_code first_received_at:timestamp original_due_at:timestamp "
    "recomputed_due_at:timestamp first_completed_at:timestamp "
    "timeliness_original_by_date_code timeliness_original_by_timestamp_code "
    "timeliness_recomputed_by_date_code timeliness_recomputed_by_timestamp_code difference_cause_code "
    "overdue_working_days:bigint declared_timeliness_code delivery_id source_row_number:bigint",
    "fct_dossier_date_changes": "authority_code dossier_code date_kind_code version_number:bigint old_at:timestamp "
    "new_at:timestamp announced_by_code effect_code delivery_id",
    "fct_dossier_stops": "authority_code dossier_code stop_number:bigint stopped_at:timestamp resumed_at:timestamp "
    "clock_mode_code wait_measure_code wait_seconds:bigint is_counted:boolean",
    "fct_dossier_verdicts": "authority_code dossier_code closed_date:date handed_over_date:date passed_due_date:date "
    "resolving_unit_code due_unit_code section_code procedure_code domain_name channel_code "
    "resolved_verdict_code resolved_timestamp_verdict_code "
    "resolved_original_verdict_code resolved_recomputed_verdict_code received_verdict_code handed_over_verdict_code "
    "form_06a_verdict_code qd766_verdict_code to_be_processed_verdict_code due_in_period_verdict_code "
    "declared_flag_verdict_code",
    "fct_timeliness_counts": "authority_code unit_code section_code procedure_code domain_name channel_code "
    "slice_start_date:date received_count:bigint resolved_count:bigint resolved_numerator:bigint "
    "resolved_denominator:bigint resolved_excluded_count:bigint",
    "fct_form_06a": "authority_code unit_code period_code line_kind_code line_name received_total_count:bigint "
    "resolved_total_count:bigint open_total_count:bigint",
    "fct_report_differences": "authority_code unit_code reporter_key period_code report_code line_kind_code line_name "
    "measure_code claimed_count:bigint computed_count:bigint difference_count:bigint cause_code reading_code",
    "fct_dossier_supplements": "authority_code dossier_code supplement_code request_number:bigint "
    "requested_at:timestamp answered_at:timestamp working_days_since_received:bigint working_days_left:bigint "
    "due_basis_code is_asked_on_last_days:boolean",
    "fct_apology_letters": "authority_code dossier_code letter_code issued_at:timestamp due_at_before:timestamp "
    "due_at_after:timestamp is_issued:boolean is_before_due:boolean has_new_date:boolean is_new_date_kept:boolean "
    "is_signed_by_head:boolean late_cause_code",
    "fct_dossier_versions": "authority_code dossier_code version_number:bigint status_code procedure_code "
    "resolving_unit_code received_at:timestamp due_at:timestamp completed_at:timestamp returned_at:timestamp "
    "delivery_id",
    "fct_sync_differences": "authority_code dossier_code unit_code received_date:date match_code "
    "local_due_at:timestamp national_due_at:timestamp local_completed_at:timestamp national_completed_at:timestamp "
    "local_timeliness_by_date_code national_timeliness_by_date_code national_declared_timeliness_code "
    "is_late_local:boolean is_late_national:boolean synced_at:timestamp cause_code",
    "rpt_sync_totals": "authority_code unit_code received_month_date:date dossier_count:bigint same_count:bigint "
    "differing_count:bigint only_local_count:bigint only_national_count:bigint late_local_count:bigint "
    "late_national_count:bigint late_both_count:bigint synchronisation_delay_count:bigint",
    "dim_difference_causes": "cause_code compared_code cause_name explanation display_order:integer",
    "fct_dossier_events": "authority_code dossier_code event_code",
    "dim_survey_instruments": "authority_code instrument_code instrument_name kind_code index_formula_code "
    "minimum_ballot_count:bigint method_version legal_basis is_confirmed:boolean origin_code",
    "dim_survey_items": "authority_code instrument_code item_code item_order:bigint part_code factor_code "
    "factor_name item_text scale_code is_indexed:boolean is_on_time_question:boolean valid_from_date:date "
    "valid_to_date:date is_confirmed:boolean origin_code",
    "dim_survey_options": "authority_code scale_code answer_code option_text option_kind_code "
    "option_value:decimal(18,6) option_order:bigint origin_code",
    "dim_survey_waves": "authority_code wave_code instrument_code wave_name survey_owner_code population_code "
    "mode_code frame_name start_date:date end_date:date is_registered:boolean instrument_name index_formula_code "
    "minimum_ballot_count:bigint method_version legal_basis is_confirmed:boolean weight_kind_code "
    "totals_use_code known_total_count:bigint used_total_count:bigint ballot_count:bigint unit_count:bigint "
    "unit_set_code series_code previous_wave_code break_code",
    "fct_survey_estimates": "authority_code wave_code instrument_code unit_code group_kind_code group_code "
    "measure_level_code measure_code statistic_code is_chosen_formula:boolean value_status ballot_count:bigint "
    "answered_ballot_count:bigint valid_count:bigint item_response_rate:decimal(18,6) estimate:decimal(18,9) "
    "standard_error:decimal(18,9) interval_low:decimal(18,6) interval_high:decimal(18,6) "
    "design_effect:decimal(18,6) effective_count:decimal(18,3) degrees_of_freedom:bigint",
    "fct_survey_responses": "authority_code wave_code instrument_code unit_code listed_count:bigint "
    "answered_count:bigint refused_count:bigint not_reached_count:bigint ineligible_count:bigint "
    "response_rate:decimal(18,6)",
    "fct_survey_answer_shares": "authority_code wave_code instrument_code unit_code item_code answer_code "
    "option_kind_code option_text option_order:bigint answer_count:bigint answer_share:decimal(18,6)",
    "fct_survey_declared_results": "authority_code unit_code survey_owner_code period_start_date:date "
    "period_end_date:date measure_code declared_percent:decimal(18,6) change_points:decimal(18,6) "
    "declared_rank:bigint ranked_count:bigint ballot_count:bigint method_version source_name delivery_id "
    "source_row_number:bigint",
    "fct_survey_comparisons": "authority_code wave_code instrument_code unit_code measure_level_code measure_code "
    "comparison_code compared_wave_code peer_group_code compared_unit_count:bigint estimate:decimal(18,9) "
    "compared_estimate:decimal(18,9) difference:decimal(18,9) difference_low:decimal(18,6) "
    "difference_high:decimal(18,6) chance:decimal(18,9) adjusted_chance:decimal(18,9) family_size:bigint "
    "difference_rank:bigint",
    "fct_rating_counts": "authority_code unit_code period_code instrument_code rating_count:bigint "
    "valid_count:bigint value_status positive_count:bigint positive_rate:decimal(18,6) interval_low:decimal(18,6) "
    "interval_high:decimal(18,6) handed_over_count:bigint coverage_rate:decimal(18,6) "
    "burst_rating_count:bigint",
    "rpt_survey_funnels": "authority_code wave_code instrument_code unit_code estimate:decimal(18,9) "
    "effective_count:decimal(18,3) centre:decimal(18,9) inner_low:decimal(18,6) inner_high:decimal(18,6) "
    "outer_low:decimal(18,6) outer_high:decimal(18,6) position_code",
    "rpt_on_time_perceptions": "authority_code wave_code instrument_code unit_code item_code period_code "
    "value_status answered_ballot_count:bigint perceived_rate:decimal(18,9) interval_low:decimal(18,6) "
    "interval_high:decimal(18,6) claimed_rate:decimal(18,6) computed_rate:decimal(18,6) claim_gap:decimal(18,6) "
    "gap_code",
    "rpt_survey_sides": "authority_code unit_code period_code side_code side_key survey_owner_code side_name "
    "method_version value_status satisfied_percent:decimal(18,6) percent_low:decimal(18,4) "
    "percent_high:decimal(18,4) answer_count:bigint change_points:decimal(18,6) declared_rank:bigint "
    "ranked_count:bigint coverage_rate:decimal(18,6)",
    "fct_score_answers": "authority_code unit_code period_code instrument_code item_code answer_code "
    "is_indexed:boolean option_kind_code is_withheld:boolean answer_count:bigint",
    "fct_dossier_steps": "authority_code dossier_code step_number:bigint activity_name began_at:timestamp "
    "ended_at:timestamp unit_code section_code procedure_code is_logged:boolean is_open:boolean is_wait:boolean "
    "elapsed_seconds:bigint working_seconds:bigint delay_seconds:bigint is_largest_delay:boolean",
    "fct_step_times": "level_code authority_code unit_code section_code procedure_code period_code activity_name "
    "time_kind_code measure_code step_count:bigint median_seconds:bigint p90_seconds:bigint total_seconds:bigint "
    "stated_step_count:bigint limited_step_count:bigint late_step_count:bigint handed_over_count:bigint "
    "rework_count:bigint",
    "fct_dossier_delays": "authority_code dossier_code unit_code holding_code delay_seconds:bigint "
    "dossier_delay_seconds:bigint measure_code due_at:timestamp delay_ended_at:timestamp",
    "fct_deliveries": "delivery_id source_code layout_code file_name rows_read:bigint rows_accepted:bigint "
    "rows_rejected:bigint rows_ignored:bigint rows_flagged:bigint data_until_date:date",
    "fct_delivery_authorities": "delivery_id authority_code",
    "fct_rule_results": "rule_code subject_name effect_code is_passed:boolean checked_count:bigint failed_count:bigint",
    "fct_dossier_flags": "authority_code dossier_code source_code reason_code reason_text flagged_row_count:bigint",
    "fct_data_quality": "authority_code unit_code period_code dossier_count:bigint flagged_dossier_count:bigint "
    "unflagged_dossier_count:bigint unflagged_rate:decimal(18,6) dossiers_status reports_status answers_status "
    "grade_code grade_status grade_reason_text is_grade_confirmed:boolean",
    "dim_rules": "rule_code rule_text owner_text example_text effect_code is_current:boolean",
    "rpt_units_to_watch": "authority_code period_code unit_code reason_code severity_order:integer "
    "observed_value:decimal(18,6) reference_value:decimal(18,6) numerator:bigint denominator:bigint",
    "rpt_open_dossiers": "authority_code dossier_code resolving_unit_code due_date:date is_overdue:boolean "
    "working_days_left:bigint recomputed_due_at:timestamp recomputed_working_days_left:bigint ageing_band_code "
    "is_waiting:boolean",
    "rpt_backlog_ages": "authority_code unit_code ageing_band_code ageing_band_name is_overdue:boolean "
    "display_order:integer is_confirmed:boolean open_count:bigint waiting_count:bigint",
    "rpt_handover_gaps": "authority_code dossier_code resolving_unit_code completed_date:date "
    "waiting_working_days:bigint",
    "rpt_unit_handover_gaps": "authority_code unit_code finished_count:bigint gap_count:bigint "
    "maximum_waiting_working_days:bigint",
    "rpt_repeat_late_officers": "authority_code unit_code officer_key late_count:bigint justified_count:bigint "
    "threshold_count:integer threshold_months:integer",
    "rpt_rank_robustness": "authority_code regulation_code regulation_version_code period_code peer_group_code "
    "unit_code unit_rank:integer ranked_unit_count:bigint third_number:integer draw_count:integer "
    "weight_width_percent:integer kept_third_count:integer kept_third_rate:decimal(18,6) best_drawn_rank:integer "
    "worst_drawn_rank:integer is_confirmed:boolean",
    "rpt_saturated_criteria": "authority_code regulation_code regulation_version_code period_code criterion_code "
    "scored_unit_count:bigint full_mark_count:bigint full_mark_rate:decimal(18,6) is_saturated:boolean "
    "minimum_unit_count:integer saturated_above_percent:integer is_confirmed:boolean",
}
OTHER_VERDICTS = [
    f"timeliness_{basis}_by_{compare}_code" for basis in ("original", "recomputed") for compare in ("date", "timestamp")
]
RATE = "on_time_rate__resolved"
COUNT = "dossiers_open_late"
SCORE = "on_time_score__qd766"
UNITS = ("H99", "H99.01", "H99.02", "H99.03", "H99.04", "H99.05")
# unit → (on time, resolved, status, rank). Two units tie; one has too few dossiers, one has none.
RATES = {
    "H99": (385, 413, "ok", None),
    "H99.01": (99, 100, "ok", 1),
    "H99.02": (95, 100, "ok", 2),
    "H99.03": (190, 200, "ok", 2),
    "H99.04": (1, 3, "insufficient_sample", None),
    "H99.05": (0, 0, "no_activity", None),
}


REGULATION = "BTC-SO@2025-01-01"
SCORED = {"authority_code": "H99", "regulation_version_code": REGULATION, "period_code": "2026-03"}
# Unit, points, percent, rank: two tie, and one has a hole.
SCORES = (
    ("H99.01", "90", "90", 1),
    ("H99.02", "80", "80", 2),
    ("H99.03", "80", "80", 2),
    ("H99.04", "70", "70", 4),
    ("H99.05", "30", None, None),
)

WAVE = {"authority_code": "H99", "wave_code": "SIPAS-2026", "instrument_code": "five_factor_22"}
BOUNDS = ("interval_low", "interval_high")
ESTIMATE = WAVE | {
    "unit_code": "H99.01",
    "group_kind_code": "all",
    "group_code": "all",
    "measure_level_code": "overall",
    "measure_code": "overall",
    "statistic_code": "pooled",
    "value_status": "ok",
    "estimate": "0.82",
    "interval_low": "0.7",
    "interval_high": "0.9",
}
NOT_TOLD = dict.fromkeys(("estimate", *BOUNDS))
WOMEN = {"group_kind_code": "gender", "group_code": "female"}
QUESTION = WAVE | {"unit_code": "H99.01", "item_code": "F1.1"}
SCORE_ANSWER = {
    "authority_code": "H99",
    "unit_code": "H99.01",
    "period_code": "2026-03",
    "instrument_code": "kiosk_3_levels",
    "item_code": "overall",
}


def good_tables() -> dict[str, list[dict]]:
    """A build of one authority, one month, two computed indicators and one declared."""
    units = [
        {
            "authority_code": "H99",
            "unit_code": unit,
            "unit_name": f"Đơn vị {unit}",
            "unit_bloc_code": "authority" if unit == "H99" else "department",
        }
        for unit in UNITS
    ]
    values = [value for unit in UNITS for value in _values(unit)]
    return {
        "dim_authorities": [{"authority_code": "H99", "authority_name": "Tỉnh Mẫu", "dossier_count": 1}],
        "dim_units": units,
        "fct_unit_period_changes": [],
        "bridge_unit_successions": [
            {"authority_code": "H99", "unit_code": unit, "current_unit_code": unit} for unit in UNITS
        ],
        "dim_peer_groups": [{"authority_code": "H99", "peer_group_code": "department", "unit_count": 5}],
        "dim_periods": [
            {
                "period_code": "2026-03",
                "period_name": "Tháng 03/2026",
                "start_date": "2026-03-01",
                "end_date": "2026-03-31",
            }
        ],
        "dim_indicators": [
            _indicator(RATE, "rate", 1, 30, "higher_is_better", True),
            _indicator(COUNT, "count", 1, 0, "lower_is_better", False),
            _indicator(SCORE, "score", 20, 30, "higher_is_better", True),
        ],
        "fct_indicator_values": values,
        "fct_indicator_values_by_successor": [
            {"authority_code": "H99", "unit_code": unit, "period_code": "2026-03", "indicator_code": RATE}
            for unit in UNITS
        ],
        "fct_unit_rankings": [_ranking(value) for value in values if _is_listed(value)],
        "dim_regulations": [{"authority_code": "H99", "regulation_version_code": REGULATION}],
        "dim_criteria": [],
        "dim_criterion_bands": [],
        "dim_grades": [],
        "fct_score_inputs": [],
        "fct_rule_scores": [],
        "fct_criterion_scores": [
            SCORED | {"unit_code": unit, "criterion_code": "1", "contribution_score": points}
            for unit, points, *_ in SCORES
        ],
        "fct_unit_scores": [
            SCORED
            | {"unit_code": unit, "base_score": points, "bonus_score": "0", "penalty_score": "0"}
            | {"total_percent": percent, "value_status": "ok" if percent else "not_assessed"}
            for unit, points, percent, _ in SCORES
        ],
        "fct_score_peer_groups": [],
        "fct_score_rankings": [
            SCORED
            | {"unit_code": unit, "peer_group_code": "department", "total_percent": percent, "unit_rank": rank}
            | {"rank_low": rank, "rank_high": rank, "percent_low": percent, "percent_high": percent}
            | {"value_status": "ok" if percent else "not_assessed"}
            for unit, _, percent, rank in SCORES
        ],
        "rpt_score_differences": [],
        "fct_score_explanations": [],
        "fct_dossiers": [
            {
                "authority_code": "H99",
                "dossier_code": "H99.01-260105-0001",
                "resolving_unit_code": "H99.01",
                "due_at": "2026-03-12 09:00:00",
                "due_date": "2026-03-12",
                "completed_at": "2026-03-09 09:00:00",
                "completed_date": "2026-03-09",
                "state_code": "finished",
                "timeliness_by_date_code": "early",
                "timeliness_by_timestamp_code": "on_time",
                **dict.fromkeys(OTHER_VERDICTS, "on_time"),
                "delivery_id": "d1",
            },
            {
                "authority_code": "H99",
                "dossier_code": "H99.01-260105-0002",
                "resolving_unit_code": "H99.02",
                "state_code": "in_progress",
                "timeliness_by_date_code": "no_due_date",
                "timeliness_by_timestamp_code": "no_due_date",
                **dict.fromkeys(OTHER_VERDICTS, "no_due_date"),
                "delivery_id": "d1",
            },
        ],
        "fct_dossier_date_changes": [
            {
                "authority_code": "H99",
                "dossier_code": "H99.01-260105-0001",
                "date_kind_code": "due",
                "version_number": 2,
                "effect_code": "still_met",
                "announced_by_code": "nobody",
            }
        ],
        "fct_dossier_stops": [
            {"authority_code": "H99", "dossier_code": "H99.01-260105-0001", "stop_number": 1, "is_counted": True}
        ],
        "fct_dossier_verdicts": [],
        "fct_timeliness_counts": [],
        "fct_form_06a": [],
        "fct_report_differences": [],
        "fct_dossier_supplements": [],
        "fct_apology_letters": [],
        "fct_dossier_versions": [],
        "fct_sync_differences": [
            {"authority_code": "H99", "dossier_code": "H99.01-260105-0001", "match_code": "same"},
            {
                "authority_code": "H99",
                "dossier_code": "H99.01-260105-0002",
                "match_code": "only_local",
                "cause_code": "not_synchronised",
            },
        ],
        "rpt_sync_totals": [
            {
                "authority_code": "H99",
                "unit_code": "H99.01",
                "received_month_date": "2026-01-01",
                "dossier_count": 2,
                "same_count": 1,
                "differing_count": 0,
                "only_local_count": 1,
                "only_national_count": 0,
            }
        ],
        "dim_difference_causes": [{"cause_code": "not_synchronised"}],
        "fct_dossier_events": [],
        "fct_dossier_steps": [],
        "fct_step_times": [],
        "fct_dossier_delays": [],
        "dim_survey_instruments": [],
        "dim_survey_items": [],
        "dim_survey_options": [],
        "dim_survey_waves": [WAVE],
        "fct_survey_estimates": [
            ESTIMATE | {"ballot_count": 40, "valid_count": 80},
            # Rounded to six digits, the bounds of a sample of all are not the estimate of nine.
            ESTIMATE
            | {"unit_code": "H99.02", "ballot_count": 40}
            | dict.fromkeys(BOUNDS, "0.333333")
            | {"estimate": "0.333333333"},
            ESTIMATE
            | {"statistic_code": "mean", "estimate": "4.2", "interval_low": "4", "interval_high": "4.4"}
            | {"ballot_count": 40},
            ESTIMATE | NOT_TOLD | {"unit_code": "H99.03", "value_status": "insufficient_sample", "ballot_count": 3},
            ESTIMATE | WOMEN | {"ballot_count": 5},
            ESTIMATE | WOMEN | NOT_TOLD | {"unit_code": "H99.02", "value_status": "suppressed"},
            # Of a unit it is told how many answered.
            ESTIMATE | NOT_TOLD | {"unit_code": "H99.04", "value_status": "suppressed", "ballot_count": 12},
        ],
        "fct_survey_responses": [],
        "fct_survey_answer_shares": [
            QUESTION | {"answer_code": code, "answer_count": 5, "answer_share": share}
            # Each rounded up: together a millionth above the whole.
            for code, share in (("1", "0.333333"), ("2", "0.333334"), ("3", "0.333334"))
        ],
        "fct_survey_declared_results": [],
        "fct_survey_comparisons": [],
        "fct_rating_counts": [],
        "rpt_survey_funnels": [],
        "rpt_on_time_perceptions": [],
        "rpt_survey_sides": [],
        "fct_score_answers": [
            SCORE_ANSWER | {"answer_code": "1", "is_withheld": True},
            SCORE_ANSWER | {"answer_code": "2", "is_withheld": True},
            SCORE_ANSWER | {"answer_code": "3", "is_withheld": False, "answer_count": 5},
            # The only answer of a question may be of few.
            SCORE_ANSWER | {"item_code": "alone", "answer_code": "1", "is_withheld": True},
        ],
        "fct_deliveries": [
            {
                "delivery_id": "d1",
                "rows_read": 10,
                "rows_accepted": 7,
                "rows_rejected": 2,
                "rows_ignored": 1,
            }
        ],
        "fct_delivery_authorities": [{"delivery_id": "d1", "authority_code": "H99"}],
        "fct_rule_results": [{"rule_code": "dossiers.has_due_date", "subject_name": "d1"}],
        "fct_dossier_flags": [],
        "fct_data_quality": [
            {
                "authority_code": "H99",
                "unit_code": "H99.01",
                "period_code": "2026-03",
                "dossier_count": 10,
                "flagged_dossier_count": 1,
                "unflagged_dossier_count": 9,
                "grade_code": "B",
            }
        ],
        "dim_rules": [{"rule_code": "dossiers.has_due_date"}],
        "rpt_units_to_watch": [
            {
                "authority_code": "H99",
                "period_code": "2026-03",
                "unit_code": "H99.02",
                "reason_code": "low_on_time",
                "severity_order": 1,
            }
        ],
        "rpt_open_dossiers": [{"authority_code": "H99", "dossier_code": "H99.01-260105-0002", "is_waiting": False}],
        "rpt_backlog_ages": [
            {"authority_code": "H99", "unit_code": unit, "ageing_band_code": "no_due_date", "open_count": 1}
            for unit in ("H99", "H99.02")
        ],
        "rpt_handover_gaps": [],
        "rpt_unit_handover_gaps": [{"authority_code": "H99", "unit_code": "H99", "finished_count": 1, "gap_count": 0}],
        "rpt_repeat_late_officers": [
            {
                "authority_code": "H99",
                "unit_code": "H99.01",
                "officer_key": "0123456789abcdef0123456789abcdef",
                "late_count": 3,
                "threshold_count": 2,
            }
        ],
        "rpt_rank_robustness": [],
        "rpt_saturated_criteria": [],
    }


def _indicator(code: str, measure: str, multiplier: int, minimum: int, direction: str, rankable: bool) -> dict:
    return {
        "indicator_code": code,
        "numerator_text": "Hồ sơ đúng hạn",
        "denominator_text": "Hồ sơ đã giải quyết",
        "direction_code": direction,
        "unit_of_measure_code": measure,
        "multiplier": multiplier,
        "rank_digits": 4,
        "minimum_denominator": minimum,
        "is_rankable": rankable,
    }


def _values(unit: str) -> list[dict]:
    numerator, denominator, status, _ = RATES[unit]
    key = {"authority_code": "H99", "unit_code": unit, "period_code": "2026-03"}
    parts = {"numerator": numerator, "denominator": denominator, "value_status": status}
    value = f"{numerator / denominator:.6f}" if denominator else None
    score = f"{20 * numerator / denominator:.2f}" if denominator else None
    interval = {"interval_low": "0", "interval_high": "1"} if denominator else {}
    counted = {"numerator": 3, "value": "3", "value_status": "ok"}
    return [
        key | {"indicator_code": RATE, "origin_code": "computed", "value": value} | parts | interval,
        key | {"indicator_code": COUNT, "origin_code": "computed"} | counted,
        key | {"indicator_code": SCORE, "origin_code": "declared", "value": score} | parts,
    ]


def _is_listed(value: dict) -> bool:
    return value["indicator_code"] == RATE and value["unit_code"] != "H99"


def _ranking(value: dict) -> dict:
    rank = RATES[value["unit_code"]][3]
    return value | {
        "peer_group_code": "department",
        "unit_rank": rank,
        "is_tied": None if rank is None else rank == 2,
        "ranked_unit_count": 3,
        "listed_unit_count": 5,
    }


@cache
def writer() -> duckdb.DuckDBPyConnection:
    """One for all files: opening a database takes longer than to write a hundred small ones."""
    return duckdb.connect()


def write_table(table: str, rows: list[dict], path: Path, extra_column: str = "") -> Path:
    """One Parquet file; `extra_column` is added to its columns."""
    columns = f"{COLUMNS[table]} {extra_column}".split()
    types = {name: kind or "varchar" for name, _, kind in (column.partition(":") for column in columns)}
    assert not {name for row in rows for name in row} - set(types)
    connection = writer()
    connection.execute(f"create or replace table {table} ({', '.join(f'{n} {kind}' for n, kind in types.items())})")
    if rows:
        marks = ", ".join("?" * len(types))
        connection.executemany(
            f"insert into {table} values ({marks})", [[row.get(name) for name in types] for row in rows]
        )
    connection.table(table).write_parquet(str(path))
    return path


@pytest.fixture(scope="module")
def good_build(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("good_build")
    return {table: write_table(table, rows, folder / f"{table}.parquet") for table, rows in GOOD.items()}


@pytest.fixture
def check(good_build, tmp_path):
    """Check a build that differs from the good one: results by rule code."""

    def run(tables: dict[str, list[dict]], rules=None) -> dict:
        paths = {}
        for table, rows in tables.items():
            same = rows == GOOD[table]
            path = tmp_path / f"{table}.parquet"
            paths[table] = good_build[table] if same else write_table(table, rows, path)
        return {result.rule_code: result for result in check_published(paths, rules)}

    return run


GOOD = good_tables()
RULES = {rule.code: rule for rule in published_rules()}


def edit(table: str, where: dict, **changes):
    """A mutation that changes the only matching row."""

    def apply(tables: dict[str, list[dict]]) -> None:
        found = [row for row in tables[table] if where.items() <= row.items()]
        assert len(found) == 1
        found[0].update(changes)

    return apply


def repeat(table: str):
    """A mutation that writes the first row of a table twice."""
    return lambda tables: tables[table].append(dict(tables[table][0]))


def empty(table: str):
    """A mutation that leaves a table without rows."""
    return lambda tables: tables[table].clear()


def drop(table: str):
    """A mutation that forgets a table."""
    return lambda tables: tables.pop(table)


def value_of(unit: str, indicator: str = RATE, **changes):
    return edit("fct_indicator_values", {"unit_code": unit, "indicator_code": indicator}, **changes)


def rank_of(unit: str, **changes):
    return edit("fct_unit_rankings", {"unit_code": unit}, **changes)


def score_of(table: str, unit: str, **changes):
    return edit(table, {"unit_code": unit}, **changes)


def estimate_of(unit: str, group_kind: str = "all", **changes):
    where = {"unit_code": unit, "group_kind_code": group_kind, "statistic_code": "pooled"}
    return edit("fct_survey_estimates", where, **changes)


def without_figures(tables: dict[str, list[dict]]) -> None:
    tables["fct_indicator_values"].clear()
    tables["fct_criterion_scores"].clear()


def without_cell(tables: dict[str, list[dict]]) -> None:
    values = tables["fct_indicator_values"]
    values[:] = [v for v in values if (v["unit_code"], v["indicator_code"]) != ("H99.05", COUNT)]


FIRST_DOSSIER = {"dossier_code": "H99.01-260105-0001"}
BAD = {
    "fct_unit_scores.key_once": repeat("fct_unit_scores"),
    "fct_unit_scores.regulation_known": empty("dim_regulations"),
    "fct_unit_scores.contributions_add_up": score_of("fct_unit_scores", "H99.02", base_score="81"),
    "fct_unit_scores.percent_only_when_scored": score_of("fct_unit_scores", "H99.05", total_percent="30"),
    "fct_score_rankings.key_once": repeat("fct_score_rankings"),
    "fct_score_rankings.only_scored_ranked": score_of("fct_score_rankings", "H99.02", value_status="not_assessed"),
    "fct_score_rankings.ranks_follow_percents": score_of("fct_score_rankings", "H99.04", total_percent="95"),
    "fct_score_rankings.rank_counts_those_before": score_of("fct_score_rankings", "H99.04", unit_rank=3, rank_low=3),
    "fct_score_rankings.rank_inside_its_range": score_of("fct_score_rankings", "H99.01", rank_low=2),
    "fct_score_rankings.range_where_every_total_has_one": score_of("fct_score_rankings", "H99.01", percent_low=None),
    "rpt_open_dossiers.key_once": repeat("rpt_open_dossiers"),
    "rpt_open_dossiers.dossier_known": edit("rpt_open_dossiers", {}, dossier_code="H99.01-260105-9999"),
    "rpt_backlog_ages.key_once": repeat("rpt_backlog_ages"),
    "rpt_backlog_ages.bands_add_up": edit("rpt_backlog_ages", {"unit_code": "H99"}, open_count=2),
    "rpt_unit_handover_gaps.gaps_within_finished": edit("rpt_unit_handover_gaps", {}, gap_count=2),
    "rpt_repeat_late_officers.key_once": repeat("rpt_repeat_late_officers"),
    "rpt_repeat_late_officers.officer_is_keyed": edit("rpt_repeat_late_officers", {}, officer_key="nguyenvana.sxd"),
    "rpt_repeat_late_officers.over_the_threshold": edit("rpt_repeat_late_officers", {}, late_count=2),
    "published_columns.tables_present": drop("fct_survey_estimates"),
    "dim_survey_waves.key_once": repeat("dim_survey_waves"),
    "fct_survey_estimates.key_once": repeat("fct_survey_estimates"),
    "fct_survey_estimates.wave_known": empty("dim_survey_waves"),
    "fct_survey_estimates.estimate_only_when_told": estimate_of("H99.03", estimate="0.9"),
    "fct_survey_estimates.shares_between_0_and_1": estimate_of("H99.01", interval_high="1.000001"),
    "fct_survey_estimates.interval_holds_estimate": estimate_of("H99.01", interval_low="0.820001"),
    "fct_survey_estimates.counts_hidden_when_suppressed": estimate_of("H99.02", "gender", ballot_count=5),
    "fct_survey_estimates.groups_of_five_people": estimate_of("H99.01", "gender", ballot_count=4),
    "fct_survey_answer_shares.key_once": repeat("fct_survey_answer_shares"),
    "fct_survey_answer_shares.answers_of_five_people": edit(
        "fct_survey_answer_shares", {"answer_code": "3"}, answer_count=4
    ),
    "fct_survey_answer_shares.shares_at_most_one": edit(
        "fct_survey_answer_shares", {"answer_code": "3"}, answer_share="0.333335"
    ),
    "fct_score_answers.key_once": repeat("fct_score_answers"),
    "fct_score_answers.few_people_withheld": edit("fct_score_answers", {"answer_code": "3"}, answer_count=4),
    "fct_score_answers.no_single_answer_withheld": edit(
        "fct_score_answers", {"answer_code": "2"}, is_withheld=False, answer_count=6
    ),
    "fct_sync_differences.key_once": repeat("fct_sync_differences"),
    "fct_sync_differences.cause_where_not_same": edit(
        "fct_sync_differences", {"match_code": "only_local"}, cause_code=None
    ),
    "fct_sync_differences.cause_known": empty("dim_difference_causes"),
    "rpt_sync_totals.key_once": repeat("rpt_sync_totals"),
    "rpt_sync_totals.matches_add_up": edit("rpt_sync_totals", {}, same_count=2),
    "dim_difference_causes.key_once": repeat("dim_difference_causes"),
    "dim_authorities.has_rows": empty("dim_authorities"),
    "dim_authorities.key_once": repeat("dim_authorities"),
    "dim_authorities.total_row_present": edit("dim_units", {"unit_code": "H99"}, unit_bloc_code="other"),
    "dim_units.has_rows": empty("dim_units"),
    "dim_units.key_once": repeat("dim_units"),
    "dim_units.name_present": edit("dim_units", {"unit_code": "H99.01"}, unit_name=None),
    "dim_units.authority_known": edit("dim_units", {"unit_code": "H99.05"}, authority_code="H98"),
    "bridge_unit_successions.key_once": repeat("bridge_unit_successions"),
    "bridge_unit_successions.current_unit_known": edit(
        "bridge_unit_successions", {"unit_code": "H99.05"}, current_unit_code="H99.98"
    ),
    "fct_indicator_values_by_successor.key_once": repeat("fct_indicator_values_by_successor"),
    "dim_peer_groups.key_once": repeat("dim_peer_groups"),
    "dim_periods.has_rows": empty("dim_periods"),
    "dim_periods.key_once": repeat("dim_periods"),
    "dim_periods.dates_in_order": edit("dim_periods", {}, start_date="2026-04-01"),
    "dim_indicators.has_rows": empty("dim_indicators"),
    "dim_indicators.key_once": repeat("dim_indicators"),
    "dim_indicators.denominator_named": edit("dim_indicators", {"indicator_code": RATE}, denominator_text=None),
    "fct_indicator_values.has_rows": without_figures,
    "fct_indicator_values.key_once": repeat("fct_indicator_values"),
    "fct_indicator_values.unit_known": value_of("H99.05", unit_code="H99.98"),
    "fct_indicator_values.period_known": value_of("H99.05", period_code="2026-13"),
    "fct_indicator_values.indicator_known": value_of("H99.05", indicator_code="on_time_rate"),
    "fct_indicator_values.codes_known": value_of("H99.05", value_status="khong_ro"),
    "fct_indicator_values.value_only_with_status": value_of("H99.05", value="1"),
    "fct_indicator_values.parts_in_order": value_of("H99.05", numerator=1),
    "fct_indicator_values.rates_between_0_and_1": value_of("H99.01", value="1.000001"),
    "fct_indicator_values.value_matches_parts": value_of("H99.01", value="0.990002"),
    "fct_indicator_values.small_samples_marked": value_of("H99.04", value_status="ok"),
    "fct_indicator_values.interval_holds_value": value_of("H99.01", interval_high="0.98"),
    "fct_indicator_values.grid_complete": without_cell,
    "fct_unit_rankings.key_once": repeat("fct_unit_rankings"),
    "fct_unit_rankings.peer_group_known": rank_of("H99.01", peer_group_code="ward"),
    "fct_unit_rankings.unit_in_its_peer_group": edit("dim_units", {"unit_code": "H99.01"}, unit_bloc_code="commune"),
    "fct_unit_rankings.values_agree": rank_of("H99.01", numerator=98),
    "fct_unit_rankings.only_rankable_ranked": rank_of("H99.04", unit_rank=4),
    "fct_unit_rankings.ranks_follow_values": rank_of("H99.03", unit_rank=3),
    "fct_unit_rankings.ties_marked": rank_of("H99.03", is_tied=False),
    "fct_unit_rankings.counts_agree": rank_of("H99.01", ranked_unit_count=12),
    "fct_dossiers.key_once": repeat("fct_dossiers"),
    "fct_dossiers.resolving_unit_known": edit("fct_dossiers", FIRST_DOSSIER, resolving_unit_code="H99.98"),
    "fct_dossiers.delivery_known": edit("fct_dossiers", FIRST_DOSSIER, delivery_id="d2"),
    "fct_dossiers.codes_known": edit("fct_dossiers", FIRST_DOSSIER, state_code="khong_ro"),
    "fct_dossiers.judged_only_with_due_date": edit("fct_dossiers", FIRST_DOSSIER, due_at=None, due_date=None),
    "fct_dossiers.judged_finished_has_date": edit("fct_dossiers", FIRST_DOSSIER, completed_date=None),
    "fct_deliveries.has_rows": empty("fct_deliveries"),
    "fct_deliveries.key_once": repeat("fct_deliveries"),
    "fct_deliveries.rows_conserved": edit("fct_deliveries", {}, rows_ignored=0),
    "fct_data_quality.key_once": repeat("fct_data_quality"),
    "fct_data_quality.unit_known": edit("fct_data_quality", {}, unit_code="H99.98"),
    "fct_data_quality.grade_has_data": edit("fct_data_quality", {}, grade_code="E"),
    "fct_data_quality.flagged_within_dossiers": edit("fct_data_quality", {}, flagged_dossier_count=2),
    "dim_rules.key_once": repeat("dim_rules"),
    "fct_rule_results.key_once": repeat("fct_rule_results"),
    "fct_rule_results.rule_known": edit("fct_rule_results", {}, rule_code="dossiers.khac"),
    "fct_delivery_authorities.delivery_known": edit("fct_delivery_authorities", {}, delivery_id="d2"),
    "rpt_units_to_watch.key_once": repeat("rpt_units_to_watch"),
    "rpt_units_to_watch.unit_known": edit("rpt_units_to_watch", {}, unit_code="H99.98"),
    "rpt_units_to_watch.reason_known": edit("rpt_units_to_watch", {}, reason_code="khac"),
}
# These need a file with another shape, not other rows.
SHAPE = {f"published_columns.{name}" for name in ("columns_present", "no_identity_columns", "no_ballot_codes")}


def failed(results: dict) -> set[str]:
    return {code for code, result in results.items() if not result.is_passed}


def test_good_build_passes_every_rule(check):
    results = check(good_tables())
    assert list(results) == [rule.code for rule in published_rules()]
    assert failed(results) == set()
    assert {result.effect_code for result in results.values()} == {BLOCK_PUBLISH}
    # Every rule but that on identity (no such column to look at is its good case) looked at something.
    assert all(result.checked_count > 0 for result in results.values())


@pytest.mark.parametrize("rule_code", sorted(BAD))
def test_bad_build_fails_the_rule(rule_code, check):
    tables = good_tables()
    BAD[rule_code](tables)
    result = check(tables, [RULES[rule_code]])[rule_code]
    assert not result.is_passed
    assert result.failed_count >= 1
    assert result.sample and not result.sample[0].startswith("Không kiểm tra được")


def test_no_rule_lacks_an_example():
    assert set(BAD) | SHAPE == {rule.code for rule in published_rules()}


@pytest.mark.parametrize(
    "column",
    [
        "applicant_name",
        "owner_full_name",
        "phone",
        "contact_email",
        "cccd_number",
        "id_number",
        "so_dien_thoai",
    ],
)
def test_identity_column_is_refused(column, good_build, tmp_path):
    path = write_table("dim_units", GOOD["dim_units"], tmp_path / "dim_units.parquet", column)
    rule = RULES["published_columns.no_identity_columns"]
    (result,) = check_published(good_build | {"dim_units": path}, [rule])
    assert (result.is_passed, result.sample) == (False, [f"table_name = dim_units, column_name = {column}"])


def test_a_column_of_ballot_codes_is_refused(good_build, tmp_path):
    path = write_table("dim_units", GOOD["dim_units"], tmp_path / "dim_units.parquet", "ballot_code")
    rule = RULES["published_columns.no_ballot_codes"]
    (result,) = check_published(good_build | {"dim_units": path}, [rule])
    assert (result.is_passed, result.sample) == (False, ["table_name = dim_units, column_name = ballot_code"])


@pytest.mark.parametrize("column", ["phone_hash", "has_email", "unit_address_count", "identity_free_note"])
def test_hashes_flags_and_counts_of_people_are_allowed(column, good_build, tmp_path):
    path = write_table("dim_units", GOOD["dim_units"], tmp_path / "dim_units.parquet", column)
    rule = RULES["published_columns.no_identity_columns"]
    (result,) = check_published(good_build | {"dim_units": path}, [rule])
    assert result.is_passed


def test_missing_table_fails_every_rule_that_reads_it(check):
    tables = good_tables()
    del tables["dim_periods"]
    results = check(tables)
    for code in ("dim_periods.key_once", "fct_indicator_values.period_known"):
        assert results[code].sample == ["Không kiểm tra được: thiếu bảng dim_periods"]
    assert results["dim_units.key_once"].is_passed


def test_missing_column_fails_the_rules_that_read_it(good_build, tmp_path):
    shorter = tmp_path / "shorter.parquet"
    with duckdb.connect() as connection:
        values = connection.read_parquet(str(good_build["fct_indicator_values"]))
        values.select("* exclude (denominator)").write_parquet(str(shorter))
    results = check_published(good_build | {"fct_indicator_values": shorter})
    by_code = {result.rule_code: result for result in results}
    assert by_code["published_columns.columns_present"].sample == [
        "table_name = fct_indicator_values, column_name = denominator"
    ]
    assert by_code["fct_indicator_values.value_matches_parts"].sample[0].startswith("Không kiểm tra được")
    assert by_code["fct_indicator_values.key_once"].is_passed


def test_an_earlier_build_leaves_nothing_behind(good_build):
    rule = RULES["rpt_units_to_watch.key_once"]
    (before,) = check_published(good_build, [rule])
    (after,) = check_published({"dim_units": good_build["dim_units"]}, [rule])
    assert (before.is_passed, after.is_passed) == (True, False)
    assert after.sample == ["Không kiểm tra được: thiếu bảng rpt_units_to_watch"]


def test_an_unreadable_file_leaves_nothing_behind_either(good_build, tmp_path):
    broken = tmp_path / "fct_dossiers.parquet"
    broken.write_bytes(b"PAR1 cut short")
    with pytest.raises(DBAPIError):
        check_published(good_build | {"fct_dossiers": broken})
    rule = RULES["published_columns.tables_present"]
    (after,) = check_published({"dim_units": good_build["dim_units"]}, [rule])
    assert after.failed_count == len(good_build) - 1


def test_a_unit_is_not_asked_for_before_it_existed(check):
    tables = good_tables()
    without_cell(tables)
    edit("dim_units", {"unit_code": "H99.05"}, existed_from_date="2026-04-01")(tables)
    assert check(tables)["fct_indicator_values.grid_complete"].is_passed


def test_a_unit_silent_about_a_declared_figure_must_still_have_its_row(check):
    tables = good_tables()
    values = tables["fct_indicator_values"]
    values[:] = [v for v in values if (v["unit_code"], v["indicator_code"]) != ("H99.05", SCORE)]
    result = check(tables)["fct_indicator_values.grid_complete"]
    assert result.sample == [
        "authority_code = H99, unit_code = H99.05, period_code = 2026-03, "
        "indicator_code = on_time_score__qd766, origin_code = declared"
    ]


def test_a_contradictory_claim_does_not_block_other_peoples_figures(check):
    """170 of 161 claimed: gate 1 reports it; the published row keeps the counts and gives no rate."""
    tables = good_tables()
    claim = {"numerator": 170, "denominator": 161, "value": None, "value_status": "not_assessed"}
    value_of("H99.05", SCORE, **claim)(tables)
    assert failed(check(tables)) == set()


def test_lower_is_better_turns_the_ranking_round(check):
    tables = good_tables()
    rule = RULES["fct_unit_rankings.ranks_follow_values"]
    edit("dim_indicators", {"indicator_code": RATE}, direction_code="lower_is_better")(tables)
    assert check(tables, [rule])[rule.code].failed_count == 3
    rank_of("H99.01", unit_rank=3)(tables)
    for unit in ("H99.02", "H99.03"):
        rank_of(unit, unit_rank=1)(tables)
    assert check(tables, [rule])[rule.code].is_passed


@pytest.mark.parametrize(
    ("ranks", "is_consistent"),
    [((1, 2, 2), True), ((1, 1, 1), False), ((2, 3, 3), False), ((1, 2, 3), False), ((1, 3, 3), False)],
)
def test_competition_ranks(ranks, is_consistent, check):
    """0.99, 0.95, 0.95 are ranked 1, 2, 2 and nothing else."""
    tables = good_tables()
    for unit, rank in zip(("H99.01", "H99.02", "H99.03"), ranks, strict=True):
        rank_of(unit, unit_rank=rank)(tables)
    rule = RULES["fct_unit_rankings.ranks_follow_values"]
    assert check(tables, [rule])[rule.code].is_passed is is_consistent


def test_values_that_read_the_same_share_a_rank(check):
    """rank_digits is 4: 0.95004 and 0.95000 both read 95,00 %."""
    tables = good_tables()
    rank_of("H99.03", value="0.950040")(tables)
    rule = RULES["fct_unit_rankings.ranks_follow_values"]
    assert check(tables, [rule])[rule.code].is_passed
    rank_of("H99.03", value="0.950060")(tables)
    assert check(tables, [rule])[rule.code].sample == [
        "authority_code = H99, peer_group_code = department, period_code = 2026-03, "
        "indicator_code = on_time_rate__resolved, origin_code = computed, unit_code = H99.02"
    ]
