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
DATE_KINDS = {"received": "ngày tiếp nhận", "due": "ngày hẹn trả", "completed": "ngày kết thúc"}
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
# What a definition makes of one dossier (fct_dossier_verdicts).
COUNTED = {
    "met": "tính là đúng hạn",
    "missed": "tính là quá hạn",
    "met_withdrawn": "tính là đúng hạn, dù đã rút hoặc dừng",
    "met_undated": "tính là đúng hạn, dù không có ngày hẹn trả",
    "missed_supplemented_twice": "tính là quá hạn; có yêu cầu bổ sung từ hai lần",
    "not_yet": "có trong mẫu số, chưa được tính là đúng hạn vì chưa kết thúc",
    "unplaced": "không tính: đã kết thúc mà không ghi ngày",
    "withdrawn": "không tính: đã rút hoặc dừng",
    "no_due_date": "không tính: không có ngày hẹn trả",
    "no_limit": "không tính: không biết thời hạn",
    "no_flag": "không tính: hệ thống không ghi đúng hay quá hạn",
    "still_open": "chưa tính: chưa kết thúc",
    "not_returned": "chưa tính: chưa trả kết quả",
    "not_due": "chưa tính: ngày hẹn trả chưa qua",
}
# By which dates a definition judges: the period that counts the dossier, the moments it compares, and how.
CLOSING, BY_DATE, BY_CLOCK = "kỳ có ngày kết thúc", "so theo ngày", "so đến giờ phút"
BASES = {
    "resolved": (CLOSING, ("completed_at", "due_at"), BY_DATE),
    "resolved_timestamp": (CLOSING, ("completed_at", "due_at"), BY_CLOCK),
    "resolved_original": (CLOSING, ("completed_at", "original_due_at"), BY_DATE),
    "resolved_recomputed": (CLOSING, ("first_completed_at", "recomputed_due_at"), BY_DATE),
    "received": ("kỳ có ngày tiếp nhận", ("completed_at", "due_at"), BY_DATE),
    "handed_over": ("kỳ có ngày trả kết quả", ("returned_at", "due_at"), BY_CLOCK),
    "form_06a": (CLOSING, ("completed_at", "due_at"), BY_DATE),
    "qd766": ("kỳ có ngày tiếp nhận", ("completed_at", "due_at"), BY_DATE),
    "to_be_processed": ("mọi kỳ từ tiếp nhận đến kết thúc", ("completed_at", "due_at"), BY_DATE),
    "due_in_period": ("kỳ có ngày hẹn trả", ("completed_at", "due_at"), BY_DATE),
    "declared_flag": (CLOSING, (), "theo ô hệ thống ghi"),
}
NOT_COUNTED = "Không định nghĩa nào tính hồ sơ chưa tiếp nhận hoặc không được tiếp nhận"
MOMENTS = {
    "completed_at": "kết thúc",
    "first_completed_at": "kết thúc ghi lần đầu",
    "returned_at": "trả kết quả",
    "due_at": "hẹn trả",
    "original_due_at": "hẹn trả ghi lần đầu",
    "recomputed_due_at": "hạn tính lại",
}
# How a moment that is not there is told; «unwritten»: it has been, and no file says when.
ABSENT = {
    "completed_at": "chưa kết thúc",
    "first_completed_at": "chưa kết thúc",
    "returned_at": "chưa trả kết quả",
    "due_at": "không có ngày hẹn trả",
    "original_due_at": "không có ngày hẹn trả ghi lần đầu",
    "recomputed_due_at": "không có hạn tính lại",
    "unwritten": "đã kết thúc, không ghi ngày",
}
HOLDINGS = {
    "processing": "khi đang xử lý",
    "waiting": "khi chờ người nộp hoặc tạm dừng",
    "unlogged": "khi nhật ký chưa ghi ai giữ",
}
FLAGGED_SOURCES = {
    "one_stop__dossiers": "Danh sách hồ sơ",
    "one_stop__supplements": "Bổ sung",
    "one_stop__pauses": "Tạm dừng",
    "one_stop__apology_letters": "Phiếu xin lỗi",
    "one_stop__dossier_events": "Nhật ký",
}
# The due date that the delay is measured from (fct_dossier_delays), with its column.
DUE_BASES = {"recomputed": "hạn tính lại", "recorded": "ngày hẹn trả đang ghi"}
MEASURES = {"working": "giờ làm việc, một ngày 8 giờ", "elapsed": "giờ lịch"}
NOT_DIVIDED = "Không chia phần trễ: so với"
LATE = ("late", "open_late")
# Each due date with the column of its verdict by date; by the clock: «timestamp» for «date».
DUE_DATES = ("timeliness", "timeliness_original", "timeliness_recomputed")
UNCONFIRMED = (
    "Hạn tính lại theo giờ làm việc, lịch nghỉ và cách cộng thời gian chờ của kho, chưa được văn bản nào xác nhận."
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
class Counting:
    """Whether one on-time definition counts the dossier and as what, and by which dates."""

    name: str
    is_confirmed: bool
    result: str
    basis: str


@dataclass(frozen=True)
class Story:
    """One dossier told: ``facts`` and ``claims`` (what others say of it) are label and text.

    ``cause`` is None where the verdicts agree; ``steps`` are told of open dossiers and of those late by some due date;
    ``delay_note`` says what ``delays`` are measured against, or why a late dossier has none, and is None of others;
    ``countings`` is empty where no definition may count the dossier; ``flags`` are what to look at again in the rows
    about it, by source.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    happenings: tuple[Happening, ...]
    verdicts: tuple[Verdict, ...]
    claims: tuple[tuple[str, str], ...]
    cause: str | None
    countings: tuple[Counting, ...]
    flags: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]
    delays: tuple[tuple[str, str], ...]
    delay_note: str | None
    note: str = UNCONFIRMED


def dossier_stories(ask: Ask, dossier_code: str, authority_code: str | None = None) -> list[Story]:
    """The stories of all dossiers of that code, one per authority (a code means nothing outside its authority)."""
    sql = "select * from fct_dossiers where dossier_code = ?"
    found = ask(f"{sql} order by authority_code", [dossier_code])
    return [_story(ask, row) for row in found if authority_code in (None, row["authority_code"])]


def _story(ask: Ask, row: dict) -> Story:
    cause = row["difference_cause_code"]
    units = _unit_names(ask, row["authority_code"])
    delays = _delays(ask, row)
    return Story(
        title=f"Hồ sơ {row['dossier_code']} ({row['authority_code']})",
        facts=tuple(_facts(units, row)),
        happenings=tuple(_happenings(ask, row)),
        verdicts=tuple(_verdicts(row)),
        claims=tuple(_claims(ask, row)),
        cause=None if cause is None else _cause_name(ask, cause),
        countings=tuple(_countings(ask, row)),
        flags=tuple(_flags(ask, row)),
        steps=tuple(_steps(ask, units, row)),
        delays=tuple((units.get(part["unit_code"], part["unit_code"]), _delay_text(part)) for part in delays),
        delay_note=_delay_note(delays[0]) if delays else _no_delay_note(row),
    )


def _unit_names(ask: Ask, authority_code: str) -> dict[str, str]:
    found = ask("select unit_code, unit_name from dim_units where authority_code = ?", [authority_code])
    return {unit["unit_code"]: unit["unit_name"] for unit in found}


def _facts(units: dict[str, str], row: dict) -> list[tuple[str, str]]:
    procedure = " – ".join(text for text in (row["procedure_code"], row["procedure_name"]) if text)
    receiving, resolving = row["receiving_unit_code"], row["resolving_unit_code"]
    return [
        ("Thủ tục", procedure or "tệp không ghi"),
        ("Thời hạn vào ngày tiếp nhận", _limit(row)),
        ("Đơn vị tiếp nhận", f"{receiving} – {units.get(receiving, receiving)}" if receiving else "tệp không ghi"),
        ("Đơn vị giải quyết", _in_section(f"{resolving} – {units[resolving]}", row["section_code"])),
        ("Tình trạng vào ngày chốt", STATES[row["state_code"]]),
    ]


def _in_section(unit: str, section_code: str | None) -> str:
    """A unit with its section, which has a code and in no register a name."""
    return f"{unit}, bộ phận {section_code}" if section_code else unit


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
        ("tiếp nhận", version["received_at"], "không ghi ngày tiếp nhận"),
        ("hẹn trả", version["due_at"], "không ghi ngày hẹn trả"),
        ("kết thúc", version["completed_at"], "chưa kết thúc"),
        ("trả kết quả", version["returned_at"], "chưa trả kết quả"),
    ]
    told = ", ".join(f"{name} {vi_moment(at)}" if at else absent for name, at, absent in moments)
    where = f"thủ tục {version['procedure_code'] or 'không ghi'}, đơn vị giải quyết {version['resolving_unit_code']}"
    return f"Tệp «{version['file_name']}» (lần {version['version_number']}) ghi: {told}; {where}"


def _stop_text(stop: dict) -> str:
    until = f"đến {vi_moment(stop['resumed_at'])}" if stop["resumed_at"] else "đến nay chưa tiếp tục"
    if not stop["is_counted"]:
        return f"Tạm dừng tính thời hạn {until}: không được tính, vì khi dừng thời hạn đã hết"
    if stop["resumed_at"] is None:
        return f"Tạm dừng tính thời hạn {until}: xét hạn theo ngày bắt đầu dừng"
    if stop["clock_mode_code"] == "restarted":
        return f"Tạm dừng tính thời hạn {until}: tính lại đủ thời hạn từ lúc tiếp tục"
    is_working = stop["wait_measure_code"] == "working"
    days = Decimal(stop["wait_seconds"]) / (WORKING_DAY_SECONDS if is_working else DAY_SECONDS)
    added = f"{_number(round(days, 2))} ngày{' làm việc' if is_working else ''}"
    return f"Tạm dừng tính thời hạn {until}: cộng {added} vào hạn"


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
    return f"hạn {due}, {done}; ô hệ thống ghi {flag}, theo ngày là {verdict}{why}"


def _countings(ask: Ask, row: dict) -> list[Counting]:
    """Each definition in the order of the registry."""
    key = [row["authority_code"], row["dossier_code"]]
    verdicts = ask("select * from fct_dossier_verdicts where authority_code = ? and dossier_code = ?", key)
    registry = "select indicator_code, indicator_short_name, is_confirmed from dim_indicators order by display_order"
    found = []
    for indicator in ask(registry, []) if verdicts else []:
        code = indicator["indicator_code"].removeprefix("on_time_rate__")
        if code in BASES:
            result = COUNTED[verdicts[0][f"{code}_verdict_code"]]
            found.append(
                Counting(indicator["indicator_short_name"], indicator["is_confirmed"], result, _basis(code, row))
            )
    return found


def _basis(code: str, row: dict) -> str:
    period, columns, how = BASES[code]
    # QĐ 766, 2.1: without a due date by the limit.
    if code == "qd766":
        columns = ("completed_at", "due_at" if row["due_at"] else "recomputed_due_at")
    told = [f"{MOMENTS[name]} {vi_moment(row[name])}" if row[name] else _absent(name, row) for name in columns]
    if code == "qd766" and row["supplement_count"] is not None:
        told.append(f"{row['supplement_count']} lần bổ sung")
    if code == "declared_flag":
        told.append(f"hệ thống ghi «{_flag(row)}»")
    return "; ".join([period, *told, how])


def _absent(name: str, row: dict) -> str:
    is_unwritten = name in ("completed_at", "first_completed_at") and row["is_closed"]
    return ABSENT["unwritten" if is_unwritten else name]


def _steps(ask: Ask, units: dict[str, str], row: dict) -> list[tuple[str, str]]:
    """The steps of an open dossier or one late by some due date: where, how long, what of the delay is theirs."""
    key = [row["authority_code"], row["dossier_code"]]
    steps = ask(
        "select * from fct_dossier_steps where authority_code = ? and dossier_code = ? order by step_number", key
    )
    return [(step["activity_name"] or "Chưa ghi bước tiếp theo", _step_text(units, step)) for step in steps]


def _step_text(units: dict[str, str], step: dict) -> str:
    unit = units.get(step["unit_code"], step["unit_code"]) or "không ghi đơn vị"
    where = _in_section(unit, step["section_code"])
    until = "đến nay" if step["is_open"] else f"đến {vi_moment(step['ended_at'])}"
    lasted = _duration(step["working_seconds"], "working") if step["working_seconds"] is not None else None
    told = [where, f"từ {vi_moment(step['began_at'])} {until}" if step["began_at"] else until]
    told += [lasted or _duration(step["elapsed_seconds"], "elapsed")] if step["elapsed_seconds"] is not None else []
    told += ["chờ"] if step["is_wait"] else []
    told += ["làm lại"] if step["is_rework"] else []
    told += ["xong sau hạn của bước"] if step["is_step_late"] else []
    measure = "working" if lasted else "elapsed"
    told += [f"phần trễ {_duration(step['delay_seconds'], measure)}"] if step["delay_seconds"] else []
    return "; ".join(told)


def _delays(ask: Ask, row: dict) -> list[dict]:
    """Who held a late dossier after its due date and for how long; the parts add up to the whole delay."""
    key = [row["authority_code"], row["dossier_code"]]
    return ask(
        "select * from fct_dossier_delays where authority_code = ? and dossier_code = ? "
        "order by delay_seconds desc, unit_code, holding_code",
        key,
    )


def _delay_text(part: dict) -> str:
    number, unit = _duration(part["delay_seconds"], part["measure_code"]).split(" ", 1)
    whole = _duration(part["dossier_delay_seconds"], part["measure_code"])
    held = number if whole.endswith(f" {unit}") else f"{number} {unit}"
    told = f"{held} trong tổng {whole} trễ, {HOLDINGS[part['holding_code']]}"
    claimed = LATE_CAUSES.get(part["claimed_cause_code"])
    return f"{told}; phiếu xin lỗi ghi {claimed}" if claimed else told


def _flags(ask: Ask, row: dict) -> list[tuple[str, str]]:
    """What the rules of the borders ask to look at again in the rows about the dossier."""
    found = ask(
        # A rule says what should be; what is found in a cell says what is.
        "select source_code, flagged_row_count, "
        "case when rule_code is null then reason_text else 'Không đạt: ' || reason_text end as told "
        "from fct_dossier_flags left join dim_rules on reason_code = rule_code "
        "where authority_code = ? and dossier_code = ? order by source_code, reason_code",
        [row["authority_code"], row["dossier_code"]],
    )
    return [
        (
            FLAGGED_SOURCES[flag["source_code"]],
            flag["told"] + (f" ({flag['flagged_row_count']} dòng)" if flag["flagged_row_count"] > 1 else ""),
        )
        for flag in found
    ]


def _delay_note(part: dict) -> str:
    """What the delay is measured from, to and in."""
    due = f"{DUE_BASES[part['due_basis_code']]} {vi_moment(part['due_at'])}"
    return f"Trễ so với {due}, đến {vi_moment(part['delay_ended_at'])}, tính theo {MEASURES[part['measure_code']]}."


def _no_delay_note(row: dict) -> str | None:
    """Why a dossier that some due date makes late has no delay to divide; None where nothing makes it late."""
    verdicts = [row[f"{stem}_by_{how}_code"] for stem in DUE_DATES for how in ("date", "timestamp")]
    if not set(verdicts) & set(LATE):
        return None
    basis, stem, due = "recomputed", "timeliness_recomputed", row["recomputed_due_at"]
    # As int_late_dossiers_measured: without a limit by the due date on the dossier.
    if row["timeliness_recomputed_by_date_code"] == "no_due_date":
        basis, stem, due = "recorded", "timeliness", row["due_at"]
    against = f"{NOT_DIVIDED} {DUE_BASES[basis]}"
    if due is None:
        return f"{against} thì không có hạn."
    verdict, against = row[f"{stem}_by_date_code"], f"{against} ({due:%d/%m/%Y})"
    if verdict in LATE:
        return f"{against} hồ sơ {VERDICTS[verdict]}, nhưng từ hạn đến đó không có giờ làm việc nào."
    if verdict == "open_in_time":
        return f"{against} hồ sơ {VERDICTS[verdict]}."
    by_day = ", tính theo ngày" if row[f"{stem}_by_timestamp_code"] == "late" else ""
    return f"{against} hồ sơ xong {VERDICTS[verdict]}{by_day}."


def _duration(seconds: int, measure_code: str) -> str:
    """A stretch of time; a working day has 8 hours."""
    day = WORKING_DAY_SECONDS if measure_code == "working" else DAY_SECONDS
    if seconds >= day:
        return f"{_number(round(Decimal(seconds) / day, 1))} ngày{' làm việc' if measure_code == 'working' else ''}"
    hours = f"giờ{' làm việc' if measure_code == 'working' else ''}"
    return f"{_number(round(Decimal(seconds) / 3600, 1))} {hours}" if seconds >= 3600 else f"{seconds // 60} phút"


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
    lines += [f"  {story.note}", "Theo từng định nghĩa", *(f"  {line}" for line in _counting_lines(story))]
    titled = (("Điều cần xem lại", story.flags), ("Các bước", story.steps), ("Phần trễ", story.delays))
    for title, parts in titled:
        lines += [title, *(f"  {label}: {text}" for label, text in parts)] if parts else []
    lines += [f"  {story.delay_note}"] if story.delay_note else []
    return "\n".join(lines)


def _counting_lines(story: Story) -> list[str]:
    if not story.countings:
        return [f"{NOT_COUNTED}."]
    marks = {True: "", False: " (chưa được xác nhận)"}
    told = ((f"{one.name}{marks[one.is_confirmed]}: {one.result}", f"  {one.basis}") for one in story.countings)
    return [line for lines in told for line in lines]
