"""Every rule of gate 1 passes on good rows and fails on a crafted bad file, through Great Expectations."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing.contracts import load_contract
from expectations.catalogue import SOURCES, source_rules
from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW
from expectations.rules import SAMPLE_SIZE
from expectations.runner import GateReport, RuleNotCheckedError, check_delivery
from expectations.seeds import seed_rows
from expectations.suites.portal import FORM_06A_COUNTS
from tests import survey_rows

pytestmark = pytest.mark.integration

LANDED = date(2026, 11, 22)
TOMORROW = "2026-11-23 00:00:00"

GOOD = {
    "one_stop__dossiers": [
        {
            "authority_code": "H99",
            "dossier_code": f"H99.01-260105-{number:04d}",
            "domain_name": "Hộ tịch",
            "resolving_unit_code": "H99.01",
            "resolving_unit_name": "Sở Tư pháp",
            "submitted_at": "2026-01-05 08:00:00",
            "received_at": "2026-01-05 09:00:00",
            "due_at": "2026-01-12 09:00:00",
            "completed_at": "2026-01-09 15:00:00",
            "returned_at": "2026-01-10 08:00:00",
            "status_code": "10",
            "fee_amount": "50000",
            "supplement_count": 0,
        }
        for number in range(1, 4)
    ],
    "one_stop__dossier_events": [
        {
            "authority_code": "H99",
            "dossier_code": "H99.01-260105-0001",
            "event_code": str(number),
            "activity_name": "Thẩm định",
            "occurred_at": f"2026-01-0{number} 09:00:00",
            "status_code": status,
        }
        for number, status in ((1, "2"), (2, "9"), (3, "10"))
    ],
    "portal__on_time_reports": [
        {
            "authority_code": "H44",
            "unit_code": f"H44.0{number}",
            "unit_name": f"Sở số {number}",
            "period_start_date": "2026-01-01",
            "period_end_date": "2026-09-26",
            "definition_code": "qd766",
            "numerator_count": 156,
            "denominator_count": 161,
            "overdue_count": 5,
            "declared_percent": "96.89",
            "declared_score": "19.38",
        }
        for number in range(1, 4)
    ],
    "portal__form_06a_lines": [
        {
            "authority_code": "H99",
            "unit_code": "H99.01",
            "unit_name": "Sở Tư pháp",
            "period_start_date": "2026-01-01",
            "period_end_date": "2026-03-31",
            "form_code": "form_06a_local",
            "line_code": str(number),
            "line_name": f"Lĩnh vực số {number}",
            "declared_percent": "93.75",
            "received_total_count": 100,
            "received_online_count": 60,
            "received_direct_count": 30,
            "received_carried_count": 10,
            "resolved_total_count": 80,
            "resolved_early_count": 50,
            "resolved_on_time_count": 25,
            "resolved_late_count": 5,
            "open_total_count": 20,
            "open_in_time_count": 15,
            "open_late_count": 5,
        }
        for number in range(1, 4)
    ],
    "survey__answers": [
        {
            "authority_code": "H99",
            "wave_code": "KIOSK-2026-03",
            "instrument_code": "kiosk_3_levels",
            "unit_code": "H99.01",
            "ballot_code": f"K-{number}",
            "item_code": "overall",
            "answer_code": str(number),
            "answered_at": "2026-01-10 08:31:00",
        }
        for number in range(1, 4)
    ],
    "unit_registry__units": [
        {
            "authority_code": "H99",
            "unit_code": code,
            "unit_name": code,
            "unit_bloc_code": bloc,
            "parent_unit_code": parent,
            "valid_from_date": "2025-07-01",
            "valid_to_date": None,
        }
        for code, bloc, parent in (
            ("H99", "authority", None),
            ("H99.01", "department", "H99"),
            ("H99.31", "commune", "H99"),
        )
    ],
    "procedure_registry__procedures": [
        {
            "authority_code": "H99",
            "procedure_code": f"1.00283{number}",
            "procedure_name": "Đăng ký khai sinh",
            "domain_name": "Hộ tịch",
            "sla_value": "5",
            "sla_unit_code": "working_day",
            "valid_from_date": "2025-07-01",
            "valid_to_date": None,
        }
        for number in range(1, 4)
    ],
    "one_stop__supplements": [
        {
            "authority_code": "H99",
            "dossier_code": "H99.01-260105-0007",
            "supplement_code": str(number),
            "status_code": "completed",
            "requested_at": "2026-01-06 10:00:00",
            "answered_at": "2026-01-08 14:30:00",
            "due_at_before": "2026-01-12 09:00:00",
            "due_at_after": "2026-01-14 09:00:00",
        }
        for number in range(1, 4)
    ],
    "one_stop__pauses": [
        {
            "authority_code": "H99",
            "dossier_code": "H99.01-260105-0007",
            "pause_code": str(number),
            "paused_at": f"2026-01-{number}0 10:00:00",
            "resumed_at": f"2026-01-{number}8 14:30:00",
            "due_at_before": "2026-02-12 09:00:00",
            "due_at_after": "2026-02-14 09:00:00",
        }
        for number in range(1, 3)
    ],
    "one_stop__apology_letters": [
        {
            "authority_code": "H99",
            "dossier_code": "H99.01-260105-0007",
            "letter_code": f"{number}/PXL",
            "unit_code": "H99.01",
            "created_at": "2026-01-11 15:00:00",
            "issued_at": "2026-01-12 16:10:00",
            "due_at_before": "2026-01-12 09:00:00",
            "due_at_after": "2026-01-16 09:00:00",
            "signer_role_code": "head",
        }
        for number in range(1, 4)
    ],
    "kiosk__ratings": [
        {
            "authority_code": "H99",
            "rating_code": f"R-{number}",
            "item_code": "overall",
            "unit_code": "H99.01",
            "dossier_code": f"H99.01-260105-000{number}",
            "scale_code": "3",
            "answer_code": "9" if number == 1 else str(number % 3 + 1),
            "rated_at": f"2026-01-10 08:{number:02d}:00",
        }
        for number in range(1, 12)
    ],
    "petition_portal__petitions": [
        {
            "authority_code": "H99",
            "petition_code": f"PAKN-{number}",
            "unit_code": "H99.01",
            "received_at": "2026-01-05 08:12:00",
            "answered_at": "2026-01-20 15:00:00",
            "published_at": "2026-01-21 08:00:00",
            "more_requested_at": "2026-01-07 09:00:00",
            "outcome_code": "answered",
            "is_satisfied": True,
        }
        for number in range(1, 4)
    ],
    "national_portal__dossiers": [
        {
            "authority_code": "H99",
            "dossier_code": f"H99.01-260105-{number:04d}",
            "received_at": "2026-01-05 09:00:00",
            "due_at": "2026-01-12 09:00:00",
            "completed_at": "2026-01-09 15:00:00",
            "returned_at": "2026-01-09 15:30:00",
            "status_code": "9",
            "synced_at": "2026-01-09 16:00:00",
        }
        for number in range(1, 4)
    ],
    "national_portal__qd766_metrics": [
        {
            "authority_code": "H21",
            "unit_code": "H21.17",
            "unit_name": "Sở Văn hóa",
            "period_start_date": "2026-01-01",
            "period_end_date": "2026-10-10",
        }
        | figures
        for figures in (
            {
                "group_code": "CKMB",
                "metric_code": "PUBLISH_ON_TIME",
                "numerator_count": 1,
                "denominator_count": 47,
                "declared_value": "2.13",
                "declared_score": "0.13",
                "max_score": "6",
            },
            {"group_code": "CKMB", "metric_code": "_GROUP", "declared_score": "11.79", "max_score": "18"},
            {"group_code": "ALL", "metric_code": "_TOTAL", "declared_score": "11.79", "max_score": "100"},
        )
    ],
    "par__criterion_scores": [
        {
            "authority_code": "H99",
            "campaign_code": "CCHC-2025",
            "regulation_code": "BTC-2025-SO",
            "period_start_date": "2025-01-01",
            "period_end_date": "2025-12-31",
            "unit_code": f"H99.0{number}",
            "criterion_code": "3.2",
            "measured_numerator": 45,
            "measured_denominator": 50,
            "evidence_reference": "12/BC",
            "self_scored_date": "2026-01-15",
            "appraised_date_1": "2026-02-02",
        }
        | points
        for number, points in enumerate(
            (
                {"is_applicable": True, "self_score": "7.5", "appraised_score_1": "6"}
                | {"survey_score": "5.5", "survey_answer_count": 60},
                {
                    "self_score": "7.5",
                    "appraised_score_1": "6",
                    "appraised_score_2": "6.5",
                    "appraised_date_2": "2026-03-02",
                },
                {"is_applicable": False, "measured_numerator": 0, "measured_denominator": 0},
            ),
            start=1,
        )
    ],
    "one_stop__quality_scores": [
        {
            "authority_code": "H99",
            "unit_code": "H99.01",
            "unit_name": "Sở Tư pháp",
            "dossier_code": f"H99.01-260105-000{number}",
            "period_start_date": "2026-01-01",
            "period_end_date": "2026-03-31",
            **{f"index_{index}_score": "2" for index in (1, 2, 3, 4, 6, 7)},
            "declared_total_score": total,
            "satisfied_count": 1,
        }
        for number, total in ((1, "12"), (2, "10"), (3, None))
    ],
    "unit_registry__unit_changes": [
        {
            "authority_code": "H99",
            "predecessor_unit_code": old,
            "successor_unit_code": new,
            "effective_date": "2025-07-01",
            "change_code": change,
            "share_rate": share,
        }
        for old, new, change, share in (
            ("H99.07", "H99.01", "split", "0.6"),
            ("H99.07", "H99.02", "split", "0.4"),
            ("H99.08", "H99.02", "merged", "1"),
        )
    ],
    "calendar__days_off": [
        {"authority_code": "VN", "calendar_date": day, "kind_code": kind, "is_confirmed": True}
        for day, kind in (
            ("2026-04-30", "holiday"),
            ("2026-08-31", "swap_off"),
            ("2026-08-22", "swap_work"),
            # Ten weekdays and a weekend: as many as a month may have.
            *((f"2026-02-{number:02d}", "holiday") for number in range(9, 21)),
        )
    ],
    "calendar__working_hours": [
        {
            "authority_code": "H99",
            "unit_code": "H99",
            "iso_weekday": weekday,
            "opens_at": "07:30",
            "break_starts_at": None if weekday == "6" else "12:00",
            "break_ends_at": None if weekday == "6" else "13:30",
            "closes_at": "11:30" if weekday == "6" else "17:00",
            "is_time_limit": weekday != "6",
            "valid_from_date": "2025-07-01",
            "valid_to_date": "2026-12-31" if weekday == "6" else None,
            "is_confirmed": True,
        }
        for weekday in "123456"
    ],
    "par__score_explanations": [
        {
            "authority_code": "H99",
            "campaign_code": "CCHC-2025",
            "regulation_code": "BTC-2025-SO",
            "period_start_date": "2025-01-01",
            "period_end_date": "2025-12-31",
            "unit_code": f"H99.0{number}",
            "criterion_code": "3.2",
            "stage_code": "explanation",
            "stated_at": "2026-02-10 09:15:00",
            "actor_code": f"H99.0{number}",
            "reason_text": "Bổ sung quyết định",
            "old_score": "6",
            "new_score": "6.5",
        }
        for number in (1, 2, 3)
    ],
    "regulation__regulations": [
        {
            "authority_code": "H99",
            "regulation_code": code,
            "regulation_name": code,
            "unit_bloc_codes": "department; vertical_agency",
            "period_kind_codes": "half_year;year",
            "score_order_code": "appraised_first",
            "rounding_mode_code": "half_up",
            "rounding_digits": 2,
            "rounding_stage_code": "leaf",
            "percent_digits": 2,
            "tie_tolerance": "0.01",
            "minimum_denominator": 30,
            "volume_tier_bounds": "1000; 5000",
            "source_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "grade_basis_code": "percent",
            "valid_from_date": start,
            "valid_to_date": end,
            "is_confirmed": False,
        }
        for code, start, end in (
            ("BTC-SO", "2025-01-01", "2025-12-31"),
            ("BTC-SO", "2026-01-01", None),
            ("BTC-XA", "2025-01-01", None),
        )
    ],
    "regulation__grades": [
        {
            "authority_code": "H99",
            "regulation_code": "BTC-SO",
            "unit_bloc_code": None,
            "grade_code": name,
            "grade_name": name,
            "lower_value": lower,
            "display_order": order,
            "valid_from_date": start,
            "valid_to_date": end,
            "is_confirmed": False,
        }
        for order, name, lower, start, end in (
            (1, "tot", "85", "2025-01-01", None),
            (2, "kha", "70", "2025-01-01", None),
            (3, "yeu", None, "2025-01-01", None),
            (1, "dat", None, "2024-01-01", "2024-12-31"),
        )
    ],
    "regulation__criteria": [
        {
            "authority_code": "H99",
            "regulation_code": "BTC-2025-SO",
            "criterion_code": code,
            "parent_criterion_code": parent,
            "criterion_name": code,
            "kind_code": "base",
            "max_score": points,
            "input_kind_code": "none",
            "rounding_digits": 2,
            "valid_from_date": "2025-01-01",
            "valid_to_date": "2025-12-31",
        }
        | rule
        for code, parent, points, rule in (
            ("3", None, "10", {"rule_code": "sum"}),
            (
                "3.1",
                "3",
                "4",
                {"rule_code": "linear", "target_value": "0.8", "input_kind_code": "indicator"}
                | {"input_code": "online_dossier_rate"},
            ),
            ("3.2", "3", "6", {"rule_code": "bands", "input_kind_code": "measured"}),
            ("4", None, "10", {"rule_code": "weighted_sum"}),
            ("4.1", "4", "5", {"rule_code": "manual", "weight": "0.2"}),
            ("4.2", "4", "5", {"rule_code": "manual", "weight": "0.8"}),
            (
                "5",
                None,
                "2",
                {"rule_code": "linear", "target_value": "18", "input_kind_code": "quality_index"}
                | {"input_code": "total"},
            ),
            (
                "6",
                None,
                "10",
                {"rule_code": "survey_options", "input_kind_code": "survey_item", "input_code": "leaders_abcd"},
            ),
            (
                "7",
                None,
                "10",
                {"rule_code": "linear", "target_value": "0.9", "input_kind_code": "survey_index"}
                | {
                    "input_code": "five_factor_22:province:households",
                    "factor_input_code": "five_factor_22:unit:clients:F1",
                },
            ),
        )
    ],
    "regulation__bands": [
        {
            "authority_code": "H99",
            "regulation_code": "BTC-2025-SO",
            "criterion_code": "3.2",
            "band_number": number,
            "lower_value": lower,
            "is_lower_included": True,
            "upper_value": upper,
            "is_upper_included": False,
            "valid_from_date": "2025-01-01",
        }
        | points
        for number, lower, upper, points in (
            (1, "1", None, {"calculation_code": "fixed", "awarded_score": "8"}),
            (2, "0.95", "1", {"calculation_code": "proportional", "base_value": "1"}),
            (3, None, "0.95", {"calculation_code": "fixed", "awarded_score": "0"}),
        )
    ]
    + [
        {
            "authority_code": "H99",
            "regulation_code": "BTC-2025-SO",
            "criterion_code": "8.2",
            "band_number": number,
            "answer_code": answer,
            "calculation_code": "fixed",
            "awarded_score": share,
            "valid_from_date": "2025-01-01",
        }
        for number, (answer, share) in enumerate((("A", "1"), ("B", "0.6"), ("C", "0.2"), ("D", "0")), start=1)
    ],
    **survey_rows.GOOD,
}

# rule → (row index → changed values), failing rows, first sample. Rows stand on lines 2, 3, 4.
ALL = (0, 1, 2)
BAD = {
    **survey_rows.BAD,
    **{
        f"{prefix}.authority_is_no_unit": ({1: {"authority_code": "H99.01"}}, 1)
        for prefix in ("dossiers", "reports", "survey", "national_dossiers")
    },
    "dossiers.received_mostly_from_2000": (
        {0: {"received_at": "1900-01-01"}, 1: {"received_at": "1900-01-01"}},
        2,
    ),
    "dossiers.mostly_completed_after_received": (
        {row: {"completed_at": "2026-01-04 09:00:00"} for row in (0, 1)},
        2,
    ),
    "dossiers.mostly_due_after_received": ({row: {"due_at": "2026-01-04 09:00:00"} for row in (0, 1)}, 2),
    "dossiers.received_from_2010": ({1: {"received_at": "2009-12-31 23:59:59"}}, 1),
    "dossiers.submitted_not_after_received": ({1: {"submitted_at": "2026-01-05 09:00:01"}}, 1),
    "dossiers.received_at_not_after_completed": ({1: {"completed_at": "2026-01-05 08:59:59"}}, 1),
    "dossiers.completed_not_after_returned": ({1: {"returned_at": "2026-01-09 14:59:59"}}, 1),
    "dossiers.received_not_after_due": ({1: {"due_at": "2026-01-05 08:59:59"}}, 1),
    "dossiers.due_within_five_years": ({1: {"due_at": "2062-01-12 09:00:00"}}, 1),
    "dossiers.has_due_date": ({1: {"due_at": None}}, 1),
    "dossiers.finished_has_completed_at": ({1: {"completed_at": None}}, 1),
    "dossiers.unfinished_has_no_completed_at": ({1: {"status_code": "4"}}, 1),
    "dossiers.received_not_in_future": ({1: {"received_at": TOMORROW}}, 1),
    "dossiers.completed_not_in_future": ({1: {"completed_at": TOMORROW}}, 1),
    "dossiers.returned_not_in_future": ({1: {"returned_at": TOMORROW}}, 1),
    "dossiers.returned_has_completed_at": ({1: {"completed_at": None}}, 1),
    "dossiers.unfinished_has_no_returned_at": ({1: {"status_code": "4"}}, 1),
    "dossiers.resolving_unit_name_has_one_spelling": ({1: {"resolving_unit_name": "Sở Tư Pháp"}}, 1),
    "dossiers.domain_name_has_one_spelling": ({1: {"domain_name": "Hộ  tich"}}, 1),
    "dossiers.amounts_not_negative": ({1: {"fee_amount": "-1"}, 2: {"supplement_count": -1}}, 2),
    "dossiers.dossier_code_once": ({1: {"dossier_code": "H99.01-260105-0003"}}, 2),
    "events.occurred_mostly_from_2000": ({row: {"occurred_at": "1900-01-01"} for row in (0, 1)}, 2),
    "events.occurred_from_2000": ({1: {"occurred_at": "1926-01-05"}}, 1),
    "events.occurred_not_in_future": ({1: {"occurred_at": TOMORROW}}, 1),
    "events.nothing_after_returned": ({0: {"occurred_at": "2026-01-03 09:00:01"}}, 1),
    "events.event_code_once": ({1: {"event_code": "3"}}, 2),
    "reports.period_in_order": ({1: {"period_start_date": "2026-09-27"}}, 1),
    "reports.has_figures": (
        {
            1: dict.fromkeys(
                (
                    "numerator_count",
                    "denominator_count",
                    "overdue_count",
                    "declared_percent",
                    "declared_score",
                )
            )
        },
        1,
    ),
    "reports.counts_not_negative": ({1: {"overdue_count": -5}}, 1),
    "reports.figure_once": ({1: {"unit_code": "H44.03"}}, 2),
    "reports.numerator_within_denominator": ({1: {"numerator_count": 162}}, 1),
    "reports.qd766_parts_add_up": ({1: {"overdue_count": 4}}, 1),
    "reports.percent_matches_parts": ({1: {"declared_percent": "96.91"}}, 1),
    "reports.qd766_score_matches_parts": ({1: {"declared_score": "19.40"}}, 1),
    "reports.unit_name_has_one_spelling": ({1: {"unit_name": "Sơ số 1"}}, 1),
    "form_06a.period_in_order": ({1: {"period_start_date": "2026-04-01"}}, 1),
    "form_06a.counts_not_negative": ({1: {"open_late_count": -5}}, 1),
    "form_06a.names_unit": ({1: {"unit_code": None, "unit_name": None}}, 1),
    "form_06a.has_figures": ({1: dict.fromkeys((*FORM_06A_COUNTS, "declared_percent"))}, 1),
    "form_06a.line_once": ({1: {"line_name": "Lĩnh vực số 3"}}, 2),
    "form_06a.received_parts_add_up": ({1: {"received_online_count": 61}}, 1),
    "form_06a.resolved_parts_add_up": ({1: {"resolved_early_count": 49}}, 1),
    "form_06a.open_parts_add_up": ({1: {"open_late_count": 6}}, 1),
    "form_06a.received_is_resolved_and_open": ({1: {"open_total_count": 21}}, 1),
    "form_06a.unit_name_has_one_spelling": ({1: {"unit_name": "SỞ TƯ PHÁP"}}, 1),
    "form_06a.percent_matches_parts": ({1: {"declared_percent": "93.77"}}, 1),
    "form_06a.line_name_has_one_spelling": ({1: {"line_name": "Linh vực số 3"}}, 1),
    "survey.answers_mostly_on_scale": ({row: {"answer_code": "10"} for row in (0, 1)}, 2),
    "survey.answer_on_scale": ({1: {"answer_code": "4"}}, 1),
    "survey.item_known": ({1: {"item_code": "F1.1"}}, 1),
    "survey.answer_once": ({1: {"ballot_code": "K-3"}}, 2),
    "survey.answered_from_2000": ({1: {"answered_at": "1900-09-10 08:31:00"}}, 1),
    "survey.answered_not_in_future": ({1: {"answered_at": TOMORROW}}, 1),
    "survey.ballot_for_one_unit": (
        {1: {"ballot_code": "K-3", "item_code": "other", "unit_code": "H99.02"}},
        1,
    ),
    "units.version_once": ({1: {"unit_code": "H99.31"}}, 2),
    "units.validity_in_order": ({1: {"valid_to_date": "2025-06-30"}}, 1),
    "units.versions_do_not_overlap": ({1: {"unit_code": "H99.31", "valid_from_date": "2026-01-01"}}, 1),
    "units.parent_is_another_unit": ({1: {"parent_unit_code": "H99.01"}}, 1),
    "units.parent_listed": ({1: {"parent_unit_code": "H99.3"}}, 1),
    "units.unit_name_has_one_spelling": ({1: {"unit_name": "h99. 31"}}, 1),
    "units.authority_listed": ({0: {"unit_bloc_code": "other"}}, 1),
    "procedures.version_once": ({1: {"procedure_code": "1.002833"}}, 2),
    "procedures.validity_in_order": ({1: {"valid_to_date": "2025-06-30"}}, 1),
    "procedures.versions_do_not_overlap": (
        {1: {"procedure_code": "1.002833", "valid_from_date": "2026-01-01"}},
        1,
    ),
    "procedures.time_limit_positive": ({0: {"sla_value": "0"}, 1: {"sla_value": "-5"}}, 2),
    "procedures.time_limit_within_ten_years": (
        {
            0: {"sla_value": "2501"},
            1: {"sla_value": "20001", "sla_unit_code": "working_hour"},
            2: {"sla_value": "3651", "sla_unit_code": None},
        },
        3,
    ),
    "procedures.time_limit_has_unit": ({1: {"sla_unit_code": None}}, 1),
    "procedures.domain_name_has_one_spelling": ({1: {"domain_name": "Hô tịch"}}, 1),
    "supplements.supplement_once": ({1: {"supplement_code": "3"}}, 2),
    "supplements.answered_not_before_requested": ({1: {"answered_at": "2026-01-06 09:59:59"}}, 1),
    "supplements.completed_has_answer": ({1: {"answered_at": None}}, 1),
    "supplements.due_date_not_moved_back": ({1: {"due_at_after": "2026-01-12 08:59:59"}}, 1),
    "supplements.requested_not_in_future": ({1: {"requested_at": TOMORROW}}, 1),
    "supplements.answered_not_in_future": ({1: {"answered_at": TOMORROW}}, 1),
    "pauses.paused_not_in_future": ({1: {"paused_at": TOMORROW}}, 1),
    "pauses.resumed_not_in_future": ({1: {"resumed_at": TOMORROW}}, 1),
    "letters.created_not_in_future": ({1: {"created_at": TOMORROW}}, 1),
    "letters.issued_not_in_future": ({1: {"issued_at": TOMORROW}}, 1),
    "pauses.pause_once": ({1: {"pause_code": "1"}}, 2),
    "pauses.resumed_not_before_paused": ({1: {"resumed_at": "2026-01-20 09:59:59"}}, 1),
    "pauses.pauses_do_not_overlap": ({0: {"resumed_at": None}}, 1),
    "pauses.due_date_not_moved_back": ({1: {"due_at_after": "2026-02-12 08:59:59"}}, 1),
    "letters.letter_once": ({1: {"letter_code": "3/PXL"}}, 2),
    "letters.has_new_due_date": ({1: {"due_at_after": None}}, 1),
    "letters.new_due_date_is_later": ({1: {"due_at_after": "2026-01-12 09:00:00"}}, 1),
    "letters.issued_not_after_old_due_date": ({1: {"issued_at": "2026-01-13 00:00:00"}}, 1),
    "letters.issued_not_before_created": ({1: {"issued_at": "2026-01-11 14:59:59"}}, 1),
    "ratings.answers_mostly_on_scale": ({row: {"answer_code": "5"} for row in range(6)}, 6),
    "ratings.answer_on_scale": ({1: {"answer_code": "4"}}, 1),
    "ratings.rating_once": ({1: {"rating_code": "R-3"}}, 2),
    "ratings.rated_from_2000": ({1: {"rated_at": "1900-01-10 08:31:00"}}, 1),
    "ratings.rated_not_in_future": ({1: {"rated_at": TOMORROW}}, 1),
    "ratings.ratings_spread": ({row: {"rated_at": f"2026-01-10 08:31:{5 * row:02d}"} for row in range(11)}, 11),
    "ratings.one_rating_per_dossier_and_item": ({1: {"dossier_code": "H99.01-260105-0003"}}, 1),
    "petitions.petition_once": ({1: {"petition_code": "PAKN-3"}}, 2),
    "petitions.answered_not_before_received": ({1: {"answered_at": "2026-01-05 08:11:59"}}, 1),
    "petitions.received_not_in_future": ({1: {"received_at": TOMORROW}}, 1),
    "petitions.more_requested_not_in_future": ({1: {"more_requested_at": TOMORROW}}, 1),
    "petitions.published_not_in_future": ({1: {"published_at": TOMORROW}}, 1),
    "petitions.answered_not_in_future": ({1: {"answered_at": TOMORROW}}, 1),
    "petitions.published_not_before_answered": ({1: {"published_at": "2026-01-20 14:59:59"}}, 1),
    "petitions.closed_has_answer_date": ({1: {"answered_at": None}}, 1),
    "petitions.only_answers_are_judged": ({1: {"outcome_code": "in_progress"}}, 1),
    "national_dossiers.received_mostly_from_2000": (
        {0: {"received_at": "1900-01-01"}, 1: {"received_at": "1900-01-01"}},
        2,
    ),
    "national_dossiers.synced_not_before_received": ({1: {"synced_at": "2026-01-05 08:59:59"}}, 1),
    "national_dossiers.received_at_not_after_completed": ({1: {"completed_at": "2026-01-04 15:00:00"}}, 1),
    "national_dossiers.received_not_in_future": ({1: {"received_at": TOMORROW}}, 1),
    "national_dossiers.completed_not_in_future": ({1: {"completed_at": TOMORROW}}, 1),
    "national_dossiers.returned_not_in_future": ({1: {"returned_at": TOMORROW}}, 1),
    "national_dossiers.synced_not_in_future": ({1: {"synced_at": TOMORROW}}, 1),
    "national_dossiers.dossier_code_once": ({1: {"dossier_code": "H99.01-260105-0001"}}, 2),
    "qd766.period_in_order": ({1: {"period_start_date": "2026-10-11"}}, 1),
    "qd766.metric_once": ({1: {"metric_code": "PUBLISH_ON_TIME"}}, 2),
    "qd766.counts_not_negative": ({0: {"numerator_count": -1}}, 1),
    "qd766.numerator_within_denominator": ({0: {"numerator_count": 48}}, 1),
    "qd766.percent_matches_parts": ({0: {"declared_value": "2.15"}}, 1),
    "qd766.score_within_maximum": ({0: {"declared_score": "6.01"}}, 1),
    "qd766.unit_name_has_one_spelling": ({1: {"unit_name": "Sở văn hoá"}}, 1),
    "qd766.groups_add_up_to_total": ({2: {"declared_score": "11.81"}}, 1),
    "scores.score_once": ({1: {"unit_code": "H99.03"}}, 2),
    "scores.second_appraisal_follows_first": ({1: {"appraised_score_1": None}}, 1),
    "scores.points_have_evidence": ({1: {"evidence_reference": None}}, 1),
    "scores.not_applicable_has_no_points": ({2: {"appraised_score_1": "0"}}, 1),
    "scores.dates_in_order": ({1: {"appraised_date_1": "2026-01-14"}}, 1),
    "quality.period_in_order": ({1: {"period_start_date": "2026-04-01"}}, 1),
    "quality.indices_mostly_on_scale": ({row: {"index_3_score": "12"} for row in (0, 1)}, 2),
    "quality.names_subject": ({1: dict.fromkeys(("dossier_code", "unit_code", "unit_name"))}, 1),
    "quality.indices_on_scale": ({0: {"index_1_score": "-1"}, 1: {"index_9_score": "2.01"}}, 2),
    "quality.opinions_not_negative": ({1: {"satisfied_count": -1}}, 1),
    "quality.total_adds_up": ({1: {"declared_total_score": "11"}}, 1),
    "quality.total_readable": ({1: {"declared_total_score": "20260115"}}, 1),
    "quality.score_once": ({1: {"dossier_code": "H99.01-260105-0003"}}, 2),
    "quality.unit_name_has_one_spelling": ({1: {"unit_name": "Sở tư pháp"}}, 1),
    "scores.period_in_order": ({1: {"period_start_date": "2026-04-01"}}, 1),
    "scores.figures_not_negative": ({1: {"measured_numerator": -45}}, 1),
    "scores.scores_readable": ({1: {"self_score": "20260115"}}, 1),
    "scores.figures_readable": (
        {
            0: {"measured_numerator": -(2**63)},
            1: {"measured_denominator": 1_000_000_000_001},
            2: {"measured_value": "1000000000.1"},
        },
        3,
    ),
    "scores.answer_count_possible": (
        {0: {"survey_answer_count": -1}, 1: {"survey_answer_count": 100_000_001}, 2: {"survey_answer_count": 0}},
        2,
    ),
    "scores.survey_score_has_answers": ({1: {"survey_score": "5.5", "survey_answer_count": 0}}, 1),
    "scores.scores_not_negative": ({1: {"appraised_score_2": "-1"}}, 1),
    "scores.nothing_of_nothing": ({0: {"measured_denominator": 0}}, 1),
    "scores.figure_is_whole": ({1: {"measured_numerator": None}}, 1),
    "scores.self_scored_not_in_future": ({1: {"self_scored_date": "2026-11-23"}}, 1),
    "scores.appraised_date_1_not_in_future": ({1: {"appraised_date_1": "2026-11-23"}}, 1),
    "scores.appraised_date_2_not_in_future": ({1: {"appraised_date_2": "2026-11-23"}}, 1),
    "changes.change_once": ({1: {"successor_unit_code": "H99.01"}}, 2),
    "changes.successor_is_another_unit": ({2: {"successor_unit_code": "H99.08"}}, 1),
    "changes.share_from_0_to_1": ({1: {"share_rate": "40"}}, 1),
    "changes.no_circle": (
        {
            1: {"predecessor_unit_code": "H99.02", "successor_unit_code": "H99.08"}
            | {"change_code": "merged", "share_rate": "1"}
        },
        2,
    ),
    "changes.shares_add_up": ({1: {"share_rate": "0.3"}}, 1),
    "days_off.day_once": ({1: {"calendar_date": "2026-08-22"}}, 2),
    "days_off.worked_day_is_at_the_weekend": ({2: {"calendar_date": "2026-08-21"}}, 1),
    "days_off.swapped_day_is_a_weekday": ({1: {"calendar_date": "2026-08-23"}}, 1),
    "days_off.few_weekdays_off_in_a_month": (
        {0: {"calendar_date": "2026-02-23"}},
        11,
    ),
    "working_hours.version_once": ({1: {"iso_weekday": "1"}}, 2),
    "working_hours.validity_in_order": ({0: {"valid_to_date": "2024-06-30"}}, 1),
    "working_hours.versions_do_not_overlap": ({1: {"iso_weekday": "1", "valid_from_date": "2025-09-01"}}, 1),
    **{
        f"working_hours.{name}_readable": ({0: {name: "7h30"}}, 1)
        for name in ("opens_at", "break_starts_at", "break_ends_at", "closes_at")
    },
    "working_hours.hours_in_order": ({0: {"break_ends_at": "11:00"}}, 1),
    "working_hours.working_day_has_eight_hours": ({0: {"opens_at": "08:00"}}, 1),
    "explanations.period_in_order": ({1: {"period_start_date": "2026-04-01"}}, 1),
    "explanations.actor_is_an_office": ({1: {"actor_code": "Nguyễn Văn An"}}, 1),
    "explanations.reason_tells_of_nobody": (
        {0: {"reason_text": "Gọi 0912 345 678"}, 1: {"reason_text": "CCCD 052099001234"}, 2: {"reason_text": "a@b.vn"}},
        3,
    ),
    "explanations.step_once": ({1: {"unit_code": "H99.03"}}, 2),
    "explanations.stated_not_in_future": ({1: {"stated_at": TOMORROW}}, 1),
    "regulations.version_once": ({1: {"valid_from_date": "2025-01-01"}}, 2),
    "regulations.validity_in_order": ({0: {"valid_to_date": "2024-12-31"}}, 1),
    "regulations.versions_do_not_overlap": ({0: {"valid_to_date": "2026-01-01"}}, 1),
    "regulations.period_kind_codes_known": ({1: {"period_kind_codes": "quarter;nam"}}, 1),
    "regulations.unit_bloc_codes_known": ({1: {"unit_bloc_codes": "so"}}, 1),
    "regulations.digits_in_range": ({1: {"rounding_digits": 7}, 2: {"percent_digits": -1}}, 2),
    "regulations.tolerances_not_negative": ({1: {"tie_tolerance": "-1"}, 2: {"minimum_denominator": -1}}, 2),
    "regulations.volume_tiers_ascend": (
        {
            0: {"volume_tier_bounds": "5000; 1000"},
            1: {"volume_tier_bounds": "1.000"},
            2: {"volume_tier_bounds": "7; 7"},
        },
        3,
    ),
    "regulations.source_sha256_whole": (
        {0: {"source_sha256": "9f86d081"}, 1: {"source_sha256": "g" * 64}, 2: {"source_sha256": "a" * 65}},
        3,
    ),
    "regulations.tie_tolerance_small": ({1: {"tie_tolerance": "5.01"}, 2: {"tie_tolerance": "5"}}, 1),
    "regulations.codes_plain": ({1: {"regulation_code": "BTC@2026"}, 2: {"regulation_code": " BTC"}}, 2),
    "grades.codes_plain": ({1: {"regulation_code": "BTC;SO"}}, 1),
    "criteria.codes_plain": (
        {
            1: {"criterion_code": "3;1"},
            2: {"criterion_code": "3'2"},
            3: {"criterion_code": "4\n"},
            4: {"criterion_code": 'Đ-4_1/a"'},
            5: {"regulation_code": "BTC 2025"},
        },
        5,
    ),
    "bands.codes_plain": ({1: {"criterion_code": "3.2 "}, 2: {"regulation_code": "BTC\x07"}}, 2),
    "grades.grade_once": ({1: {"grade_code": "tot"}}, 2),
    "grades.validity_in_order": ({1: {"valid_to_date": "2024-12-31"}}, 1),
    "grades.versions_do_not_overlap": ({1: {"valid_from_date": "2026-01-01"}}, 1),
    "grades.order_once": ({1: {"display_order": 1}}, 2),
    "grades.one_lowest": ({2: {"lower_value": "0"}}, 1),
    "grades.higher_grade_higher_bound": ({1: {"lower_value": "85"}}, 1),
    "grades.numbers_bounded": ({0: {"lower_value": "1000000.1"}, 1: {"lower_value": "1000000"}}, 1),
    "criteria.version_once": ({1: {"criterion_code": "3.2"}}, 2),
    "criteria.validity_in_order": ({1: {"valid_to_date": "2024-12-31"}}, 1),
    "criteria.versions_do_not_overlap": ({1: {"criterion_code": "3.2", "valid_from_date": "2025-06-01"}}, 1),
    "criteria.parent_listed": ({1: {"parent_criterion_code": "33"}}, 1),
    "criteria.parts_add_up": ({1: {"max_score": "4.5"}}, 1),
    "criteria.tree_has_no_circle": ({0: {"parent_criterion_code": "3.1"}}, 2),
    "criteria.levels_at_most_four": ({2: {"parent_criterion_code": "3.1"}, 3: {"parent_criterion_code": "3.2"}}, 2),
    "criteria.rate_from_0_to_1": ({1: {"target_value": "80"}}, 1),
    "criteria.indicator_known": ({1: {"input_code": "ty_le_dung_han"}}, 1),
    "criteria.quality_index_known": ({6: {"input_code": "index_10"}}, 1),
    "criteria.survey_index_shaped": (
        {
            1: {"input_code": "five_factor_22"},
            2: {"input_kind_code": "survey_index", "input_code": "five_factor_22:province"},
            6: {"input_kind_code": "survey_index", "input_code": "five_factor_22:tinh:clients"},
            7: {"input_kind_code": "survey_index", "input_code": "own:unit:clients", "factor_input_code": "own:F1"},
            8: {"input_code": "five_factor_22:province:"},
        },
        4,
    ),
    "criteria.options_of_a_survey": ({7: {"input_kind_code": "measured"}}, 1),
    "criteria.kind_fits_parent": ({2: {"kind_code": "penalty"}}, 1),
    "criteria.rule_fits_place": ({0: {"rule_code": "manual"}, 2: {"rule_code": "mean"}}, 2),
    "criteria.target_given": ({1: {"target_value": None}}, 1),
    "criteria.input_given": ({2: {"input_kind_code": "none"}}, 1),
    "criteria.weights_given": ({4: {"weight": None}, 5: {"weight": "0"}}, 2),
    "criteria.weight_used": ({1: {"weight": "1"}, 7: {"weight": "0.5"}}, 2),
    "criteria.maximum_positive": ({1: {"max_score": "0"}}, 1),
    "criteria.numbers_bounded": (
        {1: {"target_value": "1000001"}, 2: {"floor_value": "-1000001"}, 5: {"weight": "1000001"}},
        3,
    ),
    "criteria.digits_in_range": ({1: {"rounding_digits": 7}}, 1),
    "bands.band_once": ({1: {"band_number": 3}}, 2),
    "bands.bounds_in_order": ({1: {"lower_value": "1.1"}}, 1),
    "bands.band_gives_points": ({0: {"awarded_score": None}, 1: {"base_value": "0"}}, 2),
    "bands.bands_do_not_overlap": ({1: {"upper_value": "1.2"}}, 2),
    "bands.bands_leave_no_gap": ({2: {"upper_value": "0.9"}}, 1),
    "bands.numbers_bounded": (
        {
            0: {"upper_value": "1000001"},
            1: {"base_value": "1000001"},
            2: {"lower_value": "-1000001"},
            3: {"awarded_score": "1000001"},
        },
        4,
    ),
    "bands.option_is_a_share": ({3: {"awarded_score": "100"}}, 1),
}
EMPTY = {rule.code for source in SOURCES for rule in source_rules(source) if rule.code.endswith(".has_rows")}


@cache
def writer() -> duckdb.DuckDBPyConnection:
    """One for all files: opening a database takes longer than to write a hundred small ones."""
    return duckdb.connect()


def write_delivery(source: str, rows: list[dict], path: Path) -> Path:
    """A landed Parquet of `source`, as the landing zone types it; rows begin at line 2."""
    contract = load_contract(source)
    types = {"delivery_id": "VARCHAR", "source_row_number": "BIGINT"}
    types |= {column.name: column.physical_type for column in contract.columns}
    unknown = {name for row in rows for name in row} - set(types)
    assert not unknown
    connection = writer()
    connection.execute(f"create or replace table rows ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    for number, row in enumerate(rows, start=2):
        complete = {"delivery_id": "d1", "source_row_number": number} | row
        connection.execute(
            f"insert into rows values ({', '.join('?' * len(types))})",
            [complete.get(name) for name in types],
        )
    connection.table("rows").write_parquet(str(path), compression="zstd")
    return path


def changed(source: str, changes: dict[int, dict]) -> list[dict]:
    return [row | changes.get(index, {}) for index, row in enumerate(GOOD[source])]


def judge(source: str, rows: list[dict], folder: Path) -> GateReport:
    return check_delivery(source, write_delivery(source, rows, folder / "delivery.parquet"), "d1", LANDED)


def check(source: str, rows: list[dict], folder: Path) -> dict:
    return {result.rule_code: result for result in judge(source, rows, folder).results}


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_good_delivery_passes_every_rule(source, tmp_path):
    report = judge(source, GOOD[source], tmp_path)
    assert report.failing_rows.num_rows == 0
    results = {result.rule_code: result for result in report.results}
    assert list(results) == [rule.code for rule in source_rules(source)]
    assert [code for code, result in results.items() if not result.is_passed] == []
    assert {(result.failed_count, tuple(result.sample)) for result in results.values()} == {(0, ())}
    assert all(result.subject_name == "d1" and result.gate_code == 1 for result in results.values())
    unapplied = {code for code, result in results.items() if result.checked_count == 0}
    # The good rows have no unfinished dossier and no closed version: those rules had nothing to look at.
    assert unapplied <= {
        "dossiers.unfinished_has_no_completed_at",
        "dossiers.unfinished_has_no_returned_at",
        "units.validity_in_order",
        "procedures.validity_in_order",
    }


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        pytest.param(source, rule, id=rule.code)
        for source in SOURCES
        for rule in source_rules(source)
        if rule.code not in EMPTY
    ],
)
def test_bad_delivery_fails_the_rule(source, rule, tmp_path):
    assert rule.code in BAD, f"the rule {rule.code} has no example: add to BAD rows of {source} that break it"
    changes, failing_count = BAD[rule.code]
    report = judge(source, changed(source, changes), tmp_path)
    result = next(result for result in report.results if result.rule_code == rule.code)
    assert not result.is_passed
    assert (result.failed_count, len(result.sample)) == (failing_count, min(failing_count, SAMPLE_SIZE))
    assert result.checked_count >= failing_count
    assert (result.effect_code, result.rule_text) == (rule.effect_code, rule.text)
    assert json.loads(json.dumps(result.to_dict())) == result.to_dict()
    keys = [row for row in report.failing_rows.to_pylist() if row["rule_code"] == rule.code]
    if rule.effect_code not in (REJECT_ROW, FLAG_ROW):
        assert keys == []
        return
    assert [f"dòng {row['source_row_number']}" for row in keys][:SAMPLE_SIZE] == result.sample
    assert len(keys) == failing_count
    assert {(row["effect_code"], row["rule_text"], row["column_name"]) for row in keys} == {
        (rule.effect_code, rule.text, rule.column)
    }


def test_no_example_is_left_over():
    known = {rule.code for source in SOURCES for rule in source_rules(source)}
    assert set(BAD) | EMPTY == known


@pytest.mark.parametrize(
    ("source", "seed"),
    [
        ("survey__instruments", "instruments"),
        ("survey__items", "survey_items"),
        ("survey__options", "survey_options"),
    ],
)
def test_national_questionnaires_have_no_fault_for_which_a_file_is_refused(source, seed, tmp_path):
    filled = [{column: value or None for column, value in row.items()} for row in seed_rows(seed)]
    results = check(source, [{"authority_code": "H99"} | row for row in filled], tmp_path).values()
    refusing = [result for result in results if result.effect_code == REFUSE_FILE]
    assert len(refusing) > 1
    assert [(result.rule_code, result.sample) for result in refusing if not result.is_passed] == []


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_empty_delivery_is_refused_for_having_no_rows_only(source, tmp_path):
    results = check(source, [], tmp_path)
    failed = [result for result in results.values() if not result.is_passed]
    assert [(result.rule_code in EMPTY, result.effect_code, result.failed_count) for result in failed] == [
        (True, "refuse_file", 1)
    ]


def test_half_of_the_rows_is_not_most_of_them(tmp_path):
    source = "one_stop__dossiers"
    extra = GOOD[source][0] | {"dossier_code": "H99.01-260105-0004"}
    wrong = {"completed_at": "2026-01-04 09:00:00"}
    results = check(source, [*changed(source, {0: wrong, 1: wrong}), extra], tmp_path)
    assert results["dossiers.mostly_completed_after_received"].is_passed
    assert results["dossiers.received_at_not_after_completed"].sample == ["dòng 2", "dòng 3"]


def test_unfinished_rows_do_not_dilute_swapped_columns(tmp_path):
    """Of the only finished dossier, received and completed are swapped; the open ones say nothing."""
    source = "one_stop__dossiers"
    still_open = {"completed_at": None, "returned_at": None, "status_code": "4"}
    wrong = {"completed_at": "2026-01-04 09:00:00"}
    results = check(source, changed(source, {0: wrong, 1: still_open, 2: still_open}), tmp_path)
    swapped = results["dossiers.mostly_completed_after_received"]
    assert (swapped.is_passed, swapped.failed_count, swapped.checked_count) == (False, 1, 1)


def test_no_answer_is_on_the_scale(tmp_path):
    results = check("survey__answers", changed("survey__answers", {1: {"answer_code": "9"}}), tmp_path)
    assert results["survey.answer_on_scale"].is_passed


def test_a_period_that_ended_before_the_next_version_began_does_not_overlap(tmp_path):
    source = "unit_registry__units"
    changes = {
        1: {"unit_code": "H99.31", "valid_from_date": "2026-01-01"},
        2: {"valid_to_date": "2025-12-31"},
    }
    assert check(source, changed(source, changes), tmp_path)["units.versions_do_not_overlap"].is_passed


def test_a_rounded_claim_of_a_real_newspaper_is_reported(tmp_path):
    """516 of 526 printed as 98 %: the claim is kept and reported, 5401 of 5535 as 97.58 % is not."""
    base = GOOD["portal__on_time_reports"][0] | {"overdue_count": None, "declared_score": None}
    rows = [
        base
        | {
            "unit_code": "CAOBANG.TP",
            "definition_code": "resolved",
            "numerator_count": 5401,
            "denominator_count": 5535,
            "declared_percent": "97.58",
        },
        base
        | {
            "unit_code": "CAOBANG.HQ",
            "definition_code": "received",
            "numerator_count": 516,
            "denominator_count": 526,
            "declared_percent": "98",
        },
    ]
    result = check("portal__on_time_reports", rows, tmp_path)["reports.percent_matches_parts"]
    assert (result.effect_code, result.failed_count, result.sample) == (FLAG_ROW, 1, ["dòng 3"])


def test_count_is_exact_and_sample_short_and_stable_when_many_rows_fail(tmp_path):
    rows = [GOOD["one_stop__dossiers"][0] | {"dossier_code": str(number), "due_at": None} for number in range(300)]
    report = judge("one_stop__dossiers", rows, tmp_path)
    result = next(result for result in report.results if result.rule_code == "dossiers.has_due_date")
    assert report.failing_rows["source_row_number"].to_pylist() == list(range(2, 302))
    assert (result.failed_count, result.checked_count) == (300, 300)
    assert result.sample == [f"dòng {number}" for number in range(2, 2 + SAMPLE_SIZE)]


def test_parquet_outside_the_contract_is_an_error_not_a_result(tmp_path):
    path = tmp_path / "delivery.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as source_row_number) to '{path}' (format parquet)")
    with pytest.raises(RuleNotCheckedError, match="on d1"):
        check_delivery("one_stop__dossiers", path, "d1", LANDED)
    with pytest.raises(KeyError, match=r"has no suite: register one in SOURCES of expectations/catalogue\.py"):
        check_delivery("no_such_source", path, "d1", LANDED)


def test_a_path_with_a_quote_is_read(tmp_path):
    folder = tmp_path / "tỉnh d'Mẫu"
    folder.mkdir()
    assert check("one_stop__dossiers", GOOD["one_stop__dossiers"], folder)["dossiers.has_rows"].is_passed


def test_a_row_comes_back_once_per_rule_it_breaks_in_a_fixed_order(tmp_path):
    source = "one_stop__dossiers"
    changes = {0: {"due_at": None, "fee_amount": "-1", "supplement_count": -1}, 2: {"due_at": None}}
    rows = judge(source, changed(source, changes), tmp_path).failing_rows
    assert rows.column_names == ["rule_code", "effect_code", "rule_text", "column_name", "source_row_number"]
    assert [(row["source_row_number"], row["rule_code"], row["column_name"]) for row in rows.to_pylist()] == [
        (2, "dossiers.amounts_not_negative", None),
        (2, "dossiers.has_due_date", "due_at"),
        (4, "dossiers.has_due_date", "due_at"),
    ]


def test_a_wrong_row_is_rejected_and_the_file_stays(tmp_path):
    source = "portal__on_time_reports"
    wrong = {"period_start_date": "2026-09-27", "numerator_count": 162}
    report = judge(source, changed(source, {1: wrong}), tmp_path)
    rejected = [row["rule_code"] for row in report.failing_rows.to_pylist() if row["effect_code"] == REJECT_ROW]
    assert rejected == ["reports.numerator_within_denominator", "reports.period_in_order"]
    assert not [result for result in report.results if result.effect_code == "refuse_file" and not result.is_passed]


def test_the_day_of_landing_is_not_the_future_and_no_clock_is_asked(tmp_path):
    source = "one_stop__dossiers"
    path = write_delivery(source, GOOD[source], tmp_path / "delivery.parquet")

    def future_rows(landed_date: date) -> list[str]:
        rows = check_delivery(source, path, "d1", landed_date).failing_rows.to_pylist()
        return [row["rule_code"] for row in rows if row["source_row_number"] == 2]

    assert future_rows(date(2026, 1, 10)) == []
    assert future_rows(date(2026, 1, 8)) == ["dossiers.completed_not_in_future", "dossiers.returned_not_in_future"]


def test_one_name_in_two_spellings_is_one_finding_that_gives_places_not_names(tmp_path):
    """«Đắk Lắk» and «Đăk Lăk» of a real workbook; «Dak Lak», typed without any accent, is one of them."""
    source = "unit_registry__units"
    names = {0: {"unit_name": "Đắk Lắk"}, 1: {"unit_name": "Dak Lak"}, 2: {"unit_name": "Đăk Lăk"}}
    result = check(source, changed(source, names), tmp_path)["units.unit_name_has_one_spelling"]
    assert (result.failed_count, result.checked_count, result.sample) == (1, 3, ["dòng 2 và dòng 3"])


def test_the_same_name_in_two_authorities_is_two_names(tmp_path):
    source = "unit_registry__units"
    names = {1: {"unit_name": "Tân Hòa"}, 2: {"unit_name": "Tân Hoà", "authority_code": "H98"}}
    assert check(source, changed(source, names), tmp_path)["units.unit_name_has_one_spelling"].is_passed


def test_a_dossier_that_was_reopened_is_found_by_its_later_steps_only(tmp_path):
    source = "one_stop__dossier_events"
    base = GOOD[source][0]
    later = [
        base | {"event_code": "4", "status_code": "4", "occurred_at": "2026-01-05 09:00:00"},
        base | {"event_code": "5", "status_code": "10", "occurred_at": "2026-01-06 09:00:00"},
        base | {"event_code": "6", "status_code": None, "occurred_at": "2026-01-07 09:00:00"},
    ]
    result = check(source, [*GOOD[source], *later], tmp_path)["events.nothing_after_returned"]
    assert (result.failed_count, result.sample) == (1, ["dòng 5"])


def test_a_local_form_may_count_the_waiting_and_withdrawn_beside_the_open(tmp_path):
    source = "portal__form_06a_lines"
    beside = {"waiting_supplement_count": 3, "withdrawn_count": 2}
    totals = {0: 20, 1: 15, 2: 14}
    changes = {row: beside | {"open_total_count": total, "open_in_time_count": None} for row, total in totals.items()}
    result = check(source, changed(source, changes), tmp_path)["form_06a.received_is_resolved_and_open"]
    assert (result.failed_count, result.sample) == (1, ["dòng 4"])


def test_a_form_without_some_parts_breaks_no_identity(tmp_path):
    """The statistics import of OpenCPS has no early and no open dossiers: nothing there is a contradiction."""
    source = "portal__form_06a_lines"
    absent = dict.fromkeys(("resolved_early_count", "open_total_count", "open_late_count", "received_carried_count"))
    report = judge(source, changed(source, dict.fromkeys((0, 1, 2), absent)), tmp_path)
    assert [result.rule_code for result in report.results if not result.is_passed] == []


@pytest.mark.parametrize(
    ("changes", "is_passed"),
    [
        ({1: {"lower_value": "0.9"}, 2: {"upper_value": "0.9"}}, True),
        ({2: {"is_upper_included": True}, 1: {"is_lower_included": False}}, True),
        ({0: {"is_lower_included": False}, 1: {"is_upper_included": False}}, False),
        ({0: {"upper_value": "1", "is_upper_included": True, "lower_value": "1"}}, True),
        ({0: {"upper_value": "2"}}, False),
        ({2: {"lower_value": "0"}}, True),
        ({2: {"lower_value": "0", "is_lower_included": False}}, False),
    ],
)
def test_bands_meet_at_a_bound_that_one_of_them_includes(changes, is_passed, tmp_path):
    results = check("regulation__bands", changed("regulation__bands", changes), tmp_path)
    assert results["bands.bands_leave_no_gap"].is_passed is is_passed


@pytest.mark.parametrize(
    ("lower", "upper", "includes", "is_passed"),
    [
        ("0.7", "0.7", (True, True), True),
        ("0.7", "0.7", (None, None), True),
        ("0.7", "0.7", (True, False), False),
        ("0.7", "0.7", (False, True), False),
        ("0.7", "0.700001", (False, False), True),
    ],
)
def test_a_band_that_holds_no_value_is_refused(lower, upper, includes, is_passed, tmp_path):
    """From 0.7 to below 0.7: it would close the gap between two other bands on paper."""
    band = {"lower_value": lower, "upper_value": upper} | dict(
        zip(("is_lower_included", "is_upper_included"), includes, strict=True)
    )
    results = check("regulation__bands", changed("regulation__bands", {1: band}), tmp_path)
    assert results["bands.bounds_in_order"].is_passed is is_passed


@pytest.mark.parametrize(
    ("figure", "is_passed"),
    [
        ({"input_code": "online_dossier_rate"}, False),
        ({"input_code": "on_time_score__qd766"}, False),
        ({"input_code": "dossiers_received"}, True),
        ({"input_kind_code": "portal_metric", "input_code": "TDGQ.ON_TIME"}, False),
        ({"input_kind_code": "survey_index", "input_code": "five_factor_22:province:clients"}, False),
        ({"input_kind_code": "measured", "input_code": None}, True),
        ({"input_kind_code": "quality_index", "input_code": "total"}, True),
    ],
)
@pytest.mark.parametrize("wrong", [{"target_value": "15"}, {"target_value": "15", "floor_value": "9"}])
def test_only_figures_known_to_be_rates_end_at_one(figure, is_passed, wrong, tmp_path):
    rows = changed("regulation__criteria", {1: wrong | figure})
    assert check("regulation__criteria", rows, tmp_path)["criteria.rate_from_0_to_1"].is_passed is is_passed


def test_parts_that_do_not_add_up_are_told_with_both_sums(tmp_path):
    rows = changed("regulation__criteria", {1: {"max_score": "4.5"}})
    result = check("regulation__criteria", rows, tmp_path)["criteria.parts_add_up"]
    assert result.sample == ["dòng 2: 3 tối đa 10, cấp dưới cộng lại 10,5"]


def test_a_code_of_letters_digits_and_plain_marks_is_good(tmp_path):
    rows = changed("regulation__criteria", {2: {"criterion_code": "Đ-4_1/a.2", "regulation_code": "BTC-2025/QĐ_SỞ"}})
    assert check("regulation__criteria", rows, tmp_path)["criteria.codes_plain"].is_passed


def test_what_hangs_below_a_circle_is_not_called_too_deep(tmp_path):
    rows = changed("regulation__criteria", {0: {"parent_criterion_code": "3.1"}, 3: {"parent_criterion_code": "3.2"}})
    results = check("regulation__criteria", rows, tmp_path)
    assert results["criteria.tree_has_no_circle"].sample == ["dòng 2", "dòng 3"]
    assert results["criteria.levels_at_most_four"].is_passed
