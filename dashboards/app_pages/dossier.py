"""Hồ sơ: one dossier by its code – what happened, what each definition says of it, and why they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dagster_project.console import vi_moment
from dagster_project.explaining.dossier import NOT_COUNTED, Counting, Happening, Story, Verdict
from dashboards import components, data_access, data_access_scores, labels, labels_scores, state


def render(view: state.View) -> None:
    """Draw the dossier named in the address or typed into the box."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(components.page_header("Hồ sơ", view.authority_name, view.is_synthetic, as_of, view.build.build_id))
    code = state.typed("Mã hồ sơ", "dossier", "Gõ đúng mã hồ sơ rồi nhấn Enter")
    if not view.has_dossiers:
        text = f"{labels.NO_DATA.capitalize()}: bản dựng không chứa hồ sơ của địa phương này."
        components.show(components.note(text))
        return
    if not code:
        components.show(
            components.note("Gõ mã một hồ sơ, hoặc mở từ danh sách hồ sơ ở trang Đơn vị, Quy trình hay Đối soát.")
        )
        return
    stories = data_access.dossier_stories(view.build, view.authority_code, code)
    if not stories:
        text = f"{view.authority_name} không có hồ sơ «{code}» trong bản dựng này. Hãy xem lại mã hồ sơ."
        components.show(components.note(text, is_warning=True))
    for story in stories:
        _draw(story)
        _draw_lost_points(view, code)


def _draw(story: Story) -> None:
    facts = ((components.text(label), components.text(text)) for label, text in story.facts)
    columns = (components.Column("Thông tin", "nowrap"), components.Column("Nội dung"))
    components.show(components.section(story.title) + components.table(columns, facts, story.title))
    _draw_verdicts(story)
    _draw_countings(story)
    happenings = (_happening_cells(one) for one in story.happenings)
    columns = (components.Column("Lúc", "nowrap"), components.Column("Việc"))
    components.show(components.section("Diễn biến") + components.table(columns, happenings, "Diễn biến của hồ sơ"))
    lead = "Các dòng này được nhận nhưng không theo một quy tắc kiểm tra; số liệu vẫn tính theo điều đã ghi."
    _draw_parts("Điều cần xem lại", lead, ("Nguồn", "Điều cần xem"), story.flags)
    lead = (
        "Có ở hồ sơ chưa xong và hồ sơ quá một trong ba hạn ở trên. "
        "Ngày làm việc ở đây là giờ làm việc cộng lại, 8 giờ một ngày; trang Đúng hạn và Đối soát tính theo ngày."
    )
    _draw_parts("Các bước", lead, ("Bước", "Ở đâu, bao lâu"), story.steps)
    lead = "Các phần cộng lại bằng cả phần trễ; nguyên nhân trong phiếu xin lỗi là do nơi lập phiếu ghi."
    if story.delays:
        lead = f"{story.delay_note} {lead}"
    elif story.delay_note:
        components.show(components.section("Phần trễ") + components.note(story.delay_note))
    _draw_parts("Phần trễ", lead, ("Đơn vị", "Giữ bao lâu sau hạn"), story.delays)


def _draw_lost_points(view: state.View, dossier_code: str) -> None:
    """The criteria whose indicator counts this dossier as not on time, and what one more on time would give."""
    rows = data_access_scores.criteria_missed_by(view.build, view.authority_code, dossier_code)
    if not rows:
        return
    columns = (
        components.Column("Tiêu chí"),
        components.Column("Kỳ"),
        components.Column("Điểm kho tính", "num"),
        components.Column("Thêm một hồ sơ đúng hạn", "num value"),
    )
    title = "Tiêu chí bị mất điểm vì hồ sơ này"
    lead = "Cột cuối là điểm kho tính được thêm nếu kỳ ấy có thêm một hồ sơ đúng hạn, các hồ sơ khác giữ nguyên."
    cells = (_lost_cells(view, row) for row in rows)
    components.show(components.section(title, lead) + components.table(columns, cells, title))


def _lost_cells(view: state.View, row: Mapping[str, Any]) -> Iterable[str]:
    filters = {
        "authority": view.authority_code,
        "regulation": row["regulation_version_code"],
        "kind": row["period_kind_code"],
        "period": row["period_code"],
        "unit": row["unit_code"],
    }
    link = components.explanation_link(labels_scores.criterion_name(row), **filters, criterion=row["criterion_code"])
    # Points that a council or somebody else has given are not moved by a figure.
    is_kept = row["final_source_code"] not in ("computed", None)
    mark = '<span class="why">điểm cuối không lấy từ số liệu</span>' if is_kept else ""
    return (
        f'{link}<span class="counted">{components.text(row["regulation_name"])}</span>{mark}',
        components.text(state.period_text(row)),
        labels_scores.points_of(row["computed_score"], row["max_score"]),
        f"+{labels_scores.exact_points(row['lost_score'])}",
    )


def _draw_parts(title: str, lead: str, heads: tuple[str, str], parts: tuple[tuple[str, str], ...]) -> None:
    if parts:
        columns = tuple(components.Column(head) for head in heads)
        cells = ((components.text(label), components.text(text)) for label, text in parts)
        components.show(components.section(title, lead) + components.table(columns, cells, f"{title} của hồ sơ"))


def _draw_countings(story: Story) -> None:
    title = "Theo từng định nghĩa đúng hạn"
    if not story.countings:
        components.show(components.section(title) + components.note(f"{NOT_COUNTED}."))
        return
    columns = (
        components.Column("Định nghĩa"),
        components.Column("Vào ngày chốt"),
        components.Column("Tính vào kỳ nào, xét theo gì", "wide"),
    )
    lead = "Cùng một hồ sơ, mỗi tỷ lệ đúng hạn tính một cách; số nào cũng phải nói rõ mình theo cách nào."
    cells = map(_counting_cells, story.countings)
    components.show(components.section(title, lead) + components.table(columns, cells, title))


def _counting_cells(one: Counting) -> Iterable[str]:
    mark = "" if one.is_confirmed else '<span class="why">chưa được xác nhận</span>'
    basis = components.text(one.basis)
    return (components.text(one.name) + mark, f'{components.text(one.result)}<span class="sub">{basis}</span>', basis)


def _draw_verdicts(story: Story) -> None:
    columns = (
        components.Column("Cách tính"),
        components.Column("Hạn", "nowrap wide"),
        components.Column("So theo ngày"),
        components.Column("So theo giờ", "wide"),
    )
    lead = "Ba cách tính đứng cạnh nhau, không cách nào ghi đè cách khác. "
    components.show(
        components.section("Kết luận về thời hạn", lead + story.note)
        + components.table(columns, map(_verdict_cells, story.verdicts), "Kết luận về thời hạn")
    )
    claims = ((components.text(who), components.text(text)) for who, text in story.claims)
    columns = (components.Column("Nơi ghi", "nowrap"), components.Column("Ghi về thời hạn"))
    title, lead = "Các nơi ghi về thời hạn", "Giữ nguyên để đối chiếu; không kết luận nào ở trên dùng những điều này."
    components.show(components.section(title, lead) + components.table(columns, claims, title))
    if story.cause:
        text = f"Kết luận tính lại khác ngày hẹn đang ghi vì {story.cause}."
        components.show(components.note(text, is_warning=True))


def _verdict_cells(verdict: Verdict) -> Iterable[str]:
    due = vi_moment(verdict.due_at) if verdict.due_at else "không có hạn"
    return (
        f'{components.text(verdict.name)}<span class="sub">{due}</span>',
        due,
        f'{components.text(verdict.by_date)}<span class="sub">theo giờ: {components.text(verdict.by_timestamp)}</span>',
        components.text(verdict.by_timestamp),
    )


def _happening_cells(one: Happening) -> Iterable[str]:
    return (vi_moment(one.at) if one.at else "–", components.text(one.text))
