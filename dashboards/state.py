"""What is chosen on a page, kept in the address bar so that a link can be sent.

Does not belong here: queries and drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards import labels
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


def pick_period(periods: Sequence[Row], columns: Sequence[Any]) -> Row:
    """Two boxes in two columns, kind and period; returns the row of the chosen period.

    ``periods`` is not empty and is ordered newest first. A period named in the address decides the kind.
    """
    by_code = {row["period_code"]: row for row in periods}
    start = default_period(periods)
    asked = by_code.get(st.query_params.get("period", ""))
    kinds = sorted({row["period_kind_code"] for row in periods}, key=KIND_ORDER.index)
    with columns[0]:
        first = (asked or start)["period_kind_code"]
        kind = pick("Loại kỳ", kinds, "kind", first, labels.KIND_TEXT.__getitem__)
    of_kind = [row for row in periods if row["period_kind_code"] == kind]
    with columns[1]:
        code = pick(
            "Kỳ",
            [row["period_code"] for row in of_kind],
            "period",
            default_period(of_kind)["period_code"],
            lambda code: period_text(by_code[code]),
        )
    return by_code[code]


def period_text(period: Row) -> str:
    """The name of a period, marked while it has not ended."""
    return period["period_name"] + ("" if period["is_complete"] else " (chưa hết kỳ)")
