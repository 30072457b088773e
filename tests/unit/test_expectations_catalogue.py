"""The catalogue itself, the results table and the docs page; no Great Expectations here."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pyarrow.parquet as pq
import pytest

from dagster_project.landing.contracts import load_contracts
from expectations import catalogue
from expectations.docs import EFFECTS as EFFECT_WORDS
from expectations.docs import write_docs
from expectations.results import BLOCK_PUBLISH, EFFECTS, FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT, RuleResult
from expectations.rules import GATE_LANDING, GATE_PUBLISH, SENDER, STEWARD, PlanRule, Rule
from expectations.runner import read_results, write_results
from expectations.seeds import seed_codes, seed_rows
from expectations.suites.questionnaires import national_items, national_options

pytestmark = pytest.mark.unit

RULES = catalogue.all_rules()
RESULT = RuleResult(
    gate_code=1,
    subject_name="abc",
    rule_code="dossiers.has_due_date",
    rule_text="Hồ sơ có ngày hẹn trả",
    effect_code=REPORT,
    is_passed=False,
    checked_count=12345,
    failed_count=2,
    sample=["dòng 2", "dòng 7"],
)


def test_every_source_contract_has_a_suite():
    assert set(catalogue.SOURCES) == set(load_contracts())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule_is_complete(rule):
    assert re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", rule.code)
    assert len(rule.text) > 10 and rule.text[0].isupper() and not rule.text.endswith(".")
    assert rule.example
    landing = {FLAG_ROW, REPORT} if isinstance(rule, PlanRule) else {REFUSE_FILE, REJECT_ROW, FLAG_ROW, REPORT}
    expected = {GATE_LANDING: (landing, SENDER), GATE_PUBLISH: ({BLOCK_PUBLISH}, STEWARD)}
    effects, owner = expected[rule.gate_code]
    assert rule.effect_code in effects
    assert rule.owner == owner


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.column], ids=lambda rule: rule.code)
def test_the_column_to_blame_is_one_of_the_source(rule):
    contract = load_contracts()[rule.subject]
    optional = rule.columns if isinstance(rule, PlanRule) else ()
    assert rule.column in {column.name for column in contract.columns} | set(optional)


def test_a_file_is_refused_only_when_most_of_it_was_read_wrongly():
    # A regulation decides ranks, a questionnaire what is satisfied: one wrong row of a whole is too many.
    refusing = {rule.code: rule.subject for rule in RULES if rule.effect_code == REFUSE_FILE}
    of_parts = [code for code, subject in refusing.items() if not load_contracts()[subject].is_whole]
    assert all(code.endswith(".has_rows") or "mostly" in code for code in of_parts)


def test_no_moment_that_has_happened_may_lie_in_the_future():
    judged = {(rule.subject, rule.column) for rule in RULES if rule.code.endswith("_not_in_future")}
    observed = {(source, column) for source, contract in load_contracts().items() for column in contract.observed}
    # A report may be handed in before its period is over, a wave is made known before it begins.
    assert judged == {(source, column) for source, column in observed if column not in ("period_end_date", "end_date")}


def test_every_effect_has_words_and_a_reason():
    assert set(EFFECT_WORDS) == set(EFFECTS)
    assert all(rule.why or EFFECT_WORDS[rule.effect_code][2] for rule in RULES)


def test_codes_are_unique_and_a_repetition_is_refused(monkeypatch):
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    monkeypatch.setitem(catalogue.SOURCES, "again", catalogue.SOURCES["survey__answers"])
    with pytest.raises(ValueError, match=r"survey\.answer_on_scale"):
        catalogue.all_rules()


def test_unknown_effect_is_refused():
    with pytest.raises(ValueError, match="unknown effect 'warn'"):
        replace(RULES[0], effect_code="warn")


def test_braces_in_sql_reach_the_database_unchanged():
    rule = replace(RULES[0], failing="select 1 where regexp_matches('ab', '^[a-z]{2}$')")
    assert "^[a-z]{2}$" in rule.query.format(batch="t")


def test_scales_come_from_the_seeds_and_no_question_of_a_questionnaire_changes_its_scale():
    """The rules hold an answer against one scale, whatever its day: a second one would need the day of the ballot."""
    scales = {(row["instrument_code"], row["item_code"], row["scale_code"]) for row in seed_rows("survey_items")}
    assert len(scales) == len({scale[:2] for scale in scales}) > 100
    assert "('five_factor_22', 'F1.1', 'satisfaction_5')" in national_items()
    assert "('satisfaction_5', '9', 'dont_know')" in national_options()
    assert {scale for _, _, scale in scales} == set(seed_codes("survey_options", "scale_code"))


def test_great_expectations_is_not_imported_before_the_first_check():
    code = (
        "import sys, expectations.runner, expectations.docs, expectations.catalogue; "
        "expectations.catalogue.all_rules(); "
        "print([m for m in ('great_expectations', 'sqlalchemy', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_result_goes_to_json_and_back():
    assert RuleResult.from_dict(RESULT.to_dict()) == RESULT
    with pytest.raises(TypeError):
        RuleResult.from_dict(RESULT.to_dict() | {"unknown": 1})


def test_results_table_is_sorted_and_its_bytes_depend_on_the_results_only(tmp_path):
    results = [replace(RESULT, subject_name=name, gate_code=gate) for gate in (2, 1) for name in "ba"]
    assert write_results(results, tmp_path / "new" / "one.parquet") == 4
    write_results(reversed(results), tmp_path / "two.parquet")
    hashes = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "new" / "one.parquet", tmp_path / "two.parquet")
    }
    assert len(hashes) == 1
    table = pq.read_table(tmp_path / "two.parquet")
    assert table.column_names == [
        "gate_code",
        "subject_name",
        "rule_code",
        "rule_text",
        "effect_code",
        "is_passed",
        "checked_count",
        "failed_count",
    ]
    assert [(row["gate_code"], row["subject_name"]) for row in table.to_pylist()] == [
        (1, "a"),
        (1, "b"),
        (2, "a"),
        (2, "b"),
    ]
    assert table.to_pylist()[0] == {
        name: value for name, value in replace(RESULT, subject_name="a").to_dict().items() if name != "sample"
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "two.parquet"]
    assert read_results(tmp_path / "two.parquet")[0] == replace(RESULT, subject_name="a", sample=[])


def test_no_results_make_an_empty_table_with_all_columns(tmp_path):
    assert write_results([], tmp_path / "none.parquet") == 0
    assert len(pq.read_table(tmp_path / "none.parquet").column_names) == 8


def test_two_results_for_one_rule_and_subject_are_refused(tmp_path):
    with pytest.raises(ValueError, match="two results"):
        write_results([RESULT, replace(RESULT, failed_count=3)], tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()


class PageReader(HTMLParser):
    """Collects rule ids, text and anything that would leave the page."""

    def __init__(self):
        super().__init__()
        self.ids, self.text, self.outside, self.open_tags = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        self.outside += [value for name, value in attrs if name in ("src", "href", "action")]
        if tag not in ("meta", "br"):
            self.open_tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read_page(path) -> tuple[PageReader, str]:
    reader = PageReader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert reader.open_tags == []
    return reader, " ".join("".join(reader.text).split())


def test_docs_page_lists_every_rule_and_asks_nothing_of_the_network(tmp_path):
    path = write_docs([], tmp_path / "docs")
    reader, text = read_page(path)
    assert reader.ids == [rule.code for rule in RULES]
    assert reader.outside == []
    assert not re.search(r"https?:|@import|url\(", path.read_text(encoding="utf-8"))
    assert text.count("Chưa kiểm tra") == len(RULES)
    for rule in RULES:
        name, _, reason = EFFECT_WORDS[rule.effect_code]
        shown = (rule.text, rule.example, rule.owner, name, rule.why or reason)
        assert all(" ".join(words.split()) in text for words in shown), rule.code


def test_docs_page_shows_counts_places_and_never_praises_an_empty_check(tmp_path):
    nothing_to_check = RuleResult(1, "abc", "dossiers.finished_has_completed_at", "x", REPORT, True, 0, 0)
    passed = replace(RESULT, rule_code="dossiers.received_from_2010", is_passed=True, failed_count=0, sample=[])
    other = replace(passed, subject_name="<script>", rule_code=RESULT.rule_code)
    failed = replace(RESULT, sample=["dòng 2", "<b>dòng 7</b>"])
    page = write_docs([failed, other, passed, nothing_to_check], tmp_path)
    reader, text = read_page(page)
    assert "Không đạt 1 / 2" in text
    assert "abc: 2 trên 12.345 – dòng 2; <b>dòng 7</b>" in text
    assert "<script>" not in page.read_text(encoding="utf-8")
    assert "24.690" in text
    assert text.count("Không có gì để kiểm tra") == 1
    assert reader.text.count("Đạt") == 1
    again = write_docs([nothing_to_check, passed, failed, other], tmp_path / "again")
    assert again.read_bytes() == page.read_bytes()


def test_rules_are_values():
    """A rule is told apart by its content, so results can be keyed by it."""
    assert len(set(RULES)) == len(RULES)
    assert isinstance(RULES[0], Rule)


def test_docs_page_counts_rejected_and_flagged_places_apart(tmp_path):
    flagged = replace(RESULT, effect_code=FLAG_ROW, failed_count=7)
    rejected = replace(RESULT, rule_code="reports.counts_not_negative", effect_code=REJECT_ROW, failed_count=3)
    reported = replace(RESULT, rule_code="dossiers.volume_is_usual", effect_code=REPORT, failed_count=5)
    _, text = read_page(write_docs([flagged, rejected, reported], tmp_path))
    assert "3lượt không đạt0lượt từ chối hoặc chặn3chỗ bị loại dòng7chỗ bị đánh dấu" in text
