"""The two buttons under a table: its rows as CSV and as Excel, with what every file of the dashboard says of itself.

Does not belong here: the bytes of a file (downloads), queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboards import downloads, labels, state

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sheet(
    view: state.View,
    title: str,
    name: str,
    head: Sequence[tuple[str, str]],
    headers: Sequence[str],
    cells: Sequence[Sequence[Any]],
    widths: Sequence[int],
) -> downloads.Sheet:
    """A table to download with authority, as-of date, build and, where it is so, that the data are invented."""
    lines = [("Lưu ý", labels.SYNTHETIC_BADGE)] if view.is_synthetic else []
    lines += [
        ("Địa phương", view.authority_name),
        *head,
        ("Số liệu chốt đến ngày", labels.format_date(view.build.as_of_date)),
        ("Bản dựng", view.build.build_id),
    ]
    return downloads.Sheet(title, name, lines, headers, cells, widths, view.build.as_of_date)


def draw(view: state.View, made: downloads.Sheet, name: str, workbook: bytes | None = None) -> None:
    """The buttons for a sheet that is at hand; ``workbook`` stands for one that is laid out otherwise."""
    draw_later(view, lambda: made, made.name, name, workbook)


def draw_later(
    view: state.View, make: Callable[[], downloads.Sheet], label: str, name: str, workbook: bytes | None = None
) -> None:
    """The buttons for a sheet that is made only when one of them is pressed."""
    file_name = f"{name}_{view.authority_code}"
    left, right, _ = st.columns([1, 1, 3])
    left.download_button(
        f"Tải CSV: {label}",
        lambda: downloads.table_csv(make()),
        f"{file_name}.csv",
        "text/csv",
        on_click="ignore",
        width="stretch",
    )
    right.download_button(
        f"Tải Excel: {label}",
        lambda: workbook or downloads.table_xlsx(make()),
        f"{file_name}.xlsx",
        EXCEL,
        on_click="ignore",
        width="stretch",
    )
