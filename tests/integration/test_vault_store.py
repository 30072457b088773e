"""The vault on disk: sealed, read back, moved to a new key through any kill, let out only encrypted and logged."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import subprocess
import sys
import tracemalloc

import fastexcel
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from dagster_project.settings import Settings
from dagster_project.vault.cli import app
from dagster_project.vault.columns import vault_schema
from dagster_project.vault.errors import VaultError
from dagster_project.vault.export import MAX_ROWS, export_frame, open_frame, read_list
from dagster_project.vault.export_log import log_path, read_log
from dagster_project.vault.sealed_file import BLOCK_ROWS, read_header
from dagster_project.vault.store import open_vault

pytestmark = pytest.mark.integration

NAMES = ["applicant_name", "applicant_id_number", "applicant_phone", "applicant_email", "comment_free_text"]
SCHEMA = vault_schema(NAMES)
PEOPLE = [
    ("Đặng Thị Ánh", "025090012345", "0912 345 678", "anh.dang@thu.vn", "gọi 0912345678 nhé"),
    ("DANG THI ANH", "025.090.012.345", "+84912345678", None, None),
    ("Lò Văn Páo", None, "không có", None, "tốt"),
    (None, None, None, None, None),
]
SECRETS = ["Đặng Thị Ánh", "DANG THI ANH", "dang thi anh", "Lò Văn Páo", "025090012345", "025.090.012.345"]
SECRETS += ["0912 345 678", "0912345678", "+84912345678", "912345678", "anh.dang@thu.vn", "anh.dang"]
PASSPHRASE = "mật khẩu rất dài 2026"
NOW = dt.datetime(2026, 10, 1, 8, 30, tzinfo=dt.UTC)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "keys" / "identity.key"))
    monkeypatch.setenv("CCHC_DATA", str(tmp_path / "data"))
    return Settings(root=tmp_path / "data")


@pytest.fixture
def vault(settings):
    return open_vault(settings, create=True)


def batch(people=PEOPLE, first=3):
    rows = [(first + index, *person) for index, person in enumerate(people)]
    return pa.record_batch(
        [pa.array(cells, field.type) for cells, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)],
        schema=SCHEMA,
    )


def many(count, size=10_000):
    for start in range(0, count, size):
        rows = range(start, min(count, start + size))
        yield batch([(f"Người {row}", f"{row:012d}", f"09{row:08d}", None, None) for row in rows], first=start + 1)


def kept(vault, delivery_id, **options):
    return pa.Table.from_batches(vault.read(delivery_id, **options)).to_pylist()


def bytes_under(*folders):
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def assert_no_secret(files, secrets=SECRETS):
    for path, content in files.items():
        for secret in secrets:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                assert secret.encode(encoding) not in content, f"{secret} in {path} as {encoding}"


# Keeping


def test_rows_come_back_and_no_plain_byte_is_written(vault, settings, tmp_path):
    assert vault.keep("d1", SCHEMA, [batch()]) == len(PEOPLE)
    assert kept(vault, "d1") == batch().to_pylist()
    assert kept(open_vault(settings), "d1", row_numbers=pa.array([6, 4, 99, 4])) == [
        batch().to_pylist()[1],
        batch().to_pylist()[3],
    ]
    files = bytes_under(tmp_path)
    assert {path.name for path in files} == {"identity.key", "vault.json", ".lock", "d1.parquet"}
    assert_no_secret(files)
    # The scan would find them: the same rows in a plain Parquet file do not pass it.
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.Table.from_batches([batch()]), plain, compression="none")
    with pytest.raises(AssertionError, match=r"plain\.parquet"):
        assert_no_secret({plain: plain.read_bytes()})


def test_only_the_owner_may_look(vault):
    vault.keep("d1", SCHEMA, [batch()])
    assert vault.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in vault.folder.iterdir()} == {0o600}


def test_what_leaves_is_hashes_and_flags_only(vault):
    derived = []
    vault.keep("d1", SCHEMA, [batch()], derived.append)
    table = pa.Table.from_batches(derived)
    assert table.schema == vault.derivation(SCHEMA).schema
    first, second, third, fourth = table.to_pylist()
    for kind in ("name", "id_number", "phone"):
        assert first[f"applicant_{kind}_hash"] == second[f"applicant_{kind}_hash"] != third[f"applicant_{kind}_hash"]
    told = {
        name: [row[name] for row in (first, second, third, fourth)] for name in table.column_names if "hash" not in name
    }
    assert told == {
        "source_row_number": [3, 4, 5, 6],
        "is_applicant_id_number_valid": [True, True, None, None],
        "is_applicant_phone_valid": [True, True, False, None],
        "is_applicant_email_valid": [True, None, None, None],
        "has_phone_in_comment_free_text": [True, None, False, None],
        "has_id_number_in_comment_free_text": [False, None, False, None],
        "has_email_in_comment_free_text": [False, None, False, None],
        "is_applicant_contact_complete": [True, True, False, False],
    }
    assert all(fourth[name] is None for name in table.column_names if name.endswith("_hash"))


def test_a_delivery_without_rows_and_one_of_many_blocks(vault):
    assert vault.keep("none", SCHEMA, []) == 0
    assert kept(vault, "none") == []
    count = 3 * BLOCK_ROWS + 5
    assert vault.keep("many", SCHEMA, many(count)) == count
    assert vault.check("many") == count
    wanted = [1, BLOCK_ROWS, BLOCK_ROWS + 1, count]
    assert [row["applicant_name"] for row in kept(vault, "many", row_numbers=pa.array(wanted))] == [
        f"Người {row - 1}" for row in wanted
    ]


def test_memory_does_not_grow_with_the_file(vault):
    def peak(count):
        tracemalloc.start()
        before = pa.total_allocated_bytes()
        highest = 0

        def watched():
            nonlocal highest
            for piece in many(count):
                highest = max(highest, pa.total_allocated_bytes() - before)
                yield piece

        vault.keep("big", SCHEMA, watched(), lambda derived: None)
        for piece in vault.read("big"):
            highest = max(highest, pa.total_allocated_bytes() - before)
            del piece
        python = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest + python

    assert peak(6 * BLOCK_ROWS) < 1.3 * peak(2 * BLOCK_ROWS)


def test_a_failing_reader_leaves_what_was_there(vault):
    vault.keep("d1", SCHEMA, [batch()])
    before = bytes_under(vault.folder)

    def broken():
        yield batch(PEOPLE[:1])
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="disk is gone"):
        vault.keep("d1", SCHEMA, broken())
    assert bytes_under(vault.folder) == before


@pytest.mark.parametrize("numbers", [[3, 3], [4, 3], [0, 1]])
def test_row_numbers_ascend(vault, numbers):
    pieces = [batch(PEOPLE[:1], first=number) for number in numbers]
    with pytest.raises(ValueError, match="must ascend"):
        vault.keep("d1", SCHEMA, pieces)
    assert vault.delivery_ids() == []


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\n"])
def test_a_delivery_id_leads_nowhere_else(vault, name):
    with pytest.raises(ValueError, match="not a delivery id"):
        vault.keep(name, SCHEMA, [])


@pytest.mark.parametrize("name", ["phone", "_phone", "applicant_salary", "Applicant_phone"])
def test_a_column_is_named_by_person_and_kind(name):
    with pytest.raises(ValueError, match="kind of identity"):
        vault_schema([name])


# Keys and damage


def test_the_key_file_of_another_vault_is_refused(vault, settings, tmp_path, monkeypatch):
    vault.keep("d1", SCHEMA, [batch()])
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "other.key"))
    with pytest.raises(VaultError, match="Không tìm thấy tệp khóa"):
        open_vault(settings, create=True)
    assert not (tmp_path / "other.key").exists(), "a vault that exists never gets a second key file"
    open_vault(Settings(root=tmp_path / "data2"), create=True)
    with pytest.raises(VaultError, match="được lập với tệp khóa khác"):
        open_vault(settings)


def test_a_file_under_an_unknown_key_says_which(vault, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "other.key"))
    other = open_vault(Settings(root=tmp_path / "data2"), create=True)
    other.keep("d1", SCHEMA, [batch()])
    vault.path("d1").write_bytes(other.path("d1").read_bytes())
    with pytest.raises(VaultError, match=f"khóa {other.keys.current.key_id}, khóa này không có trong tệp khóa"):
        kept(vault, "d1")


def test_no_vault_and_no_file_are_told(settings):
    with pytest.raises(VaultError, match="chưa có kho định danh"):
        open_vault(settings)
    assert not settings.root.exists()
    with pytest.raises(VaultError, match=r"không có tệp «d9\.parquet»"):
        kept(open_vault(settings, create=True), "d9")


def test_any_changed_byte_is_noticed_or_harmless(vault):
    vault.keep("d1", SCHEMA, [batch()])
    path = vault.path("d1")
    whole, expected = path.read_bytes(), kept(vault, "d1")
    noticed = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            assert kept(vault, "d1") == expected, place
        except VaultError as error:
            assert "Tệp kho định danh «d1.parquet»" in str(error)
            noticed += 1
    assert noticed > len(whole) // 2
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(VaultError, match="bị hỏng"):
            kept(vault, "d1")


def test_a_file_under_another_name_and_blocks_moved_or_dropped_are_noticed(vault):
    vault.keep("d1", SCHEMA, many(2 * BLOCK_ROWS + 1, size=BLOCK_ROWS))
    path = vault.path("d1")
    vault.path("d2").write_bytes(path.read_bytes())
    with pytest.raises(VaultError, match="thuộc lần nạp khác"):
        kept(vault, "d2")
    table = pq.read_table(path)
    renamed = table.schema.metadata[b"cchc_vault"].replace(b'"d1"', b'"d2"')
    forged = [
        table.replace_schema_metadata({b"cchc_vault": renamed}),
        table.slice(0, 2),
        table.slice(1),
        table.take([1, 0, 2]),
        table.take([0, 2]),
        table.set_column(4, "is_last", pa.array([False, True, True])),
        table.slice(0, 2).set_column(4, "is_last", pa.array([False, True])),
        table.set_column(1, "first_row_number", pa.array([2, 16385, 32769])),
    ]
    for number, changed in enumerate(forged):
        target = vault.path("d2" if number == 0 else "d1")
        pq.write_table(changed, target, row_group_size=1)
        with pytest.raises(VaultError, match="bị hỏng hoặc đã bị sửa"):
            kept(vault, target.stem)


# Change of keys


def test_rotation_moves_every_file_and_keeps_rows_and_hashes(vault, settings):
    for name in ("d1", "d2", "d3"):
        vault.keep(name, SCHEMA, [batch()])
    derive = vault.derivation(SCHEMA)(batch())
    before = bytes_under(vault.folder)
    result = vault.rotate(now=NOW)
    assert (result.is_resumed, result.rewritten_count, result.file_count, result.problems) == (False, 3, 3, ())
    again = open_vault(settings)
    assert again.keys.current.key_id == result.key_id
    assert again.keys.current.created_at == "2026-10-01T08:30:00+00:00"
    for name in again.delivery_ids():
        assert kept(again, name) == batch().to_pylist()
        assert read_header(again.path(name)).key_id == result.key_id
        assert again.path(name).read_bytes() != before[again.path(name)]
    assert again.derivation(SCHEMA)(batch()) == derive
    # A back-up from before the change is still readable.
    again.path("d1").write_bytes(before[again.path("d1")])
    assert kept(again, "d1") == batch().to_pylist()
    assert again.stale_count() == 1


ROTATE = """
import os, signal, sys
from dagster_project.settings import load_settings
from dagster_project.vault.store import open_vault

places, last = sys.argv[1].split(":"), int(sys.argv[2])
changes = 0

def hook(event, args):
    # Every change of a name in the vault or beside the key file, just before it happens.
    global changes
    if event in ("os.rename", "os.remove", "os.link") and str(args[0]).startswith(tuple(places)):
        if changes == last:
            os.kill(os.getpid(), signal.SIGKILL)
        changes += 1

vault = open_vault(load_settings())
sys.addaudithook(hook)
print(vault.rotate().rewritten_count)
"""


def test_killed_at_any_change_of_a_file_the_rotation_loses_nothing_and_the_next_one_ends_it(tmp_path, monkeypatch):
    resumed = set()
    last, killed = 0, True
    while killed:
        place = tmp_path / str(last)
        monkeypatch.setenv("CCHC_KEY_FILE", str(place / "keys" / "identity.key"))
        settings = Settings(root=place / "data")
        vault = open_vault(settings, create=True)
        for name in ("d1", "d2"):
            vault.keep(name, SCHEMA, [batch()])
        first_key = vault.keys.current.key_id
        done = subprocess.run(
            [sys.executable, "-c", ROTATE, f"{vault.folder}:{place / 'keys'}", str(last)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "CCHC_DATA": str(settings.root)},
        )
        killed = done.returncode == -9
        assert_no_secret(bytes_under(place))
        after = open_vault(settings)
        assert [kept(after, name) for name in ("d1", "d2")] == [batch().to_pylist()] * 2
        if killed:
            result = after.rotate()
            resumed.add((result.is_resumed, result.rewritten_count))
            assert result.problems == ()
        assert open_vault(settings).stale_count() == 0
        headers = {read_header(after.path(name)).key_id for name in ("d1", "d2")}
        assert len(headers) == 1 and first_key not in headers
        assert {path.name for path in after.folder.iterdir()} == {".lock", "vault.json", "d1.parquet", "d2.parquet"}
        last += 1
    assert done.stdout == "2\n" and done.stderr == ""
    assert last >= 4
    # Killed before the new key, with both files to go, and with one to go.
    assert {(False, 2), (True, 2), (True, 1)} <= resumed


def test_a_damaged_file_does_not_stop_the_others(vault, settings):
    for name in ("d1", "d2", "d3"):
        vault.keep(name, SCHEMA, [batch()])
    vault.path("d2").write_bytes(b"PAR1")
    result = vault.rotate()
    assert result.rewritten_count == 2
    (problem,) = result.problems
    assert "«d2.parquet» bị hỏng" in problem
    assert kept(vault, "d1") == kept(vault, "d3") == batch().to_pylist()
    assert vault.path("d2").read_bytes() == b"PAR1"
    assert not vault.rotate().is_resumed, "a file that nobody can read does not stand in the way of the next change"


def test_a_file_damaged_inside_does_not_stand_in_the_way_of_the_next_change(vault):
    vault.keep("d1", SCHEMA, [batch()])
    vault.keep("d2", SCHEMA, many(5))
    content = bytearray(vault.path("d2").read_bytes())
    sealed = pq.read_table(vault.path("d2"))["sealed"][0].as_py()
    content[content.index(sealed) + 20] ^= 1
    vault.path("d2").write_bytes(content)
    keys = set()
    for _ in range(2):
        result = vault.rotate()
        assert (result.is_resumed, result.rewritten_count, len(result.problems)) == (False, 1, 1)
        keys.add(result.key_id)
    assert len(keys) == 2


def test_two_data_roots_may_share_a_key_file_through_a_rotation(vault, tmp_path):
    other = open_vault(Settings(root=tmp_path / "data2"), create=True)
    other.keep("d1", SCHEMA, [batch()])
    vault.keep("d1", SCHEMA, [batch()])
    vault.rotate()
    fresh = open_vault(other.settings)
    assert kept(fresh, "d1") == batch().to_pylist()
    assert fresh.rotate().is_resumed
    assert len(open_vault(other.settings).keys.encryption_keys) == 2


# Letting out


def frame(*keys, **more):
    return [
        {"dossier_code": f"HS{row}", "delivery_id": name, "source_row_number": str(row), **more} for name, row in keys
    ]


def exported(vault, out, rows, **changes):
    options = {"who": "Nguyễn Thị Thanh Tra", "why": "khảo sát SIPAS quý 3 năm 2026", "now": NOW, **changes}
    return export_frame(vault, rows, out, PASSPHRASE, **options)


@pytest.fixture
def two_deliveries(vault):
    vault.keep("d1", SCHEMA, [batch()])
    vault.keep("d2", SCHEMA, many(BLOCK_ROWS + 2))
    return vault


def test_an_export_is_encrypted_logged_and_opens_to_the_contacts(two_deliveries, tmp_path):
    vault, out = two_deliveries, tmp_path / "out" / "khao_sat.cchc"
    rows = frame(("d2", BLOCK_ROWS + 1), ("d1", 3), ("d1", 77), ("d9", 1))
    result = exported(vault, out, rows)
    assert (result.row_count, result.missing_count) == (4, 2)
    assert out.stat().st_mode & 0o777 == 0o600
    assert_no_secret(bytes_under(tmp_path), [*SECRETS, f"Người {BLOCK_ROWS}"])
    opened = tmp_path / "desk" / "khao_sat.xlsx"
    open_frame(out, opened, PASSPHRASE, vault.settings.root)
    assert opened.stat().st_mode & 0o777 == 0o600
    sheet = fastexcel.read_excel(opened).load_sheet(0, dtypes="string", header_row=None).to_arrow()
    assert [list(row.values()) for row in sheet.to_pylist()] == [
        [
            "dossier_code",
            "delivery_id",
            "source_row_number",
            "Họ tên (applicant_name)",
            "Số điện thoại (applicant_phone)",
            "Thư điện tử (applicant_email)",
            "Ghi chú",
        ],
        [f"HS{BLOCK_ROWS + 1}", "d2", str(BLOCK_ROWS + 1), f"Người {BLOCK_ROWS}", f"09{BLOCK_ROWS:08d}", None, None],
        ["HS3", "d1", "3", "Đặng Thị Ánh", "0912 345 678", "anh.dang@thu.vn", None],
        ["HS77", "d1", "77", None, None, None, "không có trong kho định danh"],
        ["HS1", "d9", "1", None, None, None, "không có trong kho định danh"],
    ]
    (line,) = read_log(vault)
    assert {name: line[name] for name in ("at", "who", "why", "row_count", "missing_count", "file_name")} == {
        "at": "2026-10-01T08:30:00+00:00",
        "who": "Nguyễn Thị Thanh Tra",
        "why": "khảo sát SIPAS quý 3 năm 2026",
        "row_count": 4,
        "missing_count": 2,
        "file_name": "khao_sat.cchc",
    }


def test_a_name_that_looks_like_a_formula_stays_text(vault, tmp_path):
    vault.keep("d1", SCHEMA, [batch([("=1+1", None, "0912345678", None, None)], first=1)])
    exported(vault, tmp_path / "f", frame(("d1", 1)))
    open_frame(tmp_path / "f", tmp_path / "f.xlsx", PASSPHRASE, vault.settings.root)
    sheet = fastexcel.read_excel(tmp_path / "f.xlsx").load_sheet(0, dtypes="string").to_arrow().to_pylist()
    assert sheet[0]["Họ tên (applicant_name)"] == "=1+1"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"who": " "}, "ai lấy danh sách"),
        ({"why": "xem"}, "lý do ít nhất 10 ký tự"),
        ({"rows": []}, "có 0 dòng"),
        ({"rows": frame(*(("d1", row) for row in range(MAX_ROWS + 1)))}, f"cần từ 1 đến {MAX_ROWS}"),
        ({"rows": frame(("d1", 3), ("d1", 3))}, "dòng lặp lại"),
        ({"rows": frame(("d9", 1))}, "Không dòng nào"),
        ({"passphrase": "ngắn"}, "Mật khẩu quá ngắn"),
    ],
)
def test_a_request_that_is_refused_writes_nothing(two_deliveries, tmp_path, change, sentence):
    before = bytes_under(tmp_path)
    options = {"who": "A", "why": "khảo sát quý 3", "rows": frame(("d1", 3)), "passphrase": PASSPHRASE, **change}
    with pytest.raises(VaultError, match=sentence):
        export_frame(two_deliveries, options.pop("rows"), tmp_path / "f", **options)
    assert bytes_under(tmp_path) == before


def test_existing_files_are_never_overwritten(two_deliveries, tmp_path):
    out = tmp_path / "f"
    exported(two_deliveries, out, frame(("d1", 3)))
    with pytest.raises(VaultError, match="đã có"):
        exported(two_deliveries, out, frame(("d1", 3)))
    with pytest.raises(VaultError, match="đã có"):
        open_frame(out, out, PASSPHRASE, two_deliveries.settings.root)
    assert len(read_log(two_deliveries)) == 1


def test_a_wrong_passphrase_a_damaged_file_and_the_data_root_are_refused(two_deliveries, tmp_path):
    out, target = tmp_path / "f", tmp_path / "f.xlsx"
    exported(two_deliveries, out, frame(("d1", 3)))
    root = two_deliveries.settings.root
    with pytest.raises(VaultError, match="Mật khẩu không đúng"):
        open_frame(out, target, PASSPHRASE + "x", root)
    with pytest.raises(VaultError, match="thư mục dữ liệu"):
        open_frame(out, root / "inbox" / "f.xlsx", PASSPHRASE, root)
    content = out.read_bytes()
    for damaged in (content[:-1], content[:-20] + b"x" * 20):
        out.write_bytes(damaged)
        with pytest.raises(VaultError, match="đã bị hỏng"):
            open_frame(out, target, PASSPHRASE, root)
    out.write_bytes(b"PK\x03\x04")
    with pytest.raises(VaultError, match="không phải danh sách liên hệ"):
        open_frame(out, target, PASSPHRASE, root)
    assert not target.exists()


def test_the_log_is_appended_to_and_a_changed_line_is_noticed(two_deliveries, tmp_path):
    for number in range(3):
        exported(two_deliveries, tmp_path / f"f{number}", frame(("d1", 3)))
    path = log_path(two_deliveries)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(read_log(two_deliveries)) == 3
    two_deliveries.rotate()
    assert len(read_log(two_deliveries)) == 3, "the log outlives a change of keys"
    softened = json.dumps({**json.loads(lines[1]), "row_count": 0}, ensure_ascii=False, sort_keys=True)
    for changed, first_bad in (
        ([lines[0], softened, lines[2]], 2),
        ([lines[0], lines[2]], 2),
        ([lines[1], lines[0], lines[2]], 1),
        ([*lines, "torn"], 4),
    ):
        path.write_text("\n".join(changed) + "\n", encoding="utf-8")
        with pytest.raises(VaultError, match=f"không còn nguyên vẹn từ dòng {first_bad}"):
            read_log(two_deliveries)
        with pytest.raises(VaultError, match="không còn nguyên vẹn"):
            exported(two_deliveries, tmp_path / "more", frame(("d1", 3)))
        assert not (tmp_path / "more").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("delivery_id\nd1\n", "hai cột delivery_id, source_row_number"),
        ("delivery_id,source_row_number\n", "ít nhất một dòng"),
        ("delivery_id,source_row_number\nd1,3\nd1,ba\n", "dòng 3: source_row_number phải là số"),
        ("delivery_id,source_row_number\nd1,3,thừa\n", "dòng 2"),
    ],
)
def test_a_list_that_cannot_be_used_names_the_line(tmp_path, text, sentence):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VaultError, match=sentence):
        read_list(path)


# The command


def run(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def test_the_command_from_the_first_day_to_an_opened_list(settings, tmp_path):
    assert "Chưa có kho định danh" in run("status")
    assert not (tmp_path / "keys").exists(), "asking makes nothing"
    vault = open_vault(settings, create=True)
    vault.keep("d1", SCHEMA, [batch()])
    vault.keep("d2", SCHEMA, [batch()])
    assert "Lần nạp         2, 8 dòng; còn dùng khóa cũ: 0" in run("status")
    assert "Đã đổi khóa: 2/2 tệp" in run("rotate")
    assert "khóa cũ còn giữ: 1" in run("status", "--check")
    rows, secret, out = tmp_path / "list.csv", tmp_path / "secret", tmp_path / "frame"
    with rows.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, frame(("d1", 3))[0])
        writer.writeheader()
        writer.writerows(frame(("d1", 3), ("d2", 4)))
    secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
    request = [
        "export-frame",
        rows,
        "--out",
        out,
        "--who",
        "Trần A",
        "--why",
        "khảo sát quý 3",
        "--passphrase-file",
        secret,
    ]
    secret.chmod(0o644)
    assert "đang mở cho người khác" in run(*request, code=1)
    secret.chmod(0o600)
    assert "Đã xuất 2 dòng" in run(*request)
    assert "Tệp này không mã hóa" in run("open-frame", out, "--out", tmp_path / "f.xlsx", "--passphrase-file", secret)
    assert (tmp_path / "f.xlsx").read_bytes().startswith(b"PK")
    assert "Lần xuất        1, nhật ký nguyên vẹn" in run("status")


def test_the_command_says_what_is_wrong_and_ends_with_1(vault, settings):
    vault.keep("d1", SCHEMA, [batch()])
    vault.keep("d2", SCHEMA, [batch()])
    path = vault.path("d2")
    path.write_bytes(path.read_bytes()[:-40])
    assert "«d2.parquet» bị hỏng" in run("status", code=1)
    assert "1/2 tệp" in run("rotate", code=1)
    vault.keys.path.chmod(0o640)
    assert "chmod 600" in run("status", code=1)
    vault.keys.path.unlink()
    assert "Không tìm thấy tệp khóa" in run("rotate", code=1)


def test_the_command_answers_without_heavy_imports():
    heavy = ("duckdb", "pyarrow", "numpy", "cryptography", "xlsxwriter")
    code = f"import sys, dagster_project.vault.cli; print([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
