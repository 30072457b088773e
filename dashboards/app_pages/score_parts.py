"""What the pages on points share: the boxes that choose a regulation and period, the links that keep them.

Does not belong here: what one page alone draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dagster_project.explaining.figures import quality_grade_text
from dashboards import components, data_access, labels, state
from dashboards.data_access_scores import ScoreScope

Row = Mapping[str, Any]


def header(view: state.View, title: str) -> None:
    """The head of a page on points."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(components.page_header(title, view.authority_name, view.is_synthetic, as_of, view.build.build_id))


def no_scores(view: state.View) -> None:
    """What a page says of an authority that no regulation scores."""
    text = f"Địa phương này {labels.NO_DATA} để chấm điểm theo quy định nào trong bản dựng."
    components.show(components.note(text))


def pick_regulation(view: state.View, column: Any, choices: Sequence[Row]) -> list[Row]:
    """The box of regulations; returns the choices of the chosen one. A unit asked for decides where the box starts."""
    names = {row["regulation_version_code"]: row["regulation_name"] for row in choices}
    blocs = {row["unit_code"]: row["unit_bloc_code"] for row in data_access.units(view.build, view.authority_code)}
    bloc = blocs.get(state.kept("unit") or st.session_state.get("carried_unit"))
    of_bloc = [row["regulation_version_code"] for row in choices if row["peer_group_code"] == bloc]
    start = next(iter([*of_bloc, *names]))
    with column:
        code = state.pick("Quy định", list(names), "regulation", start, names.__getitem__)
    return [row for row in choices if row["regulation_version_code"] == code]


def periods_of(choices: Sequence[Row]) -> list[Row]:
    """The periods of some choices, newest first, each once."""
    found = {row["period_code"]: row for row in choices}
    return sorted(found.values(), key=lambda row: (row["end_date"], row["start_date"]), reverse=True)


def preferred_period(choices: Sequence[Row]) -> Row | None:
    """Where a page starts: the newest period that is over and in which somebody is ranked, else the newest such."""
    ranked = periods_of([row for row in choices if row["ranked_count"]])
    return next((row for row in ranked if row["is_complete"]), ranked[0] if ranked else None)


def scope_of(view: state.View, choice: Row) -> ScoreScope:
    """The scope of one choice."""
    return ScoreScope(view.authority_code, choice["regulation_version_code"], choice["period_code"])


def kept(view: state.View, choice: Row, unit_code: str = "") -> dict[str, str]:
    """The filters that every link of these pages carries."""
    filters = {
        "authority": view.authority_code,
        "regulation": choice["regulation_version_code"],
        "kind": choice["period_kind_code"],
        "period": choice["period_code"],
    }
    return {**filters, "unit": unit_code} if unit_code else filters


def doubts(choice: Row) -> list[str]:
    """Why scores may still change: an unconfirmed regulation, a period that is not over."""
    found = [] if choice["is_confirmed"] else ["quy định chưa được xác nhận"]
    if not choice["is_complete"]:
        found.append(f"tạm tính: kỳ chưa hết, số liệu đến {labels.format_date(choice['counted_to_date'])}")
    return found


def show_doubts(choice: Row) -> None:
    """A warning of why scores may still change; nothing where they stand."""
    found = "; ".join(doubts(choice))
    if found:
        components.show(components.note(f"{found[0].upper()}{found[1:]}.", is_warning=True) + "<br>")


def quality_badge(row: Row) -> str:
    """The data-quality grade of a ranked unit; words where it has none."""
    text = quality_grade_text(row["quality_grade_code"], row["quality_grade_status"])
    css = f"grade {text.lower()}" if row["quality_grade_code"] else "grade none"
    return f'<span class="{css}">{components.text(text)}</span>'
