"""Gate 1: what stands around the ballots of a survey: its waves, the known totals, figures published by others."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW
from expectations.rules import Rule, SourceSuite
from expectations.suites.one_stop import EARLIEST
from expectations.suites.portal import period_in_order
from expectations.suites.registries import authority_rule

DECLARED_KEPT = "Số công bố được giữ nguyên, đứng cạnh số ước lượng chứ không thay nó; người gửi phải xem lại"


def wave_rules() -> list[Rule]:
    """Rules on a delivery of `survey__waves`."""
    suite = SourceSuite("survey__waves", "waves")
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.once(
            "wave_once",
            "Mỗi đợt khảo sát có một dòng trong tệp",
            "Đợt SIPAS-2026 ở dòng 2 và dòng 3",
            FLAG_ROW,
            keys=("authority_code", "wave_code"),
            column="wave_code",
        ),
        suite.rows(
            "dates_in_order",
            "Ngày cuối đợt không trước ngày đầu đợt",
            "Đợt từ 15/12/2026 đến 01/09/2026",
            REJECT_ROW,
            fails="end_date < start_date",
            column="end_date",
            why="Đợt kết thúc trước khi bắt đầu không thuộc kỳ nào: phiếu của đợt không biết tính vào kỳ nào",
        ),
        suite.rows(
            "dates_from_2000",
            "Ngày đầu và ngày cuối đợt từ năm 2000 trở đi",
            "Đợt từ 01/09/1900, thay cho 01/09/2026",
            REJECT_ROW,
            fails=f"start_date < {EARLIEST} or end_date < {EARLIEST}",
            column="start_date",
            why="Phiếu không ghi ngày lấy ngày của đợt, và các kỳ của cả kho bị kéo về tận năm ấy",
        ),
    ]


def total_rules() -> list[Rule]:
    """Rules on a delivery of `survey__totals`; it is a whole: what is left without one row would weigh wrongly."""
    suite = SourceSuite("survey__totals", "survey_totals")
    wave = "authority_code, wave_code"
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.once(
            "group_once",
            "Mỗi nhóm của một đơn vị trong một đợt có một dòng trong tệp",
            "Đợt SIPAS-2026, H99.01, nhóm female ở dòng 12 (12.400 người) và dòng 34 (12.040 người)",
            REFUSE_FILE,
            keys=("authority_code", "wave_code", "unit_code", "group_kind_code", "group_code"),
            column="group_code",
        ),
        suite.rule(
            "one_group_kind",
            "Một đợt khảo sát chỉ chia người được hỏi theo một cách",
            "Đợt SIPAS-2026 vừa có tổng theo giới tính, vừa có tổng theo nhóm tuổi",
            REFUSE_FILE,
            failing="select min(source_row_number) as source_row_number from batch "
            f"group by {wave} having count(distinct group_kind_code) > 1",
            checked=f"select count(*) from (select distinct {wave} from batch) as waves",
            column="group_kind_code",
            why="Trọng số chỉ hiệu chỉnh theo một cách chia; hãy giữ một cách, hoặc ghép các nhóm thành một cách chia",
        ),
        suite.rows(
            "people_counted",
            "Số người của một nhóm lớn hơn 0; nhóm không có ai thì bỏ dòng",
            "Nhóm nữ của H99.01 ghi 0 người",
            REFUSE_FILE,
            fails="person_count <= 0",
            column="person_count",
            why="Số 0 làm mọi phiếu của nhóm mất trọng số, như chưa từng được hỏi",
        ),
        suite.rows(
            "undivided_has_one_group",
            "Không chia («Cả đơn vị») thì mã nhóm là all, và chỉ khi ấy",
            "Chia theo «Cả đơn vị» mà mã nhóm ghi female: không phiếu nào khớp với tổng này",
            REFUSE_FILE,
            fails="(group_kind_code = 'all') <> (group_code = 'all')",
            column="group_code",
            why="Tổng không khớp với phiếu nào nên trọng số không được hiệu chỉnh",
        ),
    ]


def declared_rules() -> list[Rule]:
    """Rules on a delivery of `survey__declared_results`."""
    suite = SourceSuite("survey__declared_results", "declared_results")
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.once(
            "result_once",
            "Mỗi chỉ số công bố của một đơn vị, nơi công bố và kỳ có một dòng trong tệp",
            "H99, Bộ Nội vụ, năm 2025, chỉ số chung ở dòng 2 và dòng 9",
            FLAG_ROW,
            keys=(
                "authority_code",
                "unit_code",
                "survey_owner_code",
                "period_start_date",
                "period_end_date",
                "measure_code",
            ),
            column="measure_code",
        ),
        period_in_order(suite),
        suite.rows(
            "percent_possible",
            "Chỉ số công bố từ 0 đến 100 %",
            "Ghi 788 thay cho 78,8",
            REJECT_ROW,
            fails="declared_percent not between 0 and 100",
            column="declared_percent",
            why="Không tỷ lệ nào ngoài khoảng ấy: cột bị lệch hoặc mất dấu thập phân",
        ),
        suite.rows(
            "percent_is_no_rate",
            "Chỉ số công bố ghi theo phần trăm: 78,8 chứ không ghi 0,788",
            "Ghi 0,788",
            FLAG_ROW,
            fails="declared_percent > 0 and declared_percent <= 1",
            column="declared_percent",
            why=DECLARED_KEPT,
        ),
        suite.rows(
            "change_possible",
            "Tăng giảm so với kỳ trước từ -100 đến 100 điểm phần trăm",
            "Ghi 788 ở cột tăng giảm",
            FLAG_ROW,
            fails="change_points not between -100 and 100",
            applies="change_points is not null",
            column="change_points",
            why=DECLARED_KEPT,
        ),
        suite.rows(
            "rank_possible",
            "Hạng công bố từ 1 đến số đơn vị được xếp hạng",
            "Hạng 64 trên 63 tỉnh, hoặc hạng 0",
            FLAG_ROW,
            fails="declared_rank < 1 or declared_rank > ranked_count",
            applies="declared_rank is not null",
            column="declared_rank",
            why=DECLARED_KEPT,
        ),
        suite.rows(
            "ballots_counted",
            "Số phiếu đứng sau chỉ số lớn hơn 0; không công bố thì để trống",
            "Số phiếu ghi 0",
            FLAG_ROW,
            fails="ballot_count < 1",
            applies="ballot_count is not null",
            column="ballot_count",
            why=DECLARED_KEPT,
        ),
    ]
