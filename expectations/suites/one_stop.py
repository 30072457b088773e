"""Gate 1: dossiers and their events, as a one-stop system exports them."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW
from expectations.rules import Rule, SourceSuite
from expectations.suites.registries import authority_rule

# No export of these systems is older; Excel's day 0 and Unix's are far before.
EARLIEST = "timestamp '2000-01-01 00:00:00'"
# A single older dossier makes a province's periods reach back to it: years of them, all but that one empty.
EARLIEST_USUAL_YEAR = 2010
# Both systems' codes; what each means is the seed dossier_statuses.
FINISHED = "status_code in ('9', '10', 'releasing', 'unresolved', 'posting', 'done')"
# Steps of an event log by the status a dossier has after them.
BEFORE_RETURN = (
    "status_code in ('1', '2', '3', '4', '5', '6', '9', 'new', 'receiving', 'waiting', 'processing', 'pausing', "
    "'correcting', 'cancelling', 'releasing', 'denied', 'interoperating')"
)
RETURNED_AT = "min(occurred_at) filter (where status_code in ('10', 'done'))"
# Found by one aggregation: nearly always empty, and then nothing is joined.
TURNED_BACK = (
    f"select authority_code, dossier_code, {RETURNED_AT} as returned_at from batch group by authority_code, "
    f"dossier_code having max(occurred_at) filter (where {BEFORE_RETURN}) > {RETURNED_AT}"
)
UNFINISHED = "status_code in ('1', '2', '4', 'new', 'receiving', 'processing', 'interoperating')"


def dossier_rules() -> list[Rule]:
    """Rules on a delivery of `one_stop__dossiers`."""
    suite = SourceSuite("one_stop__dossiers", "dossiers")
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        *_misread_files(suite),
        *_order_of_moments(suite),
        *_stages(suite),
        *_values(suite),
    ]


def _misread_files(suite: SourceSuite) -> list[Rule]:
    return [
        suite.most_rows(
            "received_mostly_from_2000",
            "Ít nhất một nửa số hồ sơ được tiếp nhận từ năm 2000 trở đi",
            "Cả cột ngày tiếp nhận là 01/01/1900: định dạng ngày bị đọc sai",
            REFUSE_FILE,
            fails=f"received_at < {EARLIEST}",
        ),
        suite.most_rows(
            "mostly_completed_after_received",
            "Ít nhất một nửa số hồ sơ đã xong có thời điểm xong không trước lúc tiếp nhận",
            "Cột ngày tiếp nhận và cột ngày kết thúc bị đổi chỗ",
            REFUSE_FILE,
            fails="completed_at < received_at",
            applies="completed_at is not null",
        ),
        suite.most_rows(
            "mostly_due_after_received",
            "Ít nhất một nửa số hồ sơ có hạn trả không trước lúc tiếp nhận",
            "Cột ngày tiếp nhận và cột ngày hẹn trả bị đổi chỗ",
            REFUSE_FILE,
            fails="due_at < received_at",
            applies="due_at is not null",
        ),
    ]


def _order_of_moments(suite: SourceSuite) -> list[Rule]:
    return [
        suite.rows(
            f"received_from_{EARLIEST_USUAL_YEAR}",
            f"Thời điểm tiếp nhận từ năm {EARLIEST_USUAL_YEAR} trở đi",
            "Tiếp nhận 05/01/1990",
            FLAG_ROW,
            fails=f"received_at < timestamp '{EARLIEST_USUAL_YEAR}-01-01 00:00:00'",
            column="received_at",
            why="Có thể là hồ sơ cũ có thật, nhưng một hồ sơ như vậy kéo các kỳ số liệu lùi về đến năm ấy",
        ),
        suite.rows(
            "submitted_not_after_received",
            "Nộp không sau khi tiếp nhận",
            "Nộp 06/01/2026 08:00, tiếp nhận 05/01/2026 09:00",
            FLAG_ROW,
            fails="submitted_at > received_at",
            applies="submitted_at is not null",
            column="submitted_at",
        ),
        suite.rows(
            "received_at_not_after_completed",
            "Tiếp nhận không sau khi kết thúc xử lý",
            "Tiếp nhận 05/01/2026, kết thúc 04/01/2026",
            FLAG_ROW,
            fails="received_at > completed_at",
            applies="completed_at is not null",
            column="completed_at",
            why="Hồ sơ có thật và đã xong; chỉ một trong hai thời điểm sai",
        ),
        suite.rows(
            "completed_not_after_returned",
            "Kết thúc xử lý không sau khi trả kết quả",
            "Trả kết quả 09/01/2026, kết thúc xử lý 10/01/2026",
            FLAG_ROW,
            fails="completed_at > returned_at",
            applies="completed_at is not null and returned_at is not null",
            column="returned_at",
        ),
        suite.rows(
            "received_not_after_due",
            "Ngày hẹn trả không trước lúc tiếp nhận",
            "Tiếp nhận 05/01/2026, hẹn trả 02/01/2026",
            FLAG_ROW,
            fails="received_at > due_at",
            applies="due_at is not null",
            column="due_at",
        ),
        suite.rows(
            "due_within_five_years",
            "Ngày hẹn trả trong vòng 5 năm từ khi tiếp nhận",
            "Tiếp nhận 05/01/2026, hẹn trả 12/01/2062",
            FLAG_ROW,
            fails="due_at > received_at + interval 5 year",
            applies="due_at is not null",
            column="due_at",
        ),
        suite.not_in_future("received_at", "Thời điểm tiếp nhận"),
        suite.not_in_future("completed_at", "Thời điểm kết thúc xử lý"),
        suite.not_in_future("returned_at", "Thời điểm trả kết quả"),
    ]


def _stages(suite: SourceSuite) -> list[Rule]:
    return [
        suite.rows(
            "finished_has_completed_at",
            "Hồ sơ «đã xử lý xong» hoặc «đã trả kết quả» có thời điểm kết thúc",
            "Trạng thái 10, ô kết thúc xử lý để trống",
            FLAG_ROW,
            fails="completed_at is null",
            applies=FINISHED,
            column="completed_at",
        ),
        suite.rows(
            "unfinished_has_no_completed_at",
            "Hồ sơ đang chờ hoặc đang xử lý chưa có thời điểm kết thúc",
            "Trạng thái 4 (đang xử lý), đã ghi kết thúc 04/01/2026",
            FLAG_ROW,
            fails="completed_at is not null",
            applies=UNFINISHED,
            column="status_code",
        ),
        suite.rows(
            "returned_has_completed_at",
            "Hồ sơ đã trả kết quả có thời điểm kết thúc xử lý",
            "Trả kết quả 09/01/2026, ô kết thúc xử lý để trống",
            FLAG_ROW,
            fails="completed_at is null",
            applies="returned_at is not null",
            column="completed_at",
        ),
        suite.rows(
            "unfinished_has_no_returned_at",
            "Hồ sơ đang chờ hoặc đang xử lý chưa trả kết quả",
            "Trạng thái 4 (đang xử lý), đã ghi trả kết quả 09/01/2026",
            FLAG_ROW,
            fails="returned_at is not null",
            applies=UNFINISHED,
            column="status_code",
        ),
    ]


def _values(suite: SourceSuite) -> list[Rule]:
    return [
        suite.rows(
            "has_due_date",
            "Hồ sơ có ngày hẹn trả",
            "Ô ngày hẹn trả để trống: không thể nói hồ sơ đúng hạn hay trễ hạn",
            FLAG_ROW,
            fails="due_at is null",
            column="due_at",
            why="Hồ sơ vẫn tính; về thời hạn là một loại riêng «không có hạn», không bao giờ là đúng hạn",
        ),
        suite.rows(
            "amounts_not_negative",
            "Phí và số lần bổ sung không âm",
            "Phí -50.000 đồng",
            FLAG_ROW,
            fails="coalesce(fee_amount, 0) < 0 or coalesce(supplement_count, 0) < 0",
            applies="fee_amount is not null or supplement_count is not null",
            why="Hồ sơ có thật; bỏ cả dòng vì một ô phí sai là mất một hồ sơ của đơn vị",
        ),
        suite.once(
            "dossier_code_once",
            "Mỗi mã hồ sơ một dòng trong tệp",
            "Mã H99.01-260105-0007 ở dòng 12 và dòng 340",
            FLAG_ROW,
            keys=("authority_code", "dossier_code"),
            column="dossier_code",
        ),
        suite.one_spelling("resolving_unit_name", "Tên đơn vị giải quyết"),
        suite.one_spelling("domain_name", "Tên lĩnh vực"),
    ]


def event_rules() -> list[Rule]:
    """Rules on a delivery of `one_stop__dossier_events`."""
    suite = SourceSuite("one_stop__dossier_events", "events")
    return [
        suite.has_rows(REFUSE_FILE),
        suite.most_rows(
            "occurred_mostly_from_2000",
            "Ít nhất một nửa số bước được ghi nhận từ năm 2000 trở đi",
            "Cả cột thời điểm là 01/01/1900: định dạng ngày bị đọc sai",
            REFUSE_FILE,
            fails=f"occurred_at < {EARLIEST}",
        ),
        suite.rows(
            "occurred_from_2000",
            "Thời điểm của bước từ năm 2000 trở đi",
            "Bước ghi nhận 01/01/1900: ô ngày để trống của Excel",
            REJECT_ROW,
            fails=f"occurred_at < {EARLIEST}",
            column="occurred_at",
            why="Không biết bước diễn ra lúc nào thì không tính được thời gian của bước nào trước và sau nó",
        ),
        suite.not_in_future("occurred_at", "Thời điểm của bước"),
        suite.rule(
            "nothing_after_returned",
            "Sau khi trả kết quả, hồ sơ không quay lại bước trước",
            "Trả kết quả (10) lúc 09/01/2026 15:00, rồi tiếp nhận (2) lúc 10/01/2026 08:00",
            FLAG_ROW,
            f"select steps.source_row_number from batch as steps inner join ({TURNED_BACK}) as turned_back "
            "using (authority_code, dossier_code) "
            f"where {BEFORE_RETURN} and steps.occurred_at > turned_back.returned_at",
            f"select count(*) from batch where {BEFORE_RETURN}",
            column="status_code",
        ),
        suite.once(
            "event_code_once",
            "Mỗi bước của một hồ sơ một dòng trong tệp",
            "Bước 3 của hồ sơ H99.01-260105-0007 ở dòng 12 và dòng 340",
            FLAG_ROW,
            keys=("authority_code", "dossier_code", "event_code"),
            column="event_code",
        ),
    ]
