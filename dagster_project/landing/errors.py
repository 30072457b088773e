"""The one exception of the landing: a refusal that a provincial officer can act on.

Does not belong here: reasons of single rejected rows (see ``typing_sql``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class LandingError(Exception):
    """A file is refused. ``str()`` is Vietnamese and names file, sheet, row, column, and what to do."""

    message_vi: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    advice: str | None = None

    def __str__(self) -> str:
        """The whole sentence: where, what, and what to do."""
        places = [
            f'Tệp "{self.file}"' if self.file else "",
            f'trang "{self.sheet}"' if self.sheet else "",
            f"dòng {self.row}" if self.row else "",
            f'cột "{self.column}"' if self.column else "",
        ]
        where = ", ".join(place for place in places if place)
        text = f"{where}: {self.message_vi}" if where else self.message_vi
        return f"{text} {self.advice}" if self.advice else text


class LayoutError(ValueError):
    """A layout or contract of ours is wrong; for whoever writes layouts, not for the sender of a file."""
