"""The workbook that goes back to the unit: what became of its file, and its own rows that must be mended.

Every cell is text, never a formula; columns about people are covered. The same delivery gives the same bytes.
Does not belong here: judging rows (``staging``, ``expectations``), choosing the delivery (``ledger``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import math
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from dagster_project.console import vi_count, vi_moment
from dagster_project.landing.contracts import Column, load_contract
from dagster_project.landing.deliveries import Delivery, flags_path, landed_path, rejected_path
from dagster_project.landing.errors import LandingError
from dagster_project.landing.headings import SEPARATOR, normalise_header
from dagster_project.landing.ledger import (
    SHORT_ID,
    LedgerQuestionError,
    data_period,
    failed_rules,
    find_delivery,
    to_see,
)
from dagster_project.landing.originals import original_rows
from dagster_project.landing.personal import MASK, covered, is_personal_value, is_plain
from dagster_project.landing.row_kinds import KIND_NAMES
from dagster_project.landing.tables import BROKEN_REASONS, RETURNED_COLUMNS
from dagster_project.landing.typing_sql import literal
from dagster_project.settings import Settings

# The first cell of the workbook, by which it is known again.
TITLE = "Kết quả nạp tệp và những dòng cần sửa"
SUMMARY_SHEET = "Tóm tắt"
ROWS_SHEET = "Dòng cần sửa"
NOTHING_TO_MEND = "Không có dòng nào cần sửa"
REJECTED, FLAGGED = "Bị loại", "Cần xem lại"
MAX_ROWS = 1_000_000

# Limits of the format.
_MAX_LETTERS = 32_767
_MAX_COLUMNS = 16_384
_HASH_BYTES = 4 * 1024 * 1024
_FETCHED_ROWS = 10_000
_MIN_WIDTH, _MAX_WIDTH = 9, 18
_REASON_PLACE, _REASON_WIDTH = 2, 36
# So much fits across a page of A4 in letters that can be read (near 6 points); what is wider takes pages side by side.
_PAGE_WIDTH = 230
_SUMMARY_WIDTHS = (56, 12, 26, 30, 44)
# Points a line of text needs, and how many lines are shown without a click.
_LINE_HEIGHT, _MAX_LINES = 13, 8
# Widths are counted in digits of the standard font; small letters need less.
_LETTERS_PER_WIDTH = 1.12
_SHOWN_PLACES = 5
# Headers of columns that only count the rows: shown although nothing reads them.
_ORDINALS = {"stt", "tt", "số tt", "số thứ tự"}
# Fixed, so that the same delivery gives the same bytes.
_CREATED = dt.datetime(2026, 1, 1)
_FONT = "Arial"
_A4 = 9

MEND = "Sửa ở hệ thống nguồn rồi kết xuất lại."
_MEND_BY_REASON = {
    "missing_required": "Điền giá trị còn thiếu ở hệ thống nguồn.",
    "unknown_code": "Dùng một giá trị trong danh sách nêu ở lý do.",
    "excel_error": "Sửa công thức bị lỗi trong bảng tính.",
} | dict.fromkeys(BROKEN_REASONS, "Kết xuất lại tệp; xem dấu phân cách, dấu ngoặc kép và bảng mã của dòng.")
_LOOK = "Xem lại: sai thì sửa ở hệ thống nguồn, đúng thì giữ nguyên."
_MEND_BY_EFFECT = {
    "report": "Xem các chỗ đã nêu; sai thì sửa ở hệ thống nguồn.",
    "reject_row": MEND,
    "flag_row": _LOOK,
}


@dataclass(frozen=True)
class Returned:
    """What was written: the workbook, how many rows it asks to mend, and whether they are as the unit wrote them."""

    path: Path
    delivery: Delivery
    row_count: int
    has_original: bool


def return_delivery(
    settings: Settings,
    wanted: str,
    *,
    original: Path | None = None,
    out: Path | None = None,
    max_rows: int = MAX_ROWS,
) -> Returned:
    """Write the workbook of the delivery ``wanted`` (id, beginning of an id, or file name).

    ``original`` is the file as it was landed; without it the inbox is searched. ``max_rows`` is how many rows one sheet
    takes. Raises LedgerQuestionError for an unknown delivery, an ``original`` that is another file, and an ``out`` that
    exists; LandingError when the original no longer reads as it did.
    """
    delivery = find_delivery(settings, wanted)
    path = out or Path(default_name(delivery))
    # A name of our own choice is our own earlier answer, made anew.
    if out is not None and path.exists():
        raise LedgerQuestionError(f"Đã có {path}. Hãy chọn tên khác bằng --out để không ghi đè.")
    notes = _Notes(settings, delivery)
    with opened_original(settings, delivery, original) as source:
        sheet = _own_rows(settings, source, delivery, notes) if source else _landed_rows(settings, delivery, notes)
        _write(path, _Summary(delivery, sheet, notes), max_rows)
    return Returned(path, delivery, len(notes.row_numbers), sheet.has_original)


def default_name(delivery: Delivery) -> str:
    """Name of the workbook: after the file, plus the delivery, so that two files of one name differ."""
    plain = re.sub(r"[^\w.-]+", "_", Path(delivery.file_name).stem).strip("._")[:80]
    return "_".join(filter(None, ("tra_lai", plain, delivery.delivery_id[:SHORT_ID]))) + ".xlsx"


@contextmanager
def opened_original(settings: Settings, delivery: Delivery, given: Path | None = None) -> Iterator[Path | None]:
    """The landed file by size and SHA-256: ``given``, else the first such file in the inbox, else None.

    A file that came in an archive is unpacked for as long as the context lasts. Raises LedgerQuestionError when
    ``given`` is neither that file nor an archive with it.
    """
    files = [given] if given is not None else sorted(_inbox_files(settings.inbox))
    same = next((path for path in files if path.is_file() and _is_same(path, delivery)), None)
    with tempfile.TemporaryDirectory(prefix="cchc_") as work:
        if same is None and delivery.archive_name is not None:
            same = _unpacked(files, delivery, Path(work))
        if same is None and given is not None:
            raise LedgerQuestionError(
                f"«{given}» không phải là tệp đã nạp «{delivery.file_name}» ({vi_count(delivery.file_size)} byte): "
                "không có tệp này hoặc nội dung đã khác. Hãy chỉ đúng tệp, hoặc bỏ --file."
            )
        yield same


def _inbox_files(inbox: Path) -> Iterator[Path]:
    return (Path(top, name) for top, _, names in os.walk(inbox) for name in names)


def _unpacked(files: Iterable[Path], delivery: Delivery, work: Path) -> Path | None:
    """The delivery's file out of the first archive that holds it; an archive that cannot be read holds nothing."""
    from dagster_project.landing import archives

    target = work / "original"
    for path in files:
        try:
            members = archives.members(path) if path.is_file() and archives.is_archive(path) else []
            for member in members:
                if member.size == delivery.file_size:
                    archives.unpack(path, member, target)
                    if _is_same(target, delivery):
                        return target
        except LandingError:
            continue
    return None


def _is_same(path: Path, delivery: Delivery) -> bool:
    if path.stat().st_size != delivery.file_size:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_HASH_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == delivery.file_sha256


@dataclass(frozen=True)
class _Note:
    """Why one row is rejected or flagged; ``column_name`` None is the row as a whole."""

    row_number: int
    is_rejected: bool
    column_name: str | None
    reason_code: str
    reason_text: str
    raw_value: str | None


class _Notes:
    """The notes of one delivery, as landed: from its rejected and its flagged rows."""

    def __init__(self, settings: Settings, delivery: Delivery) -> None:
        self._rules = {rule["rule_code"] for rule in delivery.rule_results}
        files = ((True, rejected_path), (False, flags_path))
        self._parts = [
            (is_rejected, str(path))
            for is_rejected, path_of in files
            if (path := path_of(settings, delivery.source_code, delivery.delivery_id)).exists()
        ]
        self.row_numbers = [row for (row,) in self._rows("select distinct source_row_number from notes order by 1")]
        self.reasons = self._rows(
            "select is_rejected, reason_code, reason_text, count(distinct source_row_number) as row_count, "
            f"list(distinct source_row_number order by source_row_number)[:{_SHOWN_PLACES}] from notes "
            "group by is_rejected, reason_code, reason_text order by is_rejected desc, row_count desc, reason_text"
        )
        self.flagged_count = len(
            self._rows("select source_row_number from notes group by source_row_number having not bool_or(is_rejected)")
        )

    def by_row(self) -> Iterator[tuple[int, list[_Note]]]:
        """Row number and its notes, rejections first, in file order."""
        # A reason that stands twice says nothing more the second time.
        sql = (
            "select source_row_number, is_rejected, column_name, reason_code, reason_text, min(raw_value) from notes "
            "group by all order by source_row_number, is_rejected desc, min(position), reason_code"
        )
        found = (self._told(_Note(*row)) for row in self._stream(sql))
        for row_number, notes in itertools.groupby(found, key=lambda note: note.row_number):
            yield row_number, list(notes)

    def _told(self, note: _Note) -> _Note:
        """A rule's text is what should be so; beside a row it must read as what is not."""
        return replace(note, reason_text=f"Không đạt: {note.reason_text}") if note.reason_code in self._rules else note

    def _rows(self, sql: str) -> list[tuple]:
        return list(self._stream(sql))

    def _stream(self, sql: str) -> Iterator[tuple]:
        if not self._parts:
            return
        # union all keeps no order, so the place in the file is carried along.
        selects = " union all ".join(
            f"select source_row_number, {is_rejected} as is_rejected, column_name, reason_code, reason_text, "
            f"raw_value, file_row_number as position from read_parquet($path{index}, file_row_number = true)"
            for index, (is_rejected, _) in enumerate(self._parts)
        )
        with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
            con.execute("set enable_progress_bar = false")
            given = {f"path{index}": path for index, (_, path) in enumerate(self._parts)}
            cursor = con.execute(f"with notes as ({selects}) {sql}", given)
            while rows := cursor.fetchmany(_FETCHED_ROWS):
                yield from rows


@dataclass(frozen=True)
class _Rows:
    """The rows to show: titles, cells by row in file order, where each canonical column is, what is covered."""

    titles: list[str]
    rows: Iterator[tuple[int, list[str | None]]]
    positions: dict[str, int]
    covered: frozenset[int] = frozenset()
    has_original: bool = True

    @property
    def covered_titles(self) -> list[str]:
        """Titles of the covered columns that have one."""
        return [self.titles[position] for position in sorted(self.covered) if self.titles[position].strip()]


def _own_rows(settings: Settings, source: Path, delivery: Delivery, notes: _Notes) -> _Rows:
    """The unit's rows as they were in its file."""
    if not notes.row_numbers:
        return _Rows([], iter(()), {})
    try:
        titles, rows, positions = original_rows(source, delivery, notes.row_numbers, settings.layouts)
    except LandingError as error:
        error.file = error.file or delivery.file_name
        raise
    return _Rows(list(map(covered, titles)), rows, positions, _covered(titles, positions, delivery))


def _covered(titles: Sequence[str], positions: dict[str, int], delivery: Delivery) -> frozenset[int]:
    """Positions of columns about people, and of those that nothing reads: who knows what stands there.

    The record does not tell a title that is itself personal.
    """
    people = [*delivery.withheld_columns, *delivery.identity_columns]
    unread = set(range(len(titles))) - set(positions.values())
    return frozenset(
        position
        for position, title in enumerate(titles)
        if any(_is_meant(title, position, name) for name in people)
        or (
            position in unread
            and normalise_header(title) not in _ORDINALS
            and (
                not title.strip()
                or is_personal_value(title)
                or any(_is_meant(title, position, name) for name in delivery.unused_columns)
            )
        )
    )


def _is_meant(title: str, position: int, name: str) -> bool:
    """Whether a record means this column: by its title, by either end of a path "A > B", or by its place "#3"."""
    one, other = normalise_header(title), normalise_header(name)
    paths = one.endswith(f"{SEPARATOR}{other}") or other.endswith(f"{SEPARATOR}{one}")
    return other == f"#{position}" or one == other or (bool(one) and paths)


def _landed_rows(settings: Settings, delivery: Delivery, notes: _Notes) -> _Rows:
    """Without the original: flagged rows as they were understood; of rejected rows only the cells that are wrong."""
    landed = landed_path(settings, delivery.source_code, delivery.delivery_id)
    # The contract may have gained columns since.
    present = set(pq.read_schema(landed).names)
    columns = [column for column in load_contract(delivery.source_code).columns if column.name in present]
    names = ", ".join(_text_sql(column) for column in columns)

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
            con.execute("set enable_progress_bar = false")
            cursor = con.execute(
                f"with wanted as (select unnest($wanted) as source_row_number) select source_row_number, {names} "
                "from read_parquet($path) semi join wanted using (source_row_number) order by source_row_number",
                {"path": str(landed), "wanted": notes.row_numbers},
            )
            while found := cursor.fetchmany(_FETCHED_ROWS):
                yield from ((number, list(cells)) for number, *cells in found)

    places = {column.name: index for index, column in enumerate(columns)}
    return _Rows([column.heading for column in columns], rows(), places, has_original=False)


def _text_sql(column: Column) -> str:
    """A landed value as the officer writes it."""
    shapes = {"timestamp": "'%d/%m/%Y %H:%M:%S'", "date": "'%d/%m/%Y'"}
    if column.type in shapes:
        return f'strftime("{column.name}", {shapes[column.type]})'
    if column.type == "boolean":
        return f"case \"{column.name}\" when true then 'Có' when false then 'Không' end"
    if column.labels:
        words = " ".join(
            f"when {literal(code)} then {literal(label)}"
            for code, label in zip(column.codes, column.labels, strict=True)
        )
        return f'case "{column.name}" {words} else "{column.name}" end'
    return f'cast("{column.name}" as varchar)'


@dataclass(frozen=True)
class _Summary:
    """All that the first sheet tells."""

    delivery: Delivery
    sheet: _Rows
    notes: _Notes


def _write(out: Path, summary: _Summary, max_rows: int) -> None:
    """Write beside ``out`` and move into place: a half written workbook is never seen."""
    import xlsxwriter

    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tra_lai_", dir=out.parent) as work:
        made = Path(work) / "made.xlsx"
        # Rows go to disk as they come: memory does not grow with their number.
        with xlsxwriter.Workbook(str(made), {"constant_memory": True, "tmpdir": work}) as book:
            book.set_properties({"title": f"Trả lại: {summary.delivery.file_name}", "created": _CREATED})
            styles = _styles(book)
            _fill_summary(_Page(book.add_worksheet(SUMMARY_SHEET), styles), summary)
            _fill_rows(book, styles, summary, max_rows)
        made.replace(out)


def _styles(book: Any) -> dict[str, Any]:
    top = {"valign": "top", "num_format": "@"}
    head = {"bold": True, "bg_color": "#DDE6F0", "text_wrap": True, "valign": "vcenter", "border": 1}
    shapes = {
        "title": {"bold": True, "font_size": 14},
        "section": {"bold": True, "font_size": 11, "font_color": "#1F4E79"},
        "label": {"valign": "top", "font_color": "#5A6472"},
        "wrapped": top | {"text_wrap": True},
        "boxed": top | {"text_wrap": True, "border": 1, "border_color": "#C9D1DB"},
        "head": head,
        "number": top | {"font_color": "#5A6472"},
        "plain": top,
        "covered": top | {"font_color": "#8A94A3", "italic": True},
        "rejected": top | {"text_wrap": True, "bg_color": "#F4B6B6", "font_color": "#7A1010"},
        "flagged": top | {"text_wrap": True, "bg_color": "#FFE08A", "font_color": "#5C4400"},
    }
    return {name: book.add_format({"font_name": _FONT, "font_size": 10} | shape) for name, shape in shapes.items()}


@dataclass
class _Page:
    """A sheet that is filled from top to bottom."""

    sheet: Any
    styles: dict[str, Any]
    row: int = 0

    def line(self, text: str, style: str = "plain") -> None:
        """A line of text, which runs on over the free cells beside it."""
        self.cells([(text, style)])

    def section(self, text: str) -> None:
        """A heading, after a free row."""
        self.row += 1
        self.line(text, "section")

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A small table with a header."""
        self.cells([(text, "head") for text in titles])
        for texts in rows:
            # The rows are written as they come, so no program sets their height by itself.
            self.sheet.set_row(self.row, _height(zip(texts, _SUMMARY_WIDTHS, strict=False)))
            self.cells([(text, "boxed") for text in texts])

    def cells(self, cells: Sequence[tuple[str, str]]) -> None:
        """One row of (text, style)."""
        for column, (text, style) in enumerate(cells):
            self.sheet.write_string(self.row, column, _fit(text), self.styles[style])
        self.row += 1


def _fit(text: str) -> str:
    """Text that a cell can hold; what is cut off is said."""
    if len(text) <= _MAX_LETTERS:
        return text
    cut = f"… (ô dài {vi_count(len(text))} ký tự, đã cắt bớt)"
    return text[: _MAX_LETTERS - len(cut)] + cut


def _height(cells: Iterable[tuple[str, int]]) -> float:
    """Height of a row in points: as many lines as its longest (text, width) needs."""
    needed = (
        sum(max(1, math.ceil(len(line) / (width * _LETTERS_PER_WIDTH))) for line in text.split("\n"))
        for text, width in cells
    )
    return _LINE_HEIGHT * min(max(needed, default=1), _MAX_LINES) + 2


def _fill_summary(page: _Page, summary: _Summary) -> None:
    for column, width in enumerate(_SUMMARY_WIDTHS):
        page.sheet.set_column(column, column, width + 2)
    page.sheet.hide_gridlines(2)
    _set_page(page.sheet, 1)
    page.line(TITLE, "title")
    _tell_delivery(page, summary.delivery)
    _tell_counts(page, summary)
    _tell_reasons(page, summary)
    _tell_totals(page, summary.delivery)
    _tell_what_to_do(page, summary)


def _set_page(sheet: Any, pages_wide: int) -> None:
    """A4 across, as many pages long as it takes, numbered."""
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(pages_wide, 0)
    sheet.set_footer("&RTrang &P/&N")


def _tell_delivery(page: _Page, delivery: Delivery) -> None:
    facts = {
        "Tệp": delivery.file_name,
        "Trong tệp nén": delivery.archive_name,
        "Trang": delivery.sheet_name,
        "Nguồn số liệu": f"{load_contract(delivery.source_code).title} ({delivery.source_code})",
        "Bố cục": delivery.layout_code,
        "Địa phương": ", ".join(delivery.authority_codes),
        "Kỳ số liệu": data_period(delivery),
        "Nạp lúc": vi_moment(delivery.landed_at),
        "Mã lần nạp": delivery.delivery_id,
        "Bảng không đọc được": ", ".join(delivery.unread_tables),
    }
    page.row += 1
    for label, text in facts.items():
        if text:
            page.cells([(label, "label"), (text, "plain")])


def _tell_counts(page: _Page, summary: _Summary) -> None:
    delivery = summary.delivery
    page.section("Số dòng")
    read, accepted, rejected, ignored = (
        vi_count(count)
        for count in (delivery.rows_read, delivery.rows_accepted, delivery.rows_rejected, delivery.rows_ignored)
    )
    page.line(f"Đọc {read} = nhận {accepted} + loại {rejected} + bỏ qua {ignored}")
    flagged = summary.notes.flagged_count
    rows = [
        ("Nhận", accepted, f"trong đó {vi_count(flagged)} dòng cần xem lại" if flagged else ""),
        ("Loại", rejected, "lý do ở bảng dưới" if delivery.rows_rejected else ""),
    ]
    rows += [
        (f"Bỏ qua: {_ignored_name(kind['reason_code'])}", vi_count(kind["row_count"]), _places(kind["row_numbers"]))
        for kind in delivery.ignored_rows
    ]
    if delivery.rows_ignored and not delivery.ignored_rows:
        rows.append((f"Bỏ qua: {KIND_NAMES['blank']}", ignored, ""))
    page.table(("Kết quả", "Số dòng", "Ghi chú"), rows)


def _ignored_name(code: str) -> str:
    return KIND_NAMES.get(code, code)


def _places(numbers: str) -> str:
    return f"dòng {numbers}" if numbers else ""


def _tell_reasons(page: _Page, summary: _Summary) -> None:
    """Each reason once: first those of single rows, then the rules about the file as a whole."""
    rows = [
        (
            text,
            vi_count(count),
            REJECTED if is_rejected else FLAGGED,
            _row_places(numbers, count),
            _advice(code, is_rejected),
        )
        for is_rejected, code, text, count, numbers in summary.notes.reasons
    ]
    named = {code for _, code, *_ in summary.notes.reasons}
    rows += [
        (
            rule["rule_text"],
            vi_count(rule["failed_count"]),
            FLAGGED,
            "; ".join(rule["sample"]),
            _MEND_BY_EFFECT.get(rule["effect_code"], MEND),
        )
        for rule in failed_rules(summary.delivery)
        if rule["rule_code"] not in named
    ]
    page.section("Những điều cần sửa hoặc xem lại")
    if rows:
        page.table(("Điều không đạt", "Số chỗ", "Kết quả", "Ở đâu", "Việc cần làm"), rows)
    else:
        page.line(f"{NOTHING_TO_MEND}.")


def _row_places(numbers: Sequence[int], count: int) -> str:
    return f"dòng {', '.join(map(str, numbers))}{', …' if count > len(numbers) else ''}"


def _advice(reason_code: str, is_rejected: bool) -> str:
    return _MEND_BY_REASON.get(reason_code, MEND) if is_rejected else _LOOK


def _tell_totals(page: _Page, delivery: Delivery) -> None:
    if not delivery.total_differences:
        return
    page.section("Dòng tổng khác với tổng các dòng")
    headings = {column.name: column.heading for column in load_contract(delivery.source_code).columns}
    keys = ("row_number", "label", "column_name", "declared", "computed")
    rows = [
        tuple("" if item.get(key) is None else headings.get(item[key], str(item[key])) for key in keys)
        for item in delivery.total_differences
    ]
    page.table(("Dòng trong tệp", "Tên dòng", "Cột", "Ghi trong tệp", "Cộng các dòng"), rows)


def _tell_what_to_do(page: _Page, summary: _Summary) -> None:
    page.section("Cách sửa và gửi lại")
    has_rows = bool(summary.notes.row_numbers)
    steps = [
        f"Xem trang «{ROWS_SHEET}»: ô đỏ làm dòng bị loại, ô vàng cần xem lại; lý do ghi ở cột «Lý do»."
        if has_rows
        else "Xem những điều nêu ở trên.",
        "Sửa ở hệ thống nguồn (hoặc trong tệp gốc), không sửa trong sổ này: sổ này không dùng để nạp lại.",
        "Kết xuất lại toàn bộ tệp, đủ cả dòng đã đúng, rồi gửi như lần trước: dòng của tệp nạp sau được dùng.",
    ]
    if not has_rows and not to_see(summary.delivery):
        page.line("Không phải sửa gì, không phải gửi lại.")
        return
    for number, step in enumerate(steps, start=1):
        page.line(f"{number}. {step}")
    if has_rows:
        _tell_limits(page, summary.sheet)


def _tell_limits(page: _Page, sheet: _Rows) -> None:
    """What the sheet of rows does not show."""
    page.row += 1
    if not sheet.has_original:
        page.line(
            "Không tìm thấy tệp gốc (đúng nội dung đã nạp), nên dòng ghi theo cột của kho: dòng bị loại chỉ có ô sai. "
            "Có tệp gốc thì làm lại với --file."
        )
    if sheet.covered_titles:
        page.line(f"Ghi «{MASK}» ở cột có hoặc có thể có thông tin cá nhân: {', '.join(sheet.covered_titles)}.")
    if len(sheet.titles) > _shown_columns(sheet):
        page.line(f"Bảng tính chỉ đủ chỗ cho {vi_count(_shown_columns(sheet))} cột đầu của tệp.")


def _shown_columns(sheet: _Rows) -> int:
    return min(len(sheet.titles), _MAX_COLUMNS - len(RETURNED_COLUMNS))


@dataclass
class _RowsSheet:
    """One sheet of rows, filled from top to bottom; it notes how wide its columns must be."""

    sheet: Any
    styles: dict[str, Any]
    titles: Sequence[str]
    row: int = 1
    widths: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write the header."""
        titles = [*RETURNED_COLUMNS, *self.titles]
        # A long title is broken into lines.
        self.widths = [max(_MIN_WIDTH, min(len(title), _MAX_WIDTH // 2)) for title in titles]
        self.sheet.set_row(0, 42)
        for column, title in enumerate(titles):
            self.sheet.write_string(0, column, _fit(title), self.styles["head"])

    def add(self, cells: Sequence[tuple[str, str]]) -> None:
        """One row of (text, style)."""
        widths = (_REASON_WIDTH if column == _REASON_PLACE else _MAX_WIDTH for column in range(len(cells)))
        self.sheet.set_row(self.row, _height(zip((text for text, _ in cells), widths, strict=True)))
        for column, (text, style) in enumerate(cells):
            if text:
                self.sheet.write_string(self.row, column, _fit(text), self.styles[style])
                self.widths[column] = max(self.widths[column], min(len(text), _MAX_WIDTH))
            elif style in ("rejected", "flagged"):
                self.sheet.write_blank(self.row, column, None, self.styles[style])
        self.row += 1

    def close(self) -> None:
        """Widths, frozen header and filter."""
        self.widths[_REASON_PLACE] = _REASON_WIDTH
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, width + 2)
        self.sheet.freeze_panes(1, len(RETURNED_COLUMNS))
        self.sheet.repeat_rows(0)
        self.sheet.repeat_columns(0, len(RETURNED_COLUMNS) - 1)
        _set_page(self.sheet, math.ceil(sum(self.widths) / _PAGE_WIDTH))
        self.sheet.autofilter(0, 0, self.row - 1, len(self.widths) - 1)
        # Codes and dates are text on purpose; the green corners would cover the colours that matter.
        self.sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{self.row}"})


def _fill_rows(book: Any, styles: dict[str, Any], summary: _Summary, max_rows: int) -> None:
    sheet = summary.sheet
    if not summary.notes.row_numbers:
        book.add_worksheet(ROWS_SHEET).write_string(0, 0, f"{NOTHING_TO_MEND}.", styles["title"])
        return
    shown = _shown_columns(sheet)
    current: _RowsSheet | None = None
    for count, (notes, cells) in enumerate(_joined(summary.notes, sheet.rows)):
        if count % max_rows == 0:
            if current is not None:
                current.close()
            number = count // max_rows + 1
            name = ROWS_SHEET if number == 1 else f"{ROWS_SHEET} ({number})"
            current = _RowsSheet(book.add_worksheet(name), styles, sheet.titles[:shown])
        current.add(_styled(notes, cells, sheet)[: shown + len(RETURNED_COLUMNS)])
    current.close()


def _joined(
    notes: _Notes, rows: Iterator[tuple[int, list[str | None]]]
) -> Iterator[tuple[list[_Note], list[str | None]]]:
    """Every noted row with its cells; a row whose cells are not to be had has none."""
    number, cells = next(rows, (None, []))
    for wanted, found in notes.by_row():
        while number is not None and number < wanted:
            number, cells = next(rows, (None, []))
        yield found, (cells if number == wanted else [])


def _styled(notes: Sequence[_Note], cells: Sequence[str | None], sheet: _Rows) -> list[tuple[str, str]]:
    """One row of the sheet: number, result, reasons, and each cell with its colour."""
    wrong = {sheet.positions[note.column_name]: note for note in reversed(notes) if note.column_name in sheet.positions}
    is_hidden = _is_shifted(notes, sheet)
    found = []
    for position in range(len(sheet.titles)):
        note = wrong.get(position)
        text = cells[position] if position < len(cells) else None
        if note is not None and (text is None or note.raw_value == MASK):
            text = note.raw_value
        style = "wrapped" if note is None else _style(note)
        if text and (position in sheet.covered or (is_hidden and not is_plain(text))):
            text, style = MASK, "covered" if note is None else style
        found.append((text or "", style))
    worst = _style(notes[0])
    head = (
        # Where no cell can be blamed, the number of the row bears the colour.
        (str(notes[0].row_number), "number" if wrong else worst),
        (REJECTED if notes[0].is_rejected else FLAGGED, worst),
        ("\n".join(dict.fromkeys(note.reason_text for note in notes)), "wrapped"),
    )
    return [*head, *found]


def _style(note: _Note) -> str:
    return "rejected" if note.is_rejected else "flagged"


def _is_shifted(notes: Sequence[_Note], sheet: _Rows) -> bool:
    """Whether what belongs into a covered column may stand in another one of this row."""
    if not sheet.covered:
        return False
    is_broken = any(note.reason_code in BROKEN_REASONS for note in notes)
    wrong = {note.column_name for note in notes if note.column_name is not None and note.raw_value is not None}
    return is_broken or (len(wrong) > 1 and any(note.raw_value == MASK for note in notes))
