"""What is chosen on a page, kept in the address bar so that a link can be sent, and carried from page to page.

Does not belong here: queries and drawing, but for the boxes and what is said when a page lacks what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards import components, data_access, labels
from dashboards.data_access import Build

Row = Mapping[str, Any]
KIND_ORDER = tuple(labels.KIND_TEXT)


@dataclass(frozen=True)
class View:
    """What every page needs: the build and the authority chosen in the sidebar."""

    build: Build
    authority_code: str
    authority_name: str
    is_synthetic: bool
    has_dossiers: bool


def pick(
    label: str,
    options: Sequence[str],
    name: str,
    default: str,
    text: Callable[[str], str],
) -> str:
    """A select box tied to the query parameter ``name``; returns the chosen code.

    The address wins when it was changed from outside (a link, the back button), else the box does.
    """
    key, written = f"pick_{name}", f"written_{name}"
    asked = st.query_params.get(name)
    is_new_request = key not in st.session_state or asked != st.session_state.get(written)
    if asked in options and is_new_request:
        st.session_state[key] = asked
    elif st.session_state.get(key) not in options:
        st.session_state[key] = default
    choice = st.selectbox(label, options, key=key, format_func=text)
    st.query_params[name] = choice
    st.session_state[written] = choice
    return choice


def typed(label: str, name: str, hint: str) -> str:
    """A text box tied to the query parameter ``name``, as :func:`pick`; returns what stands in it, trimmed."""
    key, written = f"typed_{name}", f"written_{name}"
    asked = st.query_params.get(name, "")
    if key not in st.session_state or asked != st.session_state.get(written):
        st.session_state[key] = asked
    text = st.text_input(label, key=key, placeholder=hint).strip()
    if text:
        st.query_params[name] = text
    elif name in st.query_params:
        del st.query_params[name]
    st.session_state[written] = text
    return text


def arrive(page: str, authority_code: str) -> None:
    """Begin a page: its boxes are set anew from its address or from what was carried.

    Opened from the sidebar, a page has an empty address, and a box of the same name may mean something else on it.
    Another authority has other units.
    """
    if st.session_state.get("shown_page") != page:
        for key in [name for name in st.session_state if str(name).startswith("pick_") and name != "pick_authority"]:
            del st.session_state[key]
    if st.session_state.get("shown_authority") not in (None, authority_code):
        st.session_state.pop("carried_unit", None)
    st.session_state["shown_page"], st.session_state["shown_authority"] = page, authority_code


def _asked(name: str) -> str | None:
    """What is asked of a page: by its address where it was changed from outside, else what was chosen before."""
    asked = st.query_params.get(name)
    if asked and (f"pick_{name}" not in st.session_state or asked != st.session_state.get(f"written_{name}")):
        st.session_state[f"carried_{name}"] = asked
    return st.session_state.get(f"carried_{name}")


def _say(text: str) -> None:
    components.show(components.note(text, is_warning=True) + "<br>")


def pick_unit(view: View, column: Any, options: Sequence[str], default: str, text: Callable[[str], str]) -> str:
    """The box of units; one carried from another page is chosen, and said to be missing where the page lacks it."""
    asked = _asked("unit")
    start = asked if asked in options else default
    with column:
        choice = pick("Đơn vị", options, "unit", start, text)
    if asked not in (None, view.authority_code, *options) and choice == start:
        names = {row["unit_code"]: row["unit_name"] for row in data_access.units(view.build, view.authority_code)}
        _say(labels.unit_missing_text(labels.named_code(names.get(asked), asked), text(choice)))
    else:
        st.session_state["carried_unit"] = None if choice == view.authority_code else choice
    return choice


def kept(name: str) -> str | None:
    """A filter that only links set, as the address has it."""
    return st.query_params.get(name)


def drop(*names: str) -> None:
    """Take filters out of the address."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]


def default_period(periods: Sequence[Row]) -> Row:
    """The newest complete period of the first kind there is (month before quarter …), else the newest.

    ``periods`` is not empty and is ordered newest first.
    """
    kind = min((row["period_kind_code"] for row in periods), key=KIND_ORDER.index)
    of_kind = [row for row in periods if row["period_kind_code"] == kind]
    return next((row for row in of_kind if row["is_complete"]), of_kind[0])


def pick_period(view: View, periods: Sequence[Row], columns: Sequence[Any], preferred: Row | None = None) -> Row:
    """Two boxes in two columns, kind and period; returns the row of the chosen period.

    ``periods`` is not empty and is ordered newest first. A period asked for decides the kind; where the page lacks it,
    the shortest period that holds it is taken, and that is said. ``preferred`` is where the page starts otherwise.
    """
    by_code = {row["period_code"]: row for row in periods}
    kinds = sorted({row["period_kind_code"] for row in periods}, key=KIND_ORDER.index)
    asked, asked_kind = _asked("period"), st.query_params.get("kind")
    start = by_code.get(asked) or _holding_period(view, periods, asked) or preferred or default_period(periods)
    if asked in by_code and "pick_kind" not in st.session_state:
        st.query_params["kind"] = start["period_kind_code"]
    with columns[0]:
        kind = pick("Loại kỳ", kinds, "kind", start["period_kind_code"], labels.KIND_TEXT.__getitem__)
    of_kind = [row for row in periods if row["period_kind_code"] == kind]
    first = start if start in of_kind else default_period(of_kind)
    with columns[1]:
        codes = [row["period_code"] for row in of_kind]
        code = pick("Kỳ", codes, "period", first["period_code"], lambda code: period_text(by_code[code]))
    if code != start["period_code"]:
        st.session_state["carried_period"] = code
    elif asked not in (None, *by_code):
        known = data_access.period(view.build, asked)
        _say(labels.period_missing_text(known, asked, kinds, period_text(start)))
    elif asked_kind not in (None, *kinds):
        _say(labels.kind_missing_text(asked_kind, period_text(start)))
    return by_code[code]


def _holding_period(view: View, periods: Sequence[Row], code: str | None) -> Row | None:
    """The shortest of the periods that has every day of the period of that code; None where there is none."""
    asked = data_access.period(view.build, code) if code else None
    if asked is None:
        return None
    holding = [
        row for row in periods if row["start_date"] <= asked["start_date"] and asked["end_date"] <= row["end_date"]
    ]
    return min(holding, key=lambda row: row["end_date"] - row["start_date"], default=None)


def period_text(period: Row) -> str:
    """The name of a period, marked while it has not ended."""
    return period["period_name"] + ("" if period["is_complete"] else " (chưa hết kỳ)")
