"""Commands as a person types them: what they print, and how they refuse."""

from __future__ import annotations

import json
import os
import subprocess

import pytest


def run(cchc: list[str], settings, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*cchc, *arguments],
        env={**os.environ, "CCHC_DATA": str(settings if isinstance(settings, str) else settings.root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_builds_lists_the_served_one(built_real, cchc):
    done = run(cchc, built_real, "builds")
    assert done.returncode == 0
    assert sum(line.startswith("* ") for line in done.stdout.splitlines()) == 1
    assert "chốt 10/10/2026" in done.stdout


@pytest.mark.parametrize(("style", "expected"), [("csv", "n\n1434"), ("json", '[{"n": 1434}]')])
def test_query_formats(built_real, cchc, style, expected):
    sql = "select count(*) as n from fct_dossiers where authority_code = 'NL-WABO'"
    assert run(cchc, built_real, "query", sql, "--format", style).stdout.strip() == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/hostname')",
        "copy (select 1) to '/dev/null'",
        "drop view fct_dossiers",
        "select 1; select 2",
        "select nothing_of_that_name from fct_dossiers",
        "set enable_external_access = true",
        "",
    ],
)
def test_query_reads_the_build_and_nothing_else(built_real, cchc, sql):
    done = run(cchc, built_real, "query", sql)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(("Câu lệnh SQL không chạy được", "Chỉ chạy được đúng một câu lệnh SELECT"))


def test_without_a_build_every_command_says_what_to_do(built_real, tmp_path, cchc):
    for arguments in (["query", "select 1"], ["builds"], ["build"], ["docs"]):
        done = run(cchc, str(tmp_path / "empty"), *arguments)
        assert done.returncode == 1, arguments
        assert "Hãy chạy «cchc" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def test_data_root_with_strange_characters_is_refused_by_name(built_real, tmp_path, cchc):
    done = run(cchc, str(tmp_path / "kho[1]"), "builds")
    assert done.returncode == 1
    assert "có ký tự không dùng được: [ ]" in done.stderr


BAD_FILES = {
    "khong_biet.csv": ("cột lạ,cột khác\n1,2\n", ["khong_biet.csv"]),
    "thieu_cot.csv": (
        "code,unit,level,received,on_time,overdue,ratio\nH44.01,Sở A,PROVINCE,1,1,0,100\n",
        ["thieu_cot.csv", "score"],
    ),
    "trong.csv": ("", ["trong.csv"]),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_refused_by_name_put_on_record_and_changes_nothing(built_real, tmp_path, cchc, name):
    text, named = BAD_FILES[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    before = {path: path.read_bytes() for path in built_real.landing.rglob("*") if path.is_file()}
    done = run(cchc, built_real, "load", str(tmp_path / name))
    assert done.returncode == 1
    assert "Từ chối." in done.stderr and "Hãy" in done.stderr
    assert all(word in done.stderr for word in named), done.stderr
    assert "Traceback" not in done.stderr
    after = {path: path.read_bytes() for path in built_real.landing.rglob("*") if path.is_file()}
    (record,) = set(after) - set(before)
    assert record.parent.name == "_refusals" and json.loads(after.pop(record))["file_name"] == name
    assert before == after


def test_missing_file_is_refused(built_real, tmp_path, cchc):
    done = run(cchc, built_real, "load", str(tmp_path / "khong_co.csv"))
    assert done.returncode == 1
    assert "khong_co.csv" in done.stderr and "Traceback" not in done.stderr


def test_rejected_rows_are_listed_with_row_column_reason_and_value(built_real, tmp_path, cchc):
    path = tmp_path / "co_loi.csv"
    path.write_text(
        "Mã hồ sơ,Mã đơn vị giải quyết,Ngày tiếp nhận,Ngày hẹn trả,Ngày kết thúc xử lý,Trạng thái\n"
        "H98.01-260105-0001,H98.01,31/02/2026 08:00:00,,,\n"
        "H98.01-260105-0002,H98.01,28/02/2026 08:00:00,,,\n",
        encoding="utf-8",
    )
    root = str(tmp_path / "root")
    assert run(cchc, root, "load", str(path)).returncode == 0
    done = run(cchc, root, "rejected", "co_loi.csv", "--format", "csv")
    assert done.stdout.splitlines()[0] == "Tệp,Dòng,Cột,Lý do,Giá trị"
    assert done.stdout.splitlines()[1].startswith("co_loi.csv,2,received_at,")
    assert done.stdout.splitlines()[1].endswith("31/02/2026 08:00:00")
    assert len(done.stdout.splitlines()) == 2
    assert run(cchc, root, "rejected", "khac.csv").returncode == 1
