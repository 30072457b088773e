"""HTML tables, as many systems export them under the name .xls: every cell as the text a browser would show.

Tables inside tables: only the innermost ones hold data, the outer ones arrange the page. A number that Excel keeps
beside the shown text (``x:num``) is taken instead of it.
Does not belong here: SpreadsheetML, the other text that is called .xls (``spreadsheet_xml``); meanings of columns.
"""

from __future__ import annotations

import codecs
import re
from io import BytesIO
from pathlib import Path

from lxml import etree

from dagster_project.landing import encodings, stopping
from dagster_project.landing.errors import LandingError
from dagster_project.landing.grid import (
    MAX_CELLS,
    MAX_COLUMN,
    GridBuilder,
    GridTable,
    builder_table,
    forget,
    plain_number,
    too_large,
)
from dagster_project.landing.tables import Merge

MAX_BYTES = 256 * 1024**2
HEAD_BYTES = 64 * 1024
MAX_TABLES = 1000
MAX_MERGED_CELLS = 5_000_000

_MARKUP = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|style)\b", re.I | re.S)
_XML = re.compile(r"\s*<\?xml[^<>]*>\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.I)
_FONT = re.compile(r"\.Vn[A-Za-z]+|VNI-[A-Za-z]+")
_FONT_OF = {encodings.TCVN3: ".VnTime", encodings.TCVN_FULL: ".VnTime", encodings.VNI_WINDOWS: "VNI-Times"}
_TABLE_ENDS = re.compile(r"<(/?)table\b", re.I)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_NO_TEXT = ("script", "style", "table")
_BLOCKS = ("br", "p", "div", "li", "tr")
_WESTERN = ("windows-1252", "cp1252", "iso-8859-1", "latin1", "x-user-defined")


def looks_like(head: bytes) -> bool:
    """Whether a file that begins so is an HTML page."""
    text = head_text(head)
    return bool(_MARKUP.match(text) or _XML.match(text))


def head_text(head: bytes) -> str:
    """The first characters of a text file, whatever its encoding, good enough to look at its markup."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace")
    if head[:1] == b"<" and head[1:2] == b"\0":
        return head.decode("utf-16-le", "replace")
    if head[:2] == b"\0<":
        return head.decode("utf-16-be", "replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def open_tables(path: Path) -> list[GridTable]:
    """The innermost tables of a page, named by their order when there are several. LandingError when none is there."""
    if path.stat().st_size > MAX_BYTES:
        raise too_large(f"tệp HTML lớn hơn {MAX_BYTES // 1024**2} MB")
    text, charset = _decoded(path.read_bytes())
    page = _Page()
    fonts = frozenset([*_FONT.findall(text), *([_FONT_OF[charset]] if charset in _FONT_OF else [])])
    try:
        # What cannot be encoded (half of a surrogate pair) is no text either.
        page.read(text.encode("utf-8", "replace"))
    except etree.LxmlError as error:
        raise _unreadable() from error
    if _is_cut(text):
        raise LandingError(
            "trang HTML bị cắt giữa chừng: có bảng mở mà không đóng, các dòng sau đã mất.",
            advice="Hãy xuất hoặc tải lại cả tệp rồi nạp lại.",
        )
    if not page.found:
        raise LandingError("là trang HTML không có bảng nào.", advice="Hãy xuất lại tệp, hoặc lưu bảng dưới dạng XLSX.")
    is_alone = len(page.found) == 1
    return [
        builder_table(
            table.builder,
            None if is_alone else f"bảng {index}",
            "html",
            table.merges,
            fonts=fonts,
            charset=charset,
        )
        for index, table in enumerate(page.found, start=1)
    ]


def _unreadable() -> LandingError:
    return LandingError(
        "không đọc được trang HTML, tệp có thể bị hỏng.", advice="Hãy mở bằng Excel, lưu lại dạng XLSX rồi nạp lại."
    )


def _is_cut(text: str) -> bool:
    """Whether the page ends inside a table. The parser closes what is open, as browsers do, and says nothing."""
    slashes = [found[1] for found in _TABLE_ENDS.finditer(text)]
    return 2 * slashes.count("/") < len(slashes) and not text[-HEAD_BYTES:].rstrip().lower().endswith("</html>")


def _decoded(content: bytes) -> tuple[str, str]:
    """The page as text, and its encoding. Text in old fonts stays the Latin-1 letters it is made of."""
    declared = _CHARSET.search(content[:HEAD_BYTES])
    name = declared[1].decode().lower() if declared else ""
    found = encodings.detect_encoding(content)
    if found.encoding in _FONT_OF:
        return content.decode("latin-1"), found.encoding
    if found.encoding is not None:
        return encodings.decoded_head(content, found.encoding), found.encoding
    if name in _WESTERN:
        return "".join(map(_western, content.splitlines(keepends=True))), "cp1252"
    if name in ("windows-1258", "cp1258"):
        return encodings.decoded_head(content, encodings.CP1258), encodings.CP1258
    raise LandingError(f"không xác định được bảng mã. {found.reason}", advice="Hãy mở bằng Excel và lưu lại dạng XLSX.")


def _western(line: bytes) -> str:
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")


class _Table:
    """One table under construction. ``is_outer``: it holds another table, so it only arranges the page."""

    def __init__(self) -> None:
        self.builder = GridBuilder()
        self.merges: list[Merge] = []
        self.is_outer = False
        self.merged_cells = 0
        # Column → rows still covered by a cell from above.
        self.covered: dict[int, int] = {}

    def add(self, row: etree._Element) -> None:
        cells: dict[int, str] = {}
        numbers: set[int] = set()
        below: dict[int, int] = {}
        column = 0
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            while self.covered.get(column, 0):
                column += 1
            rows, columns = _span(cell, "rowspan"), _span(cell, "colspan")
            if column + columns > MAX_COLUMN:
                raise too_large(f"có dòng trải đến cột thứ {column + columns}")
            text, is_number = _cell_text(cell)
            if text:
                cells[column] = text
                numbers.update([column] if is_number else [])
            if rows > 1 or columns > 1:
                top = self.builder.row_count + 1
                self._count_work(1)
                self.merges.append(Merge(top, column + 1, top + rows - 1, column + columns))
                below.update(dict.fromkeys(range(column, column + columns), rows - 1))
            column += columns
        self.covered = {place: left - 1 for place, left in self.covered.items() if left > 1}
        self.covered.update({place: left for place, left in below.items() if left})
        self._count_work(len(self.covered))
        self.builder.add_row(cells, numbers)

    def _count_work(self, amount: int) -> None:
        self.merged_cells += amount
        if self.merged_cells > MAX_MERGED_CELLS:
            raise too_large("có quá nhiều ô gộp")


class _Page:
    """The tables of a page, innermost ones only, in the order in which they begin."""

    def __init__(self) -> None:
        self.found: list[_Table] = []
        self.open: list[_Table] = []
        self.cell_count = 0

    def read(self, content: bytes) -> None:
        events = etree.iterparse(
            BytesIO(content),
            events=("start", "end"),
            tag=("table", "tr"),
            html=True,
            encoding="utf-8",
            no_network=True,
            recover=True,
        )
        for event, element in events:
            if element.tag == "table":
                self._at_table(event)
            elif element.tag == "tr" and event == "end" and self.open:
                stopping.check()
                self.open[-1].add(element)
                forget(element)
        # The parser ends there as if the page did: the rows behind would be lost without a word.
        if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in events.error_log):
            raise too_large("có ô quá dài hoặc thẻ lồng nhau quá sâu")
        self.found = [table for table in self.found if not table.is_outer and table.builder.row_count]

    def _at_table(self, event: str) -> None:
        if event == "start":
            if self.open:
                self.open[-1].is_outer = True
            self.open.append(_Table())
            self.found.append(self.open[-1])
            if len(self.found) > MAX_TABLES:
                raise LandingError("trang HTML có quá nhiều bảng.", advice="Hãy lưu bảng cần nạp dưới dạng XLSX.")
        elif self.open:
            builder = self.open.pop().builder
            self.cell_count += builder.row_count * builder.width
            if self.cell_count > MAX_CELLS:
                raise too_large("các bảng có quá nhiều ô")


def _span(cell: etree._Element, name: str) -> int:
    text = cell.get(name)
    if text is None:
        return 1
    text = text.strip()
    # As browsers do: nonsense is 1, and no cell spans more than this.
    return min(max(int(text), 1), 65534) if text.isdecimal() and len(text) < 10 else 1


def _cell_text(cell: etree._Element) -> tuple[str, bool]:
    kept = cell.get("x:num")
    if kept:
        return plain_number(kept), True
    text = "".join(_pieces(cell)) if len(cell) else cell.text or ""
    return _BLANKS.sub(" ", text).strip(" "), False


def _pieces(cell: etree._Element) -> list[str]:
    """All text in order; what stands on lines of its own is set apart by spaces."""
    pieces: list[str] = []
    hidden = 0
    for event, part in etree.iterwalk(cell, events=("start", "end")):
        hidden += (part.tag in _NO_TEXT) * (1 if event == "start" else -1)
        if part.tag in _BLOCKS:
            pieces.append(" ")
        text = part.text if event == "start" else part.tail
        if text and not hidden and isinstance(part.tag, str) and not (event == "end" and part is cell):
            pieces.append(text)
    return pieces
