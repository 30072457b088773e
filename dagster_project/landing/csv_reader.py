"""CSV: DuckDB reads the regular file; what is irregular is set aside record by record first.

A quick scan of the bytes counts the lines by itself. Only when DuckDB finds exactly that many rows and
rejects none is its reading believed. Otherwise the records are walked one by one: well-formed ones go, with
their row number, to a clean copy that DuckDB reads; broken ones are set aside with a reason. So a stray quote
cannot swallow the rest of the file, and no row disappears unseen.

A row number counts records as a spreadsheet would show them: a quoted line break stays inside its record,
blank lines and lines above the header count.
A file in another encoding is read from a copy in UTF-8.
Does not belong here: encodings (``encodings``), meanings of columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.landing import encodings, stopping
from dagster_project.landing.errors import LandingError
from dagster_project.landing.tables import BROKEN_REASONS, HEAD_ROWS, BrokenRow, Extent, HeadRow, Merge, RawTable

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 64 * 1024
# Small enough for the processor cache: a larger one makes the scan half as fast.
CHUNK_BYTES = 1024 * 1024
MAX_LINE_BYTES = 1_000_000
# A quoted line break inside a record is honest; a quote still open after this many lines is a broken one.
MAX_LINES_IN_RECORD = 200
# A title in a header may be broken over a few lines.
MAX_LINES_IN_TITLE = 8
# DuckDB's own sizes are four and three times as large, as quick, and take 400 MB more for a wide file.
BUFFER_BYTES = 8_000_000
ROW_GROUP_ROWS = 40_960
BOM = b"\xef\xbb\xbf"
ROW_NUMBER = "r"


@dataclass(frozen=True)
class CsvTable:
    """One CSV file; ``head`` is its beginning in UTF-8, ``encoding`` what the file itself is in."""

    path: Path
    head: bytes
    encoding: str = encodings.UTF_8
    ends_in_returns: bool = False
    sheet_name: str | None = None
    container: str = "csv"
    is_1904: bool = False

    def heads(self, first_row: int = 1) -> list[list[HeadRow]]:
        """First rows under each delimiter of ``DELIMITERS``. There is one table, at the beginning."""
        if first_row != 1:
            return []
        return [[row for row, _ in self._records(delimiter)] for delimiter in DELIMITERS]

    def _records(self, delimiter: str) -> list[tuple[HeadRow, int]]:
        """The first records, each with the number of its last line."""
        text = self.head.removeprefix(BOM).decode("utf-8")
        if self.ends_in_returns:
            text = text.replace("\r", "\n")
        return _head_rows(text, delimiter)

    def merges(self) -> tuple[Merge, ...]:
        """A CSV has none."""
        return ()

    def breaks(self) -> list[int]:
        """A CSV holds one table."""
        return []

    def read(
        self, con: duckdb.DuckDBPyConnection, work: Path, reading: int, extent: Extent, positions: list[int]
    ) -> RawTable:
        """Raw rows of ``extent``; see :class:`RawTable`. LandingError when the file is not readable."""
        # DuckDB gets a plain name: it takes some characters of a name for a pattern, some endings for compression.
        plain = work / "input.csv"
        text = encodings.as_utf8(self.path, work, self.encoding)
        if self.ends_in_returns:
            _copy_with_newlines(text, plain)
        else:
            plain.symlink_to(text.absolute())
        lines = {row.row_number: line for row, line in self._records(DELIMITERS[reading])}
        raw = _read(_Job(con, plain, work, DELIMITERS[reading], extent, positions, lines[extent.header_row]))
        plain.unlink()
        if text != self.path:
            text.unlink()
        return raw


@dataclass(frozen=True)
class _Job:
    con: duckdb.DuckDBPyConnection
    path: Path
    work: Path
    delimiter: str
    extent: Extent
    positions: list[int]
    # Where the header ends in the file: more lines than records when titles hold line breaks.
    header_line: int

    @property
    def width(self) -> int:
        return self.extent.width

    @property
    def has_comments(self) -> bool:
        """A file that opens with a comment may hold comments anywhere; in others '#' is data."""
        with self.path.open("rb") as handle:
            return handle.read(4).removeprefix(BOM).startswith(b"#")

    @property
    def raw_parquet(self) -> Path:
        return self.work / "raw.parquet"


def _read(job: _Job) -> RawTable:
    scan = scan_records(job.path, job.header_line, job.has_comments)
    raw = _read_regular(job, scan) if scan.is_regular else None
    return _read_carefully(job) if raw is None else raw


def open_tables(path: Path) -> list[CsvTable]:
    """The one table of a CSV file. LandingError when its first bytes are not text."""
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    is_cut = len(head) == HEAD_BYTES
    found = encodings.detect_encoding(head, lambda: encodings.line_pieces(path))
    if found.encoding is None and b"\0" in head:
        raise LandingError(
            f"không phải văn bản đọc được. {found.reason}",
            row=head.count(b"\n", 0, head.index(b"\0")) + 1,
            advice="Hãy lưu lại dưới dạng CSV UTF-8 hoặc XLSX.",
        )
    # Without an answer it is taken for UTF-8 with damaged rows, which are then set aside one by one.
    encoding = found.encoding or encodings.UTF_8
    if encoding not in (encodings.UTF_8, encodings.UTF_8_SIG):
        head = encodings.decoded_head(head, encoding).encode()
    if is_cut:
        _check_header_is_whole(head)
    ends_in_returns = b"\r" in head and b"\n" not in head
    whole_lines = head[: head.rindex(b"\n") + 1] if is_cut and b"\n" in head else head
    return [CsvTable(path, _decodable_head(whole_lines, found.reason), encoding, ends_in_returns)]


def _check_header_is_whole(head: bytes) -> None:
    """LandingError when the head ends inside its first line of columns: what lies beyond would be lost."""
    *whole, last = head.splitlines()
    if len(last) > HEAD_BYTES // 2 and _has_columns(last) and not any(map(_has_columns, whole)):
        raise LandingError(
            f"dòng tiêu đề quá dài: tiêu đề và các dòng trên nó phải nằm trong {HEAD_BYTES // 1024} KB đầu tệp.",
            row=len(whole) + 1,
            advice="Hãy bớt cột, rút ngắn tên cột, hoặc sửa dấu xuống dòng nếu cả tệp là một dòng, rồi nạp lại.",
        )


def _has_columns(line: bytes) -> bool:
    return any(line.count(mark.encode()) > 1 for mark in DELIMITERS)


def _copy_with_newlines(path: Path, target: Path) -> None:
    """A copy whose lines end as everywhere else: old Macintosh programs end them in a carriage return alone."""
    with path.open("rb") as source, target.open("wb") as out:
        while piece := source.read(CHUNK_BYTES):
            stopping.check()
            out.write(piece.replace(b"\r", b"\n"))


def _decodable_head(head: bytes, doubt: str) -> bytes:
    """The lines before the first undecodable one; a file that starts with such a line is refused."""
    lines = head.splitlines(keepends=True)
    for index, line in enumerate(lines):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            if index == 0 or not any(kept.strip() for kept in lines[:index]):
                raise LandingError(
                    f"dòng đầu không đúng bảng mã UTF-8. {doubt}",
                    row=index + 1,
                    advice="Hãy lưu lại dưới dạng CSV UTF-8 hoặc XLSX.",
                ) from error
            return b"".join(lines[:index])
    return head


def _head_rows(text: str, delimiter: str) -> list[tuple[HeadRow, int]]:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    rows: list[tuple[HeadRow, int]] = []
    line = 0
    while line < len(lines) and len(rows) < HEAD_ROWS:
        if lines[line].startswith("#"):
            cells, taken = (), 1
        else:
            cells, taken = _head_cells(lines[line : line + MAX_LINES_IN_TITLE], delimiter)
        shown = " ".join(lines[line : line + taken])
        line += taken
        rows.append((HeadRow(row_number=len(rows) + 1, cells=cells, text=shown), line))
    return rows


def _head_cells(lines: list[str], delimiter: str) -> tuple[tuple[str, ...], int]:
    """The cells of the first record and the lines it takes; a quote that does not close soon opens nothing."""
    for taken in (lines, lines[:1]):
        reader = csv.reader([f"{line}\n" for line in taken], delimiter=delimiter, strict=len(taken) > 1)
        try:
            return tuple(next(reader, ())), max(reader.line_num, 1)
        except csv.Error:
            # A carriage return inside, or a field without end: a line of text, no header.
            continue
    return (lines[0],), 1


@dataclass(frozen=True)
class Scan:
    """What the bytes say: lines below the header, and apart from them the blank ones at the very end."""

    record_count: int
    trailing_blank_count: int
    is_regular: bool


def scan_records(path: Path, header_row: int, has_comments: bool) -> Scan:
    """Count the lines below line ``header_row`` without interpreting fields, in chunks.

    Every row DuckDB gives takes at least one line. So when it gives as many rows as there are lines, no quote
    has joined two lines and no line was skipped. Only what could make a row out of less than a line, or a row
    that is not one, needs looking at: ``is_regular`` is False at a lone carriage return, a NUL, a comment.
    """
    newlines = 0
    regular = True
    trailing = b""
    for chunk in _line_chunks(path):
        newlines += chunk.count(b"\n")
        regular = regular and _is_regular(chunk, has_comments and newlines > header_row)
        body = chunk.rstrip(b" \t\r\n")
        tail = chunk[len(body) :]
        # A chunk of blank lines only continues the tail of the one before.
        trailing = tail if body else trailing + tail
    ends_open = not trailing.endswith(b"\n")
    lines = newlines + (1 if ends_open and newlines + 1 > header_row else 0)
    blanks = max(trailing.count(b"\n") - 1 + (1 if ends_open and trailing.count(b"\n") else 0), 0)
    blanks = min(blanks, max(lines - header_row, 0))
    return Scan(max(lines - header_row - blanks, 0), blanks, regular)


def _line_chunks(path: Path) -> Iterator[bytes]:
    """The file in pieces that end at a line's end (but the last)."""
    rest = b""
    with path.open("rb") as handle:
        while piece := handle.read(CHUNK_BYTES):
            stopping.check()
            piece = rest + piece
            cut = piece.rfind(b"\n") + 1
            if cut == 0 and len(piece) > MAX_LINE_BYTES:
                raise LandingError(
                    "có dòng dài quá mức đọc được; đây có lẽ không phải tệp CSV.",
                    advice="Hãy kiểm tra lại tệp hoặc lưu dưới dạng CSV UTF-8.",
                )
            rest = piece[cut:]
            if cut:
                yield piece[:cut]
    if rest:
        yield rest


def _is_regular(chunk: bytes, look_for_comments: bool) -> bool:
    if b"\0" in chunk:
        return False
    if look_for_comments and (b"\n#" in chunk or chunk.startswith(b"#")):
        return False
    return b"\r" not in chunk or chunk.count(b"\r") == chunk.count(b"\r\n")


def _read_csv_sql(path: Path, names: list[str], skip: int, delimiter: str) -> str:
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    return (
        f"read_csv({_literal(path)}, auto_detect=false, compression='none', header=false, skip={skip}, "
        f"delim={_literal(delimiter)}, quote='\"', escape='\"', columns={{{columns}}}, "
        f"store_rejects=true, rejects_limit=1, max_line_size={MAX_LINE_BYTES * 2}, "
        f"buffer_size={BUFFER_BYTES})"
    )


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _copy_raw(job: _Job, path: Path, names: list[str], skip: int) -> int | None:
    """Write raw.parquet from ``path``; the rows written, or None when DuckDB rejected a record."""
    cells = [name for name in names if name != ROW_NUMBER]
    trimmed = ", ".join(f"nullif(trim({name}), '')" for name in cells)
    # The first cell with anything in it nearly always settles it: trimming them all doubles the time.
    filled = f"case when trim(coalesce({', '.join(cells)})) <> '' then true else coalesce({trimmed}) is not null end"
    kept = [name for name in names if name == ROW_NUMBER or int(name[1:]) in job.positions]
    select = f"select {', '.join(kept)}, {filled} as is_filled"
    # Snappy: read once and thrown away. From Parquet, typing runs in parallel and on dictionaries.
    query = (
        f"copy ({select} from {_read_csv_sql(path, names, skip, job.delimiter)}) "
        f"to {_literal(job.raw_parquet)} (format parquet, compression snappy, "
        f"row_group_size {ROW_GROUP_ROWS})"
    )
    try:
        written = job.con.execute(query).fetchone()
    except duckdb.InvalidInputException:
        return None
    rejected = job.con.execute("select count(*) from reject_errors").fetchone()
    job.con.execute("drop table reject_errors; drop table reject_scans")
    return written[0] if written and rejected == (0,) else None


def _read_regular(job: _Job, scan: Scan) -> RawTable | None:
    """DuckDB straight on the file; None when its count differs from the scan's or it rejected anything."""
    names = [f"c{index}" for index in range(job.width)]
    written = _copy_raw(job, job.path, names, job.header_line)
    if written != scan.record_count:
        return None
    return RawTable(
        parquet=job.raw_parquet,
        row_number_sql=f"file_row_number + {job.extent.header_row + 1}",
        row_count=written,
        ignored_count=scan.trailing_blank_count,
    )


def _read_carefully(job: _Job) -> RawTable:
    """Walk the records, copy the sound ones with their row number, read that copy."""
    clean = job.work / "clean.csv"
    walk = _Walk(job)
    with clean.open("wb") as handle:
        for number, line in walk.sound_records():
            handle.write(b"%d" % number + job.delimiter.encode() + line + b"\n")
    names = [ROW_NUMBER, *(f"c{index}" for index in range(job.width))]
    written = _copy_raw(job, clean, names, 0)
    clean.unlink()
    if written != walk.sound_count:
        raise LandingError(
            f"đọc được {walk.sound_count} dòng nhưng máy đọc CSV không đồng ý; không nạp để khỏi mất dòng.",
            advice="Hãy lưu lại dưới dạng XLSX rồi nạp lại.",
        )
    return RawTable(
        parquet=job.raw_parquet,
        row_number_sql=f"cast({ROW_NUMBER} as bigint)",
        row_count=written,
        broken=tuple(walk.broken),
        ignored_count=walk.ignored_count,
    )


class _Walk:
    """One pass over the records of an irregular file; the counters are complete when the pass has ended."""

    def __init__(self, job: _Job) -> None:
        self.job = job
        self.delimiter = job.delimiter.encode()
        self.has_comments = job.has_comments
        self.well_formed = _well_formed(self.delimiter, job.width)
        self.broken: list[BrokenRow] = []
        self.ignored_count = 0
        self.sound_count = 0

    def sound_records(self) -> Iterator[tuple[int, bytes]]:
        """Row number and one CSV line without its end, for every record with as many fields as the header."""
        lines = _Lines(self.job.path, self.job.header_line)
        number = self.job.extent.header_row
        while (line := lines.next()) is not None:
            number += 1
            stripped = line.strip(b" \t\r\n")
            # A line with as many cells as the header is no comment.
            is_comment = self.has_comments and stripped.startswith(b"#")
            if not stripped or (is_comment and stripped.count(self.delimiter) + 1 != self.job.width):
                self.ignored_count += 1
                continue
            record = self._sound(line, lines, number)
            if record is not None:
                self.sound_count += 1
                yield number, record

    def _sound(self, line: bytes, lines: _Lines, number: int) -> bytes | None:
        reason = self._unreadable(line)
        if reason is not None:
            return self._set_aside(number, reason)
        if b'"' not in line and b"\r" not in line:
            fields = line.count(self.delimiter) + 1
            if fields == self.job.width:
                return line
            return self._set_aside(number, "wrong_field_count", fields)
        if self.well_formed.fullmatch(line):
            return line
        cells = _quoted_record(line, lines, self.job.delimiter, self.job.width)
        if cells is None:
            return self._set_aside(number, "broken_quote")
        if len(cells) != self.job.width:
            return self._set_aside(number, "wrong_field_count", len(cells))
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self.job.delimiter, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
        return buffer.getvalue().encode()

    @staticmethod
    def _unreadable(line: bytes) -> str | None:
        if len(line) > MAX_LINE_BYTES:
            return "line_too_long"
        if b"\0" in line:
            return "nul_byte"
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return "bad_encoding"
        return None

    def _set_aside(self, number: int, reason: str, found: int = 0) -> None:
        text = BROKEN_REASONS[reason].format(found=found, expected=self.job.width)
        self.broken.append(BrokenRow(number, reason, text))


def _well_formed(delimiter: bytes, width: int) -> re.Pattern[bytes]:
    """One line that is one record of ``width`` fields with impeccable quotes: no need to parse it."""
    # Possessive-like by construction: no alternative can start where another may go on.
    field = rb'(?:"[^"]*(?:""[^"]*)*"|[^"' + re.escape(delimiter) + rb"\r]*)"
    return re.compile(field + rb"(?:" + re.escape(delimiter) + field + rb"){%d}" % (width - 1))


class _Lines:
    """Physical lines below the header, without their ends, with a look ahead for quoted line breaks."""

    def __init__(self, path: Path, header_row: int) -> None:
        self._lines = self._below(path, header_row)
        self._ahead: deque[_Ahead] = deque()

    @staticmethod
    def _below(path: Path, header_row: int) -> Iterator[bytes]:
        number = 0
        for chunk in _line_chunks(path):
            for line in chunk.removesuffix(b"\n").split(b"\n"):
                number += 1
                if number > header_row:
                    yield line.removesuffix(b"\r")

    def next(self) -> bytes | None:
        if self._ahead:
            return self._ahead.popleft().line
        return next(self._lines, None)

    def peek(self, index: int, delimiter: str) -> _Ahead | None:
        while len(self._ahead) <= index:
            line = next(self._lines, None)
            if line is None:
                return None
            self._ahead.append(_ahead(line, delimiter))
        return self._ahead[index]

    def take(self, count: int) -> list[bytes]:
        return [self._ahead.popleft().line for _ in range(count)]


@dataclass(frozen=True)
class _Ahead:
    """A line seen as the continuation of a quoted cell, worked out once for all records that look at it.

    ``added`` is how many cells it adds to the one that it continues, None when a quote is misplaced;
    ``is_open`` whether a quote is open at its end.
    """

    line: bytes
    added: int | None
    is_open: bool


def _ahead(line: bytes, delimiter: str) -> _Ahead:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return _Ahead(line, None, False)
    if '"' not in text:
        return _Ahead(line, 0, True)
    added, is_open = _count_cells('"' + text, delimiter)
    return _Ahead(line, None if added is None else added - 1, is_open)


def _count_cells(text: str, delimiter: str) -> tuple[int | None, bool]:
    """Number of cells of one line, the last of which may go on in the next line; as :func:`_parse`."""
    cells, is_open = _parse(text, delimiter)
    if is_open:
        cells, _ = _parse(text + '"', delimiter)
    return (None if cells is None else len(cells)), is_open


def _quoted_record(line: bytes, lines: _Lines, delimiter: str, width: int) -> list[str] | None:
    """Cells of the record that starts with ``line``, taking following lines only if they close its quote.

    None when a quote is misplaced or stays open; the following lines are then left for themselves.
    """
    text = line.decode("utf-8")
    cells, is_open = _parse(text, delimiter)
    if not is_open:
        return cells
    taken, size = 0, len(line)
    count, _ = _count_cells(text, delimiter)
    while is_open and taken < MAX_LINES_IN_RECORD:
        following = lines.peek(taken, delimiter)
        if count is None or following is None or following.added is None or size > MAX_LINE_BYTES:
            return None
        taken += 1
        size += len(following.line)
        count += following.added
        is_open = following.is_open
    # A quote that closes into the wrong number of fields was never meant to span lines.
    if is_open or count != width:
        return None
    return _parse("\n".join([text, *(part.decode("utf-8") for part in lines.take(taken))]), delimiter)[0]


def _parse(text: str, delimiter: str) -> tuple[list[str] | None, bool]:
    """Cells of one record (None when a quote is misplaced), and whether a quote is still open at its end."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return None, "unexpected end of data" in str(error)
    return (rows[0] if len(rows) == 1 else None), False
