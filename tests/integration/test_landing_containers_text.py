"""Text that is a table of its own kind: HTML and XML called .xls, JSON, JSON lines; and ZIP archives of files."""

from __future__ import annotations

import codecs
import json
import random
import stat
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing import archives, html_reader, json_reader, spreadsheet_xml
from dagster_project.landing.errors import LandingError
from dagster_project.landing.tables import BROKEN_REASONS, Extent, Merge

sys.path.insert(0, str(Path(__file__).parents[1]))  # old_encodings.py stands beside the tiers, outside any package

from old_encodings import encoded

pytestmark = pytest.mark.integration


@pytest.fixture
def opened(tmp_path):
    def run(reader, content):
        path = tmp_path / "tệp.xls"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return reader.open_tables(path)

    return run


def rows(table):
    return [row.cells for row in table.heads()[0]]


# --- HTML

HEADER = (
    '<tr><td rowspan="2">TT</td><td rowspan=2>Lĩnh vực</td><th colspan="2">Tiếp nhận</th></tr>'
    "<tr><td>Trực<br>tuyến</td><td>Trực tiếp</td></tr>"
)
PAGE = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"><style>td{{}}</style></head>'
    "<body><table border=1>{}</table></body></html>"
)


def test_spans_leave_only_the_first_cell_filled(opened):
    (table,) = opened(html_reader, PAGE.format(HEADER + "<tr><td>1<td>Đất&nbsp;đai<td>5<td>7"))
    assert rows(table) == [
        ("TT", "Lĩnh vực", "Tiếp nhận", None),
        (None, None, "Trực tuyến", "Trực tiếp"),
        ("1", "Đất\xa0đai", "5", "7"),
    ]
    assert table.merges() == (Merge(1, 1, 2, 1), Merge(1, 2, 2, 2), Merge(1, 3, 1, 4))
    assert (table.container, table.sheet_name, table.encoding) == ("html", None, "utf-8")


def test_only_innermost_tables_are_data_and_several_are_named_by_order(opened):
    inner = "<table><tr><td>{}</td></tr></table>"
    page = f"<table><tr><td>khung</td><td>{inner.format('a')}</td><td>{inner.format('b')}</td></tr></table>"
    first, second = opened(html_reader, page)
    assert (first.sheet_name, rows(first), second.sheet_name, rows(second)) == ("bảng 1", [("a",)], "bảng 2", [("b",)])


def test_text_of_an_html_cell_is_what_a_browser_shows(opened):
    cell = "<td> a\n  <b>b</b>c<p>d</p><script>x()</script><!-- y --><font>e</font> f</td>"
    (table,) = opened(html_reader, PAGE.format(f"<tr>{cell}<td x:num='1234.5000000001'>1.234,5</td><td></td></tr>"))
    assert rows(table) == [("a bc d e f", "1234.5000000001")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1258", "tcvn3", "vni"])
@pytest.mark.parametrize("with_mark", [True, False])
def test_pages_in_all_encodings_say_the_same(opened, encoding, with_mark):
    body = "".join(
        f"<tr><td>{text}</td></tr>" for text in ("đơn vị tiếp nhận", "ngày hẹn trả kết quả", "lĩnh vực đất đai")
    )
    text = f"<html><body><table>{body}</table></body></html>"
    if encoding in ("cp1258", "tcvn3", "vni"):
        content = encoded(text, encoding)
    else:
        mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
        content = (mark if with_mark else b"") + text.encode(encoding)
    assert html_reader.looks_like(content)
    (table,) = opened(html_reader, content)
    assert table.encoding == encoding
    assert rows(table) == [("đơn vị tiếp nhận",), ("ngày hẹn trả kết quả",), ("lĩnh vực đất đai",)]


def test_a_font_named_in_the_page_settles_few_words(opened):
    page = '<meta charset="windows-1252"><table style="font-family:.VnTime"><tr><td>Thñ tôc</td></tr></table>'
    (table,) = opened(html_reader, page.encode("latin-1"))
    assert (rows(table), table.encoding) == ([("Thủ tục",)], "tcvn3")
    (table,) = opened(html_reader, page.replace(".VnTime", "Arial").encode("latin-1"))
    assert (rows(table), table.encoding) == ([("Thñ tôc",)], "cp1252")


@pytest.mark.parametrize(
    ("head", "is_html"),
    [
        (b"\xef\xbb\xbf \r\n<HTML>", True),
        (b"<!-- x --><table>", True),
        (b"<!DOCTYPE html>", True),
        (b"<?xml version='1.0'?><html>", True),
        (b"<?xml version='1.0'?><Workbook>", False),
        (b"a,b\n<table>", False),
        (b"<tag>", False),
        (b"", False),
    ],
)
def test_a_page_is_known_by_its_beginning(head, is_html):
    assert html_reader.looks_like(head) is is_html


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<html><body>không có gì</body></html>", "không có bảng nào"),
        ("<table><tr><td colspan=65000>x</td></tr></table>", "quá lớn"),
        ("<table>" + "<tr><td rowspan=65000 colspan=16000>x</td></tr>" * 400, "quá lớn"),
        (b"<table><tr><td>\xe9\xff\x81</td></tr></table>", "không xác định được bảng mã"),
    ],
)
def test_pages_without_a_readable_table_are_refused(opened, page, message):
    with pytest.raises(LandingError, match=message):
        opened(html_reader, page)


def test_a_page_of_many_rows_is_read_whole(opened):
    (table,) = opened(html_reader, PAGE.format("".join(f"<tr><td>{n}<td>x" for n in range(30_000))))
    assert table.grid().num_rows == 30_000
    assert table.heads(30_000)[0][0].cells == ("29999", "x")


# --- SpreadsheetML

XML = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    f'<Workbook xmlns="{spreadsheet_xml.NAMESPACE}" xmlns:ss="{spreadsheet_xml.NAMESPACE}">'
    '<Styles><Style><Font ss:FontName=".VnTime"/></Style></Styles>'
    '<Worksheet ss:Name="Trang"><Table>{}</Table></Worksheet><Worksheet ss:Name="Trống"><Table/></Worksheet></Workbook>'
)


def data(kind, text, attributes=""):
    return f'<Cell {attributes}><Data ss:Type="{kind}">{text}</Data></Cell>'


def test_cells_of_the_xml_of_excel_2003(opened):
    title = data("String", "TIÊU ĐỀ", 'ss:MergeAcross="2" ss:MergeDown="1"')
    number = data("Number", "1.5E3", 'ss:Index="2"')
    others = data("DateTime", "2026-01-05T08:30:00.000") + data("Boolean", "1") + data("Error", "#N/A")
    further = data("String", "x")
    body = f'<Row>{title}{further}</Row><Row ss:Index="4">{number}{others}<Cell/></Row>'
    assert spreadsheet_xml.looks_like(XML.encode()) and not html_reader.looks_like(XML.encode())
    first, second = opened(spreadsheet_xml, XML.format(body))
    assert rows(first) == [
        ("TIÊU ĐỀ", None, None, "x", None),
        (None,) * 5,
        (None,) * 5,
        (None, "1500", "2026-01-05 08:30:00", "true", "#N/A"),
    ]
    assert first.merges() == (Merge(1, 1, 2, 3),) and first.fonts == {".VnTime"}
    assert (second.sheet_name, rows(second)) == ("Trống", [])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<Row ss:Index="999999999"/>', "quá lớn"),
        ('<Row><Cell ss:MergeAcross="99999999"/></Row>', "quá lớn"),
        ('<Row/><Row ss:Index="1"/>', "không đọc được sổ tính XML"),
        ("<Row>", "không đọc được sổ tính XML"),
        ("&lol;", "không đọc được sổ tính XML"),
    ],
)
def test_hostile_xml_is_refused(opened, body, message):
    with pytest.raises(LandingError, match=message):
        opened(spreadsheet_xml, XML.format(body))


def test_entities_of_a_document_are_never_resolved(opened, tmp_path):
    secret = tmp_path / "mật.txt"
    secret.write_text("BÍ MẬT", encoding="utf-8")
    evil = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY a "{"b" * 99}">]>'
    text = XML.replace("<Workbook", evil + "<Workbook", 1).format(f"<Row>{data('String', 'x&e;&a;')}</Row>")
    assert "MẬT" not in str(rows(opened(spreadsheet_xml, text)[0]))


# --- JSON

DOSSIERS = {
    "madonvi": "H99",
    "data": [
        {
            "MaHoSo": "H99-1",
            "Gia": 1.50,
            "SoLan": 12345678901234567890,
            "DaTra": True,
            "GhiChu": None,
            "DinhDanhCHS": {"LoaiDinhDanh": "1", "SoDinhDanh": "001"},
            "Nhan": ["a", 2],
            "TaiLieuNop": [{"TenTepDinhKem": "x"}, {"TenTepDinhKem": "y"}],
        },
        {"MaHoSo": "H99-2", "KenhThucHien": "3", "TaiLieuNop": [{"TenTepDinhKem": "z"}]},
    ],
}


def test_arrays_of_objects_are_tables_with_the_values_of_their_parent(opened):
    text = json.dumps(DOSSIERS).replace("1.5,", "1.50,")
    assert json_reader.looks_like(text.encode())
    dossiers, papers, root = opened(json_reader, text)
    assert rows(dossiers) == [
        ("..madonvi", "MaHoSo", "Gia", "SoLan", "DaTra", "GhiChu", "DinhDanhCHS.LoaiDinhDanh",
         "DinhDanhCHS.SoDinhDanh", "Nhan", "KenhThucHien"),
        ("H99", "H99-1", "1.50", "12345678901234567890", "true", None, "1", "001", "a; 2", None),
        ("H99", "H99-2", None, None, None, None, None, None, None, "3"),
    ]  # fmt: skip
    assert papers.sheet_name == "data.TaiLieuNop"
    names = rows(papers)[0]
    place, parent = names.index("TenTepDinhKem"), names.index("..MaHoSo")
    assert [(row[parent], row[place]) for row in rows(papers)[1:]] == [
        ("H99-1", "x"),
        ("H99-1", "y"),
        ("H99-2", "z"),
    ]
    assert (root.sheet_name, rows(root)) == (None, [("madonvi",), ("H99",)])
    assert {table.container for table in (dossiers, papers, root)} == {"json"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_json_in_all_its_encodings(opened, encoding):
    (table,) = opened(json_reader, '[{"tên": "Đất đai"}]'.encode(encoding))
    assert rows(table) == [("tên",), ("Đất đai",)] and table.sheet_name is None


def test_lines_keep_their_row_numbers_and_broken_ones_are_told(opened, tmp_path):
    (table,) = opened(json_reader, '{"a": 1.234, "b": "1.234"}\r\n\n{"a": \n[1]\n{"b": "\u2028x", "c": 2}\n')
    raw = table.read(duckdb.connect(), tmp_path, 0, Extent(1, 3), [0, 1, 2])
    found = duckdb.sql(
        f"select {raw.row_number_sql}, is_filled, c0, c1, c2 from read_parquet('{raw.parquet}', file_row_number=true)"
    ).fetchall()
    assert found == [
        (2, True, "1.234", "1.234", None),
        (3, False, None, None, None),
        (6, True, None, "\u2028x", "2"),
    ]
    assert [(row.row_number, row.reason_code) for row in raw.broken] == [(4, "bad_json"), (5, "bad_json")]
    assert raw.broken[0].reason_text == BROKEN_REASONS["bad_json"]
    assert raw.cell_kinds == {0: "number"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "lồng nhau quá sâu"),
        ('{"a":' * 100_000, "lồng nhau quá sâu"),
        ('[{"a": 1, "a": 2}]', '"a" lặp lại'),
        ('[{"a.b": 1, "a": {"b": 2}}]', '"a.b" lặp lại'),
        ('[{"a": 1}', "dòng 1.*không phải JSON"),
        ('[{"a": NaN}]', "NaN"),
        ('[{"a": 1}, 2]', "trộn đối tượng"),
        ('[{"a": "\\ud800"}]', "ký tự hỏng"),
        ('[{"\\ud800": 1}]', "ký tự hỏng"),
        ("[]", "không có danh sách bản ghi"),
        ("[{}]", "không có danh sách bản ghi"),
        ("{}", "không có danh sách bản ghi"),
        ("[1, 2]", "trộn đối tượng"),
        (b'[{"a": "\xff"}]', "byte thứ 9"),
    ],
)
def test_json_that_is_none_or_ambiguous_is_refused(opened, text, message):
    with pytest.raises(LandingError, match=message) as refusal:
        opened(json_reader, text)
    assert refusal.value.advice


@pytest.mark.parametrize(
    ("head", "is_json"),
    [
        (b' {"a": 1}', True),
        (b'\xef\xbb\xbf[{"a"', True),
        (b"[]", True),
        (b"{a},b", False),
        (b"[x],y\n", False),
        (b"", False),
    ],
)
def test_json_is_known_by_its_beginning(head, is_json):
    assert json_reader.looks_like(head) is is_json


# --- damage


@pytest.mark.parametrize("reader", [html_reader, spreadsheet_xml, json_reader])
def test_damaged_text_is_read_or_refused(reader, tmp_path):
    sound = {
        html_reader: PAGE.format(HEADER * 20),
        spreadsheet_xml: XML.format(f"<Row>{data('String', 'Đơn vị') * 5}</Row>" * 20),
        json_reader: json.dumps([DOSSIERS["data"][0]] * 20, ensure_ascii=False),
    }[reader].encode()
    chance = random.Random(5)
    path = tmp_path / "hỏng"
    outcomes = []
    for step in range(80):
        broken = bytearray(sound[: len(sound) * step // 20] if step < 20 else sound)
        for _ in range(chance.choice((1, 5, 50)) if broken else 0):
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        try:
            outcomes.append([table.heads() for table in reader.open_tables(path)])
        except LandingError as error:
            outcomes.append(error)
            assert error.advice
    assert sum(isinstance(outcome, LandingError) for outcome in outcomes) >= 10


# --- ZIP


def zipped(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_members_are_listed_without_junk_and_unpacked(tmp_path):
    files = {
        "Tháng 1/": "",
        "Tháng 1/hồ sơ.csv": "a,b\n1,2\n",
        "__MACOSX/x.csv": "x",
        "Thumbs.db": "x",
        "~$hồ sơ.xlsx": "x",
        "hai.json": "[]",
    }
    path = zipped(tmp_path / "gói.zip", files)
    assert archives.is_archive(path)
    found = archives.members(path)
    assert [(member.name, member.size) for member in found] == [("Tháng 1/hồ sơ.csv", 8), ("hai.json", 2)]
    archives.unpack(path, found[0], tmp_path / "ra")
    assert (tmp_path / "ra").read_text(encoding="utf-8") == "a,b\n1,2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "tcvn3"])
def test_names_that_do_not_say_their_encoding_are_shown_readably(tmp_path, encoding):
    name = "danh sách hồ sơ đã tiếp nhận.csv"
    written = name.encode() if encoding == "utf-8" else encoded(name, encoding)
    part = zipfile.ZipInfo("x")
    part.filename = written.decode("cp437")
    assert archives.shown_name(part) == name
    part.filename = "\x1b[31mx.csv"
    assert archives.shown_name(part) == "\ufffd[31mx.csv"


def linked(name):
    part = zipfile.ZipInfo(name)
    part.external_attr = (stat.S_IFLNK | 0o777) << 16
    return part


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"../x.csv": "x"}, "chỉ ra ngoài"),
        ({"/etc/x.csv": "x"}, "chỉ ra ngoài"),
        ({"C:\\x.csv": "x"}, "chỉ ra ngoài"),
        ({linked("x.csv"): "/etc/passwd"}, "là liên kết"),
        ({"trong.zip": "x"}, "tệp nén khác bên trong"),
        ({"x.csv": b"0" * 5_000_000}, "nở ra lớn bất thường"),
        ({f"{number}.csv": "" for number in range(5001)}, "5001 mục"),
        ({"a/": ""}, "không có tệp nào"),
    ],
    ids=["up", "root", "drive", "link", "nested", "bomb", "many", "none"],
)
def test_archives_beyond_the_bounds_are_refused(tmp_path, files, message):
    with pytest.raises(LandingError, match=message):
        archives.members(zipped(tmp_path / "gói.zip", files))


def test_protected_damaged_and_disguised_archives_are_refused(tmp_path):
    path = zipped(tmp_path / "gói.zip", {"a.csv": "x" * 100})
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    path.write_bytes(content[:6] + b"\x01" + content[7 : directory + 8] + b"\x01" + content[directory + 9 :])
    with pytest.raises(LandingError, match="đặt mật khẩu"):
        archives.members(path)
    path.write_bytes(content[:-30])
    with pytest.raises(LandingError, match="tệp nén bị hỏng"):
        archives.members(path)
    inner = zipped(tmp_path / "trong", {"b.csv": "x"})
    zipped(path, {"báo cáo.xls": inner.read_bytes()})
    (member,) = archives.members(path)
    with pytest.raises(LandingError, match="tệp nén khác bên trong"):
        archives.unpack(path, member, tmp_path / "ra")
    assert not (tmp_path / "ra").exists()


def test_what_a_member_says_of_its_size_is_not_believed(tmp_path):
    path = zipped(tmp_path / "gói.zip", {"a.csv": b"0" * 5_000_000})
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    path.write_bytes(content[: directory + 24] + (1000).to_bytes(4, "little") + content[directory + 28 :])
    (member,) = archives.members(path)
    with pytest.raises(LandingError):
        archives.unpack(path, member, tmp_path / "ra")
    assert not (tmp_path / "ra").exists()


def test_documents_stored_as_zip_and_other_files_are_no_archives(tmp_path):
    assert not archives.is_archive(zipped(tmp_path / "a.docx", {"[Content_Types].xml": "", "word/document.xml": ""}))
    assert not archives.is_archive(zipped(tmp_path / "a.ods", {"mimetype": "application/vnd"}))
    (tmp_path / "a.csv").write_text("a,b")
    assert not archives.is_archive(tmp_path / "a.csv")
