"""Exports that the project has never seen land by a layout file alone and get verdicts: Boston 311, OpenCPS.

The rows are made up in the shape of the real exports.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import duckdb
import pytest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.publishing.builds import current_build
from dagster_project.settings import PROJECT_ROOT, Settings

AS_OF = dt.date(2026, 10, 31)
BOSTON_LAYOUT = """\
layout: boston_311
title: Boston 311 service requests
source: one_stop__dossiers
time_zone: America/New_York
formats: {timestamp: [ymd], decimal: dot}
fingerprint: [CASE_ENQUIRY_ID, OPEN_DT, SLA_TARGET_DT, CLOSED_DT, OnTime_Status, CASE_STATUS]
columns:
  authority_code: {constant: US-BOSTON}
  dossier_code: {from: CASE_ENQUIRY_ID}
  procedure_name: {from: TYPE}
  domain_name: {from: REASON}
  resolving_unit_code: {from: DEPARTMENT}
  received_at: {from: OPEN_DT}
  due_at: {from: SLA_TARGET_DT}
  completed_at: {from: CLOSED_DT}
  status_code: {from: CASE_STATUS, map: {Open: "4", Closed: "9"}}
  declared_timeliness_code: {from: OnTime_Status, map: {ONTIME: on_time, OVERDUE: late}}
"""
BOSTON_HEADERS = "CASE_ENQUIRY_ID OPEN_DT SLA_TARGET_DT CLOSED_DT OnTime_Status CASE_STATUS REASON TYPE DEPARTMENT"
# case: opened, target, closed, flag, our verdict by timestamp
BOSTON = {
    "early": ("2026-03-02 09:15:00", "2026-03-09 12:00:00", "2026-03-04 10:00:00", "ONTIME", "on_time"),
    "to_the_second": ("2026-03-02 09:15:00", "2026-03-09 12:00:00", "2026-03-09 12:00:00", "ONTIME", "on_time"),
    "a_second_late": ("2026-03-02 09:15:00", "2026-03-09 12:00:00", "2026-03-09 12:00:01", "OVERDUE", "late"),
    "weeks_late": ("2026-03-02 09:15:00", "2026-03-09 12:00:00", "2026-04-20 08:00:00", "OVERDUE", "late"),
    "open_late": ("2026-09-01 09:15:00", "2026-10-15 12:00:00", "", "OVERDUE", "open_late"),
    "open_in_time": ("2026-10-20 09:15:00", "2026-11-20 12:00:00", "", "ONTIME", "open_in_time"),
    "no_target_open": ("2026-05-04 09:15:00", "", "", "ONTIME", "no_due_date"),
    "no_target_closed": ("2026-05-04 09:15:00", "", "2026-08-05 10:00:00", "ONTIME", "no_due_date"),
}
NO_TARGET = {"no_target_open", "no_target_closed"}
OPENCPS_LAYOUT = """\
layout: opencps_dossiers
title: Danh sách hồ sơ của một cổng OpenCPS
source: one_stop__dossiers
time_zone: Asia/Ho_Chi_Minh
formats: {timestamp: [dmy], decimal: dot}
fingerprint: [dossierNo, serviceCode, govAgencyCode, receiveDate, dueDate, releaseDate, dossierStatus]
columns:
  authority_code: {constant: H98}
  dossier_code: {from: dossierNo}
  procedure_code: {from: serviceCode}
  resolving_unit_code: {from: govAgencyCode}
  received_at: {from: receiveDate}
  due_at: {from: dueDate}
  completed_at: {from: releaseDate}
  status_code: {from: dossierStatus}
"""
OPENCPS_HEADERS = "dossierNo serviceCode govAgencyCode receiveDate dueDate releaseDate dossierStatus"
RELEASED = ("denied", "unresolved", "cancelled", "posting", "releasing", "done")


def statuses() -> list[dict[str, str]]:
    with (PROJECT_ROOT / "dbt/seeds/dossier_statuses.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def opencps_rows() -> list[list[str]]:
    """One dossier per status; what the system calls released has a release date, a day after the due date."""
    common = ["1.000001", "H98.01", "02/03/2026 09:00:00", "09/03/2026 09:00:00"]
    codes = [row["status_code"] for row in statuses() if row["status_system_code"] == "opencps"]
    return [[code, *common, "10/03/2026 08:00:00" if code in RELEASED else "", code] for code in codes]


def national_rows() -> list[list[str]]:
    codes = [row["status_code"] for row in statuses() if row["status_system_code"] == "national"]
    return [["H97", f"S{code}", "H97.01", "2026-03-02 09:00", code] for code in codes]


def write(path: Path, headers: str, rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([headers.split(), *rows])


@pytest.fixture(scope="module")
def built_own(tmp_path_factory) -> Settings:
    """A build of files in the shapes of two foreign systems; their layouts lie in the data root, as users put them."""
    settings = Settings(root=tmp_path_factory.mktemp("own"))
    settings.layouts.mkdir(parents=True)
    (settings.layouts / "boston_311.yml").write_text(BOSTON_LAYOUT, encoding="utf-8")
    (settings.layouts / "opencps_dossiers.yml").write_text(OPENCPS_LAYOUT, encoding="utf-8")
    cases = [
        [code, *moments, flag, "Closed" if moments[2] else "Open", "Street Lights", "Street Light Outages", "PWDx"]
        for code, (*moments, flag, _) in BOSTON.items()
    ]
    write(settings.inbox / "311.csv", BOSTON_HEADERS, cases)
    write(settings.inbox / "opencps.csv", OPENCPS_HEADERS, opencps_rows())
    columns = "authority_code dossier_code resolving_unit_code received_at status_code"
    write(settings.inbox / "national.csv", columns, national_rows())
    assert not load_files([settings.inbox], settings, Console()).refused
    build(settings, print, as_of=AS_OF)
    return settings


@pytest.fixture(scope="module")
def dossiers(built_own):
    """The published dossiers."""
    with duckdb.connect() as connection:
        path = current_build(built_own).folder / "fct_dossiers.parquet"
        connection.execute(f"create view dossiers as from read_parquet('{path}')")
        yield connection


def test_every_boston_case_has_the_verdict_of_its_moments(dossiers):
    found = dossiers.execute(
        "select dossier_code, timeliness_by_timestamp_code from dossiers where authority_code = 'US-BOSTON'"
    ).fetchall()
    assert dict(found) == {code: case[-1] for code, case in BOSTON.items()}


def test_the_flag_of_boston_is_our_verdict_except_without_a_target(dossiers):
    """No target is "on time" there; here it is apart, and the claim stays as it was."""
    rows = dossiers.execute(
        """
        select dossier_code, declared_timeliness_code, timeliness_by_timestamp_code from dossiers
        where authority_code = 'US-BOSTON' and (declared_timeliness_code = 'on_time')
            <> (timeliness_by_timestamp_code in ('on_time', 'open_in_time'))
        order by 1
        """
    ).fetchall()
    assert rows == [(code, "on_time", "no_due_date") for code in sorted(NO_TARGET)]


def test_every_status_of_both_systems_has_its_state(dossiers):
    found = dict(
        dossiers.execute(
            "select status_code, state_code from dossiers where authority_code in ('H97', 'H98')"
        ).fetchall()
    )
    assert found == {row["status_code"]: row["state_code"] for row in statuses()}


def test_refused_after_processing_counts_and_refused_at_the_door_does_not(dossiers):
    found = dossiers.execute(
        "select status_code, state_code, is_counted, timeliness_by_date_code from dossiers "
        "where authority_code = 'H98' and status_code in ('denied', 'unresolved', 'cancelled') order by 1"
    ).fetchall()
    assert found == [
        ("cancelled", "withdrawn", True, "not_counted"),
        ("denied", "refused", False, "not_counted"),
        ("unresolved", "finished", True, "late"),
    ]
