"""A regulation with a fault is refused by name, file, row and fault; what was landed before stays as it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dagster_project.demo.regulations import OWN_FILES
from dagster_project.landing.deliveries import landed_path, list_deliveries
from dagster_project.landing.load import land_file
from dagster_project.settings import Settings
from expectations.runner import check_delivery

pytestmark = pytest.mark.integration

FILES = {path.stem: path for path in OWN_FILES}


def edited(name: str, folder: Path, where: dict[str, str], change: dict[str, str]) -> Path:
    """A copy of a good file in which the first row that meets ``where`` is changed."""
    with FILES[name].open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = next(row for row in rows if where.items() <= row.items())
    assert set(change) <= set(found) and not change.items() <= found.items()
    found.update(change)
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("name", "where", "change", "said"),
    [
        (
            "thang_diem",
            {"criterion_code": "1.2", "band_number": "2"},
            {"lower_value": "0,95"},
            ["Các mức của một tiêu chí nối liền nhau", "dòng 6"],
        ),
        (
            "tieu_chi",
            {"criterion_code": "3.2"},
            {"max_score": "9"},
            [
                "Điểm tối đa của cấp dưới cộng lại đúng bằng điểm tối đa cấp trên",
                "dòng 11: 3 tối đa 20, cấp dưới cộng lại 21)",
            ],
        ),
        (
            "tieu_chi",
            {"criterion_code": "3.2"},
            {"input_code": "ty_le_dung_han"},
            ["Chỉ số dùng để chấm có trong kho", "dòng 13"],
        ),
        (
            "quy_dinh",
            {"regulation_code": "BTC-SO"},
            {"valid_to_date": "30/06/2026"},
            ["Hiệu lực các phiên bản không chồng nhau", "dòng 3"],
        ),
        (
            "tieu_chi",
            {"criterion_code": "P.1"},
            {"max_score": "5 điểm"},
            [
                "1 trên 181 dòng không đọc được",
                "cần số; dấu phẩy hoặc dấu chấm là dấu thập phân, không viết dấu ngăn hàng nghìn",
                "Thiếu các dòng ấy thì cả tệp mang nghĩa khác",
            ],
        ),
        (
            "tieu_chi",
            {"criterion_code": "3.2"},
            {"parent_criterion_code": "33"},
            ["Tiêu chí cấp trên có trong cùng bộ tiêu chí", "dòng 13"],
        ),
        (
            "tieu_chi",
            {"criterion_code": "3"},
            {"parent_criterion_code": "3.2"},
            ["Không tiêu chí nào đứng trên chính mình", "dòng 11, dòng 13"],
        ),
        (
            "tieu_chi",
            {"criterion_code": "7.1"},
            {"target_value": "70"},
            ["ghi từ 0 đến 1: ghi 0,95 chứ không ghi 95", "dòng 27"],
        ),
        (
            "thang_diem",
            {"criterion_code": "1.2", "band_number": "3"},
            {"upper_value": "0,8"},
            ["hai cận bằng nhau thì tính cả hai", "dòng 7"],
        ),
        (
            "quy_dinh",
            {"regulation_code": "BTC-SO"},
            {"tie_tolerance": "50"},
            ["Mức đồng hạng không quá 5 điểm phần trăm", "dòng 2"],
        ),
        (
            "quy_dinh",
            {"regulation_code": "BTC-SO"},
            {"unit_bloc_codes": "Sở, ban, ngành; cấp xã"},
            ["Khối là mã hoặc tên có trong kho", "department (Sở, ban, ngành); vertical_agency", "dòng 2"],
        ),
        (
            "xep_loai",
            {"grade_code": "yeu"},
            {"lower_value": "10"},
            ["Mỗi thang xếp loại có đúng một loại thấp nhất", "dòng 2"],
        ),
    ],
    ids=[
        "gap in bands",
        "wrong sum",
        "unknown indicator",
        "overlapping years",
        "unreadable row",
        "no such parent",
        "circle",
        "percent for a rate",
        "empty band",
        "tie too wide",
        "unknown bloc",
        "no lowest grade",
    ],
)
def test_a_bad_regulation_is_refused_by_name(name, where, change, said, tmp_path):
    settings = Settings(root=tmp_path / "data")
    assert land_file(FILES[name], settings, gate=check_delivery).status == "landed"
    landed = list_deliveries(settings)
    result = land_file(edited(name, tmp_path, where, change), settings, gate=check_delivery)
    assert result.status == "refused"
    assert f"{name}.csv" in result.message
    for part in said:
        assert part in result.message
    assert "Hãy sửa trong tệp rồi nạp lại" in result.message
    assert list_deliveries(settings) == landed


def test_the_regulations_that_ship_are_good(tmp_path):
    settings = Settings(root=tmp_path / "data")
    assert len(FILES) == 4
    for path in FILES.values():
        assert land_file(path, settings, gate=check_delivery).status == "landed", path.name


def test_lists_of_codes_may_be_written_in_words(tmp_path):
    settings = Settings(root=tmp_path / "data")
    change = {"unit_bloc_codes": "SỞ, BAN, NGÀNH ;commune", "period_kind_codes": "6 tháng; Kỳ báo cáo năm"}
    path = edited("quy_dinh", tmp_path, {"regulation_code": "BTC-SO"}, change)
    done = land_file(path, settings, gate=check_delivery).delivery
    (first, *_) = pq.read_table(landed_path(settings, done.source_code, done.delivery_id)).to_pylist()
    assert first["unit_bloc_codes"] == "department;commune"
    assert first["period_kind_codes"] == "half_year;report_year"
