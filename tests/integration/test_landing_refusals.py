"""Refused files stay on record until a delivery takes their place; what the commands say of them and of the rest."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import zipfile

import pytest
import xlsxwriter
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.console import vi_moment
from dagster_project.landing import refusals
from dagster_project.landing.deliveries import LedgerError
from dagster_project.landing.ledger import refusal_rows
from dagster_project.landing.load import land_paths
from dagster_project.landing.personal import MASK
from dagster_project.settings import load_settings
from dagster_project.vault.store import open_vault

pytestmark = pytest.mark.integration

HEADER = "authority_code,dossier_code,event_code,activity_name,occurred_at"
GOOD = f"{HEADER}\nH99,D1,1,Tiếp nhận,2026-01-05 08:00:00\n"
BAD = "cột một,cột hai\nx,y\n"
MONDAY, TUESDAY, FRIDAY = (dt.datetime(2026, 3, day, 9, 30) for day in (2, 3, 6))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "key.json"))
    return load_settings()


@pytest.fixture
def inbox(settings):
    settings.inbox.mkdir(parents=True)
    return settings.inbox


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(settings, moment, *paths):
    return [result.status for result in land_paths(paths or [settings.inbox], settings, landed_at=moment)]


def opened(settings):
    return [(found.file_name, found.first_tried_at[:10], found.last_tried_at[:10]) for found in
            refusals.open_refusals(settings)]  # fmt: skip


def command(*arguments):
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.stdout


def test_a_refused_file_is_on_record_with_its_content_its_tries_and_the_sentence(settings, inbox):
    write(inbox / "a.csv", BAD)
    assert load(settings, MONDAY) == load(settings, TUESDAY) == ["refused"]
    (kept,) = refusals.open_refusals(settings)
    assert (kept.file_name, kept.file_size) == ("a.csv", len(BAD.encode()))
    assert kept.file_sha256 == hashlib.sha256(BAD.encode()).hexdigest()
    assert (kept.first_tried_at, kept.last_tried_at) == (
        "2026-03-02T09:30:00.000000+07:00",
        "2026-03-03T09:30:00.000000+07:00",
    )
    assert kept.message.startswith('Tệp "a.csv", dòng 1: không nhận ra bố cục nào')
    write(inbox / "a.csv", BAD + "z,t\n")
    load(settings, FRIDAY)
    assert opened(settings) == [("a.csv", "2026-03-06", "2026-03-06")], "another content was not tried before"


def test_a_file_of_its_name_that_lands_later_closes_it_and_an_earlier_one_does_not(settings, inbox):
    path = write(inbox / "a.csv", GOOD)
    assert load(settings, MONDAY) == ["landed"]
    write(path, BAD)
    assert load(settings, TUESDAY) == ["refused"]
    assert opened(settings) == [("a.csv", "2026-03-03", "2026-03-03")], "last month's file is not this one"
    write(path, GOOD.replace("D1", "D2"))
    assert load(settings, FRIDAY) == ["landed"]
    assert opened(settings) == []


def test_files_of_one_name_from_two_units_are_two(settings, inbox):
    write(inbox / "xã A" / "a.csv", BAD)
    write(inbox / "xã B" / "a.csv", GOOD)
    assert load(settings, MONDAY) == ["refused", "landed"]
    assert opened(settings) == [("a.csv", "2026-03-02", "2026-03-02")]
    write(inbox / "xã B" / "a.csv", BAD + "1,2\n")
    load(settings, TUESDAY)
    assert len(opened(settings)) == 2


def test_the_same_content_landed_under_another_name_closes_it(settings, inbox, tmp_path):
    path = write(inbox / "a.csv", GOOD)
    assert [result.status for result in land_paths([path], settings, layout="survey_answers_long")] == ["refused"]
    assert [row[0] for row in refusal_rows(settings)[1]] == ["a.csv"]
    path.rename(inbox / "b.csv")
    assert load(settings, FRIDAY) == ["landed"]
    assert refusal_rows(settings)[1] == []


def test_files_in_archives_and_broken_archives_are_named_and_closed(settings, inbox):
    def pack(text):
        with zipfile.ZipFile(inbox / "gói.zip", "w") as archive:
            archive.writestr("xã A/a.csv", text)

    pack(BAD)
    (inbox / "hỏng.zip").write_bytes(b"PK\x03\x04 no archive")
    assert load(settings, MONDAY) == ["refused"] * 2
    assert sorted(name for name, *_ in opened(settings)) == ["gói.zip › xã A/a.csv", "hỏng.zip"]
    assert {found.file_size for found in refusals.open_refusals(settings)} == {len(BAD.encode()), 15}
    pack(GOOD)
    assert load(settings, FRIDAY) == ["landed", "refused"]
    assert [name for name, *_ in opened(settings)] == ["hỏng.zip"]


def test_what_is_not_there_leaves_nothing(settings, tmp_path):
    assert load(settings, MONDAY, tmp_path / "không có.csv") == ["refused"]
    assert not settings.root.exists()


def test_numbers_of_people_are_covered_in_the_record(settings, tmp_path):
    path = write(tmp_path / "a.csv", BAD)
    sentence = 'Tệp "a.csv", dòng 2: gọi 0912345678 hoặc viết a.b@thu.vn, số 025090012345. Hãy xem cột 3.'
    refusals.keep_refusal(settings, path, "a.csv", None, sentence, MONDAY.replace(tzinfo=dt.UTC))
    (record,) = (settings.landing / "_refusals").iterdir()
    text = record.read_text(encoding="utf-8")
    assert not [plain for plain in ("0912345678", "a.b@", "025090012345") if plain in text]
    assert json.loads(text)["message"].count(MASK) == 3
    assert json.loads(text)["message"].endswith("Hãy xem cột 3.")


def test_a_record_that_cannot_be_written_is_told_and_the_next_file_lands(settings, inbox):
    write(inbox / "a.csv", BAD)
    write(inbox / "b.csv", GOOD)
    write(settings.landing / "_refusals", "a file where the folder should be")
    first, second = land_paths([inbox], settings)
    assert "Không ghi được lần từ chối này vào sổ" in first.message
    assert second.status == "landed"


def test_what_is_no_record_is_refused_by_name_and_mended_by_the_next_try(settings, inbox):
    write(inbox / "a.csv", BAD)
    load(settings, MONDAY)
    (record,) = (settings.landing / "_refusals").iterdir()
    record.write_text("{}", encoding="utf-8")
    with pytest.raises(LedgerError, match=record.name):
        refusals.open_refusals(settings)
    load(settings, TUESDAY)
    assert opened(settings) == [("a.csv", "2026-03-03", "2026-03-03")]


def test_deliveries_shows_open_refusals_below_and_by_themselves(settings, inbox):
    write(inbox / "a.csv", BAD)
    write(inbox / "b.csv", GOOD)
    load(settings, MONDAY)
    text = command("deliveries")
    landed, _, refused = text.partition("Tệp bị từ chối, chưa nạp lại được:")
    assert "b.csv" in landed and "a.csv" not in landed
    assert "a.csv" in refused and "02/03/2026 09:30" in refused and "không nhận ra bố cục nào" in refused
    (row,) = json.loads(command("deliveries", "--refused", "--format", "json"))
    assert (row["Tệp"], row["Thử lần cuối"]) == ("a.csv", "02/03/2026 09:30")
    assert [row["Tệp"] for row in json.loads(command("deliveries", "--format", "json"))] == ["b.csv"]
    assert command("deliveries", "--refused", "--since", "03/03/2026") == "Không có tệp nào bị từ chối.\n"
    assert "từ chối" not in command("deliveries", "--source", "one_stop__dossier_events")


def test_no_rejected_row_is_a_sentence(settings, inbox):
    write(inbox / "a.csv", GOOD)
    load(settings, MONDAY)
    assert command("rejected") == "Không có dòng nào bị loại.\n"
    assert command("rejected", "--format", "json") == "[]\n"


@pytest.mark.parametrize("before", [b"", b"\r\n"])
def test_a_pdf_is_called_one(settings, inbox, before):
    (inbox / "báo cáo.pdf").write_bytes(before + b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj")
    (result,) = land_paths([inbox], settings)
    assert str(result.error) == (
        'Tệp "báo cáo.pdf": là tệp PDF, không phải bảng tính. Hãy xin đơn vị gửi bản Excel (XLSX) hoặc CSV xuất từ '
        "hệ thống, rồi nạp bản ấy."
    )


def test_the_closing_line_names_sheets_left_unread(settings, inbox):
    with xlsxwriter.Workbook(inbox / "sổ.xlsx") as book:
        first, second = book.add_worksheet("Tháng 1"), book.add_worksheet("Tháng 1 (tiếp)")
        for row, line in enumerate(GOOD.splitlines()):
            first.write_row(row, 0, line.split(","))
        second.write_row(0, 0, ["H99", "D2", "1", "Tiếp nhận", "2026-01-06 08:00:00"])
    last = command("load", str(inbox)).splitlines()[-1]
    assert last.endswith(' Không đọc, vì không có bố cục nào hợp: trang "Tháng 1 (tiếp)" của tệp "sổ.xlsx".')
    write(inbox / "b.csv", GOOD)
    assert "Không đọc" not in command("load", str(inbox / "b.csv"))


def test_builds_and_the_vault_tell_vietnamese_time(settings, inbox):
    folder = settings.published / "abc"
    folder.mkdir(parents=True)
    manifest = {"build_id": "abc", "as_of_date": "2026-03-31", "code_version": "1", "tables": {}, "deliveries": []}
    write(folder / "manifest.json", json.dumps(manifest))
    moment = dt.datetime(2026, 4, 1, 18, 5, tzinfo=dt.UTC).timestamp()
    os.utime(folder, (moment, moment))
    assert "công bố 02/04/2026 01:05 " in command("builds")
    write(
        inbox / "a.csv",
        "authority_code,dossier_code,resolving_unit_code,received_at,applicant_name\n"
        "H99,D1,H99.01,2026-01-05 08:00:00,Nguyễn Thị Kín\n",
    )
    assert load(settings, MONDAY) == ["landed"]
    created = open_vault(settings).keys.current.created_at
    assert f"tạo lúc {vi_moment(created)};" in command("vault", "status")
