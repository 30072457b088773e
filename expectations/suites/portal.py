"""Gate 1: figures that somebody else computed. A contradiction is reported, the claim is kept."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW
from expectations.rules import Rule, SourceSuite
from expectations.suites.registries import authority_rule

# Published percentages and scores have two decimals; one unit of the last is the publisher's rounding.
ROUNDING = "0.01"
NO_PERIOD = "Kỳ kết thúc trước khi bắt đầu không chứa ngày nào: không biết số liệu của kỳ nào"
NEGATIVE = "Số đếm âm không thể có: cộng vào là làm sai tổng"
NO_FIGURES = "Đơn vị có tên trong báo cáo mà không có số: là «không có số liệu», không phải 0"
CLAIM_KEPT = "Số công bố được giữ như bên công bố ghi; chỗ mâu thuẫn phải có người xem"
ABOVE_WHOLE = "Tỷ lệ trên 100 % không thể công bố; giữ lại một dòng như vậy là chặn cả bản công bố"

# Form II.06a: a total and its parts, with the numbers that the columns have on the form.
FORM_06A_SUMS = (
    (
        "received_parts_add_up",
        "received_total_count",
        ("received_online_count", "received_direct_count", "received_carried_count"),
        "Tiếp nhận bằng trực tuyến cộng trực tiếp cộng kỳ trước (3 = 4 + 5 + 6)",
        "Tiếp nhận 100, mà 40 + 30 + 20 là 90",
    ),
    (
        "resolved_parts_add_up",
        "resolved_total_count",
        ("resolved_early_count", "resolved_on_time_count", "resolved_late_count"),
        "Đã giải quyết bằng trước hạn cộng đúng hạn cộng quá hạn (7 = 8 + 9 + 10)",
        "Đã giải quyết 257.141, mà 124.907 + 102.770 + 19.852 là 247.529",
    ),
    (
        "open_parts_add_up",
        "open_total_count",
        ("open_in_time_count", "open_late_count"),
        "Đang giải quyết bằng trong hạn cộng quá hạn (11 = 12 + 13)",
        "Đang giải quyết 20, mà 15 + 4 là 19",
    ),
)
FORM_06A_COUNTS = (
    *(column for _, total, parts, _, _ in FORM_06A_SUMS for column in (total, *parts)),
    "received_postal_count",
    "waiting_supplement_count",
    "withdrawn_count",
)
WRONG_SUM = "Cổng chính thức cũng công bố số không khớp; số được giữ, ô tổng được đánh dấu"


def report_rules() -> list[Rule]:
    """Rules on a delivery of `portal__on_time_reports`."""
    suite = SourceSuite("portal__on_time_reports", "reports")
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        *_shape(suite),
        *_arithmetic(suite),
        suite.one_spelling("unit_name", "Tên đơn vị"),
    ]


NAMELESS = "Không biết số của đơn vị nào thì không tính cho ai được; nạp lại với «--set unit_code=…»"


def form_06a_rules() -> list[Rule]:
    """Rules on a delivery of `portal__form_06a_lines`."""
    suite = SourceSuite("portal__form_06a_lines", "form_06a")
    return [
        suite.has_rows(REFUSE_FILE),
        period_in_order(suite),
        suite.rows(
            "counts_not_negative",
            "Số hồ sơ không âm",
            "Quá hạn -5 hồ sơ",
            REJECT_ROW,
            fails=f"least({', '.join(FORM_06A_COUNTS)}) < 0",
            why=NEGATIVE,
        ),
        suite.rows(
            "names_unit",
            "Dòng có mã hoặc tên đơn vị",
            "Biểu không có dòng «Đơn vị báo cáo», lúc nạp cũng không cho biết đơn vị nào",
            REJECT_ROW,
            fails="coalesce(unit_code, unit_name) is null",
            why=NAMELESS,
        ),
        suite.rows(
            "has_figures",
            "Dòng có ít nhất một số liệu",
            "Dòng lĩnh vực Hộ tịch để trống mọi ô số",
            FLAG_ROW,
            fails=f"coalesce({', '.join(FORM_06A_COUNTS)}, declared_percent) is null",
            why=NO_FIGURES,
        ),
        suite.once(
            "line_once",
            "Mỗi đơn vị, kỳ, mẫu và dòng của biểu đứng một lần trong tệp",
            "Dòng Hộ tịch của Sở Tư pháp, quý I/2026 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=(
                *("authority_code", "unit_code", "unit_name", "period_start_date", "period_end_date"),
                *("form_code", "level_name", "line_name"),
            ),
            column="line_name",
        ),
        *(_sum_holds(suite, *identity) for identity in FORM_06A_SUMS),
        suite.rows(
            "received_is_resolved_and_open",
            "Tiếp nhận bằng đã giải quyết cộng đang giải quyết (3 = 7 + 11)",
            "Tiếp nhận 100, mà 75 + 20 là 95",
            FLAG_ROW,
            # A local form may count those waiting and withdrawn within the two, or beside them.
            fails="received_total_count not between resolved_total_count + open_total_count and resolved_total_count "
            "+ open_total_count + coalesce(waiting_supplement_count, 0) + coalesce(withdrawn_count, 0)",
            applies="received_total_count is not null and resolved_total_count is not null "
            "and open_total_count is not null",
            column="received_total_count",
            why=WRONG_SUM,
        ),
        suite.rows(
            "percent_matches_parts",
            "Tỷ lệ tự ghi bằng trước hạn cộng đúng hạn chia đã giải quyết (lệch không quá 0,01 điểm phần trăm)",
            "Ghi 100 %, mà (50 + 25) / 80 là 93,75 %",
            FLAG_ROW,
            fails="abs(declared_percent - round(100.0 * (resolved_early_count + resolved_on_time_count) "
            f"/ resolved_total_count, 2)) > {ROUNDING}",
            applies="declared_percent is not null and resolved_early_count is not null "
            "and resolved_on_time_count is not null and resolved_total_count > 0",
            column="declared_percent",
            why=CLAIM_KEPT,
        ),
        suite.one_spelling("unit_name", "Tên đơn vị"),
        suite.one_spelling("line_name", "Tên dòng"),
    ]


def _sum_holds(suite: SourceSuite, name: str, total: str, parts: tuple[str, ...], text: str, example: str) -> Rule:
    return suite.rows(
        name,
        text,
        example,
        FLAG_ROW,
        fails=f"{total} <> {' + '.join(parts)}",
        applies=" and ".join(f"{column} is not null" for column in (total, *parts)),
        column=total,
        why=WRONG_SUM,
    )


def period_in_order(suite: SourceSuite) -> Rule:
    """What holds for every report of a period."""
    return suite.rows(
        "period_in_order",
        "Ngày đầu kỳ không sau ngày cuối kỳ",
        "Kỳ từ 30/06/2026 đến 01/01/2026",
        REJECT_ROW,
        fails="period_start_date > period_end_date",
        column="period_end_date",
        why=NO_PERIOD,
    )


def _shape(suite: SourceSuite) -> list[Rule]:
    return [
        period_in_order(suite),
        suite.rows(
            "has_figures",
            "Dòng có ít nhất một số liệu",
            "Tử số, mẫu số, tỷ lệ và điểm đều để trống",
            FLAG_ROW,
            fails="coalesce(numerator_count, denominator_count, declared_percent, declared_score) is null",
            why=NO_FIGURES,
        ),
        suite.rows(
            "counts_not_negative",
            "Số hồ sơ không âm",
            "Số hồ sơ quá hạn -5",
            REJECT_ROW,
            fails="least(numerator_count, denominator_count, overdue_count) < 0",
            why=NEGATIVE,
        ),
        suite.once(
            "figure_once",
            "Mỗi đơn vị, kỳ và định nghĩa một dòng trong tệp",
            "Sở Xây dựng có hai dòng cùng kỳ, cùng định nghĩa",
            FLAG_ROW,
            keys=("authority_code", "unit_code", "period_start_date", "period_end_date", "definition_code"),
            column="unit_code",
        ),
    ]


def _arithmetic(suite: SourceSuite) -> list[Rule]:
    return [
        suite.rows(
            "numerator_within_denominator",
            "Tử số không lớn hơn mẫu số",
            "Đúng hạn 170 trên 161 hồ sơ",
            REJECT_ROW,
            fails="numerator_count > denominator_count",
            applies="numerator_count is not null and denominator_count is not null",
            column="numerator_count",
            why=ABOVE_WHOLE,
        ),
        suite.rows(
            "qd766_parts_add_up",
            "Theo QĐ 766: đúng hạn cộng quá hạn bằng tiếp nhận",
            "Đúng hạn 156, quá hạn 4, tiếp nhận 161",
            FLAG_ROW,
            fails="numerator_count + overdue_count <> denominator_count",
            applies="definition_code = 'qd766' and numerator_count is not null "
            "and overdue_count is not null and denominator_count is not null",
            column="overdue_count",
            why=CLAIM_KEPT,
        ),
        suite.rows(
            "percent_matches_parts",
            "Tỷ lệ công bố bằng tử số chia mẫu số (lệch không quá 0,01 điểm phần trăm)",
            "Công bố 98 %, mà 516 / 526 là 98,10 %",
            FLAG_ROW,
            fails=f"abs(declared_percent - round(100.0 * numerator_count / denominator_count, 2)) > {ROUNDING}",
            applies="declared_percent is not null and numerator_count is not null and denominator_count > 0",
            column="declared_percent",
            why=CLAIM_KEPT,
        ),
        suite.rows(
            "qd766_score_matches_parts",
            "Theo QĐ 766: điểm bằng 20 lần đúng hạn chia tiếp nhận (lệch không quá 0,01 điểm)",
            "Công bố 19,80 điểm, mà 20 × 156 / 161 là 19,38",
            FLAG_ROW,
            fails=f"abs(declared_score - round(20.0 * numerator_count / denominator_count, 2)) > {ROUNDING}",
            applies="definition_code = 'qd766' and declared_score is not null "
            "and numerator_count is not null and denominator_count > 0",
            column="declared_score",
            why=CLAIM_KEPT,
        ),
    ]
