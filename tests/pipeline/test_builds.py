"""A build is reproducible, survives being killed, waits its turn, and never replaces a good one by a bad one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from dagster_project.commands import build, load_files, real_files
from dagster_project.console import Console
from dagster_project.landing.load import land_file
from dagster_project.publishing.builds import current_build, current_build_id, list_builds
from dagster_project.publishing.errors import BuildError
from dagster_project.publishing.plan import plan_build
from dagster_project.settings import Settings

NEW_REPORT = """\
authority_code,unit_code,unit_name,unit_bloc_code,period_start_date,period_end_date,definition_code,numerator_count,denominator_count,declared_percent,publisher_name
CAOBANG,CAOBANG.BL,Huyện Bảo Lạc,district,2021-01-01,2021-09-30,resolved,{on_time},{resolved},,"Số liệu thử"
"""


def silent(text: str) -> None:
    pass


def copy_of(settings: Settings, folder: Path) -> Settings:
    shutil.copytree(settings.root, folder, dirs_exist_ok=True)
    return Settings(root=folder)


def add_report(settings: Settings, on_time: int = 90, resolved: int = 100) -> None:
    settings.inbox.mkdir(exist_ok=True)
    path = settings.inbox / f"bao_cao_{on_time}_{resolved}.csv"
    path.write_text(NEW_REPORT.format(on_time=on_time, resolved=resolved), encoding="utf-8")
    assert land_file(path, settings).status == "landed"


def start(cchc: list[str], settings: Settings) -> subprocess.Popen:
    return subprocess.Popen(
        [*cchc, "build"],
        env={**os.environ, "CCHC_DATA": str(settings.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def another_day() -> str:
    """A time zone in which it is another day now than here."""
    zones = ("Pacific/Kiritimati", "Etc/GMT+12")
    return next(zone for zone in zones if datetime.now(ZoneInfo(zone)).date() != datetime.now().date())


def test_same_input_gives_the_same_bytes_elsewhere_on_another_day(built_real, tmp_path, cchc):
    other = Settings(root=tmp_path / "elsewhere")
    load_files(real_files(), other, Console())
    first = list_builds(built_real)[-1]
    done = subprocess.run(
        [*cchc, "build", "--as-of", f"{first.as_of_date:%d/%m/%Y}"],
        env={**os.environ, "CCHC_DATA": str(other.root), "TZ": another_day()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    again = current_build(other)
    assert again.build_id == first.build_id
    assert (again.folder / "manifest.json").read_bytes() == (first.folder / "manifest.json").read_bytes()
    for table in first.manifest["tables"]:
        assert (again.folder / f"{table}.parquet").read_bytes() == (first.folder / f"{table}.parquet").read_bytes()
    scoring = ("fct_criterion_scores", "fct_score_rankings", "rpt_rank_robustness", "rpt_saturated_criteria")
    assert all(first.manifest["tables"][table]["rows"] for table in scoring)


def test_second_load_and_build_do_nothing(built_real):
    before = {path: path.stat().st_mtime_ns for path in built_real.landing.rglob("*") if path.is_file()}
    summary = load_files(real_files(), built_real, Console())
    assert summary.landed_count == 0
    assert summary.already_landed_count == summary.file_count
    said: list[str] = []
    build(built_real, said.append)
    assert said == [f"Không có gì mới: bản dựng {current_build_id(built_real)} đã có, đang được phục vụ."]
    assert before == {path: path.stat().st_mtime_ns for path in built_real.landing.rglob("*") if path.is_file()}


def test_a_file_that_comes_in_after_the_build_was_announced_is_told(built_real, tmp_path):
    settings = copy_of(built_real, tmp_path / "meanwhile")
    add_report(settings)
    announced = plan_build(settings).build_id
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if text.startswith(f"Dựng bản {announced}"):
            add_report(settings, on_time=80)

    served = build(settings, say).build_id
    assert served != announced
    (told,) = (text for text in said if "Đã lập lại kế hoạch" in text)
    assert "bao_cao_80_100.csv" in told and "bao_cao_90_100.csv" not in told
    assert f"bản vừa dựng là {served}, không phải {announced}" in told


def test_as_of_is_an_input(built_real, tmp_path):
    settings = copy_of(built_real, tmp_path / "as_of")
    published = build(settings, silent, as_of=date(2011, 6, 30))
    dossiers = pq.read_table(published.folder / "fct_dossiers.parquet").to_pylist()
    assert published.as_of_date == date(2011, 6, 30)
    assert dossiers and all(row["received_date"] <= date(2011, 6, 30) for row in dossiers)
    assert all(row["completed_date"] is None or row["completed_date"] <= date(2011, 6, 30) for row in dossiers)
    assert {row["state_code"] for row in dossiers} == {"finished", "in_progress"}


def kill_at(process: subprocess.Popen, line: str) -> None:
    """Let a build come to the stage that ``line`` names, then kill it and everything it started."""
    for told in process.stdout:
        if line in told:
            break
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_killed_builds_leave_the_old_one_and_of_the_next_two_one_heals_and_one_waits(built_real, tmp_path, cchc):
    settings = copy_of(built_real, tmp_path / "killed")
    served = current_build_id(settings)
    add_report(settings)
    planned = plan_build(settings).build_id
    for stage in ("Dựng mô hình", "Xuất bảng và kiểm tra"):
        kill_at(start(cchc, settings), stage)
        current = current_build(settings)
        assert current.build_id == served, stage
        assert all((current.folder / f"{table}.parquet").exists() for table in current.manifest["tables"]), stage
    # The worst that a kill can leave behind.
    settings.warehouse_file.write_bytes(b"not a database")
    # Two builds at once: whichever comes first heals, the other waits for it and says so.
    first, second = start(cchc, settings), start(cchc, settings)
    outputs = [process.communicate(timeout=300)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert sum("Đang có một lần dựng khác (tiến trình" in output for output in outputs) == 1, outputs
    assert current_build_id(settings) == planned == plan_build(settings).build_id
    assert not list(settings.published.glob(".*.staged"))


class BrokenProject(Settings):
    """A data root whose dbt project has a fault that dbt's own tests do not see."""

    @property
    def dbt_project(self) -> Path:
        return self.root / "dbt"


def test_failed_gate_2_leaves_the_old_build_served(built_real, tmp_path):
    settings = BrokenProject(root=copy_of(built_real, tmp_path / "gate_2").root)
    shutil.copytree(built_real.dbt_project, settings.dbt_project, ignore=shutil.ignore_patterns("target"))
    model = settings.dbt_project / "models/marts/indicators/fct_indicator_values.sql"
    text = model.read_text(encoding="utf-8")
    assert text.count("    value,\n") == 1
    model.write_text(text.replace("    value,\n", "    value + 1 as value,\n"), encoding="utf-8")
    served = current_build_id(settings)
    add_report(settings)
    with pytest.raises(BuildError, match="Không công bố vì kiểm tra đầu ra không đạt"):
        build(settings, silent)
    assert current_build_id(settings) == served
    assert [item.build_id for item in list_builds(settings)] == [served]


def test_manifest_tells_what_the_build_is_made_of(built_real):
    manifest = json.loads((current_build(built_real).folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["build_id"] == current_build_id(built_real)
    assert len(manifest["deliveries"]) == len(list(built_real.landing.glob("_deliveries/*.json")))
    assert all(table["rows"] >= 0 and len(table["sha256"]) == 64 for table in manifest["tables"].values())
