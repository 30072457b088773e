"""A folder of a thousand small files, some bad, one an archive: told as it goes, summed up rightly, landed once."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagster_project.console import vi_count
from dagster_project.landing.deliveries import list_deliveries
from dagster_project.landing.load import land_paths
from dagster_project.settings import load_settings
from expectations.catalogue import rules_version
from expectations.runner import check_delivery

sys.path.insert(0, str(Path(__file__).parents[1]))  # the helpers stand beside the tiers, outside any package

from table_writers import Sheet, csv_file, html_file, xlsx_file, zip_file

pytestmark = pytest.mark.integration

FILES = 1000
BAD = 7
IN_ARCHIVE = 20
HEADER = ("authority_code", "dossier_code", "event_code", "activity_name", "occurred_at")
WRITERS = (lambda sheets: csv_file(sheets, "utf-8", ","), html_file, xlsx_file)


def content(number: int) -> bytes:
    row = ["H99", f"{number:04d}", "1", "Tiếp nhận", dt.datetime(2026, 1, 5, 8)]
    return WRITERS[number % len(WRITERS)]([Sheet("a", [HEADER, row])])


@pytest.fixture
def folder(tmp_path):
    """1,000 files of which seven are bad; the archive among them holds twenty more."""
    folder = tmp_path / "các đơn vị"
    for number in range(FILES - BAD - 1):
        path = folder / f"đơn vị {number % 10}" / f"tháng {number:04d}.xls"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(number))
    for number in range(BAD):
        (folder / f"hỏng {number}.xlsx").write_bytes(content(2)[: 1000 + number])
    members = {f"trong/{number}.xls": content(FILES + number) for number in range(IN_ARCHIVE)}
    (folder / "nén.zip").write_bytes(zip_file(members))
    return folder


def test_a_thousand_files_land_past_bad_ones_and_a_second_run_lands_nothing(folder, tmp_path, cchc):
    root = tmp_path / "data"
    count = FILES - 1 + IN_ARCHIVE
    sound = count - BAD
    settings = load_settings(root)
    told = []
    results = land_paths(
        [folder],
        settings,
        check_delivery,
        lambda result, done, total: told.append((result.status, done, total)),
        rules_version=rules_version,
    )
    assert [(done, total) for _, done, total in told] == [(number, count) for number in range(1, count + 1)]
    assert [result.status for result in results].count("landed") == sound
    refused = [str(result.error) for result in results if result.status == "refused"]
    assert len(refused) == BAD and all(text.startswith('Tệp "hỏng ') for text in refused)
    assert len(list_deliveries(settings)) == sound
    assert sum(done.rows_read for done in list_deliveries(settings)) == sound

    began = time.monotonic()
    again = subprocess.run(
        [*cchc, "load", str(folder)],
        env={**os.environ, "CCHC_DATA": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert f"nạp mới 0, đã có {vi_count(sound)}, từ chối {BAD}." in again.stdout
    assert again.stderr.count("Từ chối.") == BAD
    assert time.monotonic() - began < 20
    assert len(list_deliveries(settings)) == sound


def test_the_command_shows_progress_and_fails_when_a_file_is_bad(tmp_path, cchc):
    folder = tmp_path / "tệp"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.xls").write_bytes(content(number))
    (folder / "hỏng.csv").write_bytes(b"")
    done = subprocess.run(
        [*cchc, "load", str(folder)],
        env={**os.environ, "CCHC_DATA": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "4 tệp: nạp mới 3, đã có 0, từ chối 1." in done.stdout
    assert [place in done.stderr for place in ("(1/4)", "(2/4)", "(3/4)")] == [True] * 3
    assert 'Tệp "hỏng.csv": tệp trống' in done.stderr
