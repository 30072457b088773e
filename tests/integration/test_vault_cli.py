"""The vault behind the landing, through the command line: one person one hash, flags, keys that are lost or others."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

import duckdb
import fastexcel
import pytest
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.landing.deliveries import landed_path, list_deliveries
from dagster_project.landing.refusals import open_refusals
from dagster_project.settings import Settings, load_settings

DOSSIERS = [
    "authority_code", "dossier_code", "resolving_unit_code", "received_at", "applicant_name", "applicant_id_number",
    "applicant_phone", "applicant_email", "dossier_free_text",
]  # fmt: skip
PETITIONS = [
    "authority_code", "petition_code", "unit_code", "received_at", "petitioner_name", "petitioner_id_number",
    "petitioner_phone", "petition_free_text",
]  # fmt: skip
ANH = ["Đặng Thị Ánh", "025090012345", "0912 345 678", "anh.dang@thu.vn", "gọi 0912345678 nhé"]
PASSPHRASE = "mật khẩu rất dài 2026"


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "keys" / "identity.key"))
    monkeypatch.setenv("CCHC_DATA", str(tmp_path / "data"))
    return load_settings()


@pytest.fixture
def key_file(tmp_path) -> Path:
    return tmp_path / "keys" / "identity.key"


def run(*words: object, code: int = 0) -> str:
    """What a command says; it must end with ``code``."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def sent(path: Path, header: list[str], *rows: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])
    return path


def dossiers(path: Path, *people: list[str]) -> Path:
    keys = [["H99", f"{path.stem}-{number}", "H99.01", "05/01/2026"] for number, _ in enumerate(people)]
    return sent(path, DOSSIERS, *[[*key, *person] for key, person in zip(keys, people, strict=True)])


def landed(settings: Settings, file_name: str, *columns: str) -> list[tuple]:
    """Values of the landed rows of one file."""
    (delivery,) = [delivery for delivery in list_deliveries(settings) if delivery.file_name == file_name]
    path = landed_path(settings, delivery.source_code, delivery.delivery_id)
    with duckdb.connect() as con:
        names = ", ".join(columns)
        return con.execute(f"select {names} from read_parquet('{path}') order by source_row_number").fetchall()


def snapshot(folder: Path) -> dict[str, str]:
    """Every file under a folder by the hash of its bytes, but for the records of refused files, which are no data."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "_refusals"
    }


HASHES = ("applicant_name_hash", "applicant_id_number_hash", "applicant_phone_hash")


def test_the_same_person_has_the_same_hashes_in_every_delivery_and_source(settings, tmp_path):
    written_otherwise = ["  DANG  thị ánh", "025.090.012.345", "+84 912.345.678", "ANH.DANG@THU.VN", ""]
    another = ["Đặng Thị Anh Thư", "025090012346", "0912345679", "thu@thu.vn", ""]
    run("load", dossiers(tmp_path / "sent" / "a.csv", ANH, another))
    run("load", dossiers(tmp_path / "sent" / "b.csv", written_otherwise))
    key = ["H99", "P1", "H99.02", "07/01/2026"]
    petition = [*key, "đặng thị ánh", "025090012345", "0084912345678", "ở số 5"]
    run("load", sent(tmp_path / "sent" / "c.csv", PETITIONS, petition))
    first, other = landed(settings, "a.csv", *HASHES)
    (second,) = landed(settings, "b.csv", *HASHES)
    names = ("petitioner_name_hash", "petitioner_id_number_hash", "petitioner_phone_hash")
    (third,) = landed(settings, "c.csv", *names)
    assert first == second == third
    assert all(first) and len(set(first)) == 3
    assert not set(first) & set(other)


def test_flags_say_what_is_valid_and_who_can_be_reached(settings, tmp_path):
    people = [
        ANH,
        ["Lò Văn Páo", "123", "0123", "", "tốt"],
        ["", "", "0912345678", "", "viết cho a@b.vn"],
        ["Trần B", "", "không có", "b@thu.vn", ""],
        ["Trần C", "", "", "", "số 025090012345"],
    ]
    run("load", dossiers(tmp_path / "a.csv", *people))
    flags = (
        "is_applicant_phone_valid", "is_applicant_id_number_valid", "is_applicant_email_valid",
        "is_applicant_contact_complete", "has_phone_in_dossier_free_text", "has_id_number_in_dossier_free_text",
        "has_email_in_dossier_free_text",
    )  # fmt: skip
    assert landed(settings, "a.csv", *flags) == [
        (True, True, True, True, True, False, False),
        (False, False, None, False, False, False, False),
        (True, None, None, False, False, False, True),
        (False, None, True, True, None, None, None),
        (None, None, None, False, False, True, False),
    ]


def test_two_data_roots_with_keys_of_their_own_have_nothing_in_common(settings, tmp_path, monkeypatch):
    path = dossiers(tmp_path / "a.csv", ANH)
    run("load", path)
    (here,) = landed(settings, "a.csv", *HASHES)
    monkeypatch.setenv("CCHC_DATA", str(tmp_path / "other"))
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "keys" / "other.key"))
    run("load", path)
    (there,) = landed(load_settings(), "a.csv", *HASHES)
    assert not set(here) & set(there)


def test_the_key_file_is_made_with_the_first_identity_and_for_its_owner_alone(settings, key_file, tmp_path, cchc):
    assert "Chưa có kho định danh" in run("vault", "status")
    run("load", sent(tmp_path / "sent" / "none.csv", DOSSIERS[:4], ["H99", "1", "H99.01", "05/01/2026"]))
    assert not key_file.exists() and not (settings.root / "vault").exists(), "nobody is in that file"
    path = dossiers(tmp_path / "sent" / "a.csv", ANH)
    # With the widest rights that a user could have set.
    subprocess.run(["sh", "-c", 'umask 000 && exec "$@"', "sh", *cchc, "load", str(path)], check=True, env=os.environ)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    made = key_file.read_bytes()
    run("load", dossiers(tmp_path / "sent" / "b.csv", ANH))
    assert key_file.read_bytes() == made
    assert not list(settings.root.rglob("*.key"))


def test_a_key_file_in_the_data_root_is_refused_and_nothing_is_made(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_KEY_FILE", str(settings.root / "identity.key"))
    said = run("load", dossiers(tmp_path / "a.csv", ANH), code=1)
    assert "nằm trong thư mục dữ liệu" in said
    assert not list_deliveries(settings)
    assert not [name for name in snapshot(settings.root) if not name.endswith(".lock")]


def test_status_and_rotate_on_what_has_landed(settings, key_file, tmp_path):
    run("load", dossiers(tmp_path / "sent" / "a.csv", ANH, ANH))
    run("load", dossiers(tmp_path / "sent" / "b.csv", ANH))
    assert "Lần nạp         2, 3 dòng; còn dùng khóa cũ: 0" in run("vault", "status")
    before, keys = landed(settings, "a.csv", *HASHES), key_file.read_bytes()
    outside = {name: value for name, value in snapshot(settings.root).items() if not name.startswith("vault")}
    assert "Đã đổi khóa: 2/2 tệp" in run("vault", "rotate")
    assert key_file.read_bytes() != keys
    said = run("vault", "status", "--check")
    assert "2, 3 dòng, đã mở thử tất cả; còn dùng khóa cũ: 0" in said and "khóa cũ còn giữ: 1" in said
    now = {name: value for name, value in snapshot(settings.root).items() if not name.startswith("vault")}
    assert now == outside, "hashes stay"
    run("load", dossiers(tmp_path / "sent" / "c.csv", ANH))
    assert landed(settings, "c.csv", *HASHES) == before[:1]


def test_contacts_of_landed_rows_come_out_encrypted_and_open_again(settings, tmp_path):
    run("load", dossiers(tmp_path / "sent" / "a.csv", ["Trần B", "", "0987654321", "", ""], ANH))
    (delivery,) = list_deliveries(settings)
    wanted = sent(
        tmp_path / "list.csv", ["delivery_id", "source_row_number", "dossier_code"], [delivery.delivery_id, "3", "a-1"]
    )
    secret, frame, opened = tmp_path / "secret", tmp_path / "frame", tmp_path / "opened.xlsx"
    secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
    secret.chmod(0o600)
    words = ("--who", "Trần A", "--why", "khảo sát quý 3", "--passphrase-file", secret)
    assert "Đã xuất 1 dòng" in run("vault", "export-frame", wanted, "--out", frame, *words)
    assert frame.read_bytes()[:2] != b"PK" and "Ánh".encode() not in frame.read_bytes()
    run("vault", "open-frame", frame, "--out", opened, "--passphrase-file", secret)
    table = fastexcel.read_excel(opened).load_sheet(0, header_row=None, dtypes="string").to_arrow().to_pylist()
    text = " ".join(str(cell) for row in table for cell in row.values())
    assert "Đặng Thị Ánh" in text and "0912 345 678" in text and "anh.dang@thu.vn" in text
    assert "Trần B" not in text and "025090012345" not in text
    assert "Lần xuất        1, nhật ký nguyên vẹn" in run("vault", "status")


def test_without_the_key_file_nothing_with_people_lands_and_nothing_changes(settings, key_file, tmp_path):
    run("load", dossiers(tmp_path / "sent" / "a.csv", ANH))
    key_file.unlink()
    before = snapshot(settings.root)
    said = run("load", dossiers(tmp_path / "sent" / "b.csv", ANH), code=1)
    assert "Không tìm thấy tệp khóa" in said and "Hãy chép lại tệp khóa từ bản sao lưu" in said and "b.csv" in said
    assert snapshot(settings.root) == before and not key_file.exists()
    assert [refusal.file_name for refusal in open_refusals(settings)] == ["b.csv"]
    assert "Không tìm thấy tệp khóa" in run("vault", "status", code=1)
    run("load", sent(tmp_path / "sent" / "none.csv", DOSSIERS[:4], ["H99", "1", "H99.01", "05/01/2026"]))


@pytest.mark.parametrize("is_vault_lost", [False, True])
@pytest.mark.parametrize("is_key_there", [False, True])
def test_another_key_is_refused_and_the_right_one_still_fits(
    settings, key_file, tmp_path, monkeypatch, is_vault_lost, is_key_there
):
    """Also when the vault's folder itself is gone: what has landed still knows its key."""
    run("load", dossiers(tmp_path / "sent" / "a.csv", ANH))
    (before,) = landed(settings, "a.csv", *HASHES)
    if is_vault_lost:
        shutil.rmtree(settings.root / "vault")
    other = tmp_path / "keys" / "other.key"
    if is_key_there:
        monkeypatch.setenv("CCHC_DATA", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("CCHC_KEY_FILE", str(other))
        run("load", tmp_path / "sent" / "a.csv")
        monkeypatch.setenv("CCHC_DATA", str(settings.root))
    monkeypatch.setenv("CCHC_KEY_FILE", str(other))
    kept = snapshot(settings.root)
    said = run("load", dossiers(tmp_path / "sent" / "b.csv", ANH), code=1)
    assert "khóa" in said and "Hãy" in said and "b.csv" in said
    assert snapshot(settings.root) == kept and other.exists() == is_key_there
    monkeypatch.setenv("CCHC_KEY_FILE", str(key_file))
    run("load", tmp_path / "sent" / "b.csv")
    assert landed(settings, "b.csv", *HASHES) == [before]
