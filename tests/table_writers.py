"""Write one table of cells into every container that exports come in, for tests only.

A cell is None, text, a number (int or Decimal) or a moment (datetime). Containers with typed cells get typed cells; in
the others a cell is the text an office program shows (:func:`shown`).
Does not belong here: what the cells mean.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import xlsxwriter
from old_encodings import encoded

Cell = None | str | int | Decimal | dt.datetime
XML_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
ODS_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


@dataclass(frozen=True)
class Area:
    """Merged cells, 0-based and inclusive; the text is in the first of them."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """One sheet: its rows from the first one on, and its merged cells."""

    name: str
    rows: Sequence[Sequence[Cell]]
    areas: Sequence[Area] = ()


def shown(cell: Cell) -> str:
    """The cell as Vietnamese office programs show it: 1.234,5 and 05/01/2026 08:30:00."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return f"{cell:%d/%m/%Y %H:%M:%S}"
    if isinstance(cell, int | Decimal):
        return f"{cell:,}".translate(str.maketrans(",.", ".,"))
    return cell


def csv_file(sheets: Sequence[Sheet], encoding: str, delimiter: str = ";") -> bytes:
    """The only sheet, quoted where needed, lines ended as on Windows."""
    (sheet,) = sheets
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    for row in sheet.rows:
        # A blank row is a blank line, not one of delimiters only.
        writer.writerow([shown(cell) for cell in row] if any(cell is not None for cell in row) else [])
    if encoding in ("utf-16", "utf-8-sig"):
        return out.getvalue().encode(encoding)
    return encoded(out.getvalue(), encoding)


def xlsx_file(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with number and date cells."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            for area in sheet.areas:
                page.merge_range(area.top, area.left, area.bottom, area.right, "")
            for top, row in enumerate(sheet.rows):
                for left, cell in enumerate(row):
                    if isinstance(cell, dt.datetime):
                        page.write_datetime(top, left, cell, moment)
                    elif isinstance(cell, str):
                        page.write_string(top, left, cell)
                    elif cell is not None:
                        page.write_number(top, left, cell)
    return out.getvalue()


def html_file(sheets: Sequence[Sheet]) -> bytes:
    """A page called .xls, one table per sheet, merged cells as spans."""
    tables = "".join(f"<table border=1>{_html_rows(sheet)}</table><br>" for sheet in sheets)
    return f'<html><head><meta charset="utf-8"></head><body>{tables}</body></html>'.encode()


def _html_rows(sheet: Sheet) -> str:
    starts, covered = _places(sheet.areas)
    rows = []
    for top, row in enumerate(sheet.rows):
        cells = []
        for left, cell in enumerate(row):
            if (top, left) in covered:
                continue
            area = starts.get((top, left))
            span = f' rowspan="{area.bottom - top + 1}" colspan={area.right - left + 1}' if area else ""
            cells.append(f"<td{span}>{html.escape(shown(cell))}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>\n")
    return "".join(rows)


def _places(areas: Sequence[Area]) -> tuple[dict[tuple[int, int], Area], set[tuple[int, int]]]:
    """First cells of merged areas, and the cells that these cover."""
    starts = {(area.top, area.left): area for area in areas}
    covered = {
        (top, left)
        for area in areas
        for top in range(area.top, area.bottom + 1)
        for left in range(area.left, area.right + 1)
    }
    return starts, covered - set(starts)


def xml_2003_file(sheets: Sequence[Sheet]) -> bytes:
    """The XML of Excel 2003, with typed cells."""
    pages = []
    for sheet in sheets:
        starts, covered = _places(sheet.areas)
        rows = []
        for top, row in enumerate(sheet.rows):
            cells = []
            for left, cell in enumerate(row):
                if (top, left) in covered or cell is None:
                    continue
                area = starts.get((top, left))
                span = f' ss:MergeDown="{area.bottom - top}" ss:MergeAcross="{area.right - left}"' if area else ""
                cells.append(f'<Cell ss:Index="{left + 1}"{span}>{_xml_2003_data(cell)}</Cell>')
            rows.append(f'<Row ss:Index="{top + 1}">{"".join(cells)}</Row>')
        pages.append(f'<Worksheet ss:Name="{sheet.name}"><Table>{"".join(rows)}</Table></Worksheet>')
    head = '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
    return f'{head}<Workbook xmlns="{XML_2003}" xmlns:ss="{XML_2003}">{"".join(pages)}</Workbook>'.encode()


def _xml_2003_data(cell: Cell) -> str:
    if isinstance(cell, dt.datetime):
        return f'<Data ss:Type="DateTime">{cell.isoformat(timespec="milliseconds")}</Data>'
    kind = "String" if isinstance(cell, str) else "Number"
    return f'<Data ss:Type="{kind}">{html.escape(str(cell), quote=False)}</Data>'


def ods_file(sheets: Sequence[Sheet]) -> bytes:
    """A spreadsheet of OpenDocument, with typed cells; equal blank rows are written once with their count."""
    pages = "".join(f'<table:table table:name="{sheet.name}">{_ods_rows(sheet)}</table:table>' for sheet in sheets)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODS_SPACES} office:version="1.3">'
        f"<office:body><office:spreadsheet>{pages}</office:spreadsheet></office:body></office:document-content>"
    )
    return zip_file({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})


def _ods_rows(sheet: Sheet) -> str:
    starts, covered = _places(sheet.areas)
    rows = []
    for top, row in enumerate(sheet.rows):
        cells = []
        for left, cell in enumerate(row):
            area = starts.get((top, left))
            name = "covered-table-cell" if (top, left) in covered else "table-cell"
            span = ""
            if area:
                span = (
                    f' table:number-rows-spanned="{area.bottom - top + 1}"'
                    f' table:number-columns-spanned="{area.right - left + 1}"'
                )
            cells.append(f"<table:{name}{span}{_ods_value(cell)}</table:{name}>")
        rows.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    return "".join(rows)


def _ods_value(cell: Cell) -> str:
    if cell is None:
        return ">"
    text = "".join(f"<text:p>{html.escape(line, quote=False)}</text:p>" for line in shown(cell).split("\n"))
    if isinstance(cell, dt.datetime):
        return f' office:value-type="date" office:date-value="{cell.isoformat()}">{text}'
    if isinstance(cell, str):
        return f' office:value-type="string">{text}'
    return f' office:value-type="float" office:value="{cell}">{text}'


def json_file(records: Sequence[Mapping[str, Cell]], *, is_lines: bool = False) -> bytes:
    """Records as one array, or one to a line; numbers and moments as text, as it is shown."""
    plain = [{key: None if cell is None else shown(cell) for key, cell in record.items()} for record in records]
    if is_lines:
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in plain).encode()
    return json.dumps({"data": plain}, ensure_ascii=False, indent=1).encode()


def zip_file(members: Mapping[str, bytes]) -> bytes:
    """An archive of files by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
