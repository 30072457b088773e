"""Thousands of damaged files: each ends in a landing or in a refusal that says so, in bounded time and memory.

The damage is the same in every run. ``CCHC_FUZZ_FILES`` asks for more files than the usual 2,000.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import random
import re
import subprocess
import sys
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing import deliveries
from dagster_project.settings import load_settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # the helpers stand beside the tiers, outside any package

from table_writers import (
    ODS_SPACES,
    XML_2003,
    Area,
    Sheet,
    csv_file,
    html_file,
    json_file,
    ods_file,
    xlsx_file,
    xml_2003_file,
    zip_file,
)

pytestmark = pytest.mark.integration

FILES = int(os.environ.get("CCHC_FUZZ_FILES", "2000"))
SEED = 20261010
CHILDREN = 2
# A load reads every record of its data root first: with all files in one, most of the time would go there.
FILES_PER_ROOT = 20
SECONDS_PER_FILE = 30
MEMORY_BYTES = 6 * 1024**3
MAX_RESIDENT_KB = 2 * 1024**2
BOOKS = Path(__file__).parents[1] / "fixtures" / "workbooks"
# What a program says to programmers, never to an officer.
ENGLISH = re.compile(r"Traceback|[a-z](Error|Exception)\b|\bNone\b|\bcodec\b|\bBinder\b|\bpanicked\b|not supported")

LAND_ALL = """
import datetime, faulthandler, json, resource, sys
from pathlib import Path
from dagster_project.landing.load import land_paths
from dagster_project.settings import load_settings

folder, per_root, seconds, memory = Path(sys.argv[1]), *(int(text) for text in sys.argv[2:])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
for number, line in enumerate(sys.stdin):
    root = load_settings(folder / f"{number // per_root:04d}")
    faulthandler.dump_traceback_later(seconds, exit=True)
    path = Path(line.rstrip("\\n"))
    results = land_paths([path], root, landed_at=datetime.datetime(2027, 1, 1))
    for result in results:
        print(json.dumps([path.name, result.status, result.message]), flush=True)
faulthandler.cancel_dump_traceback_later()
# Not ru_maxrss: a child begins with the peak of the test process that started it.
peak = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps(["", "peak", int(peak)]))
"""

# --- sound files

HEADER = (
    "authority_code", "dossier_code", "procedure_name", "resolving_unit_code", "received_at", "fee_amount",
    "supplement_count",
)  # fmt: skip


def sheet() -> Sheet:
    rows: list[list] = [["Danh sách hồ sơ tiếp nhận trong kỳ", *[None] * 6], [None] * 7, list(HEADER)]
    for number in range(12):
        moment = dt.datetime(2026, 1, 5 + number, 8, 30)
        name = f"Đăng ký khai sinh lần {number}, cấp phép xây dựng"
        rows.append(["H99", f"00{number}", name, "H99.01", moment, Decimal(number) / 8, number])
    rows += [[None] * 7, [None, "Tổng cộng", None, None, None, Decimal("8.25"), 66]]
    return Sheet("Hồ sơ", rows, (Area(0, 0, 0, 6),))


def sound_files() -> dict[str, bytes]:
    """A file of every container by name; the first name tells its container."""
    sheets = [sheet()]
    records = [dict(zip(HEADER, row, strict=True)) for row in sheets[0].rows[3:15]]
    wrapped = {"a.csv": csv_file(sheets, "utf-8"), "b.xlsx": xlsx_file(sheets)}
    return {
        "csv": csv_file(sheets, "utf-8", ","),
        "csv_utf16": csv_file(sheets, "utf-16", "\t"),
        "csv_cp1258": csv_file(sheets, "cp1258"),
        "csv_tcvn3": csv_file(sheets, "tcvn3"),
        "xlsx": xlsx_file(sheets),
        "ods": ods_file(sheets),
        "html": html_file([*sheets, *sheets]),
        "xml": xml_2003_file(sheets),
        "json": json_file(records),
        "jsonl": json_file(records, is_lines=True),
        "zip": zip_file(wrapped),
        "xls": (BOOKS / "GSO_dvhc_lao_cai.xls").read_bytes(),
        "xls_fonts": (BOOKS / "MOF_du_toan_2003_TCVN3.xls").read_bytes(),
    }


# --- damage


def damaged(content: bytes, other: bytes, rng: random.Random) -> bytes:
    kind = rng.randrange(8)
    place = rng.randrange(len(content) + 1)
    length = rng.choice((1, 2, 7, 64, 700))
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + other[rng.randrange(len(other)) :]
    if kind == 2:
        return content[:place] + content[place + length :]
    if kind == 3:
        return content[:place] + rng.randbytes(length) + content[place:]
    if kind == 4:
        return content[:place] + b"\0" * length + content[place + length :]
    if kind == 5:
        return content[:place] + content[max(0, place - length) : place] * rng.randrange(1, 40) + content[place:]
    found = bytearray(content)
    for _ in range(1 if kind == 6 else rng.randrange(2, 60)):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def damaged_inside(content: bytes, other: bytes, rng: random.Random) -> bytes:
    """A ZIP that is whole, with one damaged part: what is wrong shows only after unpacking."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(parts))
    parts[name] = damaged(parts[name], other, rng)
    return zip_file(parts)


def damaged_files(count: int) -> dict[str, bytes]:
    rng = random.Random(SEED)
    sound = sound_files()
    found: dict[str, bytes] = {}
    for number in range(count):
        kind = rng.choice(sorted(sound))
        other = sound[rng.choice(sorted(sound))]
        is_packed = kind in ("xlsx", "ods", "zip")
        damage = damaged_inside if is_packed and rng.random() < 0.7 else damaged
        ending = rng.choice((kind, kind, "csv", "xls", "xlsx", "txt"))
        found[f"{number:05d} {kind}.{ending}"] = damage(sound[kind], other, rng)
    return found


def xlsx_with(name: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx_file([sheet()]))) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    assert old in parts[name]
    return zip_file({**parts, name: parts[name].replace(old, new, 1)})


def entities(depth: int = 12) -> str:
    """An entity that would be 10 to the power of ``depth`` letters when resolved."""
    steps = "".join(f'<!ENTITY e{n} "{10 * (chr(38) + f"e{n - 1};")}">' for n in range(1, depth + 1))
    return f'<!DOCTYPE x [<!ENTITY e0 "hồ sơ">{steps}]>'


def hostile_files() -> dict[str, bytes]:
    """Made by hand: bombs and extremes."""
    sound = sound_files()
    wide = [f"cột {number}" for number in range(10_000)]
    header = ",".join(HEADER)
    row = 'H99,01,"=HYPERLINK(""http://x"")",H99.01,05/01/2026,=1+1,@SUM(A1)'
    sheet_xml, end = "xl/worksheets/sheet1.xml", b"</sheetData>"
    bomb, many = b"0" * 300_000_000, {f"{number}.csv": b"a" for number in range(6000)}
    formulas = b'<row r="99"><c r="A99"><f>1/0</f><v></v></c><c r="B99" t="e"><v>#DIV/0!</v></c></row>'
    xml_head = f'<Workbook xmlns="{XML_2003}" xmlns:ss="{XML_2003}"><Worksheet ss:Name="a"><Table>'
    ods_bomb = (
        f"{entities()}<office:document-content {ODS_SPACES}><office:body><office:spreadsheet>"
        "<table:table><table:table-row><table:table-cell><text:p>&e12;</text:p></table:table-cell></table:table-row>"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    ods_parts = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": ods_bomb.encode()}
    return {
        "trống.csv": b"",
        "trống.xlsx": b"",
        "toàn dấu cách.csv": b" \r\n\t\r\n" * 50,
        "toàn số không.xls": b"\0" * 9000,
        "chỉ có dấu thứ tự byte.csv": b"\xff\xfe",
        "chỉ có tiêu đề.csv": header.encode(),
        "mười nghìn cột.csv": f"{','.join(wide)}\n{','.join('1' * 10_000)}\n".encode(),
        "mười nghìn cột có tiêu đề.csv": f"{header},{','.join(wide)}\n{row},{','.join('1' * 10_000)}\n".encode(),
        "mười nghìn cột.xlsx": xlsx_file([Sheet("a", [[*HEADER, *wide], ["1"] * 10_007])]),
        "mười nghìn cột.xls": html_file([Sheet("a", [[*HEADER, *wide], ["1"] * 10_007])]),
        "công thức.csv": f"{header}\n{row}\n".encode(),
        "ô khổng lồ.csv": f"{header}\nH99,{'9' * 3_000_000},x,H99.01,05/01/2026,1,1\n".encode(),
        "ô khổng lồ.xls": html_file([Sheet("a", [HEADER, ["H99", "9" * 12_000_000, "x", "H99.01", None, 1, 1]])]),
        "số khổng lồ.csv": f"{header}\nH99,1,x,H99.01,05/01/2026,{'9' * 5000},1e999999\n".encode(),
        "số khổng lồ.json": json.dumps([dict.fromkeys(HEADER, 10**4000)] * 2).encode(),
        "ngoặc mở.csv": f'{header}\n"'.encode() + b"x\n" * 200_000,
        "sâu.json": b"[" * 500_000,
        "sâu có khóa.json": b'{"a":' * 100_000,
        "sâu trong bản ghi.json": b'[{"dossier_code": ' + b"[" * 5000 + b"]" * 5000 + b"}]",
        "gộp rộng.xls": b"<table><tr><td colspan=999999>a</td></tr></table>",
        "gộp cao.xls": b"<table>" + b"<tr><td rowspan=999999 colspan=9999>a</td></tr>" * 900 + b"</table>",
        "lồng bảng.xls": b"<table><tr><td>" * 20_000,
        "lồng thẻ.xls": b"<table><tr><td>" + b"<b>" * 200_000,
        "thực thể.xls": f"{entities()}<html><table><tr><td>&e12;</td></tr></table></html>".encode(),
        "thực thể.xml": f'<?xml version="1.0"?>{entities()}{xml_head}<Row><Cell><Data ss:Type="String">&e12;</Data>'
        "</Cell></Row></Table></Worksheet></Workbook>".encode(),
        "dòng xa.xml": f'<?xml version="1.0"?>{xml_head}<Row ss:Index="99999999"/></Table></Worksheet>'
        "</Workbook>".encode(),
        "thực thể.ods": zip_file(ods_parts),
        "rác ở cuối.ods": ods_file([sheet()]) + "rác ở cuối".encode(),
        "bom.zip": zip_file({"a.csv": bomb}),
        "bom.xlsx": xlsx_with(sheet_xml, end, b" " * 300_000_000 + end),
        "ô rỗng vô tận.xlsx": xlsx_with(sheet_xml, end, b"<row>" + b"<c/>" * 5_000_000 + b"</row>" + end),
        "góc xa.xlsx": xlsx_with(sheet_xml, end, b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + end),
        "nhiều mục.zip": zip_file(many),
        "lồng nhau.zip": zip_file({"trong.dat": zip_file({"a.csv": sound["csv"]})}),
        "thoát ra.zip": zip_file({"../../a.csv": sound["csv"]}),
        "lẫn.zip": zip_file({"a.csv": sound["csv"], "b.xlsx": sound["xlsx"][:2000], "c.xls": b""}),
        "thực thể.xlsx": xlsx_with(sheet_xml, b"<worksheet", entities().encode() + b"<worksheet"),
        "công thức.xlsx": xlsx_with(sheet_xml, end, formulas + end),
    }  # fmt: skip


# --- landing them


def land_all(paths: list[Path], folder: Path) -> tuple[list[list], list]:
    """Land in child processes; what each file came to, and the data roots."""
    children = []
    for number in range(CHILDREN):
        data = folder / f"data{number}"
        data.mkdir()
        listed = folder / f"list{number}.txt"
        listed.write_text("".join(f"{path}\n" for path in paths[number::CHILDREN]), encoding="utf-8")
        numbers = (FILES_PER_ROOT, SECONDS_PER_FILE, MEMORY_BYTES)
        command = [sys.executable, "-c", LAND_ALL, str(data), *map(str, numbers)]
        out, err = (folder / f"{name}{number}.txt" for name in ("out", "err"))
        with listed.open() as given, out.open("w") as said, err.open("w") as failed:
            children.append((subprocess.Popen(command, stdin=given, stdout=said, stderr=failed), out, err))
    told = []
    for child, out, err in children:
        code = child.wait()
        lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert (code, err.read_text(encoding="utf-8")) == (0, ""), f"after {lines[-1:]}"
        told += lines
    roots = [load_settings(root) for number in range(CHILDREN) for root in sorted((folder / f"data{number}").iterdir())]
    return told, roots


def assert_nothing_half_done(settings) -> None:
    shown = deliveries.list_deliveries(settings)
    known = {delivery.delivery_id for delivery in shown}
    for parquet in settings.landing.rglob("*.parquet"):
        assert parquet.stem in known, parquet
    assert not (settings.landing / ".work").exists()
    for delivery in shown:
        assert delivery.rows_read == delivery.rows_accepted + delivery.rows_rejected + delivery.rows_ignored
        path = deliveries.landed_path(settings, delivery.source_code, delivery.delivery_id)
        assert counted(path, "count(*)") == delivery.rows_accepted
        if delivery.rows_rejected:
            path = deliveries.rejected_path(settings, delivery.source_code, delivery.delivery_id)
            assert counted(path, "count(distinct source_row_number)") == delivery.rows_rejected


def counted(path: Path, what: str) -> int:
    return duckdb.execute(f"select {what} from read_parquet(?)", [str(path)]).fetchone()[0]


def test_each_damaged_file_lands_or_is_clearly_refused(tmp_path):
    files = {**hostile_files(), **damaged_files(FILES)}
    folder = tmp_path / "tệp"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    told, roots = land_all(sorted(folder.iterdir()), tmp_path)
    peaks = [peak for _, status, peak in told if status == "peak"]
    ends = [end for end in told if end[1] != "peak"]
    assert {name for name, _, _ in ends} == set(files)
    refusals = [(name, message) for name, status, message in ends if status == "refused"]
    assert [item for item in refusals if not item[1].startswith('Từ chối. Tệp "') or ENGLISH.search(item[1])] == []
    statuses = Counter(status for _, status, _ in ends)
    # Neither all nor none: the damage must reach the rows as well as the containers.
    assert min(statuses["landed"], statuses["refused"]) > FILES // 10
    assert max(peaks) < MAX_RESIDENT_KB
    for settings in roots:
        assert_nothing_half_done(settings)
    # No root was passed over: what was told as landed is there.
    shown = sum(len(deliveries.list_deliveries(settings)) for settings in roots)
    assert shown >= statuses["landed"]
