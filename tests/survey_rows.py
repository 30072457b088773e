"""Landed rows of the survey sources that pass every rule of gate 1, and the changes that break each rule.

``GOOD``: source → rows. ``BAD``: rule → (row index → changed values), failing rows.
"""

from __future__ import annotations

ITEMS = [f"F1.{n}" for n in range(1, 5)] + [f"F2.{n}" for n in range(1, 6)] + [f"F3.{n}" for n in range(1, 4)]
BALLOTS = 21


def packed(answers: list[int] | int) -> str:
    """Answers to ``ITEMS`` as a ballot holds them; one number is the answer to all."""
    codes = [answers] * len(ITEMS) if isinstance(answers, int) else answers
    return ";".join(f"{item}={code}" for item, code in zip(ITEMS, codes, strict=True))


def _answers(number: int) -> str:
    """Twelve answers on a scale of five that no other ballot gives."""
    return packed([(number // 5 ** (place % 3) + place) % 5 + 1 for place in range(len(ITEMS))])


def minute(number: int) -> str:
    """A moment so many minutes after eight."""
    return f"2026-09-10 {8 + number // 60:02d}:{number % 60:02d}:00"


BALLOT = {
    "authority_code": "H99",
    "wave_code": "SIPAS-2026",
    "instrument_code": "five_factor_22",
    "unit_code": "H99.01",
    "stratum_code": "KV1",
    "stratum_total": 40,
    "cluster_code": "XA-07",
    "cluster_total": 350,
    "base_weight": "12.5",
}
REFUSED = BALLOTS
OWN = {"authority_code": "H99", "instrument_code": "PHIEU-TINH-2026"}
GOOD = {
    "survey__ballots": [
        BALLOT
        | {
            "ballot_code": f"P-{number}",
            "result_code": "answered" if number else None,
            "item_answers": _answers(number),
            "final_weight": "13.2",
            "started_at": minute(10 * number),
            "answered_at": minute(10 * number + 5),
            "device_code": "MAY-03",
        }
        for number in range(BALLOTS)
    ]
    # Many tools write a final weight of 0 for whoever did not answer.
    + [BALLOT | {"ballot_code": "P-refused", "result_code": "refused", "final_weight": "0"}]
    # Drawn, and not asked yet.
    + [BALLOT | {"ballot_code": "P-waiting"}],
    "survey__waves": [
        {
            "authority_code": "H99",
            "wave_code": f"SIPAS-{year}",
            "wave_name": f"Khảo sát năm {year}",
            "instrument_code": "five_factor_22",
            "survey_owner_code": "province",
            "population_code": "clients",
            "start_date": f"{year}-09-01",
            "end_date": f"{year}-12-15",
        }
        for year in (2025, 2026)
    ],
    "survey__totals": [
        {
            "authority_code": "H99",
            "wave_code": "SIPAS-2026",
            "unit_code": "H99.01",
            "group_kind_code": "gender",
            "group_code": gender,
            "person_count": 12400,
        }
        for gender in ("female", "male")
    ],
    "survey__instruments": [
        OWN
        | {
            "instrument_code": f"PHIEU-TINH-{year}",
            "instrument_name": f"Phiếu khảo sát của tỉnh năm {year}",
            "kind_code": "survey",
            "index_formula_code": "pooled",
            # The lowest that is allowed, and a usual one.
            "minimum_ballot_count": 5 if year == 2025 else 30,
            "method_version": str(year),
            "is_confirmed": True,
        }
        for year in (2025, 2026)
    ],
    "survey__items": [
        OWN
        | {
            "item_code": code,
            "item_order": order,
            "part_code": part,
            "factor_code": "Q",
            "factor_name": "Phục vụ",
            "item_text": f"Câu {code}",
            "scale_code": "satisfaction_5",
            "is_indexed": is_indexed,
            "is_on_time_question": False,
            "valid_from_date": first,
            "valid_to_date": last,
            "is_confirmed": True,
        }
        for code, order, first, last, part, is_indexed in (
            ("Q1", 1, "2025-01-01", "2025-12-31", "service", True),
            ("Q1", 1, "2026-01-01", None, "service", True),
            ("Q2", 2, "2025-01-01", None, "service", True),
            # A factor may have stood in another part before; a question that is no part of the index stands anywhere.
            ("Q3", 3, "2024-01-01", "2024-12-31", "policy", True),
            ("Q4", 4, "2025-01-01", None, "experience", False),
        )
    ],
    "survey__options": [
        {
            "authority_code": "H99",
            "scale_code": "THANG-3",
            "answer_code": str(order),
            "option_text": kind,
            "option_kind_code": kind,
            "option_value": str(order),
            "option_order": order,
        }
        for order, kind in enumerate(("negative", "neutral", "positive", "dont_know"), start=1)
    ],
    "survey__declared_results": [
        {
            "authority_code": "H99",
            "unit_code": unit,
            "survey_owner_code": "ministry",
            "period_start_date": "2025-01-01",
            "period_end_date": "2025-12-31",
            "measure_code": "overall",
            "declared_percent": "81.2",
            "change_points": "0.11",
            "declared_rank": 2,
            "ranked_count": 34,
            "ballot_count": 400,
            "source_name": "Số công bố để thử",
        }
        for unit in ("H99", "H99.01")
    ],
}

_AUTHORITIES = ("ballots", "waves", "survey_totals", "instruments", "items", "options", "declared_results")
BAD = {
    **{f"{prefix}.authority_is_no_unit": ({1: {"authority_code": "H99.01"}}, 1) for prefix in _AUTHORITIES},
    # Eleven of 21 ballots, twelve answers each.
    "ballots.answers_mostly_on_scale": ({row: {"item_answers": packed(6)} for row in range(11)}, 132),
    "ballots.answers_on_scale": (
        {1: {"item_answers": "F1.1=6;F1.2=10"}, 2: {"item_answers": "F1.1"}, 3: {"item_answers": "F1.1=7;X1=2"}},
        2,
    ),
    "ballots.items_known": ({1: {"item_answers": "F1.1=5;F6.1=5;F6.2=5"}}, 1),
    "ballots.ballot_once": ({1: {"ballot_code": "P-3"}}, 2),
    "ballots.answered_has_answers": ({1: {"item_answers": None}, 2: {"item_answers": None}}, 2),
    "ballots.unanswered_has_no_answers": (
        {REFUSED: {"item_answers": "F1.1=5"}, 1: {"result_code": "not_reached"}},
        2,
    ),
    "ballots.weights_positive": (
        {0: {"base_weight": "0"}, 1: {"base_weight": "-12.5"}, 3: {"base_weight": "84919999999"}},
        3,
    ),
    "ballots.final_weights_positive": (
        {
            0: {"final_weight": "84919999999"},
            1: {"final_weight": "0"},
            2: {"base_weight": None, "final_weight": "-1"},
            REFUSED: {"final_weight": "-1"},
        },
        4,
    ),
    "ballots.base_weight_for_all": ({1: {"base_weight": None}}, 1),
    "ballots.final_weight_for_all": ({1: {"final_weight": None}}, 1),
    "ballots.base_weight_in_proportion": ({1: {"base_weight": "0.00002"}, 2: {"base_weight": "2.5"}}, 1),
    "ballots.final_weight_in_proportion": ({1: {"final_weight": "0.00001"}, 2: {"final_weight": "2.5"}}, 1),
    "ballots.stratum_total_counted": ({1: {"stratum_total": 0}}, 1),
    "ballots.cluster_total_counted": ({1: {"cluster_total": 0}}, 1),
    "ballots.one_stratum_total": (
        {0: {"stratum_code": "KV2", "stratum_total": 41}, 1: {"stratum_code": "KV2", "stratum_total": None}},
        2,
    ),
    "ballots.one_cluster_total": (
        {0: {"cluster_code": "XA-08"}, 1: {"cluster_code": "XA-08", "cluster_total": 351}},
        2,
    ),
    "ballots.cluster_in_one_stratum": (
        {0: {"cluster_code": "XA-08"}, 1: {"cluster_code": "XA-08", "stratum_code": "KV2"}},
        2,
    ),
    "ballots.sample_within_stratum": (
        {row: {"stratum_code": "KV2", "stratum_total": 2, "cluster_code": None} for row in (0, 1, 2)},
        3,
    ),
    "ballots.finished_not_before_started": ({1: {"answered_at": minute(9)}}, 1),
    # The last moment that is rejected and the first that is not.
    "ballots.answered_from_2000": (
        {
            1: {"started_at": None, "answered_at": "1999-12-31 23:59:59"},
            2: {"started_at": None, "answered_at": "2000-01-01 00:00:00"},
        },
        1,
    ),
    "ballots.answered_not_in_future": ({1: {"answered_at": "2026-11-23 00:00:00"}}, 1),
    "ballots.no_copies": ({1: {"item_answers": _answers(3)}}, 2),
    # Missing codes say nothing: what is left of the second ballot is one answer all the same.
    "ballots.not_one_answer_throughout": (
        {1: {"item_answers": packed(4)}, 2: {"item_answers": packed([4] * 10 + [9, 8]) + ";X1=1"}},
        2,
    ),
    "ballots.duration_possible": (
        {1: {"answered_at": "2026-09-10 08:10:23"}, 2: {"answered_at": "2026-09-11 08:20:01"}},
        2,
    ),
    "ballots.ballots_spread": ({row: {"answered_at": minute(3 * row)} for row in range(BALLOTS)}, BALLOTS),
    "waves.wave_once": ({1: {"wave_code": "SIPAS-2025"}}, 2),
    "waves.dates_in_order": ({1: {"end_date": "2026-08-31"}}, 1),
    "waves.dates_from_2000": (
        {0: {"start_date": "1999-12-31"}, 1: {"start_date": "1900-09-01", "end_date": "1900-12-15"}},
        2,
    ),
    "survey_totals.group_once": ({1: {"group_code": "female"}}, 2),
    "survey_totals.one_group_kind": ({1: {"group_kind_code": "residence", "group_code": "rural"}}, 1),
    "survey_totals.people_counted": ({0: {"person_count": 0}, 1: {"person_count": -5}}, 2),
    "survey_totals.undivided_has_one_group": (
        {0: {"group_kind_code": "all"}, 1: {"group_code": "all"}},
        2,
    ),
    "instruments.instrument_once": ({1: {"instrument_code": "PHIEU-TINH-2025"}}, 2),
    "instruments.minimum_ballots_possible": (
        {0: {"minimum_ballot_count": 4}, 1: {"minimum_ballot_count": 1001}},
        2,
    ),
    "instruments.not_a_national_code": ({1: {"instrument_code": "policy_service_33"}}, 1),
    "items.version_once": ({1: {"valid_from_date": "2025-01-01"}}, 2),
    "items.validity_in_order": ({0: {"valid_to_date": "2024-12-31"}}, 1),
    "items.versions_do_not_overlap": ({0: {"valid_to_date": "2026-01-01"}}, 1),
    # Q2 stands in the form on the days of both versions of Q1.
    "items.factor_in_one_part": ({2: {"part_code": "policy"}}, 3),
    "items.item_code_unpacked": ({0: {"item_code": "Q1=1"}, 1: {"item_code": "Q1;2"}}, 2),
    "items.order_once": ({2: {"item_order": 1}}, 3),
    "options.answer_once": ({1: {"answer_code": "1"}}, 2),
    "options.answer_code_unpacked": ({1: {"answer_code": "2;3"}}, 1),
    "options.order_once": ({1: {"option_order": 1}}, 2),
    "options.value_possible": ({1: {"option_value": "50000"}}, 1),
    "options.scale_has_both_sides": ({2: {"option_kind_code": "neutral"}}, 1),
    "declared_results.result_once": ({1: {"unit_code": "H99"}}, 2),
    "declared_results.period_in_order": ({1: {"period_end_date": "2024-12-31"}}, 1),
    "declared_results.percent_possible": ({0: {"declared_percent": "788"}, 1: {"declared_percent": "-1"}}, 2),
    "declared_results.percent_is_no_rate": ({1: {"declared_percent": "0.812"}}, 1),
    "declared_results.change_possible": ({1: {"change_points": "-101"}}, 1),
    "declared_results.rank_possible": ({0: {"declared_rank": 35}, 1: {"declared_rank": 0, "ranked_count": None}}, 2),
    "declared_results.ballots_counted": ({1: {"ballot_count": 0}}, 1),
}
