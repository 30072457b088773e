"""Rules between deliveries: each passes on good plans, fails on a crafted one, and names delivery and row."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.settings import PROJECT_ROOT
from expectations.across import FLAG_COLUMNS, check_plan
from expectations.catalogue import plan_rules
from expectations.results import FLAG_ROW, REJECT_ROW, RuleResult
from expectations.suites.across import MOST_CHANGES

pytestmark = pytest.mark.integration

DOSSIERS = "one_stop__dossiers"
UNITS = "unit_registry__units"
CHANGES = "unit_registry__unit_changes"
PROCEDURES = "procedure_registry__procedures"
FORM = "portal__form_06a_lines"
QUALITY = "one_stop__quality_scores"
REPORTS = "portal__on_time_reports"
ANSWERS = "survey__answers"
BALLOTS = "survey__ballots"
WAVES = "survey__waves"
TOTALS = "survey__totals"
INSTRUMENTS = "survey__instruments"
ITEMS = "survey__items"
OPTIONS = "survey__options"
DECLARED = "survey__declared_results"
RATINGS = "kiosk__ratings"
METRICS = "national_portal__qd766_metrics"
EVENTS = "one_stop__dossier_events"
PAUSES = "one_stop__pauses"
SUPPLEMENTS = "one_stop__supplements"
LETTERS = "one_stop__apology_letters"
NATIONAL = "national_portal__dossiers"
REGULATIONS = "regulation__regulations"
CRITERIA = "regulation__criteria"
BANDS = "regulation__bands"
SHEETS = "par__criterion_scores"
EXPLANATIONS = "par__score_explanations"
# The columns that the rules read, with the types that landing gives them.
COLUMNS = {
    DOSSIERS: "authority_code varchar, dossier_code varchar, procedure_code varchar, resolving_unit_code varchar, "
    "resolving_unit_name varchar, received_at timestamp, completed_at timestamp",
    UNITS: "authority_code varchar, unit_code varchar, valid_from_date date, valid_to_date date",
    CHANGES: "authority_code varchar, predecessor_authority_code varchar, predecessor_unit_code varchar, "
    "successor_unit_code varchar, effective_date date, change_code varchar, share_rate decimal(18, 6)",
    PROCEDURES: "authority_code varchar, procedure_code varchar, valid_from_date date, valid_to_date date",
    FORM: "authority_code varchar, unit_code varchar, unit_name varchar, period_start_date date, period_end_date date, "
    "form_code varchar, level_name varchar, "
    "line_name varchar, received_carried_count bigint, open_total_count bigint",
    QUALITY: "authority_code varchar, unit_name varchar",
    REPORTS: "authority_code varchar",
    ANSWERS: "authority_code varchar, instrument_code varchar, item_code varchar, answer_code varchar",
    BALLOTS: "authority_code varchar, wave_code varchar, instrument_code varchar, unit_code varchar, "
    "item_answers varchar",
    WAVES: "authority_code varchar, wave_code varchar, instrument_code varchar",
    TOTALS: "authority_code varchar, wave_code varchar, unit_code varchar, group_kind_code varchar",
    INSTRUMENTS: "authority_code varchar, instrument_code varchar, kind_code varchar",
    ITEMS: "authority_code varchar, instrument_code varchar, item_code varchar, scale_code varchar",
    OPTIONS: "authority_code varchar, scale_code varchar, answer_code varchar",
    DECLARED: "authority_code varchar, unit_code varchar",
    RATINGS: "authority_code varchar",
    METRICS: "authority_code varchar, group_code varchar, metric_code varchar",
    EVENTS: "authority_code varchar, dossier_code varchar",
    PAUSES: "authority_code varchar, dossier_code varchar, pause_code varchar, paused_at timestamp, "
    "resumed_at timestamp",
    SUPPLEMENTS: "authority_code varchar, dossier_code varchar, supplement_code varchar, status_code varchar, "
    "requested_at timestamp",
    LETTERS: "authority_code varchar, dossier_code varchar, letter_code varchar, issued_at timestamp",
    NATIONAL: "authority_code varchar, dossier_code varchar",
    REGULATIONS: "authority_code varchar, regulation_code varchar, valid_from_date date, valid_to_date date, "
    "total_input_code varchar",
    CRITERIA: "authority_code varchar, regulation_code varchar, criterion_code varchar, parent_criterion_code varchar, "
    "max_score decimal(18, 6), rule_code varchar, input_kind_code varchar, input_code varchar, "
    "factor_input_code varchar, target_value decimal(18, 6)",
    BANDS: "authority_code varchar, regulation_code varchar, criterion_code varchar, lower_value decimal(18, 6), "
    "upper_value decimal(18, 6), answer_code varchar, calculation_code varchar, awarded_score decimal(18, 6), "
    "base_value decimal(18, 6)",
    SHEETS: "authority_code varchar, campaign_code varchar, regulation_code varchar, period_start_date date, "
    "period_end_date date, unit_code varchar, "
    "criterion_code varchar, self_score decimal(18, 6), appraised_score_1 decimal(18, 6), "
    "appraised_score_2 decimal(18, 6), survey_score decimal(18, 6), measured_numerator bigint, "
    "measured_denominator bigint",
    EXPLANATIONS: "authority_code varchar, regulation_code varchar, criterion_code varchar",
}
PHONES = "applicant_phone_hash varchar, applicant_name_hash varchar"
WAVE = {"authority_code": "H99", "wave_code": "SIPAS-2026", "instrument_code": "five_factor_22"}
BALLOT = WAVE | {"unit_code": "H99.01"}
TOTAL = {"authority_code": "H99", "wave_code": "SIPAS-2026", "unit_code": "H99.01", "group_kind_code": "gender"}
INSTRUMENT = {"authority_code": "H99", "instrument_code": "PHIEU-TINH-2026"}
ITEM = INSTRUMENT | {"item_code": "Q1", "scale_code": "THANG-3"}
OPTION = {"authority_code": "H99", "scale_code": "THANG-3", "answer_code": "3"}
DOSSIER = {
    "authority_code": "H99",
    "dossier_code": "1",
    "procedure_code": "1.002835",
    "resolving_unit_code": "H99.01",
    "resolving_unit_name": "Sở Xây dựng",
    "received_at": "2026-01-05 09:00:00",
}
UNIT = {"authority_code": "H99", "unit_code": "H99.01", "valid_from_date": "2025-07-01"}
CHANGE = {
    "authority_code": "H99",
    "predecessor_unit_code": "H99.07",
    "successor_unit_code": "H99.01",
    "effective_date": "2026-01-06",
    "change_code": "merged",
    "share_rate": "1",
}
FINISHED = DOSSIER | {"completed_at": "2026-01-09 15:00:00"}
KEY = {"authority_code": "H99", "dossier_code": "1"}
PAUSE = KEY | {"pause_code": "1", "paused_at": "2026-01-06 10:00:00", "resumed_at": "2026-01-07 10:00:00"}
SUPPLEMENT = KEY | {"supplement_code": "1", "requested_at": "2026-01-06 10:00:00"}
LETTER = KEY | {"letter_code": "1/PXL", "issued_at": "2026-01-08 10:00:00"}
REGULATION = {"authority_code": "H99", "regulation_code": "BTC", "valid_from_date": "2025-01-01"}
FIELD = {"authority_code": "H99", "regulation_code": "BTC", "criterion_code": "3"}
LEAF = FIELD | {"criterion_code": "3.1", "parent_criterion_code": "3", "max_score": "8"}
SCORED = {"authority_code": "H99", "regulation_code": "BTC", "criterion_code": "3.1"}
BAND = SCORED | {"calculation_code": "fixed", "awarded_score": "8"}
RATE = LEAF | {"rule_code": "bands", "input_kind_code": "indicator", "input_code": "on_time_rate__resolved"}
PUBLISHED = LEAF | {"input_kind_code": "portal_metric", "input_code": "TDGQ.ON_TIME"}
INDEX = LEAF | {"input_kind_code": "survey_index", "input_code": "five_factor_22:province:clients"}
STATED = LEAF | {"rule_code": "linear", "input_kind_code": "measured", "target_value": "0.95"}
SHEET = SCORED | {
    "campaign_code": "CCHC",
    "unit_code": "H99.01",
    "period_start_date": "2025-01-01",
    "period_end_date": "2025-12-31",
    "self_score": "4",
}
PROCEDURE = {"authority_code": "H99", "procedure_code": "1.002835", "valid_from_date": "2025-07-01"}
LINE = {
    "authority_code": "H99",
    "unit_code": "H99.01",
    "period_start_date": "2026-01-01",
    "period_end_date": "2026-03-31",
    "form_code": "form_06a",
    "line_name": "Hộ tịch",
    "received_carried_count": 12,
    "open_total_count": 20,
}
NEXT_LINE = LINE | {
    "period_start_date": "2026-04-01",
    "period_end_date": "2026-06-30",
    "received_carried_count": 20,
    "open_total_count": 7,
}


class Plan:
    """A plan's folders, delivery by delivery; rows are numbered from 2, as in a file with one header row."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.delivery_ids: dict[str, list[str]] = {}

    def empty(self) -> Plan:
        for source in COLUMNS:
            (self.folder / source).mkdir(parents=True)
            self._write(source, "_empty", [], "")
        return self

    def deliver(self, source: str, delivery_id: str, rows: list[dict], more_columns: str = "") -> Plan:
        self._write(source, delivery_id, rows, more_columns)
        self.delivery_ids.setdefault(source, []).append(delivery_id)
        return self

    def _write(self, source: str, delivery_id: str, rows: list[dict], more_columns: str) -> None:
        columns = ", ".join(
            filter(None, ("delivery_id varchar, source_row_number bigint", COLUMNS[source], more_columns))
        )
        connection = writer()
        connection.execute(f"create or replace table rows ({columns})")
        complete = [
            {"delivery_id": delivery_id, "source_row_number": number} | row for number, row in enumerate(rows, start=2)
        ]
        if complete:
            names = dict.fromkeys(name for row in complete for name in row)
            table = pa.table({name: [row.get(name) for row in complete] for name in names})
            connection.register("given", table)
            connection.execute("insert into rows by name select * from given")
        connection.table("rows").write_parquet(str(self.folder / source / f"{delivery_id}.parquet"))

    def judge(self, as_of: date = date(2026, 10, 10)) -> dict[tuple[str, str], RuleResult]:
        results = check_plan(
            {source: self.folder / source for source in COLUMNS},
            self.delivery_ids,
            as_of,
            self.folder / "_cross.parquet",
            self.folder / "temporary",
        )
        assert len({(result.rule_code, result.subject_name) for result in results}) == len(results)
        assert all(result.gate_code == 1 for result in results)
        return {(result.rule_code, result.subject_name): result for result in results}

    def flags(self) -> list[tuple[str, int, str]]:
        rows = pq.read_table(self.folder / "_cross.parquet").to_pylist()
        return [(row["delivery_id"], row["source_row_number"], row["reason_code"]) for row in rows]


@cache
def writer() -> duckdb.DuckDBPyConnection:
    """One for all files: opening a database takes longer than to write a hundred small ones."""
    return duckdb.connect()


@pytest.fixture(scope="module")
def empty_plan(tmp_path_factory) -> Path:
    return Plan(tmp_path_factory.mktemp("empty_plan")).empty().folder


@pytest.fixture
def plan(empty_plan, tmp_path: Path) -> Plan:
    shutil.copytree(empty_plan, tmp_path, dirs_exist_ok=True)
    return Plan(tmp_path)


def months(counts: list[int], unit: str = "H99.01") -> list[dict]:
    """Dossiers of one unit: so many in January 2025, in February 2025, …"""
    return [
        DOSSIER
        | {
            "dossier_code": f"{unit}-{month}-{number}",
            "resolving_unit_code": unit,
            "received_at": f"{2025 + month // 12}-{month % 12 + 1:02d}-15 09:00:00",
        }
        for month, count in enumerate(counts)
        for number in range(count)
    ]


def contacts(person: str) -> str:
    """Columns that say what a free text gives away."""
    return ", ".join(f"{name} boolean" for name in no_contact(person))


def no_contact(person: str) -> dict[str, bool]:
    return {f"{flag}_in_{person}_free_text": False for flag in ("has_phone", "has_id_number", "has_email")}


def test_a_good_plan_passes_every_rule_and_each_had_something_to_check(plan):
    hashes = {"applicant_phone_hash": "p1", "applicant_name_hash": "n1"}
    units = [UNIT, UNIT | {"unit_code": "H99.07", "valid_to_date": "2026-01-05"}]
    plan.deliver(UNITS, "u", units).deliver(PROCEDURES, "p", [PROCEDURE]).deliver(CHANGES, "c", [CHANGE])
    plan.deliver(DOSSIERS, "finished", [FINISHED | hashes], PHONES).deliver(NATIONAL, "n", [KEY])
    plan.deliver(EVENTS, "e", [KEY]).deliver(PAUSES, "stops", [PAUSE]).deliver(
        SUPPLEMENTS, "asked", [SUPPLEMENT]
    ).deliver(LETTERS, "l", [LETTER])
    plan.deliver(DOSSIERS, "d", [row | hashes for row in months([10] * 21)], PHONES)
    plan.deliver(FORM, "f", [line | {"unit_name": "Sở Xây dựng"} for line in (LINE, NEXT_LINE)])
    plan.deliver(QUALITY, "q", [{"authority_code": "H99", "unit_name": "Sở Xây dựng"}])
    stated = STATED | {"criterion_code": "3.2"}
    figures = {"criterion_code": "3.2", "measured_numerator": 45, "measured_denominator": 50}
    published = PUBLISHED | {"criterion_code": "3.3"}
    asked = LEAF | {"criterion_code": "3.4", "input_kind_code": "survey_item", "input_code": "kiosk_3_levels"}
    plan.deliver(REGULATIONS, "g", [REGULATION | {"total_input_code": "ALL._TOTAL"}])
    index = INDEX | {"criterion_code": "3.5"}
    plan.deliver(CRITERIA, "k", [FIELD, RATE, stated, published, asked, index]).deliver(BANDS, "b", [BAND])
    plan.deliver(SHEETS, "sheet", [SHEET, SHEET | figures]).deliver(EXPLANATIONS, "x", [SCORED])
    plan.deliver(REPORTS, "r", [{"authority_code": "H99"}])
    answer = INSTRUMENT | {"item_code": "Q1", "answer_code": "3"}
    plan.deliver(ANSWERS, "a", [answer | no_contact("answer")], contacts("answer"))
    own = BALLOT | INSTRUMENT | {"wave_code": "PHIEU-2026", "item_answers": "Q1=3"}
    ballots = [ballot | no_contact("answer") for ballot in (BALLOT, own)]
    plan.deliver(BALLOTS, "ballots", ballots, contacts("answer"))
    plan.deliver(WAVES, "w", [WAVE, WAVE | INSTRUMENT | {"wave_code": "PHIEU-2026"}])
    plan.deliver(RATINGS, "ratings", [{"authority_code": "H99"} | no_contact("rater")], contacts("rater"))
    plan.deliver(TOTALS, "t", [TOTAL]).deliver(INSTRUMENTS, "i", [INSTRUMENT]).deliver(ITEMS, "items", [ITEM])
    plan.deliver(OPTIONS, "o", [OPTION]).deliver(DECLARED, "declared", [{"authority_code": "H99", "unit_code": "H99"}])
    results = plan.judge()
    assert {code for code, _ in results} == {rule.code for rule in plan_rules()}
    assert {(result.is_passed, result.failed_count, tuple(result.sample)) for result in results.values()} == {
        (True, 0, ())
    }
    checked = {code: sum(r.checked_count for (c, _), r in results.items() if c == code) for code, _ in results}
    assert [code for code, count in checked.items() if not count] == []
    assert plan.flags() == []
    assert tuple(pq.read_schema(plan.folder / "_cross.parquet").names) == FLAG_COLUMNS


@pytest.mark.parametrize(
    ("subject", "prefix", "row"),
    [
        (DOSSIERS, "dossiers", DOSSIER),
        (REPORTS, "reports", {}),
        (ANSWERS, "survey", {}),
        (BALLOTS, "ballots", BALLOT),
        (WAVES, "waves", WAVE),
        (TOTALS, "survey_totals", TOTAL),
        (DECLARED, "declared_results", {"unit_code": "H99.01"}),
    ],
)
def test_an_authority_that_no_register_knows_is_named_by_its_delivery(plan, subject, prefix, row):
    plan.deliver(UNITS, "u", [UNIT])
    plan.deliver(subject, "good", [row | {"authority_code": "H99"}])
    plan.deliver(subject, "odd", [row | {"authority_code": code} for code in ("H99.01", "H9", "H99.01")])
    results = plan.judge()
    good, odd = results[f"{prefix}.authority_known", "good"], results[f"{prefix}.authority_known", "odd"]
    assert (good.is_passed, good.checked_count) == (True, 1)
    assert (odd.failed_count, odd.checked_count) == (2, 2)
    assert odd.sample == ["authority_code = H9", "authority_code = H99.01"]


def test_without_any_register_nothing_is_said_of_authorities(plan):
    result = plan.deliver(DOSSIERS, "d", [DOSSIER]).judge()["dossiers.authority_known", "d"]
    assert (result.is_passed, result.checked_count) == (True, 0)


def test_carried_over_is_what_was_open_at_the_end_of_the_last_period(plan):
    plan.deliver(FORM, "q1", [LINE]).deliver(FORM, "q2", [NEXT_LINE | {"received_carried_count": 17}])
    results = plan.judge()
    code = "form_06a.carried_over_is_last_open"
    first, second = results[code, "q1"], results[code, "q2"]
    assert (first.is_passed, first.checked_count) == (True, 0)
    assert (second.failed_count, second.checked_count, second.sample) == (1, 1, ["dòng 2"])
    assert plan.flags() == [("q2", 2, code)]


def test_carried_over_follows_the_correction_and_needs_one_agreeing_period(plan):
    """Q1 was corrected to 17 open; a half year ending on the same day agrees with Q3."""
    half_year = LINE | {"period_end_date": "2026-06-30", "open_total_count": 9}
    third = NEXT_LINE | {
        "period_start_date": "2026-07-01",
        "period_end_date": "2026-09-30",
        "received_carried_count": 9,
    }
    plan.deliver(FORM, "wrong", [LINE, half_year]).deliver(FORM, "right", [LINE | {"open_total_count": 17}])
    plan.deliver(FORM, "later", [NEXT_LINE | {"received_carried_count": 17}, third])
    result = plan.judge()["form_06a.carried_over_is_last_open", "later"]
    assert (result.is_passed, result.checked_count) == (True, 2)


def test_carried_over_is_compared_by_the_units_name_when_a_form_gives_no_code(plan):
    named = {"unit_code": None, "unit_name": "Sở Tư pháp"}
    other = {"unit_code": None, "unit_name": "Sở Xây dựng"}
    plan.deliver(FORM, "q1", [LINE | named, LINE | other | {"open_total_count": 9}])
    plan.deliver(FORM, "q2", [NEXT_LINE | named, NEXT_LINE | other])
    result = plan.judge()["form_06a.carried_over_is_last_open", "q2"]
    assert (result.checked_count, result.sample) == (2, ["dòng 3"])


def test_carried_over_says_nothing_of_a_figure_that_is_missing_or_another_line(plan):
    rows = [LINE | {"open_total_count": None}, NEXT_LINE, LINE | {"line_name": "A"}, NEXT_LINE | {"line_name": "B"}]
    result = plan.deliver(FORM, "f", rows).judge()["form_06a.carried_over_is_last_open", "f"]
    assert (result.is_passed, result.checked_count) == (True, 0)


@pytest.mark.parametrize(
    ("unit_code", "received_at", "is_known"),
    [
        ("H99.01", "2026-01-05 09:00:00", True),
        ("H99.02", "2025-12-31 23:59:00", True),
        ("H99.02", "2026-01-01 00:00:00", False),
        ("H99.07", "2026-01-05 23:00:00", True),
        ("H99.07", "2026-01-06 00:00:00", False),
        ("H99.09", "2026-01-05 23:00:00", False),
        ("H99.09", "2026-01-06 00:00:00", True),
        ("H99.77", "2026-01-05 09:00:00", False),
    ],
)
def test_a_unit_is_known_on_the_days_of_its_register_and_of_its_changes(plan, unit_code, received_at, is_known):
    ended = UNIT | {"unit_code": "H99.02", "valid_to_date": "2025-12-31"}
    began = CHANGE | {"predecessor_unit_code": "H99.08", "successor_unit_code": "H99.09"}
    plan.deliver(UNITS, "u", [UNIT, ended]).deliver(CHANGES, "c", [CHANGE, began])
    dossier = DOSSIER | {"resolving_unit_code": unit_code, "received_at": received_at}
    plan.deliver(DOSSIERS, "good", [DOSSIER]).deliver(DOSSIERS, "judged", [DOSSIER, dossier | {"dossier_code": "2"}])
    results = plan.judge()
    code = "dossiers.unit_known_on_date"
    assert results[code, "good"].is_passed
    assert (results[code, "judged"].is_passed, results[code, "judged"].checked_count) == (is_known, 2)
    # The register of units lacks some units of the changes, which is said of the changes.
    flags = [flag for flag in plan.flags() if not flag[2].startswith("changes.")]
    assert flags == ([] if is_known else [("judged", 3, code)])


def test_without_a_register_and_before_its_first_day_no_unit_is_unknown(plan):
    elsewhere = DOSSIER | {"authority_code": "H44", "resolving_unit_code": "H44.77"}
    earlier = DOSSIER | {"resolving_unit_code": "H99.77", "received_at": "2025-06-30 09:00:00"}
    plan.deliver(UNITS, "u", [UNIT]).deliver(DOSSIERS, "d", [elsewhere, earlier])
    result = plan.judge()["dossiers.unit_known_on_date", "d"]
    assert (result.is_passed, result.checked_count) == (True, 0)


def test_a_procedure_is_known_on_the_days_of_its_register(plan):
    ended = PROCEDURE | {"procedure_code": "1.000001", "valid_to_date": "2026-01-04"}
    rows = [DOSSIER | {"dossier_code": code, "procedure_code": code} for code in ("1.002835", "1.000001", "9.9")]
    plan.deliver(PROCEDURES, "p", [PROCEDURE, ended])
    plan.deliver(DOSSIERS, "d", [*rows, DOSSIER | {"dossier_code": "none", "procedure_code": None}])
    result = plan.judge()["dossiers.procedure_known_on_date", "d"]
    assert (result.failed_count, result.checked_count, result.sample) == (2, 3, ["dòng 3", "dòng 4"])


def test_one_dossier_in_two_units_is_flagged_in_both_deliveries(plan):
    other = DOSSIER | {"dossier_code": "2"}
    plan.deliver(DOSSIERS, "jan", [DOSSIER, other])
    plan.deliver(DOSSIERS, "feb", [other, DOSSIER | {"resolving_unit_code": "H99.02"}])
    code = "dossiers.one_resolving_unit"
    results = plan.judge()
    assert [results[code, name].sample for name in ("jan", "feb")] == [["dòng 2"], ["dòng 3"]]
    assert plan.flags() == [("feb", 3, code), ("jan", 2, code)]


def test_a_dossier_that_moved_with_its_merged_unit_is_not_flagged(plan):
    plan.deliver(CHANGES, "c", [CHANGE])
    plan.deliver(DOSSIERS, "jan", [DOSSIER | {"resolving_unit_code": "H99.07"}]).deliver(DOSSIERS, "feb", [DOSSIER])
    assert plan.judge()["dossiers.one_resolving_unit", "jan"].is_passed


@pytest.mark.parametrize(("names", "is_passed"), [(10, True), (11, False)])
def test_one_telephone_of_many_applicants_is_flagged_across_deliveries(plan, names, is_passed):
    rows = [
        DOSSIER | {"dossier_code": f"{number}", "applicant_phone_hash": "p", "applicant_name_hash": f"n{number}"}
        for number in range(names)
    ]
    other = DOSSIER | {"dossier_code": "x", "applicant_phone_hash": "q", "applicant_name_hash": "n1"}
    unnamed = DOSSIER | {"dossier_code": "y", "applicant_phone_hash": None, "applicant_name_hash": "n2"}
    plan.deliver(DOSSIERS, "old", [DOSSIER | {"dossier_code": "z"}])
    plan.deliver(DOSSIERS, "a", [*rows[:4], other], PHONES).deliver(DOSSIERS, "b", [unnamed, *rows[4:]], PHONES)
    code = "dossiers.phone_of_few_applicants"
    results = plan.judge()
    assert [results[code, name].checked_count for name in ("old", "a", "b")] == [0, 5, names - 4]
    assert [results[code, name].failed_count for name in ("old", "a", "b")] == ([0] * 3 if is_passed else [0, 4, 7])


def test_without_hashes_in_any_delivery_there_is_no_telephone_to_check(plan):
    result = plan.deliver(DOSSIERS, "d", [DOSSIER]).judge()["dossiers.phone_of_few_applicants", "d"]
    assert (result.is_passed, result.checked_count) == (True, 0)


@pytest.mark.parametrize(
    ("counts", "unusual"),
    [
        ([100, 104, 98, 101, 96, 103, 20, 99], ["07/2025"]),
        ([100, 104, 98, 101, 96, 103, 300, 99], ["07/2025"]),
        # Far from its own ups and downs, but not by half.
        ([100, 104, 98, 101, 96, 103, 140, 99], []),
        # More than half away, but this unit always swings so.
        ([20, 180, 30, 170, 60, 140, 190, 100], []),
        # Small numbers vary by chance.
        ([4, 4, 4, 4, 4, 4, 9, 4], []),
        # Five earlier months are too few to know what is usual.
        ([100, 104, 98, 101, 96, 20, 101], []),
        # The last month may not be over: few dossiers say nothing, many do.
        ([100, 104, 98, 101, 96, 103, 20], []),
        ([100, 104, 98, 101, 96, 103, 300], ["07/2025"]),
    ],
)
def test_a_month_far_from_the_units_usual_is_reported(plan, counts, unusual):
    result = plan.deliver(DOSSIERS, "d", months(counts)).judge()["dossiers.volume_is_usual", "d"]
    assert result.sample == [f"resolving_unit_code = H99.01, received_month = {month}" for month in unusual]
    assert result.failed_count == len(unusual)
    assert plan.flags() == []


def test_a_month_counts_each_dossier_once_and_is_laid_to_its_last_delivery(plan):
    rows = months([100, 104, 98, 101, 96, 103, 20, 99])
    plan.deliver(DOSSIERS, "first", rows).deliver(DOSSIERS, "again", rows)
    results = plan.judge()
    code = "dossiers.volume_is_usual"
    assert [results[code, name].failed_count for name in ("first", "again")] == [0, 1]


def test_what_is_received_after_the_as_of_date_is_no_month_yet(plan):
    plan.deliver(DOSSIERS, "d", months([100, 104, 98, 101, 96, 103, 20, 99]))
    assert plan.judge(as_of=date(2025, 7, 31))["dossiers.volume_is_usual", "d"].is_passed


def named(*names: str) -> list[dict]:
    return [{"authority_code": "H99", "unit_name": name} for name in names]


def test_the_rarer_spelling_of_a_name_is_reported_where_it_stands_alone(plan):
    plan.deliver(QUALITY, "a", named("Đắk Lắk", "Huế")).deliver(QUALITY, "b", named("Đắk Lắk", "Hue"))
    plan.deliver(QUALITY, "c", named("Huế", "Đăk  LĂK", "Đăk  LĂK")).deliver(QUALITY, "d", named("Đắk Lắk", "Đăk Lăk"))
    code = "quality.unit_name_same_between_deliveries"
    results = {name: result for (rule, name), result in plan.judge().items() if rule == code}
    # In «d» both spellings stand side by side: gate 1 has said so.
    assert {name: result.failed_count for name, result in results.items()} == {"a": 0, "b": 1, "c": 1, "d": 0}
    assert (results["c"].sample, results["c"].checked_count) == (["dòng 3"], 2)


def test_names_of_two_authorities_are_not_compared(plan):
    plan.deliver(QUALITY, "a", named("Đắk Lắk"))
    plan.deliver(QUALITY, "b", [{"authority_code": "H98", "unit_name": "Đăk Lăk"}])
    assert all(result.is_passed for result in plan.judge().values())


def test_the_same_plan_gives_the_same_bytes_in_a_fixed_order(plan):
    plan.deliver(UNITS, "u", [UNIT]).deliver(PROCEDURES, "p", [PROCEDURE])
    wrong = DOSSIER | {"resolving_unit_code": "H99.77", "procedure_code": "9.9"}
    for name in ("b", "a"):
        plan.deliver(DOSSIERS, name, [wrong | {"dossier_code": f"{name}{number}"} for number in range(40)])
    first = list(plan.judge().values())
    written = hashlib.sha256((plan.folder / "_cross.parquet").read_bytes()).hexdigest()
    assert list(plan.judge().values()) == first
    assert hashlib.sha256((plan.folder / "_cross.parquet").read_bytes()).hexdigest() == written
    flags = plan.flags()
    assert len(flags) == 160 and flags == sorted(flags)
    table = pq.read_table(plan.folder / "_cross.parquet").to_pylist()
    assert table[0] == {
        "delivery_id": "a",
        "source_row_number": 2,
        "column_name": "procedure_code",
        "reason_code": "dossiers.procedure_known_on_date",
        "reason_text": "Thủ tục có trong danh mục thủ tục vào ngày tiếp nhận",
        "raw_value": None,
    }


def test_a_rule_between_deliveries_cannot_reject_what_has_landed():
    with pytest.raises(ValueError, match="for single files"):
        replace(plan_rules()[0], effect_code=REJECT_ROW)
    assert {rule.effect_code for rule in plan_rules()} >= {FLAG_ROW}


def test_many_small_deliveries_make_one_usual_month(plan):
    for week in range(34):
        moment = f"{date(2025, 1, 1) + timedelta(weeks=week)} 09:00:00"
        rows = [DOSSIER | {"dossier_code": f"{week}-{number}", "received_at": moment} for number in range(4)]
        plan.deliver(DOSSIERS, f"week{week:02d}", rows)
    results = [result for (code, _), result in plan.judge().items() if code == "dossiers.volume_is_usual"]
    # July is judged by the six months before it; August is not over.
    assert (len(results), sum(result.checked_count for result in results)) == (34, 1)
    assert all(result.is_passed for result in results)


AROUND = [
    (PAUSES, "pauses.paused_while_open", PAUSE, "paused_at"),
    (SUPPLEMENTS, "supplements.requested_while_open", SUPPLEMENT, "requested_at"),
    (LETTERS, "letters.issued_while_open", LETTER, "issued_at"),
]


@pytest.mark.parametrize(("subject", "code", "row", "column"), AROUND)
@pytest.mark.parametrize(
    ("moment", "is_passed"),
    [
        ("2026-01-04 23:59:59", False),
        # Days only stand at midnight: on the day of receipt and of the finish nothing is said.
        ("2026-01-05 00:00:00", True),
        ("2026-01-09 23:59:59", True),
        ("2026-01-10 00:00:00", False),
    ],
)
def test_what_stops_or_excuses_a_dossier_lies_between_receipt_and_finish(
    plan, subject, code, row, column, moment, is_passed
):
    plan.deliver(DOSSIERS, "d", [FINISHED]).deliver(subject, "s", [row | {column: moment}])
    result = plan.judge()[code, "s"]
    assert (result.is_passed, result.checked_count) == (is_passed, 1)
    assert (code in {flag[2] for flag in plan.flags()}) is not is_passed


@pytest.mark.parametrize(("subject", "code", "row", "column"), AROUND)
def test_the_newest_row_of_a_dossier_and_of_what_lies_around_it_are_compared(plan, subject, code, row, column):
    late = row | {column: "2026-01-20 10:00:00"}
    reopened = FINISHED | {"completed_at": None}
    plan.deliver(DOSSIERS, "jan", [FINISHED, FINISHED | {"dossier_code": "2"}]).deliver(DOSSIERS, "feb", [reopened])
    plan.deliver(subject, "wrong", [late, late | {"dossier_code": "2"}])
    plan.deliver(subject, "mended", [row | {"dossier_code": "2"}])
    results = plan.judge()
    assert [(results[code, name].checked_count, results[code, name].is_passed) for name in ("wrong", "mended")] == [
        (1, True),
        (1, True),
    ]


def test_a_request_before_reception_lies_before_it(plan):
    before = SUPPLEMENT | {"status_code": "before_reception", "requested_at": "2026-01-02 10:00:00"}
    plan.deliver(DOSSIERS, "d", [FINISHED]).deliver(SUPPLEMENTS, "s", [before])
    result = plan.judge()["supplements.requested_while_open", "s"]
    assert (result.is_passed, result.checked_count) == (True, 0)


def test_a_finished_dossier_waits_no_longer(plan):
    still = PAUSE | {"resumed_at": None}
    plan.deliver(DOSSIERS, "d", [FINISHED, DOSSIER | {"dossier_code": "open"}])
    plan.deliver(PAUSES, "s", [PAUSE, still | {"pause_code": "2"}, still | {"dossier_code": "open"}])
    result = plan.judge()["pauses.finished_is_resumed", "s"]
    assert (result.failed_count, result.checked_count, result.sample) == (1, 2, ["dòng 3"])
    assert plan.flags() == [("s", 3, "pauses.finished_is_resumed")]


@pytest.mark.parametrize(
    ("subject", "prefix", "row"),
    [
        (EVENTS, "events", KEY),
        (PAUSES, "pauses", PAUSE),
        (SUPPLEMENTS, "supplements", SUPPLEMENT),
        (LETTERS, "letters", LETTER),
    ],
)
def test_what_lies_around_a_dossier_that_no_delivery_holds_is_flagged(plan, subject, prefix, row):
    elsewhere = row | {"authority_code": "H98"}
    plan.deliver(DOSSIERS, "d", [DOSSIER]).deliver(subject, "s", [row, row | {"dossier_code": "2"}, elsewhere])
    result = plan.judge()[f"{prefix}.dossier_known", "s"]
    assert (result.failed_count, result.checked_count, result.sample) == (2, 3, ["dòng 3", "dòng 4"])
    assert [flag[1] for flag in plan.flags()] == [3, 4]


def test_without_any_list_of_dossiers_nothing_is_missing_from_it(plan):
    result = plan.deliver(PAUSES, "s", [PAUSE]).judge()["pauses.dossier_known", "s"]
    assert (result.is_passed, result.checked_count) == (True, 0)


def test_a_portal_copy_of_another_authority_is_flagged(plan):
    copies = [KEY, KEY | {"authority_code": "H98"}, KEY | {"dossier_code": "only_there"}]
    plan.deliver(DOSSIERS, "d", [DOSSIER]).deliver(NATIONAL, "n", copies)
    result = plan.judge()["national_dossiers.authority_of_the_dossier", "n"]
    assert (result.failed_count, result.checked_count, result.sample) == (1, 3, ["dòng 3"])


def changes(*pairs: str, **more: str) -> list[dict]:
    """Changes of one day: "a>b" is H99.a merged into H99.b."""
    units = [pair.split(">") for pair in pairs]
    return [
        CHANGE | {"predecessor_unit_code": f"H99.{old}", "successor_unit_code": f"H99.{new}"} | more
        for old, new in units
    ]


def test_a_unit_of_a_change_that_no_register_knows_is_flagged(plan):
    plan.deliver(UNITS, "u", [UNIT, UNIT | {"unit_code": "H99.07"}])
    other = {"predecessor_authority_code": "H98"}
    rows = [*changes("07>01", "08>01", "07>02"), *changes("55>01", **other)]
    results = plan.deliver(CHANGES, "c", rows).judge()
    old, new = (results[f"changes.{role}_known", "c"] for role in ("predecessor", "successor"))
    # H98 has no register: of its units nothing is said.
    assert (old.failed_count, old.checked_count, old.sample) == (1, 3, ["dòng 3"])
    assert (new.failed_count, new.checked_count, new.sample) == (1, 4, ["dòng 4"])


@pytest.mark.parametrize(
    ("first", "second", "flagged"),
    [
        (changes("1>2", "4>5"), changes("2>1", "3>1"), [("a", 2), ("b", 2)]),
        (changes("1>2", "2>3"), changes("3>1"), [("a", 2), ("a", 3), ("b", 2)]),
        # There and back on another day is no circle; parts may go to and fro.
        (changes("1>2"), changes("2>1", effective_date="2026-02-01"), []),
        (changes("1>2"), changes("2>1", change_code="transferred"), []),
        (changes("1>2"), changes("2>1", share_rate="0.5"), []),
        # The later delivery speaks: this row is no longer a whole change.
        (changes("1>2", "2>1"), changes("2>1", share_rate="0.5"), []),
        # Not in force on the day of the build.
        (changes("1>2", effective_date="2027-01-01"), changes("2>1", effective_date="2027-01-01"), []),
    ],
)
def test_changes_in_a_circle_of_one_day_are_flagged_across_deliveries(plan, first, second, flagged):
    plan.deliver(CHANGES, "a", first).deliver(CHANGES, "b", second).judge()
    code = "changes.no_circle_between_deliveries"
    assert [flag[:2] for flag in plan.flags() if flag[2] == code] == flagged
    assert {flag[2] for flag in plan.flags()} <= {code}


@pytest.mark.parametrize(("last", "flagged"), [(8, []), (9, [("b", 5)])])
def test_only_so_many_changes_in_a_row_are_followed(plan, last, flagged):
    pairs = [f"{number}>{number + 1}" for number in range(1, last)]
    plan.deliver(CHANGES, "a", changes(*pairs[:4])).deliver(CHANGES, "b", changes(*pairs[4:])).judge()
    assert [flag[:2] for flag in plan.flags()] == flagged
    model = "dbt/models/intermediate/units/int_unit_successions_followed.sql"
    assert f"set most_changes = {MOST_CHANGES + 1} " in (PROJECT_ROOT / model).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "subject", "row"),
    [
        ("scores.criterion_known", SHEETS, SHEET | {"criterion_code": "3.9"}),
        ("scores.criterion_known", SHEETS, SHEET | {"regulation_code": "KHAC"}),
        ("scores.leaf_scored", SHEETS, SHEET | {"criterion_code": "3"}),
        ("scores.within_maximum", SHEETS, SHEET | {"appraised_score_1": "8.01"}),
        ("scores.period_covered", SHEETS, SHEET | {"period_end_date": "2024-12-31"}),
        ("scores.unit_known", SHEETS, SHEET | {"unit_code": "H99.91"}),
        ("explanations.criterion_known", EXPLANATIONS, SCORED | {"criterion_code": "3.9"}),
        ("bands.criterion_known", BANDS, SCORED | {"criterion_code": "3.9"}),
        ("criteria.regulation_known", CRITERIA, FIELD | {"regulation_code": "KHAC"}),
    ],
)
def test_what_no_regulation_scores_is_flagged(plan, code, subject, row):
    plan.deliver(UNITS, "u", [UNIT]).deliver(REGULATIONS, "g", [REGULATION]).deliver(CRITERIA, "k", [FIELD, LEAF])
    plan.deliver(subject, "odd", [row])
    result = plan.judge()[code, "odd"]
    assert (result.failed_count, result.checked_count, result.sample) == (1, 1, ["dòng 2"])
    assert ("odd", 2, code) in plan.flags()


def test_a_sheet_of_a_period_that_is_not_over_on_the_as_of_date_is_flagged(plan):
    plan.deliver(SHEETS, "s", [SHEET, SHEET | {"period_end_date": "2026-01-01"}])
    result = plan.judge(as_of=date(2025, 12, 31))["scores.period_over", "s"]
    assert (result.failed_count, result.checked_count, result.sample) == (1, 2, ["dòng 3"])
    assert ("s", 3, "scores.period_over") in plan.flags()
    assert plan.judge(as_of=date(2026, 1, 1))["scores.period_over", "s"].is_passed


@pytest.mark.parametrize(
    ("code", "subject", "row"),
    [
        ("criteria.metric_known", CRITERIA, PUBLISHED | {"input_code": "TDGQ.ONTIME"}),
        ("criteria.metric_known", CRITERIA, PUBLISHED | {"factor_input_code": "TDGQ.ONTIME"}),
        ("criteria.questionnaire_known", CRITERIA, LEAF | {"input_kind_code": "survey_item", "input_code": "abcd"}),
        ("criteria.survey_known", CRITERIA, INDEX | {"input_code": "own:unit"}),
        ("criteria.survey_known", CRITERIA, INDEX | {"factor_input_code": "own:unit:F1"}),
        ("regulations.total_known", REGULATIONS, REGULATION | {"total_input_code": "TDGQ.ONTIME"}),
    ],
)
@pytest.mark.parametrize("own", [ANSWERS, BALLOTS, INSTRUMENTS])
def test_a_figure_that_nobody_publishes_is_flagged_until_it_has_landed(plan, code, subject, row, own):
    plan.deliver(subject, "odd", [row])
    assert plan.judge()[code, "odd"].sample == ["dòng 2"]
    assert ("odd", 2, code) in plan.flags()
    plan.deliver(METRICS, "m", [{"authority_code": "H98", "group_code": "TDGQ", "metric_code": "ONTIME"}])
    plan.deliver(ANSWERS, "a", [{"authority_code": "H98", "instrument_code": "abcd"}])
    survey = {"instrument_code": "own", "kind_code": "survey"}
    ratings = {"authority_code": "H99", "instrument_code": "own", "kind_code": "rating"}
    plan.deliver(INSTRUMENTS, "i", [survey | {"authority_code": "H98"}, ratings])
    assert not plan.judge()[code, "odd"].is_passed
    plan.deliver(METRICS, "own", [{"authority_code": "H99", "group_code": "TDGQ", "metric_code": "ONTIME"}])
    plan.deliver(own, "own_answers", [{"authority_code": "H99", "instrument_code": "abcd"}])
    plan.deliver(INSTRUMENTS, "instruments", [survey | {"authority_code": "H99"}])
    assert plan.judge()[code, "odd"].is_passed


def test_two_campaigns_of_one_unit_and_period_are_both_named(plan):
    plan.deliver(SHEETS, "first", [SHEET, SHEET | {"unit_code": "H99.02"}])
    plan.deliver(SHEETS, "second", [SHEET | {"campaign_code": "CCHC-LAN2"}])
    results = plan.judge()
    assert results["scores.one_campaign", "first"].sample == ["dòng 2"]
    assert results["scores.one_campaign", "second"].sample == ["dòng 2"]
    assert results["scores.one_campaign", "first"].checked_count == 2


def test_a_sheet_may_score_a_national_regulation(plan):
    plan.deliver(SHEETS, "s", [SHEET | {"regulation_code": "TT-01-2018-VPCP", "criterion_code": "7"}])
    results = plan.judge()
    assert results["scores.criterion_known", "s"].is_passed
    # No register, no regulation of the province's own: nothing is said of either.
    for code in ("scores.unit_known", "scores.period_covered"):
        assert (results[code, "s"].is_passed, results[code, "s"].checked_count) == (True, 0)


@pytest.mark.parametrize(
    ("code", "criterion", "band", "is_passed"),
    [
        ("bands.within_maximum", RATE, {"awarded_score": "8"}, True),
        ("bands.within_maximum", RATE, {"awarded_score": "8.01"}, False),
        ("bands.rate_from_0_to_1", RATE, {"lower_value": "0.95", "upper_value": "1"}, True),
        ("bands.rate_from_0_to_1", RATE, {"lower_value": "95"}, False),
        ("bands.rate_from_0_to_1", RATE, {"upper_value": "95"}, False),
        ("bands.rate_from_0_to_1", RATE, {"calculation_code": "proportional", "base_value": "100"}, False),
        # Points for each unit above the lower bound, so no bound: 100 points for the whole is 1 for a percent.
        ("bands.rate_from_0_to_1", RATE, {"calculation_code": "incremental", "base_value": "100"}, True),
    ],
)
def test_a_band_is_held_against_its_criterion(plan, code, criterion, band, is_passed):
    plan.deliver(CRITERIA, "k", [FIELD, criterion]).deliver(BANDS, "b", [BAND | band])
    result = plan.judge()[code, "b"]
    assert (result.checked_count, result.is_passed) == (1, is_passed)
    assert (("b", 2, code) in plan.flags()) is not is_passed


@pytest.mark.parametrize(
    ("code", "change"),
    [
        # Of days and of what no rule calls a rate, 95 may be a bound; an option gives a share of the maximum.
        ("bands.rate_from_0_to_1", {"input_kind_code": "measured", "input_code": None}),
        ("bands.rate_from_0_to_1", {"input_code": "dossiers_open_late"}),
    ],
)
def test_other_figures_have_bounds_above_one(plan, code, change):
    plan.deliver(CRITERIA, "k", [RATE | change]).deliver(BANDS, "b", [BAND | {"lower_value": "95"}])
    assert plan.judge()[code, "b"].checked_count == 0


@pytest.mark.parametrize(
    ("criterion", "bands", "is_checked"),
    [
        (STATED, [], True),
        (STATED | {"target_value": "18"}, [], False),
        (STATED | {"rule_code": "bands"}, [{"upper_value": "0.9"}, {"lower_value": "0.9"}], True),
        (STATED | {"rule_code": "bands"}, [{"upper_value": "9"}, {"lower_value": "9"}], False),
    ],
    ids=["rate", "mean", "bands of a rate", "bands of a mean"],
)
def test_more_than_the_whole_is_flagged_where_the_criterion_scores_a_share(plan, criterion, bands, is_checked):
    plan.deliver(CRITERIA, "k", [criterion]).deliver(BANDS, "b", [BAND | band for band in bands])
    figures = [{"measured_numerator": number, "measured_denominator": 50} for number in (50, 55)]
    plan.deliver(SHEETS, "s", [SHEET | figure for figure in figures])
    result = plan.judge()["scores.share_within_whole", "s"]
    assert (result.checked_count, result.failed_count) == ((2, 1) if is_checked else (0, 0))
    assert (("s", 3, "scores.share_within_whole") in plan.flags()) is is_checked


@pytest.mark.parametrize(
    ("prefix", "subject", "row"),
    [("survey", ANSWERS, {}), ("ballots", BALLOTS, BALLOT), ("waves", WAVES, WAVE), ("items", ITEMS, ITEM)],
)
def test_an_instrument_is_known_when_national_or_landed_by_the_authority_itself(plan, prefix, subject, row):
    own = {"authority_code": "H99", "instrument_code": "PHIEU-TINH-2026"}
    plan.deliver(subject, "d", [row | own, row | own | {"instrument_code": "five_factor_22"}])
    plan.deliver(INSTRUMENTS, "elsewhere", [INSTRUMENT | {"authority_code": "H98"}])
    code = f"{prefix}.instrument_known"
    result = plan.judge()[code, "d"]
    assert (result.checked_count, result.sample) == (2, ["dòng 2"])
    assert ("d", 2, code) in plan.flags()
    assert plan.deliver(INSTRUMENTS, "own", [INSTRUMENT]).judge()[code, "d"].is_passed


@pytest.mark.parametrize(
    ("prefix", "subject", "person"),
    [("survey", ANSWERS, "answer"), ("ballots", BALLOTS, "answer"), ("ratings", RATINGS, "rater")],
)
def test_a_telephone_number_in_an_opinion_is_flagged_and_nothing_is_said_without_opinions(
    plan, prefix, subject, person
):
    base = {"authority_code": "H99"}
    told = base | no_contact(person) | {f"has_phone_in_{person}_free_text": True}
    mail = base | {f"has_email_in_{person}_free_text": True}
    code = f"{prefix}.free_text_has_no_contact"
    plan.deliver(subject, "before", [base])
    without = plan.judge()[code, "before"]
    assert (without.is_passed, without.checked_count) == (True, 0)
    plan.deliver(subject, "opinions", [base | no_contact(person), base, told, mail], contacts(person))
    results = plan.judge()
    assert (results[code, "before"].is_passed, results[code, "before"].checked_count) == (True, 0)
    assert (results[code, "opinions"].checked_count, results[code, "opinions"].sample) == (3, ["dòng 4", "dòng 5"])
    assert ("opinions", 4, code) in plan.flags()


@pytest.mark.parametrize(("prefix", "subject", "row"), [("ballots", BALLOTS, BALLOT), ("survey_totals", TOTALS, TOTAL)])
def test_a_wave_that_nobody_made_known_is_named_once(plan, prefix, subject, row):
    plan.deliver(WAVES, "w", [WAVE, WAVE | {"authority_code": "H98", "wave_code": "KHAC"}])
    plan.deliver(subject, "b", [row, *[row | {"wave_code": "KHAC"}] * 3])
    result = plan.judge()[f"{prefix}.wave_known", "b"]
    assert (result.failed_count, result.checked_count) == (1, 2)
    assert result.sample == ["authority_code = H99, wave_code = KHAC"]
    assert [flag for flag in plan.flags() if flag[2].startswith(f"{prefix}.")] == []


def test_a_ballot_uses_the_instrument_that_its_wave_was_last_made_known_with(plan):
    code = "ballots.instrument_of_wave"
    plan.deliver(WAVES, "first", [WAVE])
    plan.deliver(BALLOTS, "b", [BALLOT, BALLOT | {"instrument_code": "policy_service_33"}])
    plan.deliver(BALLOTS, "other", [BALLOT | {"wave_code": "KHAC", "instrument_code": "nd61_quality"}])
    results = plan.judge()
    assert (results[code, "b"].checked_count, results[code, "b"].sample) == (2, ["dòng 3"])
    assert (results[code, "other"].is_passed, results[code, "other"].checked_count) == (True, 0)
    plan.deliver(WAVES, "corrected", [WAVE | {"instrument_code": "policy_service_33"}])
    assert plan.judge()[code, "b"].sample == ["dòng 2"]


@pytest.mark.parametrize(
    ("prefix", "subject", "row"),
    [("ballots", BALLOTS, BALLOT), ("survey_totals", TOTALS, TOTAL), ("declared_results", DECLARED, {})],
)
def test_a_surveyed_unit_stands_in_the_register_or_is_the_province_itself(plan, prefix, subject, row):
    code, row = f"{prefix}.unit_known", row | {"authority_code": "H99"}
    plan.deliver(subject, "s", [row | {"unit_code": unit} for unit in ("H99.01", "H99", "H99.91")])
    plan.deliver(UNITS, "authority", [UNIT | {"unit_code": "H99"}])
    assert plan.judge()[code, "s"].checked_count == 0
    plan.deliver(UNITS, "u", [UNIT])
    result = plan.judge()[code, "s"]
    assert (result.checked_count, result.sample) == (3, ["dòng 4"])


def test_two_files_that_divide_the_people_of_one_wave_differently_are_both_flagged(plan):
    code = "survey_totals.one_group_kind_between_deliveries"
    plan.deliver(TOTALS, "one", [TOTAL, TOTAL | {"wave_code": "KHAC"}])
    plan.deliver(TOTALS, "two", [TOTAL | {"group_kind_code": "age_band"}])
    results = plan.judge()
    assert (results[code, "one"].checked_count, results[code, "one"].sample) == (2, ["dòng 2"])
    assert results[code, "two"].sample == ["dòng 2"]


def test_a_scale_is_known_when_national_or_landed_by_the_authority_itself(plan):
    plan.deliver(ITEMS, "i", [ITEM | {"scale_code": code} for code in ("satisfaction_5", "THANG-3", "THANG-4")])
    plan.deliver(OPTIONS, "o", [OPTION, OPTION | {"authority_code": "H98", "scale_code": "THANG-4"}])
    assert plan.judge()["items.scale_known", "i"].sample == ["dòng 4"]


OWN_ITEMS = [ITEM, ITEM | {"item_code": "Q2", "scale_code": "satisfaction_5"}, ITEM | {"item_code": "Q3"}]


@pytest.mark.parametrize(
    ("answers", "is_known"),
    [
        ("Q1=3;Q2=5", True),
        ("Q1=4", False),
        ("Q1=3;Q2=6", False),
        ("Q1=3;Q9=3", False),
        # Nobody has said what answers this question allows.
        ("Q4=12", True),
        (None, True),
    ],
)
def test_answers_to_a_provinces_own_questions_are_held_against_what_it_has_landed(plan, answers, is_known):
    unscaled = ITEM | {"item_code": "Q4", "scale_code": "THANG-4"}
    plan.deliver(ITEMS, "i", [*OWN_ITEMS, unscaled]).deliver(OPTIONS, "o", [OPTION])
    # Another province's scale of the same name is none of this one's.
    plan.deliver(OPTIONS, "elsewhere", [OPTION | {"authority_code": "H98", "answer_code": "4"}])
    own = BALLOT | INSTRUMENT
    plan.deliver(BALLOTS, "b", [own | {"item_answers": "Q1=3"}, own | {"item_answers": answers}])
    plan.deliver(BALLOTS, "national", [BALLOT | {"item_answers": "Q9=12"}])
    code = "ballots.own_answers_known"
    results = plan.judge()
    assert results[code, "b"].sample == ([] if is_known else ["dòng 3"])
    assert results[code, "b"].checked_count == (2 if answers else 1)
    assert (results[code, "national"].is_passed, results[code, "national"].checked_count) == (True, 0)


def test_long_answers_are_held_against_the_provinces_own_questions_in_the_same_way(plan):
    rows = [INSTRUMENT | {"item_code": item, "answer_code": answer} for item, answer in (("Q1", "3"), ("Q2", "7"))]
    odd = [INSTRUMENT | {"item_code": item, "answer_code": answer} for item, answer in (("Q1", "9"), ("Q9", "3"))]
    plan.deliver(ITEMS, "i", OWN_ITEMS).deliver(OPTIONS, "o", [OPTION]).deliver(ANSWERS, "a", [*rows, *odd])
    result = plan.judge()["survey.own_answers_known", "a"]
    assert (result.checked_count, result.sample) == (4, ["dòng 4", "dòng 5"])
