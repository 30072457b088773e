"""A load killed before any change under the data root: a file of three tables shows whole or not at all, then heals.

The file has all that is ever written for one: rejected rows, flags, identities, several records.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing import deliveries
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings
from dagster_project.vault.store import open_vault

sys.path.insert(0, str(Path(__file__).parents[1]))  # the helpers stand beside the tiers, outside any package

from table_writers import Sheet, xlsx_file

pytestmark = pytest.mark.integration

MOMENT = dt.datetime(2026, 3, 1, 9, 30)
HEADER = ("authority_code", "dossier_code", "resolving_unit_code", "received_at", "fee_amount", "applicant_name")
# One process forks a child for each change and kills it right before; the next child gets one change further.
KILL_ALL = """
import datetime, os, shutil, sys
from pathlib import Path
from dagster_project.landing.layouts import known_layouts
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings
from dagster_project.vault import derive, sealed_file, store

known_layouts(load_settings(sys.argv[1]).layouts)  # parsed once, not by every child
before, folder, path = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
NAMES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod")

def kill_before(last, root):
    count = 0

    def hook(event, args):
        nonlocal count
        is_written = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wxa+")
        if (event in NAMES or is_written) and str(args[0]).startswith(root):
            count += 1
            if count == last:
                os._exit(9)

    sys.addaudithook(hook)

last, code = 0, 9
while code == 9:
    last += int(sys.argv[4])
    root = folder / f"{last:03d}"
    shutil.copytree(before, root)
    child = os.fork()
    if child == 0:
        kill_before(last, str(root))
        done = land_file(path, load_settings(root), landed_at=datetime.datetime(2026, 3, 1, 9, 30))
        os._exit(0 if done.status == "landed" else 1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(code)
"""


@pytest.fixture
def three_tables(tmp_path):
    sheets = []
    for number in range(3):
        rows = [
            ["H99", f"H99.0{number}–{row}", "H99.01", dt.datetime(2026, 1, 5), f"trên {row}.000", f"Nguyễn Văn {row}"]
            for row in range(1, 4)
        ]
        broken = ["H99", f"{number}", "H99.01", "không rõ", "1", "Trần Thị B"]
        sheets.append(Sheet(f"Trang {number}", [HEADER, *rows, broken]))
    path = tmp_path / "ba bảng.xlsx"
    path.write_bytes(xlsx_file(sheets))
    return path


def names_under(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def assert_whole(settings) -> int:
    """Everything shown is there in full, identities too; gives the number of deliveries shown."""
    shown = deliveries.list_deliveries(settings)
    for done in shown:
        assert (done.rows_read, done.rows_accepted, done.rows_rejected, done.rows_ignored) == (4, 3, 1, 0)
        found = [place(settings, done.source_code, done.delivery_id) for place in (
            deliveries.landed_path, deliveries.rejected_path, deliveries.flags_path
        )]  # fmt: skip
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in found]
        assert hashes == [done.landed_parquet_sha256, done.rejected_parquet_sha256, done.flags_parquet_sha256]
        rows = [duckdb.execute("select count(distinct source_row_number) from read_parquet(?)", [str(path)]).fetchone()
                for path in found]  # fmt: skip
        assert rows == [(3,), (1,), (3,)]
        assert open_vault(settings).check(done.delivery_id) == 3
    return len(shown)


def outdated(settings) -> None:
    """As if an older version of the layout had landed all: the file is landed anew, the old is taken away."""
    for done in deliveries.list_deliveries(settings):
        path = deliveries.record_path(settings, done.delivery_id)
        record = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**record, "layout_hash": "older"}), encoding="utf-8")


# Before every single change of a first landing; of a second one, which makes the same changes, before every third.
@pytest.mark.parametrize(("is_landed_before", "step"), [(False, 1), (True, 3)])
def test_killed_before_any_change_all_tables_show_or_none_and_the_next_load_heals(
    three_tables, tmp_path, monkeypatch, is_landed_before, step
):
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "khóa.key"))
    reference = load_settings(tmp_path / "mẫu")
    assert land_file(three_tables, reference, landed_at=MOMENT).status == "landed"
    assert assert_whole(reference) == 3
    wanted = names_under(reference.root)
    before = tmp_path / "trước"
    before.mkdir()
    if is_landed_before:
        outdated(reference)
        shutil.copytree(reference.root, before, dirs_exist_ok=True)
    trials = tmp_path / "lần"
    trials.mkdir()
    command = [sys.executable, "-c", KILL_ALL, str(before), str(trials), str(three_tables), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    shown_after_kill = set()
    for root in sorted(trials.iterdir()):
        settings = load_settings(root)
        shown_after_kill.add(assert_whole(settings))
        healed = land_file(three_tables, settings, landed_at=MOMENT)
        assert healed.status in ("landed", "already_landed")
        assert assert_whole(settings) == len(healed.deliveries) == 3
        # Killed after the last record: nothing is landed again, so the work folder waits for the next load.
        found = names_under(root)
        left_over = found - wanted
        assert wanted <= found
        assert all(name.startswith("landing/.work/") for name in left_over), root
        assert not left_over or healed.status == "already_landed"
    assert shown_after_kill == {0, 3}
    assert len(list(trials.iterdir())) > 40 // step
