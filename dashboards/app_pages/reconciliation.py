"""Đối soát: what is claimed beside what the dossiers give, why they differ, down to the dossiers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from dagster_project.console import vi_moment
from dagster_project.explaining.dossier import ANNOUNCED, CLAIMS, DATE_KINDS, EFFECTS, VERDICTS
from dashboards import components, data_access, data_access_claims, download_buttons, downloads, labels, state
from dashboards.data_access_claims import LATE_MEASURES, PAGE_SIZE, Scope

Row = Mapping[str, Any]
ANY = "*"
# How many units are listed.
SHOWN_UNITS = 15
# What a section compares dossiers over, as a sentence and as a heading.
COMPARED_OVER = {
    "national": "hồ sơ tiếp nhận trong kỳ mà địa phương hoặc Cổng có",
    "recomputed": "hồ sơ kết thúc trong kỳ",
    "declared": "hồ sơ kết thúc trong kỳ",
}
LEADS = {
    "reports": "Số báo cáo là số đơn vị gửi lên; kết quả là số kho tính từ hồ sơ theo đúng định nghĩa của báo cáo ấy. "
    "«Bằng đúng số theo cách tính khác» là nhận xét về con số, không phải lời giải thích của đơn vị.",
    "national": "Một bên là bản xuất của Cổng Dịch vụ công quốc gia; bên kia là hồ sơ trong danh sách của địa phương.",
    "recomputed": "Một bên là ngày hẹn trả và ngày kết thúc tệp đang ghi; bên kia là hạn kho tính lại từ thời hạn của "
    "thủ tục, lịch làm việc và các lần dừng (chưa được xác nhận), so với ngày kết thúc ghi lần đầu.",
    "declared": "Một bên là ô kết quả thời hạn do hệ thống nguồn ghi (ô hệ thống ghi); bên kia là so ngày kết thúc với "
    "ngày hẹn trả.",
}


def render(view: state.View) -> None:
    """Draw the page for the chosen authority, period and unit."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(
        components.page_header("Đối soát", view.authority_name, view.is_synthetic, as_of, view.build.build_id)
    )
    periods = data_access_claims.claim_periods(view.build, view.authority_code)
    if not periods:
        text = (
            "Bản dựng không có hồ sơ và không có báo cáo nào so được của địa phương này, nên không có gì để đối soát."
        )
        components.show(components.note(text))
        return
    scope, period = _pick_scope(view, periods)
    _draw_tallies(view, scope, period)
    section = _pick_section()
    if section == "reports":
        _draw_reports(view, scope, period)
    else:
        _draw_compared(view, scope, period, section)
    _draw_form(view, scope, period)


def _pick_scope(view: state.View, periods: Sequence[Row]) -> tuple[Scope, Row]:
    columns = st.columns([0.9, 1.2, 2.2])
    period = state.pick_period(view, periods, columns[:2])
    units = {row["unit_code"]: row["unit_name"] for row in data_access.units(view.build, view.authority_code)}
    units[view.authority_code] = "Toàn địa phương"
    unit = state.pick_unit(view, columns[2], list(units), view.authority_code, units.__getitem__)
    return Scope(view.authority_code, unit, period["period_code"], period["start_date"], period["end_date"]), period


def _pick_section() -> str:
    with st.columns([1.6, 2.7])[0]:
        return state.pick(
            "Xem chi tiết", data_access_claims.SECTIONS, "section", "reports", labels.SECTION_TEXT.__getitem__
        )


def _pick_cause(counts: Mapping[str, int], names: Mapping[str, str]) -> tuple[str, int, int]:
    """The cause and the page of a list, both kept in the address, and how many things of that cause there are."""
    counts = {ANY: sum(counts.values()), **counts}
    names = {ANY: "Mọi nguyên nhân", **names}
    columns = st.columns([2.2, 0.8, 1.3])
    with columns[0]:
        cause = state.pick(
            "Nguyên nhân",
            list(counts),
            "cause",
            ANY,
            lambda code: f"{names[code]} ({labels.format_count(counts[code])})",
        )
    last = -(-counts[cause] // PAGE_SIZE)
    with columns[1]:
        pages = [str(number + 1) for number in range(last)]
        page = state.pick("Trang", pages, "page", "1", lambda number: f"{number} trên {last}")
    return cause, int(page), counts[cause]


# --- the four figures


def _draw_tallies(view: state.View, scope: Scope, period: Row) -> None:
    components.show(
        components.section(
            f"Số báo cáo và kết quả, {state.period_text(period)}",
            "Số báo cáo là điều đơn vị, hệ thống ghi và gửi lên; kết quả là điều kho tính từ ngày tháng của hồ sơ. "
            "Hai bên khác nhau thì cần giải trình, chưa phải là sai phạm.",
        )
        + components.tallies(
            [
                _report_tally(view, scope),
                _national_tally(view, scope),
                _compared_tally(view, scope, "recomputed"),
                _compared_tally(view, scope, "declared"),
            ]
        )
    )


def _report_tally(view: state.View, scope: Scope) -> components.Tally:
    title = labels.SECTION_TEXT["reports"]
    rows = data_access_claims.report_causes(view.build, scope)
    if not rows:
        return components.Tally(title, labels.NO_DATA, "chưa có báo cáo nào của kỳ này được nạp")
    found = data_access_claims.figures_by_class(rows)
    total = labels.format_count(sum(found.values()))
    parts = [(labels.REPORT_CLASS_TEXT[name], labels.format_count(count)) for name, count in found.items()]
    if not found["same"] + found["explained"] + found["unexplained"]:
        return components.Tally(title, labels.NO_DATA, f"không so được số nào, trong {total} số đã báo", parts)
    of = f"số cần giải trình, trong {total} số đã báo"
    return components.Tally(title, labels.format_count(found["unexplained"]), of, parts)


def _national_tally(view: state.View, scope: Scope) -> components.Tally:
    title = labels.SECTION_TEXT["national"]
    row = data_access_claims.national_totals(view.build, scope)
    if not row["dossier_count"]:
        return components.Tally(title, labels.NO_DATA, "chưa có bản xuất nào của Cổng cho những ngày này")
    parts = [
        ("hai bên khớp", row["same_count"]),
        ("có ở hai bên, khác nhau", row["differing_count"]),
        ("chỉ có ở địa phương", row["only_local_count"]),
        ("chỉ có trên Cổng", row["only_national_count"]),
    ]
    differing = row["dossier_count"] - row["same_count"]
    of = f"hồ sơ khác nhau, trong {labels.format_count(row['dossier_count'])} hồ sơ tiếp nhận trong kỳ"
    shown = [(name, labels.format_count(count)) for name, count in parts]
    return components.Tally(title, labels.format_count(differing), of, shown, _late_sentence(row))


def _late_sentence(row: Row) -> str:
    """Of the dossiers late on the portal: faults of the synchronisation, late on both sides, the rest."""
    late = row["late_national_count"]
    if not late:
        return "Cổng không ghi hồ sơ nào quá hạn."
    delayed, both = row["delayed_count"], row["late_both_count"]
    parts = (
        (delayed, "xong đúng hạn ở địa phương nhưng đồng bộ muộn"),
        (both, "quá hạn ở cả hai bên"),
        (late - delayed - both, "vì lý do khác"),
    )
    told = "; ".join(f"{_part(count, late)} {text}" for count, text in parts if count)
    return f"Trong {labels.format_count(late)} hồ sơ Cổng ghi quá hạn: {told}."


def _part(count: int, whole: int) -> str:
    return f"{labels.share_text(count, whole)} ({labels.format_fraction(count, whole)})"


def _compared_tally(view: state.View, scope: Scope, section: str) -> components.Tally:
    title = labels.SECTION_TEXT[section]
    found = data_access_claims.compared_causes(view.build, scope, section)
    if not found:
        return components.Tally(title, labels.NO_DATA, "không có hồ sơ kết thúc trong kỳ")
    compared, names = data_access_claims.compared_count(found), _cause_names(view, section)
    parts = [("hai bên khớp", labels.format_count(found.get("same", 0)))]
    parts += [(names[code], labels.format_count(count)) for code, count in found.items() if code != "same"]
    of = f"hồ sơ khác nhau, trong {labels.format_count(compared)} {COMPARED_OVER[section]} so được"
    differing = labels.format_count(sum(data_access_claims.differing(found).values()))
    if not compared:
        differing, of = labels.NO_DATA, f"không so được {COMPARED_OVER[section]} nào"
    remark = ""
    if section == "recomputed":
        still_open = data_access_claims.open_differing_count(view.build, scope)
        remark = f"Ngoài ra {labels.format_count(still_open)} hồ sơ chưa kết thúc vào ngày chốt có kết luận khác."
    return components.Tally(title, differing, of, parts, remark)


def _cause_names(view: state.View, section: str) -> dict[str, str]:
    if section == "declared":
        return {code: name for code, (name, _) in labels.FLAG_CAUSES.items()}
    return {code: row["cause_name"] for code, row in data_access_claims.causes(view.build).items()}


def _cause_explanations(view: state.View, section: str) -> dict[str, str]:
    if section == "declared":
        return {code: text for code, (_, text) in labels.FLAG_CAUSES.items()}
    return {code: row["explanation"] for code, row in data_access_claims.causes(view.build).items()}


# --- dossier against dossier


def _draw_compared(view: state.View, scope: Scope, period: Row, section: str) -> None:
    found = data_access_claims.compared_causes(view.build, scope, section)
    title = f"{labels.SECTION_TEXT[section]}, {state.period_text(period)}"
    differing = data_access_claims.differing(found)
    if not differing:
        text = f"Không thấy {COMPARED_OVER[section]} nào mà hai bên khác nhau."
        if not data_access_claims.compared_count(found):
            text = f"{labels.NO_DATA.capitalize()}: không có {COMPARED_OVER[section]} so được ở phạm vi này."
        components.show(components.section(title, LEADS[section]) + components.note(text))
        return
    components.show(components.section(title, LEADS[section]) + _causes_table(view, scope, period, section, differing))
    if section == "recomputed":
        _draw_changes(view, scope)
    cause, page, total = _pick_cause(differing, _cause_names(view, section))
    _draw_units(view, scope, period, section, cause)
    _draw_dossiers(view, scope, section, cause, page, total)


def _causes_table(view: state.View, scope: Scope, period: Row, section: str, counts: Mapping[str, int]) -> str:
    names, explanations = _cause_names(view, section), _cause_explanations(view, section)
    total = sum(counts.values())
    thing = "Số" if section == "reports" else "Hồ sơ"
    columns = (
        components.Column("Nguyên nhân"),
        components.Column(thing, "num value"),
        components.Column("Tỷ lệ", "num"),
        components.Column("Nghĩa là", "wide"),
    )
    kept = _filters(scope, period, section)
    cells = (
        [
            components.text(names[code]) if code == "same" else components.claims_link(names[code], **kept, cause=code),
            labels.format_count(count),
            labels.share_text(count, total),
            components.text(explanations[code]),
        ]
        for code, count in counts.items()
    )
    return components.table(columns, cells, "Nguyên nhân khác nhau")


def _filters(scope: Scope, period: Row, section: str) -> dict[str, str]:
    return {
        "authority": scope.authority_code,
        "kind": period["period_kind_code"],
        "period": scope.period_code,
        "unit": scope.unit_code,
        "section": section,
    }


def _draw_changes(view: state.View, scope: Scope) -> None:
    """Dates that a later file changed, of the dossiers finished in the period: what that did to their verdicts."""
    rows = data_access_claims.changed_dates(view.build, scope)
    if not rows:
        return
    columns = (
        components.Column("Ngày bị sửa"),
        components.Column("Kết luận"),
        components.Column("Có văn bản nào ghi", "wide"),
        components.Column("Hồ sơ", "num value"),
    )
    cells = (
        [
            DATE_KINDS[row["date_kind_code"]],
            EFFECTS[row["effect_code"]],
            ANNOUNCED.get(row["announced_by_code"], "–"),
            labels.format_count(row["dossier_count"]),
        ]
        for row in rows
    )
    lead = "Của hồ sơ kết thúc trong kỳ, do tệp nạp sau ghi khác tệp nạp trước."
    components.show(
        components.section("Ngày bị sửa về sau", lead) + components.table(columns, cells, "Ngày bị sửa về sau")
    )


def _draw_units(view: state.View, scope: Scope, period: Row, section: str, cause: str) -> None:
    rows = data_access_claims.compared_units(view.build, scope, section, cause)
    columns = (
        components.Column("Đơn vị"),
        components.Column("Khác nhau", "num value"),
        components.Column("Đối chiếu", "num"),
        components.Column("Tỷ lệ", "num wide"),
    )
    kept = {**_filters(scope, period, section), "cause": cause}
    cells = (
        [
            components.claims_link(row["unit_name"] or row["unit_code"], **{**kept, "unit": row["unit_code"]}),
            labels.format_count(row["differing_count"]),
            labels.format_count(row["dossier_count"]),
            labels.share_text(row["differing_count"], row["dossier_count"]),
        ]
        for row in rows[:SHOWN_UNITS]
    )
    lead = _units_lead(len(rows))
    components.show(components.section("Theo đơn vị", lead) + components.table(columns, cells, "Khác nhau theo đơn vị"))


def _units_lead(count: int) -> str:
    more = f", dưới đây là {SHOWN_UNITS} đơn vị nhiều nhất" if count > SHOWN_UNITS else ""
    return f"{labels.format_count(count)} đơn vị có chỗ khác nhau{more}."


def _draw_dossiers(view: state.View, scope: Scope, section: str, cause: str, page: int, total: int) -> None:
    names = _cause_names(view, section)
    heads, cells = _DOSSIER_TABLES[section]
    columns = (components.Column("Mã hồ sơ"), *heads, components.Column("Nguyên nhân", "wide"))
    rows = data_access_claims.compared_dossiers(view.build, scope, section, cause, page)
    lines = (
        [
            components.dossier_link(row["authority_code"], row["dossier_code"]),
            *cells(row),
            components.text(names[row["cause_code"]]),
        ]
        for row in rows
    )
    count = labels.format_count(total)
    lead = f"{count} hồ sơ, {PAGE_SIZE} hồ sơ một trang; bấm vào mã để xem toàn bộ quá trình giải quyết."
    components.show(
        components.section("Danh sách hồ sơ", lead) + components.table(columns, lines, "Hồ sơ hai bên khác nhau")
    )


def _moment(at: Any, absent: str) -> str:
    return vi_moment(at) if at else absent


def _side(due: Any, completed: Any, verdict: str, more: str = "") -> str:
    """One side of a dossier: its verdict, and below it the dates."""
    dates = f"hẹn {_moment(due, 'không có')}; {'xong ' + vi_moment(completed) if completed else 'chưa xong'}{more}"
    return f'{components.text(verdict)}<span class="dates">{components.text(dates)}</span>'


def _national_cells(row: Row) -> Iterable[str]:
    local = (
        "không có"
        if row["match_code"] == "only_national"
        else _side(row["local_due_at"], row["local_completed_at"], VERDICTS[row["local_timeliness_by_date_code"]])
    )
    if row["match_code"] == "only_local":
        return "không có", local
    flag = row["national_declared_timeliness_code"]
    more = f", ô hệ thống ghi {CLAIMS[flag]}" if flag else ""
    verdict = VERDICTS[row["national_timeliness_by_date_code"]]
    return _side(row["national_due_at"], row["national_completed_at"], verdict, more), local


def _recomputed_cells(row: Row) -> Iterable[str]:
    return (
        _side(row["due_at"], row["completed_at"], VERDICTS[row["timeliness_by_date_code"]]),
        _side(row["recomputed_due_at"], row["first_completed_at"], VERDICTS[row["timeliness_recomputed_by_date_code"]]),
    )


def _declared_cells(row: Row) -> Iterable[str]:
    flag = row["declared_timeliness_code"]
    found = _side(row["due_at"], row["completed_at"], VERDICTS[row["timeliness_by_date_code"]])
    return (CLAIMS[flag] if flag else "không ghi"), found


_DOSSIER_TABLES: dict[str, tuple[tuple[components.Column, ...], Callable[[Row], Iterable[str]]]] = {
    "national": ((components.Column("Cổng ghi"), components.Column("Địa phương ghi")), _national_cells),
    "recomputed": ((components.Column("Theo tệp đang ghi"), components.Column("Theo hạn tính lại")), _recomputed_cells),
    "declared": ((components.Column("Hệ thống ghi"), components.Column("Theo ngày")), _declared_cells),
}


# --- reports


def _draw_reports(view: state.View, scope: Scope, period: Row) -> None:
    rows = data_access_claims.report_causes(view.build, scope)
    title = f"Báo cáo của đơn vị, {state.period_text(period)}"
    counts = {code: row["figure_count"] for code, row in rows.items()}
    differing = {code: count for code, count in counts.items() if code != "same"}
    if not differing:
        text = "Mọi số báo cáo của kỳ bằng số tính từ hồ sơ." if counts else "Chưa có báo cáo nào của kỳ này được nạp."
        components.show(components.section(title, LEADS["reports"]) + components.note(text))
        return
    components.show(components.section(title, LEADS["reports"]) + _causes_table(view, scope, period, "reports", counts))
    names = _cause_names(view, "reports")
    cause, page, _ = _pick_cause(differing, names)
    _draw_reporters(view, scope, period)
    _draw_figures(view, scope, names, cause, page)
    if scope.unit_code != scope.authority_code:
        _draw_late(view, scope)


def _draw_reporters(view: state.View, scope: Scope, period: Row) -> None:
    rows = data_access_claims.report_units(view.build, scope)
    if not rows:
        return
    columns = (
        components.Column("Đơn vị"),
        components.Column("Cần giải trình", "num value"),
        components.Column("Số khác nhau", "num"),
        components.Column("Lệch nhiều nhất", "num"),
        components.Column("Số đã báo", "num wide"),
    )
    kept = _filters(scope, period, "reports")
    cells = (
        [
            components.claims_link(row["unit_name"], **{**kept, "unit": row["unit_code"]})
            if row["unit_code"]
            else components.text(row["unit_name"]),
            *(labels.format_count(row[f"{name}_count"]) for name in ("unexplained", "differing", "largest", "figure")),
        ]
        for row in rows[:SHOWN_UNITS]
    )
    components.show(
        components.section("Theo đơn vị", _units_lead(len(rows)))
        + components.table(columns, cells, "Khác nhau theo đơn vị")
    )


def _draw_figures(view: state.View, scope: Scope, names: Mapping[str, str], cause: str, page: int) -> None:
    rows = data_access_claims.report_figures(view.build, scope, cause, page)
    columns = (
        components.Column("Đơn vị, số"),
        components.Column("Số báo cáo", "num"),
        components.Column("Kết quả", "num"),
        components.Column("Lệch", "num value"),
        components.Column("Nguyên nhân", "wide"),
    )
    cells = (_figure_cells(row, names) for row in rows)
    lead = f"{labels.format_count(rows[0]['figure_count'])} số, lệch nhiều nhất đứng đầu."
    components.show(
        components.section("Số báo cáo và số tính từ hồ sơ", lead)
        + components.table(columns, cells, "Số báo cáo và kết quả")
    )


def _figure_cells(row: Row, names: Mapping[str, str]) -> list[str]:
    line = "" if row["line_kind_code"] == "unit" else f", {row['line_name']}"
    what = f"{labels.report_name(row)}{line}: {labels.measure_name(row['measure_code'])}"
    cause = names[row["cause_code"]] + (f": {row['reading_name']}" if row["reading_name"] else "")
    if row["swapped_count"]:
        cause = _swapped_text(row)
    return [
        f'{components.text(row["shown_name"])}<span class="dates">{components.text(what)}</span>'
        f'<span class="sub">{components.text(cause)}</span>',
        labels.format_count(row["claimed_count"]),
        labels.format_count(row["computed_count"]),
        labels.signed_count(row["difference_count"]),
        components.text(cause),
    ]


def _swapped_text(row: Row) -> str:
    """Where a report has the right total and moved dossiers between on time and late: said once, at the late ones."""
    if row["measure_code"] not in LATE_MEASURES:
        return f"cùng một việc với số quá hạn lệch {labels.signed_count(-row['swapped_count'])} của báo cáo này"
    count, total = labels.format_count(abs(row["swapped_count"])), labels.format_count(row["whole_count"])
    true, told = ("quá hạn", "đúng hạn") if row["swapped_count"] > 0 else ("đúng hạn", "quá hạn")
    return f"báo đủ {total} hồ sơ nhưng ghi {count} hồ sơ {true} thành {told}; cần đơn vị giải trình"


def _draw_late(view: state.View, scope: Scope) -> None:
    """The dossiers of the unit that its dates make late: what a smaller reported figure has to be explained by."""
    rows = data_access_claims.late_in_period(view.build, scope, 1)
    if not rows:
        return
    columns = (
        components.Column("Mã hồ sơ", "nowrap"),
        components.Column("Hẹn trả", "num"),
        components.Column("Kết thúc", "num"),
        components.Column("Quá hạn, tính theo ngày (ngày làm việc)", "num wide"),
        components.Column("Hệ thống ghi", "wide"),
    )
    cells = (
        [
            components.dossier_link(scope.authority_code, row["dossier_code"]),
            labels.format_date(row["due_at"]),
            labels.format_date(row["completed_at"]),
            labels.overdue_days_text(row["overdue_working_days"]),
            CLAIMS.get(row["declared_timeliness_code"], "không ghi"),
        ]
        for row in rows
    )
    total = labels.format_count(rows[0]["late_count"])
    lead = f"{total} hồ sơ kết thúc trong kỳ sau ngày hẹn trả, dưới đây là {len(rows)} hồ sơ trễ lâu nhất."
    components.show(
        components.section("Hồ sơ quá hạn theo ngày, căn cứ của số kho tính", lead)
        + components.table(columns, cells, "Hồ sơ quá hạn trong kỳ")
    )


# --- form II.06a


def _draw_form(view: state.View, scope: Scope, period: Row) -> None:
    rows = data_access_claims.form_06a(view.build, scope)
    title = f"Biểu II.06a lập lại từ hồ sơ, {state.period_text(period)}"
    if not rows:
        text = f"{labels.NO_DATA.capitalize()}: không có hồ sơ nào của đơn vị trong kỳ này."
        components.show(components.section(title) + components.note(text))
        return
    days = f"Từ {labels.format_date(period['start_date'])} đến {labels.format_date(period['counted_to_date'])}. "
    lead = days + "Kết quả kho tính từ hồ sơ của đơn vị giải quyết, không phải biểu đơn vị gửi."
    total = rows[-1]
    identities = "".join(f"<div>{components.text(line)}</div>" for line in labels.form_identities(total))
    components.show(
        components.section(title, lead) + components.form_table(rows) + f'<div class="equation">{identities}</div>'
    )
    columns = (
        components.Column("Phần biểu không cho thấy"),
        components.Column("Nằm ở đâu"),
        components.Column("Hồ sơ", "num value"),
    )
    cells = (
        [components.text(name), components.text(where), labels.format_count(total[column])]
        for column, (name, where) in labels.FORM_HIDDEN.items()
    )
    components.show(
        components.section("Phần biểu không cho thấy", "Của dòng tổng số.")
        + components.table(columns, cells, "Phần biểu không cho thấy")
    )
    _draw_form_downloads(view, scope, period, rows, lead)


def _draw_form_downloads(view: state.View, scope: Scope, period: Row, rows: Sequence[Row], source: str) -> None:
    units = {row["unit_code"]: row["unit_name"] for row in data_access.units(view.build, view.authority_code)}
    head = [
        ("Đơn vị", f"{units[scope.unit_code]} ({scope.unit_code})"),
        ("Kỳ", state.period_text(period)),
        ("Nguồn", source),
        *(("Kiểm tra", line) for line in labels.form_identities(rows[-1])),
    ]
    headers = ["Lĩnh vực"]
    headers += [
        f"Cột {number}: {name.lower()}{' = ' + parts if parts else ''}"
        for number, name, parts in labels.FORM_COLUMNS.values()
    ]
    headers += [f"{name} ({where})" for name, where in labels.FORM_HIDDEN.values()]
    measures = [*labels.FORM_COLUMNS, *labels.FORM_HIDDEN]
    cells = [[row["line_name"], *(row[name] for name in measures)] for row in rows]
    title = f"Biểu II.06a lập lại từ hồ sơ, {state.period_text(period)}"
    widths = [42] + [14] * len(measures)
    sheet = download_buttons.sheet(view, title, "Biểu II.06a", head, headers, cells, widths)
    name = f"bieu-II-06a_{scope.unit_code}_{scope.period_code}"
    download_buttons.draw(view, sheet, name, downloads.form_06a_xlsx(sheet, rows))
