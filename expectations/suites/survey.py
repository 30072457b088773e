"""Gate 1: what people answered: ballots, one row per person asked, and answers, one row per ballot and item.

Items and answers are held against the questionnaires that the whole country knows; whether an instrument is known at
all, several deliveries together tell (`surveyed`).
"""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT
from expectations.rules import Rule, SourceSuite
from expectations.suites import suspicious
from expectations.suites.one_stop import EARLIEST
from expectations.suites.packed import ANSWERED, PAIRS, kinds_of_answers
from expectations.suites.questionnaires import national_instruments, national_items, national_options
from expectations.suites.registries import authority_rule

OFF_SCALE = "Mức ngoài thang không nói được người dân hài lòng đến đâu"
WAVE = "authority_code, wave_code"
STRATUM = "authority_code, wave_code, stratum_code"
CLUSTER = "authority_code, wave_code, cluster_code"
# As many people as the country has: no ballot stands for more, no stratum holds more.
HEAVIEST = 100_000_000
# Weights are kept to nine digits beside the mean of the wave: a person lighter than this fades beside the others.
WIDEST = 100_000


def answer_rules() -> list[Rule]:
    """Rules on a delivery of `survey__answers`."""
    suite = SourceSuite("survey__answers", "survey")
    held = (
        f"(select answers.*, option_kind_code is null as is_off_scale from batch as answers "
        f"inner join {national_items()} using (instrument_code, item_code) "
        f"left join {national_options()} using (scale_code, answer_code)) as held"
    )
    is_most = f"select 2 * count(*) filter (where is_off_scale) > count(*) from {held}"
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.rule(
            "answers_mostly_on_scale",
            "Ít nhất một nửa số câu trả lời có mã thuộc thang của câu hỏi",
            "Cột trả lời chứa chữ hoặc điểm 0–10 của một thang khác",
            REFUSE_FILE,
            failing=f"select source_row_number from {held} where is_off_scale and ({is_most})",
            checked=f"select count(*) from {held}",
        ),
        suite.rule(
            "answer_on_scale",
            "Mã trả lời thuộc thang của câu hỏi",
            "Trả lời «6» trên thang 5 mức",
            REJECT_ROW,
            failing=f"select source_row_number from {held} where is_off_scale",
            checked=f"select count(*) from {held}",
            column="answer_code",
            why=OFF_SCALE,
        ),
        suite.rows(
            "item_known",
            "Câu hỏi có trong bộ câu hỏi dùng chung mà phiếu ghi",
            "Phiếu five_factor_22 ghi câu F6.1, bộ câu hỏi chỉ đến F5.4",
            FLAG_ROW,
            fails=f"(instrument_code, item_code) not in (select instrument_code, item_code from {national_items()})",
            applies=f"instrument_code in ({national_instruments()})",
            column="item_code",
            why="Câu ngoài bộ câu hỏi không được tính; có thể mã câu hoặc mã bộ câu hỏi ghi sai",
        ),
        suite.once(
            "answer_once",
            "Mỗi câu của một phiếu được trả lời một lần trong tệp",
            "Phiếu K-000123, câu overall ở dòng 12 và dòng 340",
            FLAG_ROW,
            keys=("authority_code", "wave_code", "ballot_code", "item_code"),
            column="answer_code",
        ),
        from_2000(suite, "answered_at", "Thời điểm trả lời"),
        suite.not_in_future("answered_at", "Thời điểm trả lời"),
        suite.rule(
            "ballot_for_one_unit",
            "Một phiếu chỉ đánh giá một đơn vị, bằng một bộ câu hỏi",
            "Phiếu K-000123 ghi đơn vị H99.01 ở dòng 12, H99.02 ở dòng 13",
            REPORT,
            failing="select authority_code, wave_code, ballot_code from batch "
            "group by authority_code, wave_code, ballot_code "
            "having min(unit_code) <> max(unit_code) or min(instrument_code) <> max(instrument_code)",
            checked="select count(*) from "
            "(select distinct authority_code, wave_code, ballot_code from batch) as ballots",
            why="Sai ở quan hệ giữa các dòng của phiếu, không quy được cho dòng nào",
        ),
    ]


def ballot_rules() -> list[Rule]:
    """Rules on a delivery of `survey__ballots`."""
    suite = SourceSuite("survey__ballots", "ballots")
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        *_packed_answers(suite),
        suite.once(
            "ballot_once",
            "Mỗi phiếu của một đợt có một dòng trong tệp",
            "Phiếu P-000123 ở dòng 12 và dòng 340",
            FLAG_ROW,
            keys=("authority_code", "wave_code", "ballot_code"),
            column="ballot_code",
        ),
        suite.rows(
            "answered_has_answers",
            "Phiếu đã trả lời có ít nhất một câu trả lời",
            "Kết quả «Đã trả lời», không câu nào được trả lời",
            FLAG_ROW,
            fails="item_answers is null",
            applies=ANSWERED,
            column="item_answers",
            why="Nếu người được hỏi không trả lời thì phải ghi kết quả tiếp cận, vì tỷ lệ trả lời tính từ đó",
        ),
        suite.rows(
            "unanswered_has_no_answers",
            "Phiếu từ chối, không gặp được hoặc không thuộc diện hỏi không có câu trả lời",
            "Kết quả «Không gặp được», mà ghi F1.1=5",
            FLAG_ROW,
            fails="item_answers is not null",
            applies=f"not ({ANSWERED})",
            column="result_code",
            why="Kết quả tiếp cận và câu trả lời nói ngược nhau; người gửi phải nói bên nào đúng",
        ),
        *_weights(suite),
        *_sampling_plan(suite),
        suite.rows(
            "finished_not_before_started",
            "Trả lời xong không trước khi bắt đầu",
            "Bắt đầu 08:31, trả lời xong 08:20 cùng ngày",
            FLAG_ROW,
            fails="answered_at < started_at",
            applies="started_at is not null and answered_at is not null",
            column="answered_at",
        ),
        from_2000(suite, "answered_at", "Thời điểm trả lời"),
        suite.not_in_future("answered_at", "Thời điểm trả lời"),
        *suspicious.ballot_rules(suite),
    ]


def from_2000(suite: SourceSuite, column: str, title: str) -> Rule:
    """The moments of a column are of this century; `title` begins its text."""
    return suite.rows(
        f"{column.removesuffix('_at')}_from_2000",
        f"{title} từ năm 2000 trở đi",
        "Ghi 10/09/1900 thay cho 10/09/2026",
        REJECT_ROW,
        fails=f"{column} < {EARLIEST}",
        applies=f"{column} is not null",
        column=column,
        why="Một ngày như vậy kéo các kỳ của cả kho về tận năm ấy, và câu trả lời không thuộc kỳ nào có thật",
    )


def _packed_answers(suite: SourceSuite) -> list[Rule]:
    kinds = kinds_of_answers()
    of_national = f"instrument_code in ({national_instruments()})"
    off_scale = "scale_code is not null and option_kind_code is null"
    unknown = f"scale_code is null and {of_national}"
    return [
        suite.rule(
            "answers_mostly_on_scale",
            "Ít nhất một nửa số câu trả lời có mã thuộc thang của câu hỏi",
            "Phiếu ghi điểm 0–10 trong khi thang của bộ câu hỏi có 5 mức",
            REFUSE_FILE,
            failing=f"with looked_up as materialized (select * from {kinds} where scale_code is not null) "
            "select 'dòng ' || source_row_number || ', câu ' || item_code as reason "
            f"from {PAIRS} inner join looked_up using (instrument_code, pair) where option_kind_code is null and "
            "(select 2 * sum(pair_count) filter (where option_kind_code is null) > sum(pair_count) from looked_up)",
            checked=f"select cast(coalesce(sum(pair_count), 0) as bigint) from {kinds} where scale_code is not null",
            column="item_answers",
        ),
        suite.rule(
            "answers_on_scale",
            "Mọi mã trả lời của phiếu thuộc thang của câu hỏi",
            "Phiếu ghi F1.1=6, thang của câu có 5 mức",
            FLAG_ROW,
            failing=_ballots_with(f"select instrument_code, pair from {kinds} where {off_scale}"),
            checked=f"select count(*) from batch where item_answers is not null and {of_national}",
            column="item_answers",
            why="Câu ấy không được tính vì mức ngoài thang không nói được gì; các câu khác của phiếu vẫn tính",
        ),
        suite.rule(
            "items_known",
            "Mọi câu của phiếu có trong bộ câu hỏi dùng chung mà phiếu ghi",
            "Phiếu five_factor_22 ghi F6.1=5, bộ câu hỏi chỉ đến F5.4",
            FLAG_ROW,
            failing=_ballots_with(f"select instrument_code, pair from {kinds} where {unknown}"),
            checked=f"select count(*) from batch where item_answers is not null and {of_national}",
            column="item_answers",
            why="Câu ngoài bộ câu hỏi không được tính; có thể mã câu hoặc mã bộ câu hỏi ghi sai",
        ),
    ]


def _ballots_with(answers: str) -> str:
    return (
        f"select distinct source_row_number from {PAIRS} semi join ({answers}) as wrong using (instrument_code, pair)"
    )


def _weights(suite: SourceSuite) -> list[Rule]:
    return [
        suite.rows(
            "weights_positive",
            "Trọng số chọn mẫu lớn hơn 0, không quá 100 triệu",
            "Trọng số chọn mẫu ghi 0, -12,5 hoặc 84919999999",
            REJECT_ROW,
            fails=f"base_weight <= 0 or base_weight > {HEAVIEST}",
            applies="base_weight is not null",
            column="base_weight",
            why="Một người được hỏi đại diện cho ít nhất chính mình; trọng số như vậy không dùng được",
        ),
        suite.rows(
            "final_weights_positive",
            "Trọng số cuối lớn hơn 0, không quá 100 triệu; riêng phiếu không trả lời có thể ghi 0",
            "Phiếu đã trả lời có trọng số cuối 0, -12,5 hoặc 84919999999",
            REJECT_ROW,
            # Many tools write 0 beside whoever did not answer. Without those rows everybody would have answered.
            fails=f"final_weight < 0 or (final_weight = 0 and {ANSWERED}) or final_weight > {HEAVIEST}",
            applies="final_weight is not null",
            column="final_weight",
            why="Mỗi phiếu trả lời đại diện cho ít nhất chính người ấy; trọng số như vậy không dùng được",
        ),
        _for_all(suite, "base_weight", "Trọng số chọn mẫu", "mọi phiếu", "true"),
        _for_all(suite, "final_weight", "Trọng số cuối", "mọi phiếu đã trả lời", ANSWERED),
        _in_proportion(suite, "base_weight", "Trọng số chọn mẫu"),
        _in_proportion(suite, "final_weight", "Trọng số cuối"),
    ]


def _for_all(suite: SourceSuite, column: str, title: str, whom: str, applies: str) -> Rule:
    return suite.rule(
        f"{column}_for_all",
        f"{title} của một đợt có ở {whom} của tệp, hoặc không có ở phiếu nào",
        f"Đợt SIPAS-2026 có 400 phiếu, 380 phiếu ghi {title.lower()}",
        REPORT,
        failing=f"select 'đợt ' || wave_code || ' của ' || authority_code || ': ' || (count(*) - count({column})) || "
        f"' trên ' || count(*) || ' phiếu để trống' as reason from batch where {applies} group by {WAVE} "
        f"having count({column}) not in (0, count(*))",
        checked=f"select count(*) from (select distinct {WAVE} from batch where {applies}) as waves",
        column=column,
        why="Sai ở quan hệ giữa các phiếu của đợt; phiếu không có trọng số không nói thay cho ai",
    )


def _in_proportion(suite: SourceSuite, column: str, title: str) -> Rule:
    return suite.rule(
        f"{column}_in_proportion",
        f"{title} lớn nhất của một đợt không quá {WIDEST:,} lần trọng số nhỏ nhất".replace(",", "."),
        f"Đợt SIPAS-2026 có phiếu ghi {title.lower()} 0,4 và phiếu ghi 900.000",
        REPORT,
        failing=f"select 'đợt ' || wave_code || ' của ' || authority_code || ': từ ' || min({column}) || ' đến ' || "
        f"max({column}) as reason from batch where {column} > 0 group by {WAVE} "
        f"having max({column}) > {WIDEST} * min({column})",
        checked=f"select count(*) from (select distinct {WAVE} from batch where {column} > 0) as waves",
        column=column,
        why="Vài phiếu nặng át mọi phiếu khác, sai số của nơi có phiếu nhẹ không còn đúng; có thể ghi sai đơn vị",
    )


def _sampling_plan(suite: SourceSuite) -> list[Rule]:
    return [
        _total_counted(suite, "stratum_total", "Tổng của tầng"),
        _total_counted(suite, "cluster_total", "Tổng của cụm"),
        _one_value(
            suite,
            "one_stratum_total",
            "Mỗi tầng của một đợt ghi một tổng",
            "Tầng KV1 ghi 40 ở dòng 12, 48 ở dòng 34",
            STRATUM,
            "stratum_total",
            applies="true",
        ),
        _one_value(
            suite,
            "one_cluster_total",
            "Mỗi cụm của một đợt ghi một tổng",
            "Cụm XA-07 ghi 350 ở dòng 12, để trống ở dòng 34",
            CLUSTER,
            "cluster_total",
            applies="cluster_code is not null",
        ),
        _one_value(
            suite,
            "cluster_in_one_stratum",
            "Mỗi cụm của một đợt thuộc một tầng",
            "Cụm XA-07 thuộc tầng KV1 ở dòng 12, tầng KV2 ở dòng 34",
            CLUSTER,
            "stratum_code",
            applies="cluster_code is not null",
        ),
        suite.rule(
            "sample_within_stratum",
            "Số cụm (hoặc số người, khi không chia cụm) được chọn không quá tổng của tầng",
            "Tầng KV1 ghi có 40 người, tệp có 52 phiếu của tầng",
            FLAG_ROW,
            failing=f"select unnest(list(source_row_number)) as source_row_number from batch group by {STRATUM} "
            "having count(distinct coalesce(cluster_code, ballot_code)) > max(stratum_total)",
            checked=_grouped("true", STRATUM, "stratum_total"),
            column="stratum_total",
            why="Không chọn được nhiều hơn số đang có: sai số tính theo tổng này sẽ nhỏ hơn thực tế",
        ),
    ]


def _total_counted(suite: SourceSuite, column: str, title: str) -> Rule:
    return suite.rows(
        f"{column}_counted",
        f"{title} từ 1 đến 100 triệu; không biết thì để trống",
        f"{title} ghi 0, hoặc ghi thời điểm 20261122083015",
        REJECT_ROW,
        fails=f"{column} < 1 or {column} > {HEAVIEST}",
        applies=f"{column} is not null",
        column=column,
        why="Người được hỏi thuộc tầng và cụm ấy nên tổng không thể là 0",
    )


def _one_value(
    suite: SourceSuite, name: str, text: str, example: str, group: str, column: str, *, applies: str
) -> Rule:
    """All rows of a group say the same in `column`, or nothing; every row of one that does not is flagged."""
    return suite.rule(
        name,
        text,
        example,
        FLAG_ROW,
        failing=f"select unnest(list(source_row_number)) as source_row_number from batch where {applies} "
        f"group by {group} having count(distinct {column}) > 1 or count({column}) not in (0, count(*))",
        checked=_grouped(applies, group, column),
        column=column,
        why="Máy không biết giá trị nào đúng; sai số của ước lượng phụ thuộc vào giá trị này",
    )


def _grouped(applies: str, group: str, column: str) -> str:
    """How many rows lie in a group that says anything in `column`."""
    groups = f"select count(*) as row_count from batch where {applies} group by {group} having count({column}) > 0"
    return f"select cast(coalesce(sum(row_count), 0) as bigint) from ({groups}) as groups"
