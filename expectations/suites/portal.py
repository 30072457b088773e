"""Gate 1: figures that somebody else computed. A contradiction is reported, the claim is kept."""

from __future__ import annotations

from expectations.results import REFUSE_FILE, REPORT
from expectations.rules import Rule, SourceSuite

# Published percentages and scores have two decimals; one unit of the last is the publisher's rounding.
ROUNDING = "0.01"


def report_rules() -> list[Rule]:
    """Rules on a delivery of `portal__on_time_reports`."""
    suite = SourceSuite("portal__on_time_reports", "reports")
    return [suite.has_rows(REFUSE_FILE), *_shape(suite), *_arithmetic(suite)]


def _shape(suite: SourceSuite) -> list[Rule]:
    return [
        suite.rows(
            "period_in_order",
            "Ngày đầu kỳ không sau ngày cuối kỳ",
            "Kỳ từ 30/06/2026 đến 01/01/2026",
            REFUSE_FILE,
            fails="period_start_date > period_end_date",
        ),
        suite.rows(
            "has_figures",
            "Dòng có ít nhất một số liệu",
            "Tử số, mẫu số, tỷ lệ và điểm đều để trống",
            REPORT,
            fails="coalesce(numerator_count, denominator_count, declared_percent, declared_score) is null",
        ),
        suite.rows(
            "counts_not_negative",
            "Số hồ sơ không âm",
            "Số hồ sơ quá hạn -5",
            REPORT,
            fails="least(numerator_count, denominator_count, overdue_count) < 0",
        ),
        suite.once(
            "figure_once",
            "Mỗi đơn vị, kỳ và định nghĩa một dòng trong tệp",
            "Sở Xây dựng có hai dòng cùng kỳ, cùng định nghĩa",
            REPORT,
            keys=("authority_code", "unit_code", "period_start_date", "period_end_date", "definition_code"),
        ),
    ]


def _arithmetic(suite: SourceSuite) -> list[Rule]:
    return [
        suite.rows(
            "numerator_within_denominator",
            "Tử số không lớn hơn mẫu số",
            "Đúng hạn 170 trên 161 hồ sơ",
            REPORT,
            fails="numerator_count > denominator_count",
            applies="numerator_count is not null and denominator_count is not null",
        ),
        suite.rows(
            "qd766_parts_add_up",
            "Theo QĐ 766: đúng hạn cộng quá hạn bằng tiếp nhận",
            "Đúng hạn 156, quá hạn 4, tiếp nhận 161",
            REPORT,
            fails="numerator_count + overdue_count <> denominator_count",
            applies="definition_code = 'qd766' and numerator_count is not null "
            "and overdue_count is not null and denominator_count is not null",
        ),
        suite.rows(
            "percent_matches_parts",
            "Tỷ lệ công bố bằng tử số chia mẫu số (lệch không quá 0,01 điểm phần trăm)",
            "Công bố 98 %, mà 516 / 526 là 98,10 %",
            REPORT,
            fails=f"abs(declared_percent - round(100.0 * numerator_count / denominator_count, 2)) > {ROUNDING}",
            applies="declared_percent is not null and numerator_count is not null and denominator_count > 0",
        ),
        suite.rows(
            "qd766_score_matches_parts",
            "Theo QĐ 766: điểm bằng 20 lần đúng hạn chia tiếp nhận (lệch không quá 0,01 điểm)",
            "Công bố 19,80 điểm, mà 20 × 156 / 161 là 19,38",
            REPORT,
            fails=f"abs(declared_score - round(20.0 * numerator_count / denominator_count, 2)) > {ROUNDING}",
            applies="definition_code = 'qd766' and declared_score is not null "
            "and numerator_count is not null and denominator_count > 0",
        ),
    ]
