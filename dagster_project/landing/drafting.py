"""A first draft of a layout for a file that no layout knows, as YAML to be finished by a person.

Headers are matched with canonical columns by the words that other layouts already know and by the canonical meanings;
what looks like a person's name, number or address is put under identity, never under columns.
Does not belong here: reading layouts (``layouts``), guessing at headers (``sniffing``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dagster_project.landing import layouts, readers, sniffing
from dagster_project.landing.contracts import SourceContract, load_contract, load_contracts
from dagster_project.landing.errors import LandingError
from dagster_project.landing.headings import SEPARATOR, Heading, normalise_header
from dagster_project.landing.personal import covered, personal_kind
from dagster_project.landing.row_kinds import ORDINAL_TITLES
from dagster_project.landing.tables import HeadRow, Table
from dagster_project.vault.columns import identity_column

CLOSE_ENOUGH = 0.75
FINGERPRINT_HEADERS = 5
# With fewer required columns a source is no better guess than the next one.
MIN_REQUIRED = 2
# What stands on a ballot for an answer, also as spreadsheets write it.
ANSWER_CODE = r"[0-9]{1,2}([.,]0)?"
TOTAL_WORDS = "(tổng (số|cộng)|cộng)( .*)?"


@dataclass(frozen=True)
class Draft:
    """The YAML text, and how many of the file's columns it maps."""

    text: str
    source: str
    mapped_count: int
    column_count: int


def draft_layout(path: Path, code: str, source: str | None = None) -> Draft:
    """A draft for the largest table of ``path``; ``source`` is the one whose columns fit best when None.

    LandingError when the file has no table, ``source`` is none of ours, or there is none and no source fits.
    """
    table, reading, heading = _largest(path)
    contract = _chosen(heading, source)
    rows = readers.rows_below(table, reading, heading)
    found = _matched(heading, contract)
    questions = _questions(heading, rows, contract, set(found.values()))
    identity = _identities(heading, contract, {*found.values(), *questions})
    text = _yaml(path, code, contract, heading, rows, found, identity, questions)
    return Draft(text, contract.source, len(found), heading.width)


def _largest(path: Path) -> tuple[Table, int, Heading]:
    guesses = [(table, guess) for table in readers.open_tables(path) if (guess := sniffing.guessed_heading(table))]
    if not guesses:
        raise LandingError("không có bảng nào có dòng tiêu đề.", file=path.name, advice="Hãy kiểm tra lại tệp.")
    table, (reading, heading) = max(guesses, key=lambda item: item[1][1].width)
    return table, reading, heading


def _chosen(heading: Heading, source: str | None) -> SourceContract:
    if source is None:
        return _guessed(heading)
    if source not in load_contracts():
        raise LandingError(f'không có nguồn "{source}".', advice=f"Các nguồn: {', '.join(load_contracts())}.")
    return load_contract(source)


def _guessed(heading: Heading) -> SourceContract:
    found = {c.source: [c.column(name) for name in _matched(heading, c)] for c in load_contracts().values()}
    required = {source: sum(column.required for column in columns) for source, columns in found.items()}
    best = max(load_contracts().values(), key=lambda c: (len(found[c.source]), required[c.source], c.source))
    if required[best.source] < MIN_REQUIRED:
        raise LandingError(
            f"chưa đoán được tệp thuộc nguồn nào: nguồn gần nhất chỉ thấy {required[best.source]} cột bắt buộc.",
            advice=f"Hãy xem «cchc sources» rồi chạy lại với --source, ví dụ --source {best.source}.",
        )
    return best


def _matched(heading: Heading, contract: SourceContract) -> dict[str, int]:
    """Canonical column → position, best likeness first, each position once."""
    words = _known_words(contract)
    # "Người nộp" is nearly "Ngày nộp", and "STT" nearly "start": what is about people or only counts the rows is a
    # column only under that very name.
    scored = [
        (score, name, place)
        for place in range(heading.width)
        if heading.titles[place]
        for name in contract.column_names
        if (score := _likeness(heading.titles[place], words[name]))
        >= (1 if _personal(heading, place) or _is_ordinal(heading, place) else CLOSE_ENOUGH)
    ]
    found: dict[str, int] = {}
    for _, name, place in sorted(scored, key=lambda item: (-item[0], item[2], item[1])):
        if name not in found and place not in found.values():
            found[name] = place
    return found


def _known_words(contract: SourceContract) -> dict[str, list[str]]:
    """What other layouts of the source call each column, its canonical name and its meaning."""
    words = {column.name: [column.name, normalise_header(column.heading)] for column in contract.columns}
    for layout in layouts.load_layouts().values():
        if layout.source == contract.source:
            for name, spec in layout.columns.items():
                own = [] if spec.extract else [h for h in spec.headers if not h.startswith(layouts.PLACE)]
                words[name] += [normalise_header(h.split(SEPARATOR)[-1]) for h in own]
    return words


def _extracts(contract: SourceContract, heading: Heading) -> dict[str, tuple[int, str]]:
    """Canonical columns that other layouts cut out of a header which this file has too: position and pattern."""
    found: dict[str, tuple[int, str]] = {}
    for layout in layouts.load_layouts().values():
        for name, spec in layout.columns.items() if layout.source == contract.source else ():
            places = [
                place for h in spec.headers if spec.extract and (place := layouts.place_of(heading, h)) is not None
            ]
            if places:
                found.setdefault(name, (places[0], spec.extract or ""))
    return found


def _likeness(titles: Sequence[str], words: Sequence[str]) -> float:
    last = normalise_header(titles[-1])
    return max(difflib.SequenceMatcher(None, last, word).ratio() for word in words)


def _identities(heading: Heading, contract: SourceContract, taken: set[int]) -> dict[str, int]:
    """Identity column → position: what other layouts of the source call so first, then any of the same kind."""
    words = _identity_words()
    places = [
        (place, kind)
        for place in range(heading.width)
        if place not in taken and (kind := _personal(heading, place)) is not None
    ]
    found: dict[str, int] = {}
    for place, _ in places:
        name = words.get(normalise_header(heading.titles[place][-1]))
        if name in contract.identity:
            found.setdefault(name, place)
    for place, kind in places:
        free = [name for name in contract.identity if name.endswith(f"_{kind}") and name not in found]
        if free and place not in found.values():
            found[free[0]] = place
    return found


def _questions(heading: Heading, rows: Sequence[HeadRow], contract: SourceContract, taken: set[int]) -> list[int]:
    """Columns of a questionnaire: their first cells are codes of answers, whatever words stand in the header.

    "Thái độ của người tiếp nhận" asks about people and tells of nobody.
    """
    if not any(column.is_packed for column in contract.columns):
        return []
    free = [place for place in range(heading.width) if heading.titles[place] and place not in taken]
    return [place for place in free if not _is_ordinal(heading, place) and _are_answers(_filled(rows, place))]


def _is_ordinal(heading: Heading, place: int) -> bool:
    return normalise_header(heading.titles[place][-1]) in ORDINAL_TITLES


def _are_answers(values: Sequence[str]) -> bool:
    return bool(values) and all(re.fullmatch(ANSWER_CODE, value) for value in values)


def _filled(rows: Sequence[HeadRow], place: int) -> list[str]:
    cells = (row.cells[place] or "" for row in rows if place < len(row.cells))
    return [" ".join(cell.split()) for cell in cells if cell.strip()]


def _personal(heading: Heading, place: int) -> str | None:
    """The kind of identity that a header promises, by its words or because some layout calls one so; else None."""
    if not heading.titles[place]:
        return None
    name = _identity_words().get(normalise_header(heading.titles[place][-1]))
    return personal_kind(heading.path(place)) or (identity_column(name).kind.value if name else None)


@cache
def _identity_words() -> dict[str, str]:
    """Header → identity column, as the layouts have it."""
    return {
        normalise_header(header): name
        for layout in layouts.load_layouts().values()
        if not layout.is_generic
        for name, headers in layout.identity
        for header in headers
    }


def _yaml(
    path: Path,
    code: str,
    contract: SourceContract,
    heading: Heading,
    rows: Sequence[HeadRow],
    found: dict[str, int],
    identity: dict[str, int],
    questions: Sequence[int],
) -> str:
    used = {*found.values(), *identity.values(), *questions}
    unused = [place for place in range(heading.width) if place not in used and heading.titles[place]]
    personal = [place for place in unused if _personal(heading, place)]
    # Few headers would fit other vendors' files too.
    told = [*sorted(found.values()), *questions, *(place for place in reversed(unused) if place not in personal)]
    fingerprint = [heading.path(place) for place in sorted(told[:FINGERPRINT_HEADERS])]
    lines = [
        f"# Bản nháp từ tệp «{path.name}», tiêu đề ở dòng {heading.first_row}–{heading.last_row}.",
        "# Hãy ghi rõ thấy mẫu này ở đâu, sửa các dòng có dấu «?», rồi chép vào thư mục bố cục.",
        f"layout: {code}",
        f"title: {_quoted(path.stem)}",
        f"source: {contract.source}",
        "time_zone: Asia/Ho_Chi_Minh",
        f"formats: {{date: [{_day_order(rows)}], timestamp: [{_day_order(rows)}], decimal: {_decimal(rows)}}}",
        f"fingerprint: [{', '.join(map(_quoted, fingerprint))}]",
    ]
    if personal:
        lines.append(f"withheld: [{', '.join(_quoted(heading.path(place)) for place in personal)}]")
    if identity:
        lines.append("identity:")
        lines += [f"  {name}: {_quoted(heading.path(place))}" for name, place in identity.items()]
    lines.append("columns:")
    extracts = _extracts(contract, heading)
    for column in contract.columns:
        if column.name in found:
            lines.append(f"  {column.name}: {{from: {_quoted(heading.path(found[column.name]))}}}")
        elif column.name in extracts:
            place, pattern = extracts[column.name]
            lines.append(f"  {column.name}: {{from: {_quoted(heading.path(place))}, extract: '{pattern}'}}")
        elif column.required and layouts.is_of_the_file(contract, column.name):
            lines.append(f"  {column.name}: {{given: true}}   # ? {column.meaning}")
        elif column.required:
            # One value for all rows would make one record of them: somebody has to find the column.
            lines.append(f'  # ? {column.name}: {{from: "…"}}   THIẾU cột bắt buộc này: {column.meaning}')
    lines += _question_lines(contract, heading, questions, found)
    packed = {column.name for column in contract.columns if column.is_packed and questions}
    lines += _free_columns(contract, {*found, *extracts, *packed})
    for place in unused:
        if place not in personal:
            lines.append(f"  # ? cột chưa dùng: {_quoted(heading.path(place))}{_example(rows, place)}")
    lines += _total_rule(heading)
    return "\n".join(lines) + "\n"


def _question_lines(
    contract: SourceContract, heading: Heading, questions: Sequence[int], found: dict[str, int]
) -> list[str]:
    """Questions to be packed into one column, for a person to say which item each of them is."""
    names = [column.name for column in contract.columns if column.is_packed and column.name not in found]
    if not questions or not names:
        return []
    listed = [f'  #     "…": {_quoted(heading.path(place))}' for place in questions]
    head = "mỗi câu hỏi một cột: ghi mã câu thay «…», bỏ dấu «#» và các cột không phải câu hỏi"
    return [f"  # {names[0]}:   # ? {head}", "  #   packed:", *listed]


def _free_columns(contract: SourceContract, mapped: set[str]) -> list[str]:
    """Canonical columns that may stay empty and have no header yet, for whoever knows one."""
    free = [column for column in contract.columns if not column.required and column.name not in mapped]
    head = ["  # Cột khác của nguồn: tệp có thì ghi tiêu đề và bỏ dấu «#», không có thì thôi."] if free else []
    origins = {column.name: 'packed: {"…": "…"}' if column.is_packed else 'from: "…"' for column in free}
    return [*head, *(f"  # {column.name}: {{{origins[column.name]}}}   # {column.meaning}" for column in free)]


def _total_rule(heading: Heading) -> list[str]:
    """Totals are named in one of the first columns, which often only counts the rows and is not read otherwise."""
    named = [place for place in range(heading.width) if heading.titles[place]][:2]
    texts = [_quoted(heading.path(place)) for place in named if _personal(heading, place) is None]
    if not texts:
        return []
    return ["rows:", "  totals:", f"    - {{text: [{', '.join(texts)}], pattern: '{TOTAL_WORDS}'}}"]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _example(rows: Sequence[HeadRow], place: int) -> str:
    values = _filled(rows, place)
    return f", ví dụ {_quoted(covered(values[0])[:40])}" if values else ""


def _day_order(rows: Sequence[HeadRow]) -> str:
    """By what the first rows prove; day first when they prove nothing, because that is the custom."""
    texts = [cell or "" for row in rows for cell in row.cells]
    dates = [found for text in texts if (found := re.match(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", text))]
    if any(re.fullmatch(r"\s*\d{14}\s*", text) for text in texts):
        return "compact"
    if not dates and any(re.match(r"\s*\d{4}-\d{2}-\d{2}", text) for text in texts):
        return "ymd"
    month_first = any(int(date[2]) > 12 for date in dates) and not any(int(date[1]) > 12 for date in dates)
    return "mdy" if month_first else "dmy"


def _decimal(rows: Sequence[HeadRow]) -> str:
    texts = [cell or "" for row in rows for cell in row.cells]
    has_point = any(re.fullmatch(r"\s*\d+\.\d{1,2}\s*", text) for text in texts)
    return "dot" if has_point and not any(re.fullmatch(r"\s*[\d.]*\d,\d+\s*%?", text) for text in texts) else "comma"
