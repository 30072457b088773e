"""Gate 1, between deliveries: what lies around a dossier, held against the dossier itself."""

from __future__ import annotations

from expectations.results import FLAG_ROW
from expectations.rules import GATE_LANDING, SENDER, PlanRule

DOSSIERS = "one_stop__dossiers"
EVENTS = "one_stop__dossier_events"
PAUSES = "one_stop__pauses"
SUPPLEMENTS = "one_stop__supplements"
LETTERS = "one_stop__apology_letters"
NATIONAL = "national_portal__dossiers"
KEY = "authority_code, dossier_code"
# The table that these rules hold rows against: of millions of dossiers, those that any of the small sources speaks of,
# as their newest row has them. Made once for all of them.
SPOKEN_OF = "dossiers_spoken_of"
SPOKEN_OF_SQL = (
    f"select {KEY}, arg_max(struct_pack(received_at, completed_at), struct_pack(position, source_row_number)) "
    f"as newest from {DOSSIERS} inner join planned using (delivery_id) semi join ("
    + " union ".join(f"select {KEY} from {source}" for source in (PAUSES, SUPPLEMENTS, LETTERS))
    + f") as spoken_of using ({KEY}) group by {KEY}"
)


def rules() -> list[PlanRule]:
    """All rules of this kind, in the order of the documents."""
    return [
        # No small source: a log has millions of rows, and each dossier stands in it.
        _dossier_known("events", EVENTS, "Bước xử lý của một hồ sơ", known=DOSSIERS),
        _dossier_known("supplements", SUPPLEMENTS, "Yêu cầu bổ sung của một hồ sơ"),
        _supplement_while_open(),
        _dossier_known("pauses", PAUSES, "Lần tạm dừng của một hồ sơ"),
        _pause_while_open(),
        _finished_is_resumed(),
        _dossier_known("letters", LETTERS, "Phiếu xin lỗi của một hồ sơ"),
        _letter_while_open(),
        _one_authority(),
    ]


def _dossier_known(prefix: str, subject: str, what: str, known: str = SPOKEN_OF) -> PlanRule:
    # Without any list of dossiers there is nothing to compare with.
    has_lists = f"exists (select 1 from {DOSSIERS})"
    return PlanRule(
        code=f"{prefix}.dossier_known",
        gate_code=GATE_LANDING,
        subject=subject,
        text=f"{what} mà một lần nạp danh sách hồ sơ có ghi",
        owner=SENDER,
        example="Mã H99.01-260105-0007 không có trong danh sách hồ sơ nào: mã ghi sai, hoặc thiếu một danh sách",
        effect_code=FLAG_ROW,
        failing=f"select delivery_id, source_row_number from {subject} anti join {known} using ({KEY}) "
        f"where {has_lists}",
        checked=f"select delivery_id, count(*) as checked_count from {subject} where {has_lists} group by delivery_id",
        column="dossier_code",
        why="Dòng này không nói về hồ sơ nào của kho cho đến khi hồ sơ được nạp",
    )


def _around(subject: str, code_column: str, columns: str) -> str:
    """CTE `around`: the newest row of each thing in `subject` beside what its dossier says."""
    return (
        f"with rows as (select delivery_id, source_row_number, {KEY}, {columns} from {subject} "
        f"inner join planned using (delivery_id) qualify row_number() over (partition by {KEY}, {code_column} "
        "order by position desc, source_row_number desc) = 1), "
        "around as (select rows.*, newest.received_at as received_at, newest.completed_at as completed_at "
        f"from rows inner join {SPOKEN_OF} using ({KEY})) "
    )


def _outside(moment: str) -> str:
    """Whole days: where a file gives days only, its moments stand at midnight, before the hours of other files."""
    return (
        f"cast({moment} as date) < cast(received_at as date) "
        f"or coalesce(cast({moment} as date) > cast(completed_at as date), false)"
    )


def _rule(
    code: str, subject: str, text: str, example: str, *, around: str, fails: str, applies: str, column: str, why: str
) -> PlanRule:
    return PlanRule(
        code=code,
        gate_code=GATE_LANDING,
        subject=subject,
        text=text,
        owner=SENDER,
        example=example,
        effect_code=FLAG_ROW,
        failing=f"{around} select delivery_id, source_row_number from around where ({applies}) and ({fails})",
        checked=f"{around} select delivery_id, count(*) as checked_count from around where {applies} "
        "group by delivery_id",
        column=column,
        why=why,
    )


def _supplement_while_open() -> PlanRule:
    return _rule(
        "supplements.requested_while_open",
        SUPPLEMENTS,
        "Yêu cầu bổ sung từ ngày tiếp nhận đến ngày kết thúc của hồ sơ, trừ lần ghi là trước khi tiếp nhận",
        "Hồ sơ tiếp nhận 05/01/2026, kết thúc 09/01/2026, yêu cầu bổ sung 20/01/2026",
        around=_around(SUPPLEMENTS, "supplement_code", "requested_at, status_code"),
        fails=_outside("requested_at"),
        applies="status_code is distinct from 'before_reception'",
        column="requested_at",
        why="Phần ngoài thời gian giải quyết không trừ vào hạn; người gửi phải nói mốc nào đúng",
    )


def _pause_while_open() -> PlanRule:
    return _rule(
        "pauses.paused_while_open",
        PAUSES,
        "Tạm dừng bắt đầu từ ngày tiếp nhận đến ngày kết thúc của hồ sơ",
        "Hồ sơ tiếp nhận 05/01/2026, kết thúc 09/01/2026, tạm dừng từ 20/01/2026",
        around=_around(PAUSES, "pause_code", "paused_at"),
        fails=_outside("paused_at"),
        applies="true",
        column="paused_at",
        why="Phần ngoài thời gian giải quyết không trừ vào hạn; người gửi phải nói mốc nào đúng",
    )


def _finished_is_resumed() -> PlanRule:
    return _rule(
        "pauses.finished_is_resumed",
        PAUSES,
        "Hồ sơ đã kết thúc thì lần tạm dừng của nó có ghi ngày tiếp tục",
        "Tạm dừng không ghi ngày tiếp tục trong khi hồ sơ đã kết thúc 09/01/2026: trừ vào hạn mọi ngày còn lại",
        around=_around(PAUSES, "pause_code", "resumed_at"),
        fails="resumed_at is null",
        applies="completed_at is not null",
        column="resumed_at",
        why="Có thể nơi gửi quên ghi ngày tiếp tục; hồ sơ vẫn được tính là dừng đến lúc kết thúc",
    )


def _letter_while_open() -> PlanRule:
    return _rule(
        "letters.issued_while_open",
        LETTERS,
        "Phiếu xin lỗi gửi từ ngày tiếp nhận đến ngày kết thúc của hồ sơ",
        "Hồ sơ tiếp nhận 05/01/2026, kết thúc 09/01/2026, phiếu gửi 20/01/2026",
        around=_around(LETTERS, "letter_code", "issued_at"),
        fails=_outside("issued_at"),
        applies="issued_at is not null",
        column="issued_at",
        why="Phiếu gửi khi hồ sơ chưa có hoặc đã xong không báo trước được cho ai; mốc hoặc mã hồ sơ có thể sai",
    )


def _one_authority() -> PlanRule:
    # Nearly every copy meets its dossier; only the few that do not are looked for under other authorities.
    unmet = f"select delivery_id, source_row_number, dossier_code from {NATIONAL} anti join {DOSSIERS} using ({KEY})"
    return PlanRule(
        code="national_dossiers.authority_of_the_dossier",
        gate_code=GATE_LANDING,
        subject=NATIONAL,
        text="Bản hồ sơ trên Cổng quốc gia ghi cùng địa phương với hồ sơ cùng mã trong danh sách một cửa",
        owner=SENDER,
        example="Cùng mã hồ sơ nhưng khác địa phương: Cổng ghi H98, danh sách một cửa ghi H99",
        effect_code=FLAG_ROW,
        failing=f"with unmet as materialized ({unmet}) select delivery_id, source_row_number from unmet semi join "
        f"{DOSSIERS} using (dossier_code)",
        checked=f"select delivery_id, count(*) as checked_count from {NATIONAL} "
        f"where exists (select 1 from {DOSSIERS}) group by delivery_id",
        column="authority_code",
        why="Hai bản được đối soát như hai hồ sơ khác nhau cho đến khi mã địa phương được sửa",
    )
