"""The story of one dossier: what happened when, each definition's verdict, and why they differ.

The command line and the dossier's page tell it from here. Does not belong here: computing any of it (the dbt models).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from dagster_project.console import vi_moment

# Runs one SELECT with parameters over the published tables: column name → value, one per row.
Ask = Callable[[str, list], list[dict]]

WORKING_DAY_SECONDS, DAY_SECONDS = 28_800, 86_400
LIMIT_UNITS = {"working_day": "ngày làm việc", "calendar_day": "ngày", "working_hour": "giờ làm việc"}
STATES = {
    "not_received": "chưa tiếp nhận",
    "refused": "không được tiếp nhận",
    "in_progress": "đang xử lý",
    "waiting": "chờ người nộp",
    "stopped": "dừng xử lý",
    "withdrawn": "đã rút",
    "finished": "đã có kết quả",
    "returned": "đã trả kết quả",
}
VERDICTS = {
    "early": "trước hạn",
    "on_time": "đúng hạn",
    "late": "quá hạn",
    "open_in_time": "chưa xong, còn trong hạn",
    "open_late": "chưa xong, đã quá hạn",
    "no_due_date": "không có hạn để so",
    "not_counted": "không tính vào tỷ lệ nào",
}
CLAIMS = {
    "early": "trước hạn",
    "on_time": "đúng hạn",
    "late": "quá hạn",
    "open_in_time": "trong hạn",
    "open_late": "quá hạn, đang giải quyết",
}
EFFECTS = {
    "became_met": "từ quá hạn thành đúng hạn",
    "became_missed": "từ đúng hạn thành quá hạn",
    "still_met": "vẫn đúng hạn",
    "still_missed": "vẫn quá hạn",
    "not_judged": "không có kết luận để so",
}
DATE_KINDS = {"due": "ngày hẹn trả", "completed": "ngày kết thúc"}
SIGNERS = {"head": "người đứng đầu ký", "deputy": "cấp phó ký", "other": "người khác ký"}
LATE_CAUSES = {
    "resolving_unit": "chậm do đơn vị giải quyết",
    "other_agency": "chậm do cơ quan phối hợp",
    "applicant": "chậm do người nộp",
    "other": "chậm do nguyên nhân khác",
}
NEW_DATE_KEPT = {True: "đã giữ đúng ngày hẹn mới", False: "không giữ được ngày hẹn mới", None: "ngày hẹn mới chưa qua"}
ANNOUNCED = {
    "stop": "theo một lần bổ sung hoặc tạm dừng",
    "letter": "theo phiếu xin lỗi",
    "nobody": "không văn bản nào ghi",
}
UNCONFIRMED = (
    "Giờ làm việc, cách cộng thời gian chờ và ngày nghỉ chưa có văn bản là của các hệ thống đã đọc, chưa được xác nhận."
)


@dataclass(frozen=True)
class Happening:
    """One thing that happened to the dossier; ``at`` is None for what has no moment of its own."""

    at: dt.datetime | None
    text: str


@dataclass(frozen=True)
class Verdict:
    """What one definition says: the due date it compares with, and the verdict by date and by the clock."""

    name: str
    due_at: dt.datetime | None
    by_date: str
    by_timestamp: str


@dataclass(frozen=True)
class Story:
    """One dossier told: ``facts`` and ``claims`` (what others say of it) are label and text.

    ``cause`` is None where the verdicts agree.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    happenings: tuple[Happening, ...]
    verdicts: tuple[Verdict, ...]
    claims: tuple[tuple[str, str], ...]
    cause: str | None
    note: str = UNCONFIRMED


def dossier_stories(ask: Ask, dossier_code: str, authority_code: str | None = None) -> list[Story]:
    """The stories of all dossiers of that code, one per authority (a code means nothing outside its authority)."""
    sql = "select * from fct_dossiers where dossier_code = ?"
    found = ask(f"{sql} order by authority_code", [dossier_code])
    return [_story(ask, row) for row in found if authority_code in (None, row["authority_code"])]


def _story(ask: Ask, row: dict) -> Story:
    cause = row["difference_cause_code"]
    return Story(
        title=f"Hồ sơ {row['dossier_code']} ({row['authority_code']})",
        facts=tuple(_facts(ask, row)),
        happenings=tuple(_happenings(ask, row)),
        verdicts=tuple(_verdicts(row)),
        claims=tuple(_claims(ask, row)),
        cause=None if cause is None else _cause_name(ask, cause),
    )


def _facts(ask: Ask, row: dict) -> list[tuple[str, str]]:
    units = {
        unit["unit_code"]: unit["unit_name"]
        for unit in ask("select unit_code, unit_name from dim_units where authority_code = ?", [row["authority_code"]])
    }
    procedure = " – ".join(text for text in (row["procedure_code"], row["procedure_name"]) if text)
    receiving = row["receiving_unit_code"]
    return [
        ("Thủ tục", procedure or "tệp không ghi"),
        ("Thời hạn vào ngày tiếp nhận", _limit(row)),
        ("Đơn vị tiếp nhận", f"{receiving} – {units.get(receiving, receiving)}" if receiving else "tệp không ghi"),
        ("Đơn vị giải quyết", f"{row['resolving_unit_code']} – {units[row['resolving_unit_code']]}"),
        ("Tình trạng vào ngày chốt", STATES[row["state_code"]]),
    ]


def _limit(row: dict) -> str:
    if row["limit_value"] is None:
        return "danh mục không có"
    return f"{_number(row['limit_value'])} {LIMIT_UNITS[row['limit_unit_code']]}"


def _happenings(ask: Ask, row: dict) -> list[Happening]:
    """In the order of time; what has no moment comes last."""
    key = [row["authority_code"], row["dossier_code"]]
    where = "where authority_code = ? and dossier_code = ?"
    found = [Happening(row["submitted_at"], "Nộp"), Happening(row["received_at"], "Tiếp nhận")]
    found += [Happening(row["completed_at"], "Kết thúc xử lý"), Happening(row["returned_at"], "Trả kết quả")]
    found = [happening for happening in found if happening.at is not None]
    for event in ask(f"select * from fct_dossier_events {where} order by occurred_at, event_code", key):
        found.append(Happening(event["occurred_at"], f"Bước {event['event_code']}: {event['activity_name']}"))
    for stop in ask(f"select * from fct_dossier_stops {where} order by stop_number", key):
        found.append(Happening(stop["stopped_at"], _stop_text(stop)))
    for request in ask(f"select * from fct_dossier_supplements {where} order by request_number", key):
        found.append(Happening(request["requested_at"], _request_text(request)))
    for letter in ask(f"select * from fct_apology_letters {where} order by created_at, letter_code", key):
        found.append(Happening(letter["issued_at"] or letter["created_at"], _letter_text(letter)))
    found.sort(key=lambda happening: happening.at or dt.datetime.max)
    changes = (
        "select changes.*, file_name from fct_dossier_date_changes as changes "
        f"left join fct_deliveries using (delivery_id) {where} order by version_number, date_kind_code"
    )
    versions = (
        "select versions.*, file_name from fct_dossier_versions as versions "
        f"left join fct_deliveries using (delivery_id) {where} order by version_number"
    )
    found += [Happening(None, _version_text(version)) for version in ask(versions, key)]
    return found + [Happening(None, _change_text(change)) for change in ask(changes, key)]


def _request_text(request: dict) -> str:
    answered = f"nhận {vi_moment(request['answered_at'])}" if request["answered_at"] else "chưa nhận"
    text = f"Yêu cầu bổ sung lần {request['request_number']} ({answered})"
    days = request["working_days_left"]
    if days is None:
        return f"{text}: không biết còn bao nhiêu ngày đến hạn"
    left = f"còn {days} ngày làm việc đến hạn" if days >= 0 else f"hạn đã qua {-days} ngày làm việc"
    return f"{text}: {left}{', vào những ngày cuối' if request['is_asked_on_last_days'] else ''}"


def _letter_text(letter: dict) -> str:
    told = [f"hẹn lại {vi_moment(letter['due_at_after'])}" if letter["has_new_date"] else "không hẹn lại ngày trả"]
    if not letter["is_issued"]:
        return f"Lập phiếu xin lỗi {letter['letter_code']}, chưa gửi: {told[0]}"
    if letter["is_before_due"] is not None:
        told.append("gửi trước hạn" if letter["is_before_due"] else "gửi không kịp trước hạn")
    told.append(SIGNERS.get(letter["signer_role_code"], "phiếu không ghi ai ký"))
    told += [LATE_CAUSES[letter["late_cause_code"]]] if letter["late_cause_code"] else []
    told += [NEW_DATE_KEPT[letter["is_new_date_kept"]]] if letter["has_new_date"] else []
    return f"Gửi phiếu xin lỗi {letter['letter_code']}: {', '.join(told)}"


def _version_text(version: dict) -> str:
    moments = [
        ("hẹn trả", version["due_at"], "không ghi ngày hẹn trả"),
        ("kết thúc", version["completed_at"], "chưa kết thúc"),
        ("trả kết quả", version["returned_at"], "chưa trả kết quả"),
    ]
    told = ", ".join(f"{name} {vi_moment(at)}" if at else absent for name, at, absent in moments)
    return f"Tệp «{version['file_name']}» (lần {version['version_number']}) ghi: {told}"


def _stop_text(stop: dict) -> str:
    until = f"đến {vi_moment(stop['resumed_at'])}" if stop["resumed_at"] else "đến nay chưa tiếp tục"
    if not stop["is_counted"]:
        return f"Dừng đồng hồ {until}: không được tính, vì khi dừng thời hạn đã hết"
    if stop["resumed_at"] is None:
        return f"Dừng đồng hồ {until}: xét hạn theo ngày bắt đầu dừng"
    if stop["clock_mode_code"] == "restarted":
        return f"Dừng đồng hồ {until}: tính lại đủ thời hạn từ lúc tiếp tục"
    is_working = stop["wait_measure_code"] == "working"
    days = Decimal(stop["wait_seconds"]) / (WORKING_DAY_SECONDS if is_working else DAY_SECONDS)
    return f"Dừng đồng hồ {until}: cộng {_number(round(days, 2))} ngày{' làm việc' if is_working else ''} vào hạn"


def _change_text(change: dict) -> str:
    new = f"thành {vi_moment(change['new_at'])}" if change["new_at"] else "thành trống"
    by = ANNOUNCED.get(change["announced_by_code"])
    told = f", {by}" if by else ""
    kind, effect = DATE_KINDS[change["date_kind_code"]], EFFECTS[change["effect_code"]]
    return f"Tệp «{change['file_name']}» sửa {kind} từ {vi_moment(change['old_at'])} {new}{told}; kết luận {effect}"


def _verdicts(row: dict) -> list[Verdict]:
    named = [
        ("Theo ngày hẹn trả đang ghi", "due_at", "timeliness"),
        ("Theo ngày hẹn trả ghi lần đầu", "original_due_at", "timeliness_original"),
        ("Theo hạn tính lại", "recomputed_due_at", "timeliness_recomputed"),
    ]
    return [
        Verdict(name, row[due], VERDICTS[row[f"{stem}_by_date_code"]], VERDICTS[row[f"{stem}_by_timestamp_code"]])
        for name, due, stem in named
    ]


def _cause_name(ask: Ask, code: str) -> str:
    return ask("select cause_name from dim_difference_causes where cause_code = ?", [code])[0]["cause_name"]


def _claims(ask: Ask, row: dict) -> list[tuple[str, str]]:
    """What the sender and the national portal say of the dossier."""
    key = [row["authority_code"], row["dossier_code"]]
    copies = ask("select * from fct_sync_differences where authority_code = ? and dossier_code = ?", key)
    national = _national_text(ask, copies[0]) if copies else "chưa có bản xuất nào của Cổng nói đến ngày tiếp nhận này"
    return [("Nơi gửi tệp ghi", _flag(row)), ("Cổng Dịch vụ công quốc gia", national)]


def _flag(row: dict, column: str = "declared_timeliness_code") -> str:
    return "không ghi" if row[column] is None else CLAIMS[row[column]]


def _national_text(ask: Ask, copy: dict) -> str:
    why = f"; {_cause_name(ask, copy['cause_code'])}" if copy["cause_code"] else ""
    if copy["match_code"] == "only_local":
        return why.removeprefix("; ")
    due = vi_moment(copy["national_due_at"]) if copy["national_due_at"] else "không có"
    done = f"xong {vi_moment(copy['national_completed_at'])}" if copy["national_completed_at"] else "chưa xong"
    verdict = VERDICTS[copy["national_timeliness_by_date_code"]]
    flag = _flag(copy, "national_declared_timeliness_code")
    return f"hạn {due}, {done}; tự ghi {flag}, theo ngày là {verdict}{why}"


def _number(value: Decimal) -> str:
    """A quantity as Vietnamese writes it: 5, 2,5."""
    return f"{value.normalize():f}".replace(".", ",")


def told(story: Story) -> str:
    """The story as lines of text for a terminal."""
    lines = [story.title, *(f"  {label}: {text}" for label, text in story.facts), "Diễn biến"]
    lines += [f"  {vi_moment(one.at) if one.at else ' ' * 16}  {one.text}" for one in story.happenings]
    lines.append("Kết luận")
    for verdict in story.verdicts:
        due = vi_moment(verdict.due_at) if verdict.due_at else "không có"
        lines.append(f"  {verdict.name} ({due}): theo ngày {verdict.by_date}; theo giờ {verdict.by_timestamp}")
    lines += [f"  {who}: {text}" for who, text in story.claims]
    if story.cause:
        lines.append(f"  Kết luận tính lại khác ngày hẹn đang ghi vì {story.cause}.")
    return "\n".join([*lines, f"  {story.note}"])
