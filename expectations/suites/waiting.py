"""Gate 1: what stops or moves a dossier's clock: supplements, pauses, apology letters."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE
from expectations.rules import Rule, SourceSuite

DOSSIER = ("authority_code", "dossier_code")


def supplement_rules() -> list[Rule]:
    """Rules on a delivery of `one_stop__supplements`."""
    suite = SourceSuite("one_stop__supplements", "supplements")
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "supplement_once",
            "Mỗi lần bổ sung của một hồ sơ có một dòng trong tệp",
            "Hồ sơ H99.01-260105-0007, lần 1 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=(*DOSSIER, "supplement_code"),
            column="supplement_code",
        ),
        suite.rows(
            "answered_not_before_requested",
            "Nhận bổ sung không trước khi yêu cầu",
            "Yêu cầu 06/01/2026, nhận 05/01/2026",
            FLAG_ROW,
            fails="answered_at < requested_at",
            applies="answered_at is not null",
            column="answered_at",
        ),
        suite.not_in_future("requested_at", "Thời điểm yêu cầu bổ sung"),
        suite.not_in_future("answered_at", "Thời điểm nhận bổ sung"),
        suite.rows(
            "completed_has_answer",
            "Lần bổ sung đã xong có thời điểm nhận",
            "Tình trạng «Đã bổ sung xong», không ghi ngày nhận",
            FLAG_ROW,
            fails="answered_at is null",
            applies="status_code = 'completed'",
            column="answered_at",
        ),
        _due_not_moved_back(suite),
    ]


def pause_rules() -> list[Rule]:
    """Rules on a delivery of `one_stop__pauses`."""
    suite = SourceSuite("one_stop__pauses", "pauses")
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "pause_once",
            "Mỗi lần tạm dừng của một hồ sơ có một dòng trong tệp",
            "Hồ sơ H99.01-260105-0007, lần 1 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=(*DOSSIER, "pause_code"),
            column="pause_code",
        ),
        suite.rows(
            "resumed_not_before_paused",
            "Tiếp tục không trước khi tạm dừng",
            "Dừng từ 06/01/2026, tiếp tục từ 05/01/2026",
            FLAG_ROW,
            fails="resumed_at < paused_at",
            applies="resumed_at is not null",
            column="resumed_at",
        ),
        suite.not_in_future("paused_at", "Thời điểm tạm dừng"),
        suite.not_in_future("resumed_at", "Thời điểm tiếp tục"),
        suite.rule(
            "pauses_do_not_overlap",
            "Các lần tạm dừng của một hồ sơ không chồng nhau",
            "Hồ sơ H99.01-260105-0007 dừng 06–10/01 và 08–12/01: thời gian trừ bị tính hai lần",
            FLAG_ROW,
            failing="select distinct later.source_row_number from batch as earlier inner join batch as later "
            "on earlier.authority_code = later.authority_code and earlier.dossier_code = later.dossier_code "
            "and earlier.pause_code <> later.pause_code and (earlier.paused_at < later.paused_at "
            "or (earlier.paused_at = later.paused_at and earlier.pause_code < later.pause_code)) "
            "and (earlier.resumed_at is null or earlier.resumed_at > later.paused_at)",
            checked="select count(*) from batch",
            column="paused_at",
        ),
        _due_not_moved_back(suite),
    ]


def letter_rules() -> list[Rule]:
    """Rules on a delivery of `one_stop__apology_letters`."""
    suite = SourceSuite("one_stop__apology_letters", "letters")
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "letter_once",
            "Mỗi phiếu xin lỗi của một hồ sơ có một dòng trong tệp",
            "Phiếu 15/PXL-SXD ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=(*DOSSIER, "letter_code"),
            column="letter_code",
        ),
        suite.rows(
            "has_new_due_date",
            "Phiếu xin lỗi hẹn lại ngày trả",
            "Phiếu 15/PXL-SXD không ghi ngày hẹn mới",
            FLAG_ROW,
            fails="due_at_after is null",
            column="due_at_after",
        ),
        suite.rows(
            "new_due_date_is_later",
            "Ngày hẹn mới sau ngày hẹn cũ",
            "Hẹn cũ 12/01/2026, hẹn mới 12/01/2026",
            FLAG_ROW,
            fails="due_at_after <= due_at_before",
            applies="due_at_after is not null and due_at_before is not null",
            column="due_at_after",
        ),
        suite.rows(
            "issued_not_after_old_due_date",
            "Phiếu xin lỗi gửi người nộp không muộn hơn ngày hẹn cũ",
            "Hẹn cũ 12/01/2026, phiếu gửi 15/01/2026",
            FLAG_ROW,
            fails="cast(issued_at as date) > cast(due_at_before as date)",
            applies="issued_at is not null and due_at_before is not null",
            column="issued_at",
        ),
        suite.not_in_future("created_at", "Thời điểm lập phiếu"),
        suite.not_in_future("issued_at", "Thời điểm gửi phiếu"),
        suite.rows(
            "issued_not_before_created",
            "Phiếu gửi không trước khi lập",
            "Lập 11/01/2026 15:00, gửi 11/01/2026 14:00",
            FLAG_ROW,
            fails="issued_at < created_at",
            applies="issued_at is not null",
            column="issued_at",
        ),
    ]


def _due_not_moved_back(suite: SourceSuite) -> Rule:
    return suite.rows(
        "due_date_not_moved_back",
        "Ngày hẹn mới không trước ngày hẹn cũ",
        "Hẹn cũ 12/01/2026, hẹn mới 10/01/2026",
        FLAG_ROW,
        fails="due_at_after < due_at_before",
        applies="due_at_after is not null and due_at_before is not null",
        column="due_at_after",
    )
