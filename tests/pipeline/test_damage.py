"""What a careless hand or a bad disk does under the data root: said in one sentence, healed by the next build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dagster_project.commands import build, load_files, query
from dagster_project.console import Console
from dagster_project.landing.load import land_file
from dagster_project.publishing.builds import current_build, current_build_id
from dagster_project.publishing.errors import BuildBrokenError, BuildError
from dagster_project.publishing.plan import plan_build
from dagster_project.settings import Settings

HEADER = "Mã hồ sơ,Mã đơn vị giải quyết,Ngày tiếp nhận,Ngày hẹn trả,Ngày kết thúc xử lý,Trạng thái\n"
REPORTS = (
    "authority_code,unit_code,unit_name,unit_bloc_code,period_start_date,period_end_date,definition_code,"
    "numerator_count,denominator_count,overdue_count,declared_percent,publisher_name\n"
)


def silent(text: str) -> None:
    pass


@pytest.fixture
def copy(built_real, tmp_path) -> Settings:
    shutil.copytree(built_real.root, tmp_path / "copy")
    return Settings(root=tmp_path / "copy")


def land(settings: Settings, name: str, text: str) -> None:
    path = settings.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    result = land_file(path, settings)
    assert result.status == "landed", result.message


def test_missing_or_edited_landed_rows_stop_the_build_by_name(copy):
    delivery = next(d for d in plan_build(copy).deliveries if d.layout_code == "wabo_cases")
    landed = copy.landing / delivery.source_code / f"{delivery.delivery_id}.parquet"
    land(copy, "khac.csv", HEADER + "H98-260105-0001,H98.01,05/01/2026 08:00:00,,,\n")
    rows = pq.read_table(landed)
    for damage in (lambda: pq.write_table(rows.slice(1), landed), landed.unlink):
        damage()
        with pytest.raises(BuildError, match=r"wabo_receipt_cases\.csv"):
            build(copy, silent)


def test_changed_published_file_is_noticed_by_query_and_healed_by_build(copy):
    served = current_build(copy)
    path = served.folder / "fct_dossiers.parquet"
    original = path.read_bytes()
    pq.write_table(pq.read_table(path).slice(0, 1), path)
    with pytest.raises(BuildBrokenError, match=r"fct_dossiers\.parquet"):
        query("select 1", copy)
    assert build(copy, silent).build_id == served.build_id
    assert path.read_bytes() == original


@pytest.mark.parametrize("pointer", [b"../../etc", b"bogus", b"", b"\xff\xfe\x00", b"a/b"])
def test_damaged_pointer_is_one_sentence(built_real, tmp_path, pointer):
    settings = Settings(root=tmp_path)
    shutil.copytree(built_real.published, settings.published)
    (settings.published / "CURRENT").write_bytes(pointer)
    with pytest.raises(BuildBrokenError, match="Hãy chạy «cchc build»"):
        query("select 1", settings)


def test_manifest_gone_is_rebuilt_in_place(copy):
    served = current_build(copy)
    original = (served.folder / "manifest.json").read_bytes()
    (served.folder / "manifest.json").unlink()
    with pytest.raises(BuildBrokenError, match=r"manifest\.json"):
        query("select 1", copy)
    build(copy, silent)
    assert (served.folder / "manifest.json").read_bytes() == original


@pytest.fixture(scope="module")
def built_by_hand(built_real, tmp_path_factory) -> Settings:
    """One build of three authorities whose files were written by hand, each oddly in its own way."""
    settings = Settings(root=tmp_path_factory.mktemp("by_hand"))
    window = "01/01/2026,31/01/2026,resolved"
    land(
        settings,
        "bao_cao.csv",
        REPORTS
        + f"H97,H97.01,Sở 1,department,{window},91,100,9,91,x\n"
        + f"H97,H97.02,Sở 2,department,{window},,100,5,,x\n"
        + f"H97,H97.03,Sở 3,department,{window},9,,1,90,x\n"
        + f"H97,H97.04,Sở 4,department,{window},99999999999999,99999999999999,0,100,x\n"
        + f"H97,H97.05,Sở 5,department,{window},90,100,90,,x\n",
    )
    land(
        settings,
        "ho_so.csv",
        HEADER
        + "".join(f"H96-260105-{i:04},H96.01,05/01/2026 08:00:00,09/01/2026,08/01/2026 10:00:00,\n" for i in range(12))
        + "H96-261030-0099,H96.01,30/07/2026 08:00:00,30/08/2026,06/01/2026 10:00:00,\n",
    )
    first = "".join(f"H95-260105-{i:04},H95.01,05/01/2026 08:00:00,09/01/2026,20/01/2026 10:00:00,\n" for i in range(3))
    land(settings, "cu.csv", HEADER + first + "H95-261030-0900,H95.01,30/07/2026 08:00:00,,,\n")
    land(settings, "dinh_chinh.csv", HEADER + first.replace("20/01/2026 10", "08/01/2026 10"))
    folder = tmp_path_factory.mktemp("xuat")
    row = "H94-260105-0001,H94.01,05/01/2026 08:00:00,09/01/2026,{},{}\n"
    (folder / "b_thang_1.csv").write_text(HEADER + row.format("", "Đang xử lý"), encoding="utf-8")
    (folder / "a_thang_2.csv").write_text(HEADER + row.format("08/01/2026 10:00:00", "Đã xử lý xong"), encoding="utf-8")
    load_files([folder], settings, Console())
    build(settings, silent)
    return settings


def test_odd_rows_of_one_unit_stop_nobody_else(built_by_hand):
    """Each of these once kept every later build from being published."""
    rows = query(
        "select unit_code, value_status, cast(value as varchar) from fct_indicator_values "
        "where authority_code = 'H97' and unit_code <> 'H97' and period_code = '2026-01' and origin_code = 'declared' "
        "order by unit_code",
        built_by_hand,
    )[1]
    assert rows == [
        ("H97.01", "ok", "0.910000"),
        ("H97.02", "not_assessed", None),
        ("H97.03", "ok", "0.900000"),
        ("H97.04", "not_assessed", None),
        ("H97.05", "not_assessed", None),
    ]


def test_a_later_correction_wins_though_it_speaks_of_an_earlier_day(built_by_hand):
    rows = query(
        "select timeliness_by_date_code, count(*) from fct_dossiers where authority_code = 'H95' group by 1 order by 1",
        built_by_hand,
    )[1]
    assert rows == [("early", 3), ("no_due_date", 1)]


def test_inside_one_load_the_later_day_of_data_wins_whatever_the_names(built_by_hand):
    rows = query("select state_code from fct_dossiers where authority_code = 'H94'", built_by_hand)[1]
    assert rows == [("finished",)]


def test_landing_more_while_a_build_runs_changes_nothing_of_it(copy):
    """The build reads its own links: removing landed files after the plan must not matter."""
    from dagster_project.publishing.plan import source_folder, write_plan

    plan = plan_build(copy)
    write_plan(plan, copy)
    before = {path.name for path in source_folder(copy, "one_stop__dossiers").iterdir()}
    shutil.rmtree(copy.landing / "one_stop__dossiers")
    rows = sum(pq.read_metadata(path).num_rows for path in Path(source_folder(copy, "one_stop__dossiers")).iterdir())
    assert {path.name for path in source_folder(copy, "one_stop__dossiers").iterdir()} == before
    assert rows == 1434
    assert current_build_id(copy)
