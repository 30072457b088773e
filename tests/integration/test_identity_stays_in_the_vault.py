"""Recognisable people are planted in every source; nothing outside the vault may know them afterwards.

Looked at: every byte under the data root but ``vault/`` and the inbox (the senders' own files), what tables hold under
their compression, what every command says, and the workbooks that go back. Accents, case, Unicode form and the spacing
of numbers do not hide a person.
"""

from __future__ import annotations

import csv
import html
import io
import itertools
import json
import os
import re
import signal
import subprocess
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from dagster_project.commands import sniffed
from dagster_project.landing import deliveries, returns
from dagster_project.landing.contracts import Column, SourceContract, load_contracts
from dagster_project.landing.ledger import SHORT_ID
from dagster_project.settings import Settings, load_settings

# What lands whole or not at all (regulations, questionnaires) holds no people.
SOURCES = tuple(name for name, contract in load_contracts().items() if not contract.is_whole)
WRONG_DAY = "ngày 45 tháng 13"
LOOK_ALIKE_HYPHEN = "\u2011"


class People:
    """Makes people nobody else is, and remembers every word and number that would give one away."""

    def __init__(self) -> None:
        self._next = itertools.count(1)
        self.tokens: dict[str, str] = {}

    def _word(self) -> str:
        """A word that is no word of any language: "Zwụbễcđx"."""
        number = next(self._next)
        first, rest = divmod(number, 400)
        second, third = divmod(rest, 20)
        letters = "bcdfghjklmnpqrstvwxz"
        return f"Zw{letters[first]}ụ{letters[second]}ễ{letters[third]}đx"

    def _digits(self, prefix: str, count: int) -> str:
        return prefix + str(next(self._next) * 7919 % 10 ** (count - len(prefix))).zfill(count - len(prefix))

    def _known(self, token: str, where: str) -> str:
        self.tokens[plain(token)] = where
        return token

    def value(self, kind: str, where: str) -> str:
        """One identity of a kind, as a person would type it."""
        if kind == "name":
            return f"Trần Thị {self._known(self._word(), where)}"
        if kind == "id_number":
            return self._known(self._digits("0010", 12), where)
        if kind == "phone":
            return self._known(self._digits("097", 10), where)
        if kind == "email":
            return f"{self._known(plain(self._word()), where)}@vidu.vn"
        if kind == "account":
            return f"cb.{self._known(plain(self._word()), where)}"
        if kind == "address":
            return f"Số 7 ngõ {self._known(self._word(), where)}, phường Yên Ổn"
        phone = self._known(self._digits("096", 10), where)
        self._known(f"{phone[:4]} {phone[4:7]} {phone[7:]}", where)
        return (
            f"Gọi {phone[:4]} {phone[4:7]} {phone[7:]} gặp bà {self.value('name', where)}, {self.value('email', where)}"
        )

    def of_column(self, name: str, where: str) -> str:
        """A value for an identity column of a contract, by the end of its name."""
        kinds = ("name", "id_number", "phone", "email", "address", "account", "free_text")
        return self.value(next(kind for kind in kinds if name.endswith(f"_{kind}")), f"{where}, {name}")

    def found_in(self, text: str) -> list[str]:
        """Whose token stands in the text, by where it was planted."""
        folded = plain(text)
        # All tokens begin in one of a few ways; only texts with such a beginning are looked at closely.
        if not re.search("zw|0010|09[67]", folded):
            return []
        return [f"{token} ({where})" for token, where in self.tokens.items() if token in folded]


def plain(text: str) -> str:
    """Small letters without accents, whatever the Unicode form."""
    apart = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


# --- files


def written(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ";") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter=delimiter).writerows(rows)
    return path


def canonical_rows(contract: SourceContract, people: People) -> list[list[str]]:
    """A sound row, a flagged one, a wrong one and one shifted to the right, with people in front of each value.

    Keys come first; then every further column is preceded by one with people, known to the contract or not, so that a
    shift puts a person into each of them.
    """
    codes = [column for column in contract.columns if column.type == "code"]
    others = [column for column in contract.columns if column not in codes]
    strangers = [f"Điện thoại liên hệ {number}" for number in range(max(1, len(others) - len(contract.identity)))]
    personal = [*contract.identity, *strangers]
    header = [column.name for column in codes]
    pairs = list(itertools.zip_longest(personal, others))
    header += [name for person, column in pairs for name in (person, column.name if column else None) if name]

    def row(number: int, *, wrong: bool = False) -> list[str]:
        where = f"{contract.source}, row {number}"
        cells = [_example(column, number) for column in codes]
        for person, column in pairs:
            if person:
                cells.append(people.of_column(person if person in contract.identity else "stranger_phone", where))
            if column:
                cells.append(WRONG_DAY if wrong and column.type not in ("text", "code") else _example(column, number))
        return cells

    flagged = row(2)
    place = max(index for index, column in enumerate(codes) if not column.codes)
    flagged[place] = flagged[place].replace("-", LOOK_ALIKE_HYPHEN) + f"{LOOK_ALIKE_HYPHEN}B"
    shifted = row(4)
    shifted[len(codes) :] = ["", *shifted[len(codes) : -1]]
    return [header, row(1), flagged, row(3, wrong=True), shifted, row(5)]


def _example(column: Column, number: int) -> str:
    """The contract's example; keys differ from row to row."""
    if column.type == "code" and not column.codes and re.search("(dossier|rating|ballot|petition)_code", column.name):
        return f"{column.example}{number}"
    return column.example.replace(",", ".") if column.type == "decimal" else column.example


def dossier_code(number: int) -> str:
    return f"H99.01-260105-{number:04d}"


def html_list_by_procedure(people: People) -> bytes:
    """The 23-column list: HTML named .xls, group rows of domain and procedure."""
    titles = [
        "TT",
        "Mã hồ sơ hành chính",
        "Họ tên người nộp",
        "Số CMND/HC/Thẻ CC người nộp",
        "Địa chỉ người nộp",
        "Điện thoại người nộp",
        "Họ tên chủ hồ sơ",
        "Số CMND/HC/Thẻ CC chủ hồ sơ",
        "Địa chỉ chủ hồ sơ",
        "Điện thoại chủ hồ sơ",
        "Họ tên người tiếp nhận",
        "Nội dung hồ sơ",
        "Ngày tiếp nhận hồ sơ",
        "Ngày hẹn trả kết quả",
        "Ngày có kết quả",
        "Ngày trả công dân",
        "Họ tên người nhận kết quả",
        "Đối tượng tiếp nhận",
        "Email người nộp",
        "Email chủ hồ sơ",
        "Hình thức nộp hồ sơ",
        "Tổng phí, lệ phí đã nộp",
        "Tổng số hồ sơ",
    ]
    kinds = dict(
        zip(
            (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 18, 19),
            [
                "name",
                "id_number",
                "address",
                "phone",
                "name",
                "id_number",
                "address",
                "phone",
                "name",
                "free_text",
                "name",
                "email",
                "email",
            ],
            strict=True,
        )
    )

    def row(number: int, received: str = "05/01/2026", shift: bool = False) -> list[str]:
        cells = [str(number), dossier_code(number), *[""] * 21]
        for place, kind in kinds.items():
            cells[place] = people.value(kind, f"dossier_list_by_procedure, row {number}, {titles[place]}")
        cells[12:16] = [received, "12/01/2026", "09/01/2026", "10/01/2026"]
        cells[17], cells[20], cells[21] = "Công dân", "Trực tuyến", "50.000"
        return [*cells[:2], "", *cells[2:-1]] if shift else cells

    rows = [titles, row(1), row(2, WRONG_DAY), row(3, shift=True), row(4)]
    groups = '<tr><td colspan="22">Hộ tịch</td><td></td></tr><tr><td colspan="22">Đăng ký khai sinh</td><td>4</td></tr>'
    body = [_html_row(titles), groups, *map(_html_row, rows[1:])]
    return _page(23, ["THỐNG KÊ THEO THỦ TỤC", "", "Đơn vị chủ trì giải quyết: Sở Xây dựng", ""], body)


def html_public_disclosure(people: People) -> bytes:
    """Two header rows; the status is which of three columns is filled."""
    head = (
        '<tr><td rowspan="2">TT</td><td rowspan="2">Mã hồ sơ hành chính</td><td rowspan="2">Ngày tiếp nhận hồ sơ</td>'
        '<td rowspan="2">Người nhận</td><td rowspan="2">Ngày hẹn trả kết quả</td>'
        '<td colspan="3">Trạng thái, kết quả giải quyết TTHC</td><td colspan="2">Hồ sơ quá hạn giải quyết</td>'
        '<td rowspan="2">Hồ sơ chưa đủ điều kiện giải quyết</td><td rowspan="2">Hồ sơ không gải quyết</td></tr>'
        "<tr><td>Đang giải quyết TTHC</td><td>Đang chờ bổ sung hồ sơ</td><td>Đã gửi kết quả về bộ phận TN&amp;TKQ</td>"
        "<td>Số ngày quá hạn giải quyết</td><td>Thời hạn trả kết quả lần sau</td></tr>"
    )

    def row(number: int, received: str = "05/01/2026", shift: bool = False) -> str:
        name = people.value("name", f"public_disclosure_list, row {number}, Người nhận")
        note = people.value("free_text", f"public_disclosure_list, row {number}, Hồ sơ chưa đủ điều kiện")
        cells = [str(number), dossier_code(number), received, name, "12/01/2026", "x", "", "", "", "", note, ""]
        # To the right: the name stands where the promised day should.
        return _html_row([*cells[:3], "", *cells[3:-1]] if shift else cells)

    body = [head, '<tr><td colspan="12">Hộ tịch</td></tr>', '<tr><td colspan="12">Đăng ký khai sinh</td></tr>']
    body += [row(11), row(12, WRONG_DAY), row(13, shift=True), row(14)]
    return _page(12, ["CÔNG KHAI KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH", "Đơn vị: Sở Xây dựng", ""], body)


def _html_row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _page(width: int, titles: Sequence[str], body: Sequence[str]) -> bytes:
    above = "".join(f'<tr><td colspan="{width}">{html.escape(title)}</td></tr>' for title in titles)
    return f'<html><meta charset="utf-8"><table border=1>{above}{"".join(body)}</table></html>'.encode()


def tracking_book(people: People) -> list[list[str]]:
    """Its headers are the names of fields; where a person lives stands there as JSON."""
    header = [
        "STT",
        "MaHoSo",
        "TrichYeuHoSo",
        "SoBoHoSo",
        "ChuHoSo",
        "DiaChiChuHoSo",
        "SoDienThoaiChuHoSo",
        "NgayTiepNhan",
        "NgayHenTra",
        "NgayTra",
        "TenNguoiNhanHoSo",
        "TenDiaBan",
    ]

    def row(number: int, received: str = "05/01/2026 08:00:00", shift: bool = False) -> list[str]:
        def planted(kind: str, name: str) -> str:
            return people.value(kind, f"dossier_tracking_book, row {number}, {name}")

        cells = [
            str(number), dossier_code(number), planted("free_text", "TrichYeuHoSo"), "1", planted("name", "ChuHoSo"),
            planted("address", "DiaChiChuHoSo"), planted("phone", "SoDienThoaiChuHoSo"), received,
            "12/01/2026 17:00:00", "", planted("name", "TenNguoiNhanHoSo"), planted("address", "TenDiaBan"),
        ]  # fmt: skip
        return [*cells[:2], "", *cells[2:-1]] if shift else cells

    return [header, row(21), row(22, WRONG_DAY), row(23, shift=True), row(24)]


def list_screen(people: People) -> list[list[str]]:
    header = [
        "STT",
        "Đơn vị tiếp nhận",
        "Người tiếp nhận",
        "Tên TTHC",
        "Mã hồ sơ",
        "Trạng thái",
        "Địa chỉ",
        "Chủ hồ sơ",
        "Ngày nộp hồ sơ",
        "Ngày nhận",
        "Ngày hẹn trả",
        "Ngày kết thúc xử lý",
    ]

    def row(number: int, received: str = "05/01/2026 08:00", shift: bool = False) -> list[str]:
        def planted(kind: str, name: str) -> str:
            return people.value(kind, f"dossier_list_screen, row {number}, {name}")

        cells = [
            str(number), "Sở Xây dựng", planted("name", "Người tiếp nhận"), "Cấp phép", dossier_code(number),
            "Đang xử lý", planted("address", "Địa chỉ"), planted("name", "Chủ hồ sơ"), "04/01/2026 20:00", received,
            "12/01/2026", "",
        ]  # fmt: skip
        return [*cells[:5], "", *cells[5:-1]] if shift else cells

    return [header, row(31), row(32, WRONG_DAY), row(33, shift=True), row(34)]


def sync_messages(people: People) -> bytes:
    """Messages of the national synchronisation: dossiers, and inside them supplements."""

    def dossier(number: int, received: str = "20260105080000") -> dict:
        def planted(kind: str, name: str) -> str:
            return people.value(kind, f"dvcqg_dossier_sync, row {number}, {name}")

        supplement = {
            "HoSoBoSungId": f"B{number}", "NguoiYeuCauBoSung": planted("name", "NguoiYeuCauBoSung"),
            "NoiDungBoSung": planted("free_text", "NoiDungBoSung"), "NgayBoSung": received,
        }  # fmt: skip
        return {
            "MaHoSo": dossier_code(number), "MaTTHC": "1.000001", "TenTTHC": "Cấp phép", "TenLinhVuc": "Xây dựng",
            "KenhThucHien": "2", "ChuHoSo": planted("name", "ChuHoSo"), "LoaiDoiTuong": "1",
            "SoGiayToChuHoSo": planted("id_number", "SoGiayToChuHoSo"), "SoDienThoai": planted("phone", "SoDienThoai"),
            "Email": planted("email", "Email"), "TrichYeuHoSo": planted("free_text", "TrichYeuHoSo"),
            "NgayTiepNhan": received, "NgayHenTra": "20260112170000", "TrangThaiHoSo": "4", "DonViXuLy": "Sở Xây dựng",
            "GhiChu": planted("free_text", "GhiChu"), "Fax": planted("phone", "Fax"),
            "DiaChiKhac": planted("address", "DiaChiKhac"), "DanhSachHoSoBoSung": [supplement],
        }  # fmt: skip

    def slipped(number: int) -> dict:
        """Keys whose values slipped by one: a phone is the moment of receipt."""
        made = dossier(number)
        made["NgayTiepNhan"], made["SoDienThoai"] = made["SoDienThoai"], ""
        return made

    return json.dumps([dossier(41), dossier(42, "2026-13-45"), slipped(43), dossier(44)], ensure_ascii=False).encode()


def unknown_vendor(people: People) -> list[list[str]]:
    """A file that no layout knows; some of its headers say that people stand below them, others do not."""
    header = ["STT", "Họ và tên khách", "SĐT", "Liên hệ", "Nơi thường trú", "Việc cần làm", "Ngày gửi"]
    kinds = ("name", "phone", "email", "address")
    rows = [
        [
            str(number),
            *(people.value(kind, f"unknown, row {number}, {kind}") for kind in kinds),
            "Cấp bản sao",
            "05/01/2026",
        ]
        for number in range(1, 5)
    ]
    return [header, *rows]


def plant(folder: Path, people: People) -> list[Path]:
    """Every source as a canonical file, and the vendor files that carry identities."""
    files = [
        written(folder / f"{contract.source}.csv", canonical_rows(contract, people))
        for contract in map(load_contracts().__getitem__, SOURCES)
    ]
    made = {
        "list.xls": html_list_by_procedure(people),
        "disclosure.xls": html_public_disclosure(people),
        "sync.json": sync_messages(people),
    }
    for name, content in made.items():
        files.append(folder / name)
        files[-1].write_bytes(content)
    files.append(written(folder / "book.csv", tracking_book(people)))
    files.append(written(folder / "screen.csv", list_screen(people)))
    return files


# --- looking everywhere


def texts_under(folder: Path, skipped: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Everything readable under a folder: raw bytes in three encodings, what tables hold, parts of archives."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(path.is_relative_to(other) for other in skipped):
            continue
        yield from ((path, text) for text in readable(path))


def readable(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    yield path.name
    yield from as_text(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield html.unescape(archive.read(name).decode("utf-8", "replace"))
    elif content.startswith(b"PAR1"):
        with duckdb.connect() as con:
            yield from cells(con, f"read_parquet('{path}')")
    elif content[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as con:
            names = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, name in names:
                yield from cells(con, f'"{schema}"."{name}"')


def cells(con: duckdb.DuckDBPyConnection, relation: str) -> Iterator[str]:
    for row in con.sql(f"from {relation}").fetchall():
        yield " ".join("" if cell is None else str(cell) for cell in row)


def as_text(content: bytes) -> Iterator[str]:
    yield content.decode("utf-8", "ignore")
    for start in (0, 1):
        if b"\0" in content:
            yield content[start:].decode("utf-16-le", "ignore")


def leaks(settings: Settings, people: People) -> list[str]:
    """Who is found where under the data root, the vault and the inbox left out."""
    skipped = (settings.root / "vault", settings.inbox)
    return [
        f"{path.relative_to(settings.root)}: {token}"
        for path, text in texts_under(settings.root, skipped)
        for token in people.found_in(text)
    ]


# --- tests


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return load_settings(tmp_path_factory.mktemp("identities") / "data")


@pytest.fixture(scope="module")
def run(settings, cchc):
    """Run a command on the data root; what it said on both channels."""
    outside = settings.root.parent
    environment = os.environ | {"CCHC_DATA": str(settings.root), "CCHC_KEY_FILE": str(outside / "identity.key")}

    def call(*arguments: str, ends_with: Sequence[int] = (0,)) -> str:
        done = subprocess.run(
            [*cchc, *arguments], env=environment, cwd=outside, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode in ends_with, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


@pytest.fixture(scope="module")
def planted(settings, run) -> tuple[People, str]:
    """A root with every file landed; the people in them, and what the load said."""
    people = People()
    plant(settings.inbox, people)
    return people, run("load", str(settings.inbox))


def test_every_source_has_landed_with_sound_flagged_and_rejected_rows(planted, settings):
    _, said = planted
    landed = deliveries.list_deliveries(settings)
    assert {delivery.source_code for delivery in landed} == set(SOURCES), said
    canonical = [delivery for delivery in landed if delivery.layout_code.startswith("canonical_")]
    assert len(canonical) == len(SOURCES)
    assert all(delivery.rows_accepted >= 1 and delivery.rows_rejected >= 1 for delivery in canonical), said
    flagged = {delivery.source_code for delivery in canonical if delivery.flags_parquet_sha256}
    assert flagged == set(SOURCES)
    assert {delivery.layout_code for delivery in landed} >= {
        "dossier_list_by_procedure", "public_disclosure_list", "dossier_tracking_book", "dossier_list_screen",
        "dvcqg_dossier_sync", "dvcqg_supplement_sync",
    }  # fmt: skip


def test_nothing_under_the_data_root_knows_the_people(planted, settings):
    people, said = planted
    assert people.found_in(said) == []
    assert leaks(settings, people) == []


def test_the_search_finds_who_is_there_however_written(settings, planted):
    people, _ = planted
    word = next(token for token, where in people.tokens.items() if "applicant_name" in where)
    assert people.found_in(unicodedata.normalize("NFD", word.upper().replace("Z", "z")))
    path = next(settings.inbox.glob("one_stop__dossiers.csv"))
    held = [token for text in readable(path) for token in people.found_in(text)]
    # Five rows of fourteen columns, of which some have several tokens.
    assert len(set(held)) > 5 * 14
    with_people = {delivery.delivery_id for delivery in deliveries.list_deliveries(settings) if delivery.hash_key_id}
    assert {path.stem for path in (settings.root / "vault").glob("*.parquet")} == with_people
    assert len(with_people) == 9 + 6, "canonical sources with identities, and vendors' files"


def test_the_same_people_are_in_the_vault(planted, settings, monkeypatch):
    from dagster_project.vault.store import open_vault

    people, _ = planted
    monkeypatch.setenv("CCHC_KEY_FILE", str(settings.root.parent / "identity.key"))
    vault = open_vault(settings)
    kept = "\n".join(str(batch.to_pylist()) for name in vault.delivery_ids() for batch in vault.read(name))
    accepted = {
        token
        for token, where in people.tokens.items()
        if re.search("row (1|2|5), ", where)
        and where.split(",")[0] in SOURCES
        and "stranger" not in where
        # In free text the number is written in groups.
        and not re.fullmatch("096[0-9]{7}", token)
    }
    kept = plain(kept)
    assert [token for token in accepted if token not in kept] == []


def test_no_command_tells_of_the_people(planted, settings, run):
    people, _ = planted
    for arguments in (("rejected",), ("rejected", "--format", "csv"), ("deliveries",), ("vault", "status")):
        said = run(*arguments)
        assert len(said) > 100, arguments
        assert people.found_in(said) == [], arguments


def test_the_workbooks_that_go_back_tell_of_no_people(planted, settings, run, tmp_path):
    people, _ = planted
    empty_inbox = without_inbox(settings.root, tmp_path / "bare")
    for delivery in deliveries.list_deliveries(settings):
        for place in (settings, empty_inbox):
            out = tmp_path / f"{delivery.delivery_id}_{place.root.name}.xlsx"
            done = returns.return_delivery(place, delivery.delivery_id, out=out)
            assert done.has_original == (place is settings) and done.row_count
            assert [token for text in readable(out) for token in people.found_in(text)] == [], delivery.file_name
    said = run("return", delivery.delivery_id[:SHORT_ID], "--out", str(tmp_path / "x.xlsx"))
    assert people.found_in(said) == []


def without_inbox(root: Path, bare: Path) -> Settings:
    """The same landing without an inbox."""
    bare.mkdir()
    (bare / "landing").symlink_to(root / "landing")
    return load_settings(bare)


def test_sniffing_shows_only_values_that_are_nobodys(planted, settings, run):
    people, _ = planted
    assert people.found_in(run("sniff", str(settings.inbox / "list.xls"))) == []
    for path in sorted(settings.inbox.iterdir()):
        assert people.found_in(sniffed(path, settings)) == [], path.name


def test_an_unknown_file_is_sniffed_and_drafted_without_its_people(settings, run, tmp_path):
    people = People()
    path = written(tmp_path / "lạ.csv", unknown_vendor(people))
    said = run("sniff", str(path))
    assert "chưa có bố cục nào đọc được" in said and "Cấp bản sao" in said
    assert people.found_in(said) == []
    assert len(re.findall(r"\(đã che\)", said)) == 4 * 3
    out = tmp_path / "moi.yml"
    said = run("layout", "new", str(path), "--code", "moi", "--source", "one_stop__dossiers", "--out", str(out))
    assert people.found_in(said + out.read_text(encoding="utf-8")) == []


def test_names_of_people_are_no_near_duplicates(settings, run, tmp_path):
    rows = [["Họ tên khách", "Tỉnh", "Việc"], *[[name, place, "x"] for name, place in (
        ("Lò Thị Zwắm", "Đắk Lắk"), ("Lò Thị Zwăm", "Đăk Lăk"),
    )]]  # fmt: skip
    said = run("sniff", str(written(tmp_path / "tên.csv", rows)))
    assert "Đăk Lăk / Đắk Lắk" in said and "Zw" not in said


def test_a_load_that_is_killed_leaves_nobody_behind_after_the_next(cchc, tmp_path):
    """Killed in the gate, when the rows are typed and the identities sealed, but nothing is visible yet."""
    people = People()
    root = load_settings(tmp_path / "data")
    contract = load_contracts()["one_stop__dossiers"]
    path = written(tmp_path / "sent" / "dossiers.csv", canonical_rows(contract, people))
    environment = os.environ | {"CCHC_DATA": str(root.root), "CCHC_KEY_FILE": str(tmp_path / "identity.key")}
    killed = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from dagster_project.landing.load import land_file\nfrom dagster_project.settings import load_settings\n"
        "land_file(Path(sys.argv[1]), load_settings(), gate=lambda *_: os.kill(os.getpid(), signal.SIGKILL))"
    )
    done = subprocess.run([cchc[0].replace("cchc", "python"), "-c", killed, str(path)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert list((root.landing / ".work").rglob("*.parquet")), "it was killed too early to prove anything"
    other = written(tmp_path / "sent" / "other.csv", [*canonical_rows(contract, people)])
    subprocess.run([*cchc, "load", str(other)], env=environment, check=True, capture_output=True, timeout=120)
    assert [delivery.file_name for delivery in deliveries.list_deliveries(root)] == ["other.csv"]
    assert leaks(root, people) == []
    assert len(list((root.root / "vault").glob("*.parquet"))) == 1


def test_an_officer_lands_as_a_keyed_hash_of_the_account(planted, settings):
    landed = f"read_parquet('{settings.landing}/one_stop__dossiers/*.parquet', union_by_name = true)"
    columns = [row[0] for row in duckdb.sql(f"describe from {landed}").fetchall()]
    assert [name for name in columns if "officer" in name] == ["officer_account_hash"]
    hashes = [row[0] for row in duckdb.sql(f"select officer_account_hash from {landed}").fetchall() if row[0]]
    # Sound rows of the canonical file; each was handled by another officer.
    assert len(set(hashes)) == len(hashes) >= 2
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in hashes)


def test_the_published_build_knows_nobody(planted, settings, run):
    people, _ = planted
    said = run("build", ends_with=(0, 1))
    assert people.found_in(said) == []
    assert settings.published.exists(), said
    assert leaks(settings, people) == []
    asked = run("query", "from fct_dossiers", "--format", "csv")
    assert len(asked.splitlines()) > 1 and people.found_in(asked) == []


def test_a_person_in_the_place_of_a_title_is_covered_everywhere(settings, run, tmp_path):
    """A file without its own header row, or with a stray cell in it: the record keeps the titles nobody reads."""
    title = "Nguyễn Văn Kín 0988 777 666"
    head = ["authority_code", "unit_code", "unit_name", "unit_bloc_code", "valid_from_date", title]
    rows = [
        ["H99", "H99.01", "Sở A", "department", "2026-01-01", "x"],
        ["H99", "H99.02", "Sở B", "department", "45/13/2026", "y"],
    ]
    path = written(tmp_path / "stray_title.csv", [head, *rows])
    assert "loại 1" in run("load", str(path))
    (delivery,) = (found for found in deliveries.list_deliveries(settings) if found.file_name == path.name)
    assert delivery.unused_columns == ["(đã che)"]
    assert "777" not in deliveries.record_path(settings, delivery.delivery_id).read_text(encoding="utf-8")
    book = tmp_path / "tra_lai.xlsx"
    run("return", delivery.delivery_id, "--file", str(path), "--out", str(book))
    with zipfile.ZipFile(book) as parts:
        assert not any(b"777" in parts.read(name) for name in parts.namelist())
