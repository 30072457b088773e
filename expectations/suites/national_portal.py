"""Gate 1: QĐ 766 metrics and dossiers of the national portal. A contradiction is told, the claim is kept."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT
from expectations.rules import Rule, SourceSuite
from expectations.suites.one_stop import EARLIEST
from expectations.suites.portal import CLAIM_KEPT, NEGATIVE, ROUNDING, period_in_order
from expectations.suites.registries import authority_rule

UNIT_PERIOD = ("authority_code", "unit_code", "period_start_date", "period_end_date")


def metric_rules() -> list[Rule]:
    """Rules on a delivery of `national_portal__qd766_metrics`."""
    suite = SourceSuite("national_portal__qd766_metrics", "qd766")
    return [
        suite.has_rows(REFUSE_FILE),
        *_shape(suite),
        *_arithmetic(suite),
        suite.one_spelling("unit_name", "Tên đơn vị"),
    ]


def dossier_rules() -> list[Rule]:
    """Rules on a delivery of `national_portal__dossiers`."""
    suite = SourceSuite("national_portal__dossiers", "national_dossiers")
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.most_rows(
            "received_mostly_from_2000",
            "Ít nhất một nửa số hồ sơ được tiếp nhận từ năm 2000 trở đi",
            "Cả cột ngày tiếp nhận là 01/01/1900: định dạng ngày bị đọc sai",
            REFUSE_FILE,
            fails=f"received_at < {EARLIEST}",
        ),
        suite.rows(
            "synced_not_before_received",
            "Đồng bộ không trước khi tiếp nhận",
            "Tiếp nhận 05/01/2026, lần đồng bộ cuối 04/01/2026",
            FLAG_ROW,
            fails="synced_at < received_at",
            applies="synced_at is not null",
            column="synced_at",
        ),
        suite.rows(
            "received_at_not_after_completed",
            "Tiếp nhận không sau khi kết thúc xử lý",
            "Tiếp nhận 05/01/2026, kết thúc 04/01/2026",
            FLAG_ROW,
            fails="received_at > completed_at",
            applies="completed_at is not null",
            column="completed_at",
        ),
        suite.not_in_future("received_at", "Thời điểm tiếp nhận"),
        suite.not_in_future("completed_at", "Thời điểm kết thúc xử lý"),
        suite.not_in_future("returned_at", "Thời điểm trả kết quả"),
        suite.not_in_future("synced_at", "Lần đồng bộ cuối"),
        suite.once(
            "dossier_code_once",
            "Mỗi mã hồ sơ một dòng trong tệp",
            "Mã H99.01-260105-0007 ở dòng 12 và dòng 340",
            FLAG_ROW,
            keys=("authority_code", "dossier_code"),
            column="dossier_code",
        ),
    ]


def _shape(suite: SourceSuite) -> list[Rule]:
    return [
        period_in_order(suite),
        suite.once(
            "metric_once",
            "Mỗi đơn vị, kỳ và chỉ số thành phần một dòng trong tệp",
            "H21.17 có hai dòng PUBLISH_ON_TIME cùng kỳ",
            FLAG_ROW,
            keys=(*UNIT_PERIOD, "group_code", "metric_code"),
            column="metric_code",
        ),
        suite.rows(
            "counts_not_negative",
            "Tử số và mẫu số không âm",
            "Tử số -1",
            REJECT_ROW,
            fails="least(numerator_count, denominator_count) < 0",
            why=NEGATIVE,
        ),
    ]


def _arithmetic(suite: SourceSuite) -> list[Rule]:
    unit_period = ", ".join(UNIT_PERIOD)
    return [
        suite.rows(
            "numerator_within_denominator",
            "Tử số không lớn hơn mẫu số",
            "48 thủ tục công khai đúng hạn trên 47",
            FLAG_ROW,
            fails="numerator_count > denominator_count",
            applies="numerator_count is not null and denominator_count is not null",
            column="numerator_count",
            why="Số của Cổng dịch vụ công quốc gia được giữ để đối chiếu, không dùng để xếp hạng lại",
        ),
        suite.rows(
            "percent_matches_parts",
            "Tỷ lệ công bố bằng tử số chia mẫu số (lệch không quá 0,01 điểm phần trăm)",
            "Công bố 3 %, mà 1 / 47 là 2,13 %",
            FLAG_ROW,
            fails=f"abs(declared_value - round(100.0 * numerator_count / denominator_count, 2)) > {ROUNDING}",
            applies="metric_code <> '_AVG_DAYS' and declared_value is not null "
            "and numerator_count is not null and denominator_count > 0",
            column="declared_value",
            why=CLAIM_KEPT,
        ),
        suite.rows(
            "score_within_maximum",
            "Điểm từ 0 đến điểm tối đa",
            "6,5 điểm, tối đa 6",
            FLAG_ROW,
            fails="declared_score < 0 or declared_score > max_score",
            applies="declared_score is not null and max_score is not null",
            column="declared_score",
            why=CLAIM_KEPT,
        ),
        suite.rule(
            "groups_add_up_to_total",
            "Điểm các nhóm cộng lại bằng tổng điểm (lệch không quá 0,01 điểm)",
            "Sáu nhóm cộng lại 79,27 điểm, mà công bố 80 điểm",
            REPORT,
            failing=f"select {unit_period} from batch group by {unit_period} having "
            "abs(sum(case when metric_code = '_GROUP' then declared_score end) "
            f"- max(case when metric_code = '_TOTAL' then declared_score end)) > {ROUNDING}",
            checked=f"select count(*) from (select distinct {unit_period} from batch "
            "where metric_code = '_TOTAL') as totals",
            why="Tổng sai với nhiều dòng cùng lúc, không quy được cho dòng nào",
        ),
    ]
