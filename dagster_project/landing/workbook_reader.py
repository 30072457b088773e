"""XLS (Excel 5 to 2003) through fastexcel, every cell as text.

The file system inside an XLS is read here and only its workbook stream handed on, wrapped anew: what is damaged or
hostile in the wrapping never reaches the library, and the stream is walked first for everything that would make the
library take more memory than it may. Merged cells, fonts and the calendar are picked up on that walk.
Does not belong here: XLSX (``xlsx_reader``), ODS (``ods_reader``), HTML that calls itself .xls (``html_reader``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import fastexcel

from dagster_project.landing import stopping, xlsx_reader
from dagster_project.landing.errors import LandingError
from dagster_project.landing.grid import GridTable
from dagster_project.landing.tables import Merge

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_FILE_BYTES = 512 * 1024**2
# What an XLS can hold at most: 65,536 rows of 256 columns.
MAX_ROWS, MAX_COLUMNS = 65536, 256
# Its sheets are held in memory all at once; half of one full sheet is far more than people fill in.
MAX_CELLS = MAX_ROWS * MAX_COLUMNS // 2
MAX_SHEETS = 1000
SECTOR = 512
STREAM_NAME = "Workbook"

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SHORT_STREAM = 4096
_BOF, _EOF, _FILEPASS, _DATE_1904, _FONT, _SHEET, _MERGES = 0x0809, 0x0A, 0x2F, 0x22, 0x31, 0x85, 0xE5
_STRINGS, _EXTENT = 0xFC, 0x0200
# Records of a cell, which begin with row and column: formula, number, label, error, rich text, RK, shared label.
_CELLS = frozenset((0x06, 0x0206, 0x0406, 0x02, 0x03, 0x0203, 0x04, 0x0204, 0x05, 0x0205, 0xD6, 0x7E, 0x027E, 0xFD))
# Several numbers in a row, which ends with the last column. Blank cells are only a format.
_NUMBERS = 0xBD


def looks_like(head: bytes) -> bool:
    """Whether the file is a compound file, as XLS and other old Office files are."""
    return head.startswith(OLE_MAGIC)


def open_tables(path: Path) -> list[GridTable]:
    """The sheets of an XLS, in order. LandingError when it is none, is damaged, protected or too large."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise LandingError("sổ tính XLS quá lớn để đọc an toàn.", advice="Hãy lưu lại dạng XLSX hoặc CSV UTF-8.")
    try:
        stream = workbook_stream(path.read_bytes())
        facts = _walk(stream)
    except (struct.error, IndexError, ValueError) as error:
        raise xlsx_reader.unreadable("xls") from error
    content = compound_file(stream)
    with xlsx_reader.library_errors("xls"):
        book = fastexcel.read_excel(content)
    return xlsx_reader.sheet_tables(content, book, "xls", facts)


def workbook_stream(content: bytes) -> bytes:
    """The stream "Workbook" (or "Book") of a compound file. LandingError when there is none."""
    file = _CompoundFile(content)
    streams = file.streams()
    if "encryptedpackage" in streams:
        raise xlsx_reader.protected()
    for name in ("workbook", "book"):
        if name in streams:
            return streams[name].read(file)
    raise LandingError(
        "là tệp Office cũ nhưng không phải sổ tính Excel.", advice="Hãy lưu bảng số liệu dưới dạng XLSX."
    )


@dataclass(frozen=True)
class _Stream:
    start: int
    size: int

    def read(self, file: _CompoundFile) -> bytes:
        if self.size < _SHORT_STREAM:
            return file.short_chain(self.start)[: self.size]
        return file.chain(self.start)[: self.size]


class _CompoundFile:
    """Sectors and directory of an OLE compound file. Its last sector may be cut short."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        shift, short_shift = struct.unpack_from("<HH", content, 30)
        # Some programs write a wrong size; nothing but 512 and 4096 exists.
        self.size = 4096 if shift == 12 else SECTOR
        self.short_size = 64 if short_shift != 6 else 1 << short_shift
        self.fat = self._fat()
        self.short_fat = self._numbers(self.chain(struct.unpack_from("<I", content, 60)[0]))
        self.short_content = b""

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        if start >= len(self.content):
            raise ValueError("sector outside the file")
        return self.content[start : start + self.size]

    @staticmethod
    def _numbers(data: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])

    def _fat(self) -> list[int]:
        sectors = list(struct.unpack_from("<109I", self.content, 76))
        further, seen = struct.unpack_from("<I", self.content, 68)[0], set()
        while further < _FAT and further not in seen:
            seen.add(further)
            *more, further = self._numbers(self._sector(further))
            sectors += more
        used = [number for number in sectors if number < _FAT]
        if len(used) > len(self.content) // self.size + 1:
            raise ValueError("more sectors than the file has")
        return [number for sector in used for number in self._numbers(self._sector(sector))]

    def chain(self, start: int) -> bytes:
        return b"".join(self._sector(number) for number in _links(self.fat, start))

    def short_chain(self, start: int) -> bytes:
        size = self.short_size
        return b"".join(
            self.short_content[number * size : (number + 1) * size] for number in _links(self.short_fat, start)
        )

    def streams(self) -> dict[str, _Stream]:
        """By lower-case name."""
        directory = self.chain(struct.unpack_from("<I", self.content, 48)[0])
        found: dict[str, _Stream] = {}
        for place in range(0, len(directory) - 127, 128):
            entry = directory[place : place + 128]
            length, kind = struct.unpack_from("<HB", entry, 64)
            start, size = struct.unpack_from("<II", entry, 116)
            if kind == 5:
                self.short_content = self.chain(start) if start < _FAT else b""
            elif kind == 2:
                name = entry[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace").lower()
                found.setdefault(name, _Stream(start, size))
        return found


def _links(table: list[int] | tuple[int, ...], start: int) -> Iterator[int]:
    """Sector numbers of a chain; ValueError when it runs in a circle or out of the table."""
    number, count = start, 0
    while number < _FAT:
        yield number
        count += 1
        if count > len(table) or number >= len(table):
            raise ValueError("broken chain of sectors")
        number = table[number]


def compound_file(stream: bytes) -> bytes:
    """A compound file that holds nothing but ``stream``, under the name STREAM_NAME."""
    size = max(len(stream), _SHORT_STREAM)
    data_sectors = -(-size // SECTOR)
    per_sector = SECTOR // 4
    fat_sectors = 1
    while fat_sectors * per_sector < data_sectors + 1 + fat_sectors:
        fat_sectors += 1
    listed_outside = max(fat_sectors - 109, 0)
    list_sectors = -(-listed_outside // (per_sector - 1))
    while fat_sectors * per_sector < data_sectors + 1 + fat_sectors + list_sectors:
        fat_sectors += 1
        listed_outside = max(fat_sectors - 109, 0)
        list_sectors = -(-listed_outside // (per_sector - 1))
    # Order in the file: directory, data, FAT, further list of FAT sectors.
    first_fat = 1 + data_sectors
    first_list = first_fat + fat_sectors
    fat = [_END, *range(2, data_sectors + 1), _END, *[_FAT] * fat_sectors, *[0xFFFFFFFC] * list_sectors]
    fat += [_FREE] * (fat_sectors * per_sector - len(fat))
    numbers = list(range(first_fat, first_fat + fat_sectors))
    head = struct.pack("<8s16xHHHHH6xIIIIIIIII", OLE_MAGIC, 0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors, 0, 0,
                       _SHORT_STREAM, _END, 0, first_list if list_sectors else _END, list_sectors)  # fmt: skip
    inside = numbers[:109] + [_FREE] * (109 - len(numbers[:109]))
    lists = b""
    for index in range(list_sectors):
        piece = numbers[109 + index * (per_sector - 1) :][: per_sector - 1]
        piece += [_FREE] * (per_sector - 1 - len(piece))
        following = first_list + index + 1 if index + 1 < list_sectors else _END
        lists += struct.pack(f"<{per_sector}I", *piece, following)
    directory = _entry("Root Entry", 5, _END, 0, child=1) + _entry(STREAM_NAME, 2, 1, size) + bytes(256)
    return b"".join((
        head, struct.pack("<109I", *inside), directory, stream.ljust(data_sectors * SECTOR, b"\0"),
        struct.pack(f"<{len(fat)}I", *fat), lists,
    ))  # fmt: skip


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII36xIQ", text, len(text), kind, 1, _FREE, _FREE, child, start, size)


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Type, place of the content and its length, from ``start`` to the end of the substream."""
    place, depth = start, 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, place + 4, length
        # Charts are substreams inside a sheet's.
        depth += (kind == _BOF) - (kind == _EOF)
        if kind == _EOF and depth <= 0:
            return
        place += 4 + length


@dataclass
class _Globals:
    """What the first substream says of the whole book."""

    sheets: list[tuple[str, int]] = field(default_factory=list)
    fonts: set[str] = field(default_factory=set)
    is_1904: bool = False
    is_biff8: bool = True


def _walk(stream: bytes) -> xlsx_reader.BookFacts:
    """LandingError when the book is protected, or spans more cells than may be held in memory."""
    book = _read_globals(stream)
    if len(book.sheets) > MAX_SHEETS:
        raise LandingError("sổ tính có quá nhiều trang.", advice="Hãy chia thành nhiều tệp.")
    cells, sheets = 0, {}
    for name, start in book.sheets:
        stopping.check()
        count, sheets[name] = _walk_sheet(stream, start)
        cells += count
        if cells > MAX_CELLS:
            raise LandingError(
                "sổ tính quá lớn để đọc an toàn: các trang trải trên quá nhiều ô.",
                advice="Hãy xóa các ô lạc ở xa bảng số liệu, hoặc lưu trang cần nạp thành CSV UTF-8.",
            )
    return xlsx_reader.BookFacts(sheets, frozenset(book.fonts), book.is_1904)


def _read_globals(stream: bytes) -> _Globals:
    book = _Globals()
    for kind, place, length in _records(stream, 0):
        if kind == _FILEPASS:
            raise xlsx_reader.protected()
        if kind == _BOF:
            book.is_biff8 = struct.unpack_from("<H", stream, place)[0] == 0x0600
        elif kind == _DATE_1904:
            book.is_1904 = struct.unpack_from("<H", stream, place)[0] == 1
        elif kind == _FONT:
            book.fonts.add(_short_text(stream[place + 14 : place + length], book.is_biff8))
        elif kind == _SHEET:
            name = _short_text(stream[place + 6 : place + length], book.is_biff8)
            book.sheets.append((name, struct.unpack_from("<I", stream, place)[0]))
        elif kind == _STRINGS and struct.unpack_from("<I", stream, place + 4)[0] > len(stream) // 3:
            raise ValueError("more texts than the file can hold")
    return book


def _short_text(data: bytes, is_biff8: bool) -> str:
    """Text whose length is one byte, then in BIFF8 a byte that says whether characters have one byte or two."""
    if not data:
        return ""
    if not is_biff8:
        return data[1 : 1 + data[0]].decode("cp1252", "replace")
    if data[1:2] == b"\1":
        return data[2 : 2 + 2 * data[0]].decode("utf-16-le", "replace")
    return data[2 : 2 + data[0]].decode("latin-1")


def _walk_sheet(stream: bytes, start: int) -> tuple[int, xlsx_reader.SheetFacts]:
    """How many cells the sheet spans, and what is to be known of it."""
    last_row, columns = -1, set()
    merges: list[Merge] = []
    for kind, place, length in _records(stream, start):
        if kind in _CELLS or kind == _NUMBERS:
            row, column = struct.unpack_from("<HH", stream, place)
            last_row = max(last_row, row)
            columns.add(column)
            if kind == _NUMBERS:
                columns.add(struct.unpack_from("<H", stream, place + length - 2)[0])
        elif kind == _MERGES:
            merges += _merges(stream, place, length)
        elif kind == _EXTENT:
            _check_extent(stream, place, length)
    if not columns:
        return 0, xlsx_reader.SheetFacts(tuple(merges))
    first, last = min(columns), max(columns)
    if last >= MAX_COLUMNS:
        raise ValueError("cell outside the sheet")
    merges.sort(key=lambda merge: (merge.first_row, merge.first_column))
    return (last_row + 1) * (last + 1), xlsx_reader.SheetFacts(tuple(merges), (first + 1, last + 1))


def _check_extent(stream: bytes, place: int, length: int) -> None:
    """ValueError when the sheet says it is larger than a sheet can be: the library sets memory aside by it."""
    shape = "<HHHH" if length == 10 else "<IIHH"
    first_row, last_row, first_column, last_column = struct.unpack_from(shape, stream, place)
    if last_row > MAX_ROWS or last_column > MAX_COLUMNS or first_row > last_row or first_column > last_column:
        raise ValueError("extent outside the sheet")


def _merges(stream: bytes, place: int, length: int) -> list[Merge]:
    count = struct.unpack_from("<H", stream, place)[0]
    found = struct.iter_unpack("<HHHH", stream[place + 2 : place + 2 + 8 * min(count, (length - 2) // 8)])
    return [Merge(top + 1, left + 1, bottom + 1, right + 1) for top, bottom, left, right in found]
