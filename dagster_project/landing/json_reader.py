"""JSON and JSON lines: each array of objects is a table, its keys are row 1, its objects the rows below.

Objects inside a record give headers such as "DinhDanhCHS.SoDinhDanh"; arrays of objects inside records become tables
of their own, each row with the plain values of the record it came from under headers such as "..MaHoSo". Numbers keep
the text they are written in.
Does not belong here: meanings of keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster_project.landing import stopping
from dagster_project.landing.errors import LandingError
from dagster_project.landing.grid import MAX_CELLS, GridBuilder, GridTable, builder_table, half_character, too_large
from dagster_project.landing.tables import BROKEN_REASONS, BrokenRow

MAX_BYTES = 256 * 1024**2
# Arrays of objects are looked for in objects nested so deep; deeper ones inside records belong to their record.
MAX_DEPTH = 3
MAX_TABLES = 1000
MAX_BROKEN = 1_000_000
PARENT = ".."

_BEGINNING = re.compile(r'\s*(?:\[\s*(?:[\[{\]]|$)|\{\s*(?:["}]|$))')


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Doubled(ValueError):
    """An object names a key twice."""


def looks_like(head: bytes) -> bool:
    """Whether a file that begins so is JSON or JSON lines."""
    text = head.decode(json.detect_encoding(head), "replace").removeprefix("\ufeff")
    return bool(_BEGINNING.match(text))


def open_tables(path: Path) -> list[GridTable]:
    """The tables of the file, named by their path; a file that is one array has one without name.

    LandingError when the file is too large or no JSON. In JSON lines a broken line is a broken row.
    """
    if path.stat().st_size > MAX_BYTES:
        raise too_large(f"tệp JSON lớn hơn {MAX_BYTES // 1024**2} MB")
    content = path.read_bytes()
    charset = json.detect_encoding(content)
    try:
        text = content.decode(charset).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise LandingError(
            f"không đọc được JSON: byte thứ {error.start + 1} không đúng bảng mã.",
            advice="Hãy xuất lại tệp ở bảng mã UTF-8.",
        ) from error
    collector = _Collector()
    broken: list[BrokenRow] = []
    if _is_lines(text):
        _take_lines(text, collector, broken)
    else:
        _take_document(_parsed(text), collector)
    return collector.tables(charset.replace("-sig", ""), broken)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if any("\ud800" <= char <= "\udfff" for key in found for char in key):
        raise half_character()
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Doubled(next(key for key in keys if keys.count(key) > 1))
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_no_number, strict=False
)


def _parsed(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise LandingError(
            "không phải JSON đọc được.", row=error.lineno, column=str(error.colno), advice="Hãy xuất lại tệp."
        ) from error
    except _Doubled as error:
        raise _doubled(str(error)) from error
    except RecursionError as error:
        raise LandingError("JSON lồng nhau quá sâu.", advice="Hãy xuất lại tệp theo mẫu.") from error
    except ValueError as error:
        raise LandingError("JSON có giá trị không phải số (NaN, Infinity).", advice="Hãy xuất lại tệp.") from error


def _doubled(key: str) -> LandingError:
    return LandingError(
        f'JSON có khóa "{key[:60]}" lặp lại trong một đối tượng, không biết lấy giá trị nào.',
        advice="Hãy xuất lại tệp, mỗi khóa chỉ ghi một lần.",
    )


# --- JSON lines


def _is_lines(text: str) -> bool:
    """Whether one of the first two lines with content is a whole object and not the only one."""
    filled = re.finditer(r"[^\s][^\n]*", text)
    first = [match[0] for _, match in zip(range(2), filled, strict=False)]
    return len(first) == 2 and any(_line_object(line) is not None for line in first)


def _line_object(line: str) -> dict[str, Any] | None:
    try:
        found = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(text: str) -> Iterator[str]:
    """Lines end at a newline only: JSON texts may hold other separators."""
    place = 0
    while place < len(text):
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        yield text[place:end]
        place = end + 1


def _take_lines(text: str, collector: _Collector, broken: list[BrokenRow]) -> None:
    table = collector.table("")
    for number, line in enumerate(_lines(text), start=2):
        stopping.check()
        record = _line_object(line) if line.strip() else {}
        if record is None:
            broken.append(BrokenRow(number, "bad_json", BROKEN_REASONS["bad_json"]))
            if len(broken) > MAX_BROKEN:
                raise LandingError("có quá nhiều dòng không phải JSON.", advice="Hãy xuất lại tệp.")
            record = {}
        if record:
            _take_record(record, "", table, collector, {})
        else:
            table.add({})


# --- one document


def _take_document(document: Any, collector: _Collector) -> None:
    if isinstance(document, list):
        _take_array(document, "", collector, {})
    elif isinstance(document, dict):
        _take_envelope(document, "", collector, 1)
    else:
        raise _no_records()
    if not collector.found:
        raise _no_records()


def _no_records() -> LandingError:
    return LandingError("JSON không có danh sách bản ghi nào.", advice="Hãy xuất lại tệp có dữ liệu.")


def _take_envelope(document: dict[str, Any], path: str, collector: _Collector, depth: int) -> None:
    """An object around arrays of objects. Its own plain values go with their rows, and last as a table of one row."""
    plain: dict[str, str] = {}
    for key, value in document.items():
        if not (isinstance(value, dict) and depth < MAX_DEPTH) and not _is_table(value):
            arrays: dict[str, list[Any]] = {}
            _flatten(key, value, plain, arrays)
            if arrays:
                raise LandingError(
                    f'JSON: danh sách "{_join(path, next(iter(arrays)))}" nằm sâu quá {MAX_DEPTH} cấp.',
                    advice="Hãy xuất lại tệp với danh sách ở ngoài.",
                )
    for key, value in document.items():
        place = _join(path, key)
        if _is_table(value):
            _take_array(value, place, collector, plain)
        elif isinstance(value, dict) and depth < MAX_DEPTH:
            _take_envelope(value, place, collector, depth + 1)
    if plain:
        collector.table(path).add(plain)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _take_array(records: list[Any], path: str, collector: _Collector, parent: dict[str, str]) -> None:
    table = collector.table(path) if records else None
    for record in records:
        stopping.check()
        if not isinstance(record, dict):
            raise LandingError(
                f'JSON: danh sách "{path or "gốc"}" trộn đối tượng với giá trị khác.', advice="Hãy xuất lại tệp."
            )
        _take_record(record, path, table, collector, parent)


def _take_record(
    record: dict[str, Any], path: str, table: _Rows, collector: _Collector, parent: dict[str, str]
) -> None:
    plain: dict[str, str] = {}
    arrays: dict[str, list[Any]] = {}
    for key, value in record.items():
        _flatten(key, value, plain, arrays)
    table.add({**{f"{PARENT}{key}": value for key, value in parent.items()}, **plain})
    for key, value in arrays.items():
        _take_array(value, _join(path, key), collector, plain)


def _flatten(key: str, value: Any, plain: dict[str, str], arrays: dict[str, list[Any]]) -> None:
    """Put the plain values below ``key`` into ``plain``, its arrays of objects into ``arrays``."""
    if isinstance(value, dict):
        for inner, further in value.items():
            _flatten(f"{key}.{inner}", further, plain, arrays)
    elif key in plain or key in arrays:
        raise _doubled(key)
    elif _is_table(value):
        arrays[key] = value
    elif isinstance(value, list):
        plain[key] = "; ".join(_text(item) for item in value)
    else:
        plain[key] = value if isinstance(value, _Number) else _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


# --- tables


@dataclass
class _Rows:
    """One table under construction: keys in order of their first appearance."""

    builder: GridBuilder = field(default_factory=GridBuilder)
    positions: dict[str, int] = field(default_factory=dict)

    def add(self, record: dict[str, str]) -> None:
        cells: dict[int, str] = {}
        numbers = []
        for key, value in record.items():
            position = self.positions.setdefault(key, len(self.positions))
            if value:
                cells[position] = value
                if isinstance(value, _Number):
                    numbers.append(position)
        self.builder.add_row(cells, numbers)


class _Collector:
    """All tables of a file by path, in the order in which they are met."""

    def __init__(self) -> None:
        self.found: dict[str, _Rows] = {}

    def table(self, path: str) -> _Rows:
        """The table of that path, new at its first mention."""
        if path not in self.found and len(self.found) >= MAX_TABLES:
            raise too_large("có quá nhiều danh sách trong JSON")
        return self.found.setdefault(path, _Rows())

    def tables(self, charset: str, broken: list[BrokenRow]) -> list[GridTable]:
        """Finished; the broken rows are the first table's."""
        if sum(rows.builder.row_count * rows.builder.width for rows in self.found.values()) > MAX_CELLS:
            raise too_large("các danh sách có quá nhiều giá trị")
        if not any(rows.positions for rows in self.found.values()):
            raise _no_records()
        return [
            builder_table(
                rows.builder,
                path or None,
                "json",
                header=list(rows.positions),
                charset=charset,
                broken=tuple(broken) if path == "" else (),
            )
            for path, rows in self.found.items()
            if rows.positions
        ]
