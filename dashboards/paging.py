"""Pages of a long list: which one is asked for in the address, and the links to its neighbours.

Does not belong here: what is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboards import state


def asked_page(count: int, size: int, name: str) -> tuple[int, int]:
    """The page in the address and how many there are; one that is not there becomes the nearest."""
    pages = max(-(-count // size), 1)
    asked = state.kept(name) or "1"
    page = int(asked) if asked.isdecimal() and len(asked) < 9 else 1
    return min(max(page, 1), pages), pages


def links(link: Callable[..., str], kept: Mapping[str, str], page: int, pages: int, name: str) -> str:
    """The page and the links around it; ``link`` makes one from a text and the filters ``kept``."""
    if pages == 1:
        return ""
    before = link("‹ trang trước", **{**kept, name: str(page - 1)}) if page > 1 else ""
    after = link("trang sau ›", **{**kept, name: str(page + 1)}) if page < pages else ""
    return f'<p class="crumbs">{before} trang {page}/{pages} {after}</p>'
