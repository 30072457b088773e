"""Gate 2: what readers are promised of surveys: no estimate of few people, no figure outside its range."""

from __future__ import annotations

from expectations.rules import Rule, TableSuite

# A cell of fewer people is not published (dbt/macros/surveys.sql).
FEWEST_PEOPLE = 5
# Figures are rounded to six digits, so that each may be off by half of the last one.
HALF_DIGIT = "0.0000005"


def rules() -> list[Rule]:
    """Rules on estimates and shares of answers, and on the answers behind scores."""
    return [*_waves(), *_estimates(), *_answer_shares(), *_score_answers()]


def _waves() -> list[Rule]:
    suite = TableSuite("dim_survey_waves", ("authority_code", "wave_code", "instrument_code"))
    return [suite.key_once("Mỗi đợt và bộ câu hỏi một dòng", "Hai dòng của đợt SIPAS-2026")]


def _estimates() -> list[Rule]:
    suite = TableSuite(
        "fct_survey_estimates",
        (
            "authority_code",
            "wave_code",
            "instrument_code",
            "unit_code",
            "group_kind_code",
            "group_code",
            "measure_level_code",
            "measure_code",
            "statistic_code",
        ),
    )
    hidden_group = "value_status = 'suppressed' and group_kind_code <> 'all'"
    return [
        suite.key_once("Mỗi ước lượng một dòng", "Hai dòng chỉ số chung của H99.01 đợt SIPAS-2026"),
        suite.known(
            "wave_known",
            "Đợt của ước lượng có trong dim_survey_waves",
            "Ước lượng của đợt SIPAS-2027, dim_survey_waves không có",
            columns=("authority_code", "wave_code", "instrument_code"),
            table="dim_survey_waves",
        ),
        suite.rows(
            "estimate_only_when_told",
            "Bị giấu hoặc không đủ mẫu thì không có ước lượng, sai số, khoảng tin cậy",
            "Không đủ mẫu mà ghi 82 %",
            fails="coalesce(value_status, '') not in ('insufficient_sample', 'suppressed') or coalesce("
            "estimate, standard_error, interval_low, interval_high, design_effect, effective_count) is not null",
            applies="coalesce(value_status, '') <> 'ok'",
        ),
        suite.rows(
            "shares_between_0_and_1",
            "Tỷ lệ và khoảng tin cậy của tỷ lệ nằm từ 0 đến 1",
            "Cận trên 1,02",
            fails=" or ".join(f"{name} not between 0 and 1" for name in ("estimate", "interval_low", "interval_high")),
            applies="statistic_code <> 'mean'",
        ),
        suite.rows(
            "interval_holds_estimate",
            "Ước lượng nằm trong khoảng tin cậy; có đủ hai cận hoặc không có cận nào",
            "Ước lượng 0,82, khoảng 0,83 – 0,9",
            # Bounds have six digits, estimates nine.
            fails="not coalesce(interval_low <= round(estimate, 6) and round(estimate, 6) <= interval_high, false)",
            applies="interval_low is not null or interval_high is not null",
        ),
        suite.rows(
            "counts_hidden_when_suppressed",
            "Số phiếu trống khi và chỉ khi nhóm người trả lời bị giấu; của cả đơn vị thì luôn nêu",
            "Nhóm bị giấu mà ghi 3 phiếu",
            fails=f"(ballot_count is null) <> ({hidden_group}) "
            f"or ({hidden_group} and coalesce(answered_ballot_count, valid_count) is not null)",
        ),
        suite.rows(
            "groups_of_five_people",
            f"Nhóm người trả lời được nêu có từ {FEWEST_PEOPLE} phiếu trở lên",
            "Nữ, 3 phiếu",
            fails=f"ballot_count < {FEWEST_PEOPLE}",
            applies="group_kind_code <> 'all' and ballot_count is not null",
        ),
    ]


def _answer_shares() -> list[Rule]:
    question = "authority_code, wave_code, instrument_code, unit_code, item_code"
    suite = TableSuite("fct_survey_answer_shares", (*question.split(", "), "answer_code"))
    return [
        suite.key_once("Mỗi trả lời của một câu một dòng", "Câu F1.1 của H99.01 có hai dòng trả lời 5"),
        suite.rows(
            "answers_of_five_people",
            f"Trả lời được nêu có từ {FEWEST_PEOPLE} người trở lên",
            "Rất không hài lòng: 2 người",
            fails=f"coalesce(answer_count, 0) < {FEWEST_PEOPLE}",
        ),
        suite.rule(
            "shares_at_most_one",
            "Tỷ lệ của các trả lời một câu cộng lại không quá 1",
            "Các trả lời của F1.1 cộng lại 1,2",
            failing=f"select {question} from batch group by {question} "
            f"having sum(answer_share) > 1 + count(*) * {HALF_DIGIT} or bool_or(coalesce(answer_share, -1) < 0)",
            checked=f"select count(*) from (select distinct {question} from batch) as questions",
        ),
    ]


def _score_answers() -> list[Rule]:
    question = "authority_code, unit_code, period_code, instrument_code, item_code"
    suite = TableSuite("fct_score_answers", (*question.split(", "), "answer_code"))
    return [
        suite.key_once("Mỗi trả lời của một câu một dòng", "Câu overall của H99.01 có hai dòng trả lời 1"),
        suite.rows(
            "few_people_withheld",
            f"Dưới {FEWEST_PEOPLE} người trả lời như vậy thì giấu; số người trống khi và chỉ khi bị giấu",
            "Không hài lòng: 2 người",
            fails=f"(answer_count is null) <> coalesce(is_withheld, false) or answer_count < {FEWEST_PEOPLE}",
        ),
        suite.rule(
            "no_single_answer_withheld",
            "Giấu một trả lời của một câu thì giấu ít nhất một trả lời nữa, nếu câu có",
            "Câu overall: giấu «không hài lòng», nêu «bình thường» 6 người và «hài lòng» 90 người",
            failing=f"select {question} from batch group by {question} "
            "having count(*) filter (where is_withheld) = 1 and count(*) > 1",
            checked=f"select count(*) from (select distinct {question} from batch) as questions",
        ),
    ]
