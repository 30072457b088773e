"""Gate 1: questionnaires as data: instruments, their items, the scales of the items.

They say what counts as satisfied, so a file with a fault that changes that is refused whole. What only several files
together can show stands in `surveyed`.
"""

from __future__ import annotations

from expectations.results import REFUSE_FILE, REPORT
from expectations.rules import Rule, SourceSuite
from expectations.seeds import quoted, seed_codes, seed_rows
from expectations.suites.published_surveys import FEWEST_PEOPLE
from expectations.suites.registries import authority_rule

# Of fewer people nothing is told whatever the questionnaire says: a lower minimum would be a promise not kept.
FEWEST_BALLOTS = FEWEST_PEOPLE
# No survey of a province asks more people of every unit.
MOST_BALLOTS = 1000
# Kinds of answers that say something; the others are no answer, whatever their code.
ANSWER_KINDS = ("positive", "neutral", "negative")
# What parts the answers of a ballot and what joins item and answer in item_answers.
PACKED_SIGNS = "[;=]"


def national_instruments() -> str:
    """Codes of the questionnaires that the whole country knows, as a list of SQL."""
    return quoted(seed_codes("instruments", "instrument_code"))


def national_items() -> str:
    """Relation `items` (instrument_code, item_code, scale_code): the questions of those questionnaires."""
    rows = {(row["instrument_code"], row["item_code"]): row["scale_code"] for row in seed_rows("survey_items")}
    listed = ", ".join(f"({quoted([*key, scale])})" for key, scale in rows.items())
    return f"(values {listed}) as items(instrument_code, item_code, scale_code)"


def national_options() -> str:
    """Relation `options` (scale_code, answer_code, option_kind_code): the answers that their scales allow."""
    columns = ("scale_code", "answer_code", "option_kind_code")
    listed = ", ".join(f"({quoted([row[column] for column in columns])})" for row in seed_rows("survey_options"))
    return f"(values {listed}) as options({', '.join(columns)})"


def instrument_rules() -> list[Rule]:
    """Rules on a delivery of `survey__instruments`."""
    suite = SourceSuite("survey__instruments", "instruments")
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.once(
            "instrument_once",
            "Mỗi bộ câu hỏi có một dòng trong tệp",
            "PHIEU-TINH-2026 ở dòng 2 và dòng 3, với hai cách tính chỉ số",
            REFUSE_FILE,
            keys=("authority_code", "instrument_code"),
            column="instrument_code",
        ),
        suite.rows(
            "minimum_ballots_possible",
            f"Số phiếu tối thiểu từ {FEWEST_BALLOTS} đến {MOST_BALLOTS}",
            "Ghi 1: đơn vị có một phiếu cũng được nêu chỉ số; ghi 30000: không đơn vị nào được nêu",
            REFUSE_FILE,
            fails=f"minimum_ballot_count not between {FEWEST_BALLOTS} and {MOST_BALLOTS}",
            column="minimum_ballot_count",
            why="Số phiếu tối thiểu quyết định đơn vị nào được nêu chỉ số. Dưới "
            f"{FEWEST_BALLOTS} người thì kho không bao giờ nêu, để không lộ câu trả lời của từng người; ghi mức thấp "
            "hơn là ghi điều không được thực hiện",
        ),
        suite.rows(
            "not_a_national_code",
            "Mã bộ câu hỏi của địa phương khác mã của bộ dùng chung",
            "Địa phương nạp bộ câu hỏi riêng với mã five_factor_22",
            REPORT,
            fails=f"instrument_code in ({national_instruments()})",
            column="instrument_code",
            why="Được phép, và bộ của địa phương được dùng thay bộ dùng chung; nhưng phiếu khi nạp vẫn được kiểm tra "
            "theo thang của bộ dùng chung, và người đọc dễ nhầm hai bộ: nên đặt mã khác",
        ),
    ]


def item_rules() -> list[Rule]:
    """Rules on a delivery of `survey__items`."""
    suite = SourceSuite("survey__items", "items")
    same = (
        "one.authority_code = other.authority_code and one.instrument_code = other.instrument_code "
        "and coalesce(one.valid_to_date >= other.valid_from_date, true) "
        "and coalesce(other.valid_to_date >= one.valid_from_date, true)"
    )
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.once(
            "version_once",
            "Mỗi phiên bản của một câu hỏi có một dòng trong tệp",
            "Câu F1.1, hiệu lực từ 01/01/2026, ở dòng 12 và dòng 34",
            REFUSE_FILE,
            keys=("authority_code", "instrument_code", "item_code", "valid_from_date"),
            column="item_code",
        ),
        suite.rows(
            "validity_in_order",
            "Ngày hết hiệu lực không trước ngày bắt đầu",
            "Câu F1.1: từ 01/01/2026 đến 31/12/2025",
            REFUSE_FILE,
            fails="valid_to_date < valid_from_date",
            applies="valid_to_date is not null",
            column="valid_to_date",
            why="Câu hỏi không có hiệu lực ngày nào nên không phiếu nào được tính theo nó",
        ),
        suite.rule(
            "versions_do_not_overlap",
            "Hiệu lực các phiên bản của một câu hỏi không chồng nhau",
            "Câu F1.1: đến 31/12/2026, và bản khác từ 01/07/2026",
            REFUSE_FILE,
            failing="select distinct other.source_row_number from batch as one inner join batch as other "
            f"on {same} and one.item_code = other.item_code and one.valid_from_date < other.valid_from_date",
            checked="select count(*) from batch",
            column="valid_from_date",
            why="Không biết câu trả lời theo thang nào, có tính vào chỉ số hay không",
        ),
        suite.rule(
            "factor_in_one_part",
            "Các câu tính vào chỉ số của một nhóm câu (yếu tố) nằm trong cùng một phần của phiếu",
            "Nhóm Q: câu Q1 ghi phần «Chính sách», câu Q2 ghi phần «Phục vụ hành chính»",
            REFUSE_FILE,
            failing="select distinct other.source_row_number from batch as one inner join batch as other "
            f"on {same} and one.factor_code = other.factor_code and one.part_code <> other.part_code "
            "and one.is_indexed and other.is_indexed",
            checked="select count(*) from batch where is_indexed",
            column="part_code",
            why="Không biết nhóm câu được tính vào chỉ số của phần nào; hãy ghi một phần cho cả nhóm, hoặc tách thành "
            "hai nhóm câu có mã khác nhau",
        ),
        _codes_unpacked(suite, "item_code", "Mã câu hỏi", "Mã câu hỏi «F1=1» hoặc «F1;2»"),
        suite.rule(
            "order_once",
            "Mỗi câu hỏi của một bộ có thứ tự riêng trên phiếu",
            "F1.1 và F1.2 cùng ghi thứ tự 1",
            REPORT,
            failing="select distinct other.source_row_number from batch as one inner join batch as other "
            f"on {same} and one.item_order = other.item_order and one.item_code <> other.item_code",
            checked="select count(*) from batch",
            column="item_order",
            why="Chỉ là thứ tự trình bày: chỉ số không đổi",
        ),
    ]


def option_rules() -> list[Rule]:
    """Rules on a delivery of `survey__options`."""
    suite = SourceSuite("survey__options", "options")
    scale = "authority_code, scale_code"
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.once(
            "answer_once",
            "Mỗi mã trả lời của một thang có một dòng trong tệp",
            "Mã 3 của thang THANG-5 ở dòng 4 và dòng 9, một dòng là hài lòng, một dòng là trung dung",
            REFUSE_FILE,
            keys=("authority_code", "scale_code", "answer_code"),
            column="answer_code",
        ),
        _codes_unpacked(suite, "answer_code", "Mã trả lời", "Mã trả lời «4;5»"),
        suite.once(
            "order_once",
            "Mỗi câu trả lời của một thang có thứ tự riêng",
            "«Hài lòng» và «Rất hài lòng» cùng ghi thứ tự 4",
            REFUSE_FILE,
            keys=("authority_code", "scale_code", "option_order"),
            column="option_order",
        ),
        suite.rows(
            "value_possible",
            "Điểm của câu trả lời từ -100 đến 100",
            "Ghi 50000 ở cột điểm",
            REFUSE_FILE,
            fails="option_value not between -100 and 100",
            applies="option_value is not null",
            column="option_value",
            why="Không thang nào cho điểm như vậy: cột bị lệch hoặc mất dấu thập phân",
        ),
        suite.rule(
            "scale_has_both_sides",
            "Mỗi thang có ít nhất một câu trả lời hài lòng và một câu trả lời không hài lòng hoặc trung dung",
            "Thang THANG-5 chỉ có các dòng «Hài lòng, có»: mọi đơn vị đều được 100 %",
            REFUSE_FILE,
            failing=f"select min(source_row_number) as source_row_number from batch group by {scale} "
            "having count(*) filter (where option_kind_code = 'positive') = 0 "
            "or count(*) filter (where option_kind_code in ('neutral', 'negative')) = 0",
            checked=f"select count(*) from (select distinct {scale} from batch) as scales",
            column="option_kind_code",
            why="Theo thang ấy mọi đơn vị được cùng một tỷ lệ: thang thiếu dòng hoặc cột «tính là» ghi sai",
        ),
    ]


def _codes_unpacked(suite: SourceSuite, column: str, title: str, example: str) -> Rule:
    return suite.rows(
        f"{column}_unpacked",
        f"{title} không chứa dấu chấm phẩy hoặc dấu bằng",
        example,
        REFUSE_FILE,
        fails=f"regexp_matches({column}, '{PACKED_SIGNS}')",
        column=column,
        why="Phiếu ghi câu trả lời thành «mã câu=mã trả lời», cách nhau bằng dấu chấm phẩy: mã như vậy đọc thành "
        "câu khác",
    )
