"""Every shipped layout against a file written as the export it was made for.

Values, kinds of rows, totals, and what is told when something is missing.

The figures of QĐ 766 have their own file of tests; canonical files and the demo's exports too.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))  # table_writers.py stands beside the tiers, outside any package

from table_writers import Area, Sheet, csv_file, html_file, xlsx_file

from dagster_project.cli import app
from dagster_project.landing.deliveries import flags_path, landed_path, list_deliveries, rejected_path
from dagster_project.landing.errors import LandingError
from dagster_project.landing.layouts import LAYOUTS_DIR
from dagster_project.landing.load import land_file
from dagster_project.settings import PROJECT_ROOT, load_settings
from expectations.runner import check_delivery

GIVEN = {"authority_code": "H99", "unit_code": "H99.01"}
MOMENT = dt.datetime(2026, 11, 1, 8, 30)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "key.json"))
    return load_settings(tmp_path / "data")


@pytest.fixture
def land(settings, tmp_path):
    """Land a file's content; the deliveries, one per table."""

    def landed(name: str, content: bytes, **options):
        path = tmp_path / name
        path.write_bytes(content)
        result = land_file(path, settings, landed_at=MOMENT, **options)
        for done in result.deliveries:
            assert done.rows_read == done.rows_accepted + done.rows_rejected + done.rows_ignored
        return result

    return landed


def rows(settings, delivery, *columns, of=landed_path):
    """Values of the landed rows in file order."""
    path = of(settings, delivery.source_code, delivery.delivery_id)
    with duckdb.connect() as con:
        found = con.execute(f"select {', '.join(columns)} from read_parquet('{path}') order by source_row_number")
        return found.fetchall()


def ignored(delivery):
    """Kind of ignored row → how many."""
    return {kind["reason_code"]: kind["row_count"] for kind in delivery.ignored_rows}


def wide(text, row, width):
    """A title over the whole width: the row and its merged area."""
    return [text, *[None] * (width - 1)], Area(row, 0, row, width - 1)


def day(text):
    return dt.datetime.strptime(text, "%d/%m/%Y")


# --- 23 columns, HTML named .xls

LIST_TITLES = [
    "TT", "Mã hồ sơ hành chính", "Họ tên người nộp", "Số CMND/HC/Thẻ CC người nộp", "Địa chỉ người nộp",
    "Điện thoại người nộp", "Họ tên chủ hồ sơ", "Số CMND/HC/Thẻ CC chủ hồ sơ", "Địa chỉ chủ hồ sơ",
    "Điện thoại chủ hồ sơ", "Họ tên người tiếp nhận", "Nội dung hồ sơ", "Ngày tiếp nhận hồ sơ", "Ngày hẹn trả kết quả",
    "Ngày có kết quả", "Ngày trả công dân", "Họ tên người nhận kết quả", "Đối tượng tiếp nhận", "Email người nộp",
    "Email chủ hồ sơ", "Hình thức nộp hồ sơ", "Tổng phí, lệ phí đã nộp", "Tổng số hồ sơ",
]  # fmt: skip


def listed(number, code, channel="Trực tuyến", fee="50.000", done="09/01/2026", returned="10/01/2026"):
    return [
        str(number), code, "Trần Văn A", "001099000001", "Số 1", "0912345678", "Trần Văn B", "001099000002", "Số 2",
        "0987654321", "Lê C", "Xin cấp", "05/01/2026", "12/01/2026", done, returned, "Trần Văn A", "Công dân",
        "a@vidu.vn", "", channel, fee, None,
    ]  # fmt: skip


def list_by_procedure():
    titles = [wide(text, row, 23) for row, text in enumerate((
        "THỐNG KÊ THEO THỦ TỤC", "Từ ngày 01/01/2026 đến ngày 31/01/2026", "Đơn vị chủ trì giải quyết: Sở Xây dựng", "",
    ))]  # fmt: skip
    groups = {
        5: ("Hộ tịch", None), 6: ("Đăng ký khai sinh", "2"), 9: ("Đăng ký kết hôn", "1"), 11: ("Đất đai", None),
        12: ("Cấp giấy chứng nhận", "3"),
    }  # fmt: skip
    data = {
        7: listed(1, "H99.01-260105-0001"),
        8: listed(2, "H99.01-260105-0002", "Qua bưu chính công ích", "1.250.000", done="", returned=""),
        10: listed(3, "000.00.01.H99-260105-0003", "Trực tiếp", ""),
        13: listed(4, "H99.01-260105-0004"),
        14: listed(5, "H99.01-260105-0005"),
    }
    body = [[row for row, _ in titles], [area for _, area in titles]]
    lines = [*body[0], LIST_TITLES]
    areas = list(body[1])
    for row in range(5, 15):
        if row in groups:
            text, count = groups[row]
            lines.append([text, *[None] * 21, count])
            areas.append(Area(row, 0, row, 21))
        else:
            lines.append(data[row])
    return Sheet("s", lines, areas)


def test_the_list_by_procedure_carries_domain_and_procedure_down(land, settings):
    (delivery,) = land("THỐNG KÊ THEO THỦ TỤC 5_2_2026 8_30.xls", html_file([list_by_procedure()])).deliveries
    assert delivery.layout_code == "dossier_list_by_procedure"
    assert delivery.container == "html"
    assert (delivery.rows_read, delivery.rows_accepted, delivery.rows_rejected) == (10, 5, 0)
    assert ignored(delivery) == {"group": 5}
    birth, marriage, land_paper = (
        ("Hộ tịch", "Đăng ký khai sinh"), ("Hộ tịch", "Đăng ký kết hôn"), ("Đất đai", "Cấp giấy chứng nhận"),
    )  # fmt: skip
    names = ("dossier_code", "domain_name", "procedure_name", "resolving_unit_code", "channel_code", "fee_amount")
    assert rows(settings, delivery, *names) == [
        ("H99.01-260105-0001", *birth, "H99.01", "online", 50000),
        ("H99.01-260105-0002", *birth, "H99.01", "postal", 1250000),
        ("000.00.01.H99-260105-0003", *marriage, "000.00.01.H99", "direct", None),
        ("H99.01-260105-0004", *land_paper, "H99.01", "online", 50000),
        ("H99.01-260105-0005", *land_paper, "H99.01", "online", 50000),
    ]
    same = rows(settings, delivery, "resolving_unit_name", "authority_code", "applicant_type_code")
    assert set(same) == {("Sở Xây dựng", "H99", "citizen")}
    moments = rows(settings, delivery, "received_at", "due_at", "completed_at", "returned_at")
    assert moments[0] == (day("05/01/2026"), day("12/01/2026"), day("09/01/2026"), day("10/01/2026"))
    assert moments[1] == (day("05/01/2026"), day("12/01/2026"), None, None)
    assert len(delivery.identity_columns) == 13
    # "Cấp giấy chứng nhận" says 3 and has 2.
    (difference,) = delivery.total_differences
    assert (difference["row_number"], difference["declared"], difference["computed"]) == (13, "3", "2")


# --- the public disclosure list, two versions

DISCLOSURE_DATA = [
    ["1", "H99.01-260105-0001", "05/01/2026", "Lê C", "12/01/2026", "x", "", "", "", "", "", ""],
    ["2", "H99.01-260105-0002", "05/01/2026", "Lê C", "12/01/2026", "", "x", "", "2", "20/01/2026", "", ""],
    ["3", "H99.01-260105-0003", "05/01/2026", "Lê C", "12/01/2026", "", "", "09/01/2026", "0", "", "", ""],
    ["4", "H99.01-260105-0004", "05/01/2026", "Lê C", "12/01/2026", "", "", "", "", "", "thiếu giấy", ""],
]


def public_disclosure(*, due_inside: bool, numbered: bool = False) -> Sheet:
    blank = [None] * 12
    lines = [
        ["UBND TỈNH MẪU -----", *blank[:5], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc"],
        blank, blank,
    ]  # fmt: skip
    areas = [Area(0, 0, 0, 5), Area(0, 6, 0, 11)]
    for text in (
        "CÔNG KHAI KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH", "Từ ngày 01/01/2026 đến ngày 31/01/2026",
        "Đơn vị: Sở Xây dựng",
    ):  # fmt: skip
        row, area = wide(text, len(lines), 12)
        lines.append(row)
        areas.append(area)
    lines.append(blank)
    top = len(lines)
    alone = ["TT", "Mã hồ sơ hành chính", "Ngày tiếp nhận hồ sơ", "Người nhận"]
    state = "Trạng thái, kết quả giải quyết TTHC"
    states = ["Đang giải quyết TTHC", "Đang chờ bổ sung hồ sơ", "Đã gửi kết quả về bộ phận TN&TKQ"]
    late = ["Số ngày quá hạn giải quyết", "Thời hạn trả kết quả lần sau"]
    end = ["Hồ sơ quá hạn giải quyết", None, "Hồ sơ chưa đủ điều kiện giải quyết", "Hồ sơ không gải quyết"]
    if due_inside:
        lines.append([*alone, state, None, None, None, *end])
        lines.append([*[None] * 4, "Ngày hẹn trả kết quả", *states, *late, None, None])
        areas.append(Area(top, 4, top, 7))
    else:
        lines.append([*alone, "Ngày hẹn trả kết quả", state, None, None, *end])
        lines.append([*[None] * 5, *states, *late, None, None])
        areas.append(Area(top, 5, top, 7))
        areas.append(Area(top, 4, top + 1, 4))
    areas += [Area(top, 8, top, 9), *(Area(top, place, top + 1, place) for place in (0, 1, 2, 3, 10, 11))]
    if numbered:
        lines.append(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"])
    for text in ("Hộ tịch", "Đăng ký khai sinh"):
        row, area = wide(text, len(lines), 12)
        lines.append(row)
        areas.append(area)
    lines += DISCLOSURE_DATA
    lines += [blank, [*blank[:7], "Tỉnh Mẫu, ngày 31 tháng 01 năm 2026"], [*blank[:7], "Người báo cáo"]]
    lines += [blank, blank, blank, [*blank[:7], "Lê Thị Người Ký"]]
    return Sheet("s", lines, areas)


@pytest.mark.parametrize("due_inside", [False, True])
@pytest.mark.parametrize("write", [html_file, xlsx_file])
@pytest.mark.parametrize("numbered", [False, True])
def test_the_public_disclosure_list_says_by_its_columns_how_far_a_dossier_is(
    land, settings, due_inside, write, numbered
):
    sheet = public_disclosure(due_inside=due_inside, numbered=numbered)
    (delivery,) = land("cong_khai.xls", write([sheet])).deliveries
    assert delivery.layout_code == "public_disclosure_list"
    assert (delivery.rows_accepted, delivery.rows_rejected) == (4, 0)
    kinds = ignored(delivery)
    assert kinds["group"] == 2 and kinds.get("number_row", 0) == numbered
    found = rows(
        settings, delivery, "dossier_code", "domain_name", "procedure_name", "resolving_unit_name", "status_code",
        "due_at",
    )  # fmt: skip
    common = ("Hộ tịch", "Đăng ký khai sinh", "Sở Xây dựng")
    assert found == [
        (f"H99.01-260105-000{number}", *common, code, day("12/01/2026"))
        for number, code in ((1, "4"), (2, "5"), (3, "9"), (4, None))
    ]
    assert rows(settings, delivery, "declared_timeliness_code") == [(None,), ("late",), (None,), (None,)]
    assert "Người nhận" in delivery.identity_columns


# --- form II.06a

FORM_DATA = [
    ["I", "Cấp tỉnh", *[None] * 11],
    ["1", "Xây dựng", 120, 60, 40, 20, 100, 50, 45, 5, 20, 18, 2],
    ["2", "Đất đai", 1234, 600, 600, 34, 1200, 900, 250, 50, 34, 30, 4],
    ["II", "Cấp xã", *[None] * 11],
    ["1", "Hộ tịch", 10, 5, 5, 0, 10, 10, 0, 0, 0, 0, 0],
]
FORM_SUM = [1364, 665, 645, 54, 1310, 960, 295, 55, 54, 48, 6]
FORM_COLUMNS = (
    "received_total_count", "received_online_count", "received_direct_count", "received_carried_count",
    "resolved_total_count", "resolved_early_count", "resolved_on_time_count", "resolved_late_count",
    "open_total_count", "open_in_time_count", "open_late_count",
)  # fmt: skip


def form_06a(total=FORM_SUM, period="Từ ngày 01/01/2026 đến ngày 31/01/2026", unit="Mã đơn vị: H99.01"):
    blank = [None] * 13
    lines, areas = [], []
    for text in (
        "Biểu số II.06a/VPCP/KSTT", "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH", f"({period})",
        "Đơn vị báo cáo: Sở Xây dựng", unit,
    ):  # fmt: skip
        row, area = wide(text, len(lines), 13)
        lines.append(row)
        areas.append(area)
    lines.append([*blank[:11], "Đơn vị tính: Hồ sơ", None])
    top = len(lines)
    lines += [
        ["TT", "Lĩnh vực", "Tiếp nhận", *blank[:3], "Đã giải quyết", *blank[:3], "Đang giải quyết", None, None],
        [None, None, "Tổng số", "Trong kỳ", None, "Từ kỳ trước", "Tổng số", "Trước hạn", "Đúng hạn", "Quá hạn",
         "Tổng số", "Trong hạn", "Quá hạn"],
        [None, None, None, "Trực tuyến", "Trực tiếp, BCCI", *[None] * 8],
        ["(1)", "(2)", "(3)=(4)+(5)+(6)", "(4)", "(5)", "(6)", "(7)=(8)+(9)+(10)", "(8)", "(9)", "(10)",
         "(11)=(12)+(13)", "(12)", "(13)"],
    ]  # fmt: skip
    areas += [Area(top, 2, top, 5), Area(top, 6, top, 9), Area(top, 10, top, 12), Area(top + 1, 3, top + 1, 4)]
    areas += [Area(top, place, top + 2, place) for place in (0, 1)]
    areas += [Area(top + 1, place, top + 2, place) for place in (2, 5, *range(6, 13))]
    lines += FORM_DATA
    lines.append([None, "Tổng cộng", *total])
    lines += [blank, [*blank[:8], "Tỉnh Mẫu, ngày 05 tháng 02 năm 2026", *blank[:4]]]
    lines += [["Người lập biểu", *blank[:7], "Thủ trưởng đơn vị", *blank[:4]], ["(Ký, họ tên)", *blank[:12]], blank]
    lines.append(["Lê Thị Lập", *blank[:7], "Trần Văn Ký", *blank[:4]])
    return Sheet("06a", lines, areas)


@pytest.mark.parametrize("write", [html_file, xlsx_file])
def test_form_06a_with_groups_formulas_totals_and_signatures(land, settings, write):
    (delivery,) = land("bieu_06a.xls", write([form_06a()]), given={"authority_code": "H99"}).deliveries
    assert delivery.layout_code == "form_06a"
    assert (delivery.rows_accepted, delivery.rows_rejected) == (3, 0)
    kinds = ignored(delivery)
    assert {name: kinds[name] for name in ("group", "total", "number_row")} == {"group": 2, "total": 1, "number_row": 1}
    assert rows(settings, delivery, "level_name", "line_code", "line_name", *FORM_COLUMNS) == [
        ("Cấp tỉnh", "1", "Xây dựng", *FORM_DATA[1][2:]),
        ("Cấp tỉnh", "2", "Đất đai", *FORM_DATA[2][2:]),
        ("Cấp xã", "1", "Hộ tịch", *FORM_DATA[4][2:]),
    ]
    keys = ("authority_code", "unit_code", "unit_name", "period_start_date", "period_end_date", "form_code")
    assert set(rows(settings, delivery, *keys)) == {
        ("H99", "H99.01", "Sở Xây dựng", dt.date(2026, 1, 1), dt.date(2026, 1, 31), "form_06a")
    }
    assert delivery.total_differences == []
    assert delivery.given_values == ["authority_code=H99"]


def test_a_total_of_form_06a_that_is_no_sum_is_told(land):
    wrong = [1365, *FORM_SUM[1:]]
    (delivery,) = land("bieu.xlsx", xlsx_file([form_06a(total=wrong)]), given={"authority_code": "H99"}).deliveries
    (difference,) = delivery.total_differences
    assert (difference["declared"], difference["computed"]) == ("1365", "1364")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "--set authority_code=H99"),
        ({"given": {"authority_code": "H99"}, "period": "Tháng 1"}, "period_start_date"),
    ],
)
def test_what_a_form_does_not_say_is_asked_for(land, settings, change, sentence):
    given = change.pop("given", None)
    result = land("bieu.xlsx", xlsx_file([form_06a(**change)]), given=given)
    assert result.status == "refused" and sentence in result.message, result.message
    assert "bieu.xlsx" in result.message
    assert not list(settings.landing.rglob("*.parquet"))


def test_a_form_may_name_its_unit_without_a_code(land, settings):
    (delivery,) = land("bieu.xlsx", xlsx_file([form_06a(unit="")]), given={"authority_code": "H99"}).deliveries
    assert set(rows(settings, delivery, "unit_code", "unit_name")) == {(None, "Sở Xây dựng")}


def test_given_values_take_the_place_of_what_a_form_does_not_say(land, settings):
    given = {
        "authority_code": "H99", "unit_code": "H99.02", "period_start_date": "2026-02-01",
        "period_end_date": "2026-02-28",
    }  # fmt: skip
    (delivery,) = land("bieu.xlsx", xlsx_file([form_06a(period="Tháng 2", unit="")]), given=given).deliveries
    found = rows(settings, delivery, "unit_code", "period_start_date", "period_end_date")
    assert set(found) == {("H99.02", dt.date(2026, 2, 1), dt.date(2026, 2, 28))}


# --- the local variant of 14 columns

LOCAL_DATA = [
    ["1", "Xây dựng", 120, 60, 60, 100, 50, 45, 5, 20, 18, 2, 3, "95,00"],
    ["2", "Đất đai", 12, 6, 6, 0, 0, 0, 0, 12, 10, 2, 0, "-"],
]


def form_06a_local() -> Sheet:
    blank = [None] * 14
    lines, areas = [], []
    for text in (
        "BÁO CÁO TÌNH HÌNH GIẢI QUYẾT HỒ SƠ", "Từ 01/03/2026 đến 31/03/2026", "Đơn vị: UBND xã Mẫu",
        "Mã định danh: H99.31",
    ):  # fmt: skip
        row, area = wide(text, len(lines), 14)
        lines.append(row)
        areas.append(area)
    top = len(lines)
    lines += [
        ["STT", "Lĩnh vực giải quyết", "Tiếp nhận", None, None, "Đã giải quyết", None, None, None, "Đang giải quyết",
         None, None, "Chờ bổ sung", "Tỷ lệ đúng hạn (%)"],
        [None, None, "Tổng số", "Trực tuyến", "Trực tiếp", "Tổng số", "Trước hạn", "Đúng hạn", "Quá hạn", "Tổng số",
         "Trong hạn", "Quá hạn", None, None],
        ["A", "B", *map(str, range(1, 13))],
    ]  # fmt: skip
    areas += [Area(top, 2, top, 4), Area(top, 5, top, 8), Area(top, 9, top, 11)]
    areas += [Area(top, place, top + 1, place) for place in (0, 1, 12, 13)]
    lines += LOCAL_DATA
    lines += [["Cộng", None, 132, 66, 66, 100, 50, 45, 5, 32, 28, 4, 3, "95,00"], blank]
    lines.append([*blank[:10], "CHỦ TỊCH", *blank[:3]])
    return Sheet("Tháng 3", lines, areas)


@pytest.mark.parametrize("write", [html_file, xlsx_file])
def test_the_local_variant_of_14_columns(land, settings, write):
    (delivery,) = land("bc.xls", write([form_06a_local()]), given={"authority_code": "H99"}).deliveries
    assert delivery.layout_code == "form_06a_local"
    assert ignored(delivery)["total"] == 1 and ignored(delivery)["number_row"] == 1
    names = (
        "unit_code", "line_name", "received_total_count", "received_online_count", "received_direct_count",
        "resolved_total_count", "resolved_early_count", "resolved_on_time_count", "resolved_late_count",
        "open_total_count", "open_in_time_count", "open_late_count", "waiting_supplement_count", "declared_percent",
    )  # fmt: skip
    assert rows(settings, delivery, *names) == [
        ("H99.31", *LOCAL_DATA[0][1:-1], Decimal("95")),
        ("H99.31", *LOCAL_DATA[1][1:-1], None),
    ]
    assert delivery.total_differences == []


# --- the positional import of OpenCPS

OPENCPS_TITLES = ["nam", "thang", "ma lv", "ten lv", "a", "b", "c", "d", "e", "f"]
OPENCPS_DATA = [
    ["2026", "2", "G09-XD02", "Xây dựng", "120", "95", "5", "60", "98", "7"],
    ["2026", "02", "G12-HT", "Hộ tịch", "12", "12", "0", "6", "12", "0"],
]


def test_the_import_of_opencps_is_read_by_the_places_of_its_columns(land, settings):
    content = xlsx_file([Sheet("Sheet1", [OPENCPS_TITLES, *OPENCPS_DATA])])
    (delivery,) = land("thong_ke.xlsx", content, given=GIVEN).deliveries
    assert delivery.layout_code == "opencps_statistic_import"
    names = (
        "period_start_date", "period_end_date", "domain_code", "line_name", "received_total_count",
        "resolved_on_time_count", "resolved_late_count", "received_online_count", "resolved_total_count",
        "received_postal_count",
    )  # fmt: skip
    first, last = dt.date(2026, 2, 1), dt.date(2026, 2, 28)
    assert rows(settings, delivery, *names) == [
        (first, last, "G09-XD02", "Xây dựng", 120, 95, 5, 60, 98, 7),
        (first, last, "G12-HT", "Hộ tịch", 12, 12, 0, 6, 12, 0),
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_a_year_or_month_in_words_is_rejected_and_never_0(land, settings, place):
    wrong = [*OPENCPS_DATA[1]]
    wrong[place] = "Hai"
    content = xlsx_file([Sheet("Sheet1", [OPENCPS_TITLES, OPENCPS_DATA[0], wrong, OPENCPS_DATA[1]])])
    (delivery,) = land("thong_ke.xlsx", content, given=GIVEN).deliveries
    assert (delivery.rows_accepted, delivery.rows_rejected) == (2, 1)
    reasons = rows(settings, delivery, "source_row_number", "column_name", "reason_code", of=rejected_path)
    assert {(number, code) for number, _, code in reasons} == {(3, "bad_date")}
    assert {name for _, name, _ in reasons} == {"period_start_date", "period_end_date"}


def test_the_import_of_opencps_asks_for_the_unit(land):
    content = xlsx_file([Sheet("Sheet1", [OPENCPS_TITLES, *OPENCPS_DATA])])
    result = land("thong_ke.xlsx", content, given={"authority_code": "H99"})
    assert result.status == "refused" and "--set unit_code=" in result.message


# --- satisfaction, forms 1 to 3


def satisfaction_1() -> Sheet:
    lines, areas = [], []
    titles = ("ĐÁNH GIÁ (Mẫu 1)", "Từ ngày 01/01/2026 đến ngày 31/03/2026", "Đơn vị: Sở Xây dựng")
    for text in titles:
        row, area = wide(text, len(lines), 13)
        lines.append(row)
        areas.append(area)
    top = len(lines)
    grade = ["Tổng điểm đánh giá CBCC (cột 1+2+3+4+7)", "Xếp loại hoàn thành nhiệm vụ"]
    lines += [
        ["TT", "Hồ sơ", "Điểm chỉ số thành phần", *[None] * 5, "Xếp loại CB,CC", None, None, None, None],
        [None, None, *(f"Chỉ số {number}" for number in (1, 2, 3, 4, 6, 7)), *grade, "Không hài lòng", "Hài lòng",
         "Rất hài lòng"],
        ["1", "H99.01-260105-0001", "2", "1", "2", "2", "1", "0,5", "7,5", "Hoàn thành tốt", "0", "1", "0"],
        ["2", "H99.01-260105-0002", "2", "1", "2", "1", "1", "1", "7", "Hoàn thành", "0", "0", "1"],
        [None, "Tổng số", "4", "2", "4", "3", "2", "1,5", "14,5", None, "0", "1", "1"],
        [None, "Điểm bình quân chỉ số", "2", "1", "2", "1,5", "1", "0,75", "7,25", None, None, None, None],
        [None, "Tỷ lệ % hài lòng", *[None] * 8, "0", "50", "50"],
    ]  # fmt: skip
    areas += [Area(top, 2, top, 7), Area(top, 8, top, 9), Area(top, 10, top, 12)]
    areas += [Area(top, place, top + 1, place) for place in (0, 1)]
    return Sheet("m1", lines, areas)


@pytest.mark.parametrize("write", [html_file, xlsx_file])
def test_form_1_of_satisfaction_tells_its_sum_from_its_mean_and_its_share(land, settings, write):
    (delivery,) = land("mau1.xls", write([satisfaction_1()])).deliveries
    assert delivery.layout_code == "satisfaction_form_1"
    assert ignored(delivery) == {"total": 1, "skipped": 2}
    names = (
        "dossier_code", "unit_code", "unit_name", "period_start_date", "period_end_date", "index_1_score",
        "index_4_score", "index_5_score", "index_7_score", "declared_total_score", "declared_grade_name",
        "dissatisfied_count", "satisfied_count", "very_satisfied_count",
    )  # fmt: skip
    common = ("H99.01", "Sở Xây dựng", dt.date(2026, 1, 1), dt.date(2026, 3, 31))
    assert rows(settings, delivery, *names) == [
        ("H99.01-260105-0001", *common, 2, 2, None, Decimal("0.5"), Decimal("7.5"), "Hoàn thành tốt", 0, 1, 0),
        ("H99.01-260105-0002", *common, 2, 1, None, 1, 7, "Hoàn thành", 0, 0, 1),
    ]
    assert delivery.total_differences == []


FORM_2_GIVEN = {"campaign_code": "2026", "period_start_date": "2026-01-01", "period_end_date": "2026-03-31"}


def satisfaction_2() -> Sheet:
    return Sheet("m2", [
        ["ĐÁNH GIÁ MỨC ĐỘ HOÀN THÀNH (Mẫu 2)"],
        ["Chỉ số", "Tên chỉ số", "Điểm chuẩn (2)", "Điểm tự chấm", "Điểm thẩm định", "Ghi chú"],
        ["1", "Thời gian giải quyết", "2", "2", "1,5", "thiếu minh chứng"],
        ["2", "Thời gian thực hiện", "2", "1", None, None],
        [None, "Tổng điểm", "4", "3", "1,5", None],
        [None, "Xếp loại", None, "Khá", "Trung bình", None],
    ])  # fmt: skip


def test_form_2_of_satisfaction_has_both_scores_of_each_index(land, settings):
    sheet = satisfaction_2()
    given = GIVEN | FORM_2_GIVEN
    (delivery,) = land("mau2.xlsx", xlsx_file([sheet]), given=given).deliveries
    assert delivery.layout_code == "satisfaction_form_2"
    assert ignored(delivery) == {"skipped": 2}
    names = ("unit_code", "campaign_code", "criterion_code", "self_score", "appraised_score_1", "explanation_reference")
    assert rows(settings, delivery, *names) == [
        ("H99.01", "2026", "1", 2, Decimal("1.5"), "thiếu minh chứng"),
        ("H99.01", "2026", "2", 1, None, None),
    ]
    refused = land("mau2.xlsx", xlsx_file([sheet]) + b"", given={"authority_code": "H99", "unit_code": "H99.02"})
    assert "--set campaign_code=" in refused.message


def satisfaction_3() -> Sheet:
    width = 17
    lines, areas = [], []
    for text in ("ĐÁNH GIÁ TOÀN TỈNH (Mẫu 3)", "Từ ngày 01/01/2026 đến ngày 31/03/2026"):
        row, area = wide(text, len(lines), width)
        lines.append(row)
        areas.append(area)
    lines += [
        ["TT", "Tên cơ quan", *(f"Chỉ số {n}" for n in range(1, 10)), "Tổng điểm", "Xếp loại", "Xếp hạng",
         "Không hài lòng", "Hài lòng", "Rất hài lòng"],
        ["1", "Sở Xây dựng", *["2,0"] * 9, "18,0", "Xuất sắc", "1", "0", "10", "90"],
        ["2", "Sở Tài chính", *["1,5"] * 9, "13,5", "Tốt", "2", "1", "20", "79"],
        [None, "Tổng cộng", *["1,8"] * 9, "15,8", None, None, "1", "30", "169"],
        ["* Kết quả được làm tròn phần thập phân đến một (01) chữ số"],
        ["* Cột tổng cộng = Tổng điểm từng chỉ số/tổng số đơn vị"],
    ]  # fmt: skip
    return Sheet("m3", lines, areas)


def test_form_3_of_satisfaction_never_takes_its_mean_for_a_total(land, settings):
    (delivery,) = land("mau3.xls", html_file([satisfaction_3()]), given={"authority_code": "H99"}).deliveries
    assert delivery.layout_code == "satisfaction_form_3"
    assert (delivery.rows_accepted, delivery.rows_rejected, delivery.rows_ignored) == (2, 0, 3)
    assert ignored(delivery) == {"skipped": 1, "outside_columns": 2}
    names = ("unit_name", "index_1_score", "index_9_score", "declared_total_score", "declared_grade_name",
             "declared_rank", "very_satisfied_count")  # fmt: skip
    assert rows(settings, delivery, *names) == [
        ("Sở Xây dựng", 2, 2, 18, "Xuất sắc", 1, 90),
        ("Sở Tài chính", Decimal("1.5"), Decimal("1.5"), Decimal("13.5"), "Tốt", 2, 79),
    ]
    assert delivery.total_differences == []


# --- list screen, tracking book, synchronisation


def list_screen() -> Sheet:
    header = [
        "STT", "Đơn vị tiếp nhận", "Người tiếp nhận", "Tên TTHC", "Mã hồ sơ", "Trạng thái", "Địa chỉ", "Chủ hồ sơ",
        "Ngày nộp hồ sơ", "Ngày nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý",
    ]  # fmt: skip
    data = [
        ["1", "Sở Xây dựng", "Lê C", "Cấp phép", "H99.01-260105-0001", "Đã xử lý xong", "Số 1", "Trần A",
         "04/01/2026 20:15", "05/01/2026 08:00:30", "12/01/2026", "09/01/2026 15:00"],
        ["2", "UBND xã Mẫu", "Lê C", "Khai sinh", "000.31.H99-260105-00012", "Đang xử lý", "Số 2", "Trần B", "",
         "05/01/2026", "06/01/2026", ""],
    ]  # fmt: skip
    return Sheet("s", [header, *data])


def test_the_list_screen(land, settings):
    (delivery,) = land("danh_sach.csv", csv_file([list_screen()], "utf-8-sig")).deliveries
    assert delivery.layout_code == "dossier_list_screen"
    names = ("dossier_code", "authority_code", "resolving_unit_code", "resolving_unit_name", "procedure_name",
             "status_code", "submitted_at", "received_at", "due_at", "completed_at")  # fmt: skip
    assert rows(settings, delivery, *names) == [
        ("H99.01-260105-0001", "H99", "H99.01", "Sở Xây dựng", "Cấp phép", "9", dt.datetime(2026, 1, 4, 20, 15),
         dt.datetime(2026, 1, 5, 8, 0, 30), day("12/01/2026"), dt.datetime(2026, 1, 9, 15)),
        ("000.31.H99-260105-00012", "H99", "000.31.H99", "UBND xã Mẫu", "Khai sinh", "4", None, day("05/01/2026"),
         day("06/01/2026"), None),
    ]  # fmt: skip
    assert delivery.identity_columns == ["Người tiếp nhận", "Địa chỉ", "Chủ hồ sơ"]


def tracking_book() -> Sheet:
    header = [
        "STT", "MaHoSo", "TrichYeuHoSo", "SoBoHoSo", "ChuHoSo", "DiaChiChuHoSo", "SoDienThoaiChuHoSo", "NgayTiepNhan",
        "NgayHenTra", "NgayTra", "TenNguoiNhanHoSo", "TenDiaBan",
    ]  # fmt: skip
    place = json.dumps({"xa": "Mẫu", "tinh": "Mẫu"}, ensure_ascii=False)
    data = ["1", "H99.01-260105-0001", "Xin cấp", "2", "Trần A", "Số 1", "0912345678", "05/01/2026 08:00:30",
            "12/01/2026 17:00:00", "09/01/2026 15:00:00", "Lê C", place]  # fmt: skip
    return Sheet("s", [header, data])


def test_the_tracking_book(land, settings):
    (delivery,) = land("so.csv", csv_file([tracking_book()], "utf-16")).deliveries
    assert delivery.layout_code == "dossier_tracking_book"
    assert rows(settings, delivery, "dossier_code", "resolving_unit_code", "received_at", "due_at", "returned_at") == [
        ("H99.01-260105-0001", "H99.01", dt.datetime(2026, 1, 5, 8, 0, 30), dt.datetime(2026, 1, 12, 17),
         dt.datetime(2026, 1, 9, 15)),
    ]  # fmt: skip
    assert delivery.withheld_columns == ["TenDiaBan"] and len(delivery.identity_columns) == 5


def sync_message(code: str, **changed) -> dict:
    return {
        "MaHoSo": code, "MaTTHC": "1.002835", "TenTTHC": "Cấp phép", "TenLinhVuc": "Xây dựng", "KenhThucHien": "2",
        "ChuHoSo": "Trần A", "LoaiDoiTuong": "1", "SoDienThoai": "0912345678", "NgayNopHoSo": "20260104201500",
        "NgayTiepNhan": "20260105080030", "NgayHenTra": "20260112170000", "NgayTra": "", "NgayKetThucXuLy": "",
        "TrangThaiHoSo": "5", "DonViXuLy": "Sở Xây dựng", "GhiChu": "", "DanhSachHoSoBoSung": [],
    } | changed  # fmt: skip


def synchronisation() -> bytes:
    supplements = [
        {"HoSoBoSungId": "7", "NguoiYeuCauBoSung": "Lê C", "NoiDungBoSung": "thiếu giấy",
         "NgayBoSung": "20260106090000", "NgayTiepNhanBoSung": "20260108100000",
         "NgayHenTraTruoc": "20260112170000", "NgayHenTraMoi": "20260115170000"},
        {"HoSoBoSungId": "8", "NguoiYeuCauBoSung": "Lê C", "NoiDungBoSung": "", "NgayBoSung": "20260109090000"},
    ]  # fmt: skip
    messages = [
        sync_message("H99.01-260105-0001", DanhSachHoSoBoSung=supplements),
        sync_message("H99.01-260105-0002", KenhThucHien="1", TrangThaiHoSo="9", NgayTra="20260110083000"),
    ]
    return json.dumps(messages, ensure_ascii=False).encode()


def test_the_synchronisation_gives_dossiers_and_their_supplements(land, settings):
    dossiers, added = land("dong_bo.json", synchronisation()).deliveries
    assert (dossiers.layout_code, added.layout_code) == ("dvcqg_dossier_sync", "dvcqg_supplement_sync")
    names = ("dossier_code", "procedure_code", "channel_code", "submitted_at", "received_at", "due_at", "returned_at",
             "status_code", "applicant_type_code", "domain_name", "resolving_unit_code")  # fmt: skip
    moments = (dt.datetime(2026, 1, 4, 20, 15), dt.datetime(2026, 1, 5, 8, 0, 30), dt.datetime(2026, 1, 12, 17))
    assert rows(settings, dossiers, *names) == [
        ("H99.01-260105-0001", "1.002835", "online", *moments, None, "5", "citizen", "Xây dựng", "H99.01"),
        ("H99.01-260105-0002", "1.002835", "direct", *moments, dt.datetime(2026, 1, 10, 8, 30), "9", "citizen",
         "Xây dựng", "H99.01"),
    ]  # fmt: skip
    names = ("dossier_code", "supplement_code", "unit_code", "requested_at", "answered_at", "due_at_before",
             "due_at_after", "has_phone_in_supplement_free_text")  # fmt: skip
    assert rows(settings, added, *names) == [
        ("H99.01-260105-0001", "7", "H99.01", dt.datetime(2026, 1, 6, 9), dt.datetime(2026, 1, 8, 10),
         dt.datetime(2026, 1, 12, 17), dt.datetime(2026, 1, 15, 17), False),
        ("H99.01-260105-0001", "8", "H99.01", dt.datetime(2026, 1, 9, 9), None, None, None, None),
    ]  # fmt: skip


# --- every layout has a sample

REAL = PROJECT_ROOT / "tests" / "fixtures" / "real"
SURVEY = PROJECT_ROOT / "tests" / "fixtures" / "survey"
LISTS = {
    "on_time_report_monthly": [
        ["Mã đơn vị", "Tên đơn vị", "Khối", "Từ ngày", "Đến ngày", "Đã giải quyết", "Trước hạn và đúng hạn", "Quá hạn",
         "Tỷ lệ đúng hạn (%)"],
        ["H99.01", "Sở Xây dựng", "Sở, ban, ngành", "01/01/2026", "31/01/2026", "40", "39", "1", "97,50"],
    ],
    "one_stop_dossier_list": [
        ["Mã hồ sơ", "Mã TTHC", "Mã đơn vị giải quyết", "Kênh nộp", "Ngày tiếp nhận", "Ngày hẹn trả",
         "Ngày kết thúc xử lý", "Trạng thái", "Đối tượng", "Mức độ DVC", "Phí, lệ phí đã thu", "Số ĐT"],
        ["H99.01-260105-0001", "1.002835", "H99.01", "Trực tuyến", "05/01/2026 08:00", "12/01/2026 17:00",
         "09/01/2026 15:00", "Đã xử lý xong", "Công dân", "Toàn trình", "125.000.000", "0912345678"],
    ],
    "one_stop_event_log": [
        ["Mã hồ sơ", "Số thứ tự bước", "Thao tác", "Thời điểm thực hiện", "Trạng thái sau bước", "Mã đơn vị thực hiện"],
        ["H99.01-260105-0001", "1", "Tiếp nhận", "05/01/2026 08:00", "Được tiếp nhận", "H99.01"],
    ],
    "procedure_registry": [
        ["Mã địa phương", "Mã TTHC", "Tên TTHC", "Lĩnh vực", "Cấp giải quyết", "Thời hạn giải quyết", "Đơn vị tính",
         "Mức độ DVC", "Phí, lệ phí", "Có hiệu lực từ ngày", "Đến hết ngày"],
        ["H99", "1.002835", "Cấp phép", "Xây dựng", "Cấp tỉnh", "7", "Ngày", "Một phần", "Có", "01/07/2025", ""],
    ],
    "survey_answers_long": [
        ["Mã đợt", "Bộ câu hỏi", "Đơn vị tổ chức", "Hình thức", "Mã đơn vị được đánh giá", "Mã phiếu", "Mã câu hỏi",
         "Mã trả lời", "Thời điểm trả lời"],
        ["2026-Q1", "kiosk_3_levels", "Đơn vị", "Kiosk", "H99.01", "1", "1", "3", "05/01/2026 08:00"],
    ],
    "unit_registry": [
        ["Mã địa phương", "Mã đơn vị", "Tên đơn vị", "Khối", "Có hiệu lực từ ngày", "Dữ liệu tổng hợp"],
        ["H99", "H99.01", "Sở Xây dựng", "Sở, ban, ngành", "01/07/2025", "Không"],
    ],
}  # fmt: skip
SAMPLES = {
    **{code: csv_file([Sheet("s", lines)], "utf-8") for code, lines in LISTS.items()},
    "dossier_list_by_procedure": html_file([list_by_procedure()]),
    "dossier_list_screen": csv_file([list_screen()], "utf-8"),
    "dossier_tracking_book": csv_file([tracking_book()], "utf-8"),
    "dvcqg_dossier_sync": synchronisation(),
    "dvcqg_supplement_sync": synchronisation(),
    "form_06a": html_file([form_06a()]),
    "form_06a_local": html_file([form_06a_local()]),
    "opencps_statistic_import": xlsx_file([Sheet("Sheet1", [OPENCPS_TITLES, *OPENCPS_DATA])]),
    "public_disclosure_list": html_file([public_disclosure(due_inside=False)]),
    "qd766_metric_table": (REAL / "qd766_gialai_agencies_metrics_20261010.csv").read_bytes(),
    "qd766_on_time_table": (REAL / "qd766_phutho_ontime_2026.csv").read_bytes(),
    "satisfaction_form_1": html_file([satisfaction_1()]),
    "satisfaction_form_2": xlsx_file([satisfaction_2()]),
    "satisfaction_form_3": html_file([satisfaction_3()]),
    **{f"survey_{name}": (SURVEY / f"{name}.csv").read_bytes() for name in ("ballots_wide", "google_forms", "kobo")},
    "wabo_cases": (REAL / "wabo_receipt_cases.csv").read_bytes(),
    "wabo_events": (REAL / "wabo_receipt_phase.csv").read_bytes(),
}
SAMPLE_GIVEN = {
    "form_06a": {"authority_code": "H99"},
    "form_06a_local": {"authority_code": "H99"},
    "opencps_statistic_import": GIVEN,
    "satisfaction_form_2": GIVEN | FORM_2_GIVEN,
    "satisfaction_form_3": {"authority_code": "H99"},
    "survey_ballots_wide": {"authority_code": "H99", "wave_code": "2026"},
    "survey_google_forms": {"authority_code": "H99", "wave_code": "2026"},
    "survey_kobo": {"authority_code": "H99", "wave_code": "2026", "instrument_code": "five_factor_22"},
}


@pytest.mark.parametrize("code", sorted({path.stem for path in LAYOUTS_DIR.glob("*.yml")} | set(SAMPLES)))
def test_every_layout_lands_a_sample_of_its_own_through_the_gate(land, code):
    assert code in SAMPLES, f"bố cục {code} chưa có tệp mẫu nào trong SAMPLES"
    result = land(f"{code}.tmp", SAMPLES[code], given=SAMPLE_GIVEN.get(code), gate=check_delivery)
    found = {done.layout_code: done for done in result.deliveries}
    assert code in found, result.message
    assert found[code].rows_accepted > 0 and found[code].rows_rejected == 0


# --- values

DOSSIERS = ["authority_code", "dossier_code", "resolving_unit_code", "received_at", "due_at", "fee_amount"]


def canonical(*data):
    return csv_file([Sheet("s", [DOSSIERS, *data])], "utf-8")


def test_numbers_in_words_and_bounds(land, settings):
    result = land("so_lieu.xlsx", xlsx_file([form_values()]), given={"authority_code": "H99"})
    (delivery,) = result.deliveries
    assert rows(settings, delivery, "line_name", "received_total_count", "resolved_total_count") == [
        ("Xây dựng", 10180, 82480),
        ("Đất đai", 1200, 500),
    ]
    notes = rows(settings, delivery, "source_row_number", "column_name", "reason_code", "raw_value", of=flags_path)
    first = 11
    assert notes == [
        (first, "resolved_total_count", "lower_bound", "trên 82.480"),
        (first + 1, "resolved_total_count", "approximate", "khoảng 500"),
    ]


def form_values() -> Sheet:
    sheet = form_06a()
    lines = [list(row) for row in sheet.rows]
    lines[10:] = [
        ["1", "Xây dựng", "10,18 ngàn", *[None] * 3, "trên 82.480", *[None] * 6],
        ["2", "Đất đai", "1.200", *[None] * 3, "khoảng 500", *[None] * 6],
    ]
    return Sheet(sheet.name, lines, [area for area in sheet.areas if area.bottom < 10])


@pytest.mark.parametrize(("is_1904", "serial"), [(False, "46027.375"), (True, "44565.375")])
def test_serial_days_of_both_calendars_of_a_workbook(land, settings, tmp_path, is_1904, serial):
    import xlsxwriter

    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": is_1904}) as book:
        page = book.add_worksheet()
        for row, line in enumerate([DOSSIERS, ["H99", "H99.01-260105-0001", "H99.01", None, "12/01/2026", 5000]]):
            for column, cell in enumerate(line):
                page.write(row, column, cell)
        page.write_number(1, 3, float(serial))
    (delivery,) = land("serial.xlsx", path.read_bytes()).deliveries
    assert rows(settings, delivery, "received_at", "fee_amount") == [(dt.datetime(2026, 1, 5, 9), 5000)]


def test_a_column_of_months_before_days_is_refused_under_days_first(land, settings):
    moments = ("01/25/2026", "03/04/2026")
    data = [["H99", f"H99.01-260105-000{n}", "H99.01", moment, "", ""] for n, moment in enumerate(moments)]
    result = land("thang_truoc.csv", canonical(*data))
    assert result.status == "refused"
    assert "đọc ngày trước tháng, nhưng cả cột ghi ngược lại (1 ô" in result.message and "received_at" in result.message
    assert not list(settings.landing.rglob("*.parquet"))


LAYOUT = """
layout: theo_cot
title: Ngày theo cả cột
source: one_stop__dossiers
formats: {date: [dmy_or_mdy], timestamp: [dmy_or_mdy], decimal: comma}
fingerprint: [Số hồ sơ của tôi, Ngày vào, Ngày ra]
columns:
  authority_code: {constant: H99}
  dossier_code: {from: Số hồ sơ của tôi}
  resolving_unit_code: {constant: H99.01}
  received_at: {from: Ngày vào}
  due_at: {from: Ngày ra}
"""


@pytest.fixture
def own_layout(settings):
    settings.layouts.mkdir(parents=True)
    (settings.layouts / "theo_cot.yml").write_text(LAYOUT, encoding="utf-8")


BOMB = LAYOUT.replace("theo_cot", "no_tung").replace("Số hồ sơ của tôi, Ngày vào, Ngày ra", "Mã của tôi, Ngày vào")
BOMB = BOMB.replace("{from: Số hồ sơ của tôi}", "{from: Mã của tôi}").replace(
    "{constant: H99}", "{preamble: '^(a+)+$', template: '{1}'}"
)


@pytest.mark.usefixtures("own_layout")
def test_a_layout_file_that_cannot_be_used_is_left_out_and_told_and_nothing_else_stops(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    wrong = settings.layouts / "hong.yml"
    wrong.write_text(LAYOUT.replace("theo_cot", "bi_hong").replace("decimal: comma", "decimal: 5"), encoding="utf-8")
    data = tmp_path / "a.csv"
    data.write_bytes(by_column(["1", "25/01/2026", ""]))
    reason = f"bố cục «{wrong}» không dùng được: mục «formats.decimal» phải là chữ"

    listed = CliRunner().invoke(app, ["layouts"])
    assert listed.exit_code == 0 and "theo_cot" in listed.stdout
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith("hong.yml")]
    assert "KHÔNG DÙNG ĐƯỢC" in line and reason in line

    loaded = CliRunner().invoke(app, ["load", str(data)])
    assert loaded.exit_code == 0, loaded.output
    assert loaded.stderr.count(reason) == 1 and "nhận 1" in loaded.output
    assert [delivery.layout_code for delivery in list_deliveries(settings)] == ["theo_cot"]

    assert f"Không thử: {reason}" in CliRunner().invoke(app, ["sniff", str(data)]).stdout
    drafted = CliRunner().invoke(app, ["sniff", str(data), "--draft", str(wrong)])
    assert str(drafted.exception).startswith(reason)
    for words in (["load", str(data)], ["sniff", str(data)]):
        for name in ("bi_hong", "hong"):
            forced = CliRunner().invoke(app, [*words, "--layout", name])
            assert isinstance(forced.exception, LandingError)
            assert str(forced.exception).startswith(reason)


def test_a_column_made_of_headers_that_a_file_lacks_is_empty_and_named(land, settings):
    settings.layouts.mkdir(parents=True)
    joined = (
        LAYOUT + '  procedure_name: {join: [Thủ tục, Lần], template: "{1} {2}"}\n  status_code: {filled: {Xong: "9"}}\n'
    )
    (settings.layouts / "ghep.yml").write_text(joined, encoding="utf-8")
    (delivery,) = land("a.csv", by_column(["1", "25/01/2026", ""])).deliveries
    assert rows(settings, delivery, "dossier_code", "procedure_name", "status_code") == [("1", None, None)]
    assert delivery.absent_columns == ["procedure_name", "status_code"]


def test_a_file_without_the_column_of_the_group_rows_is_refused_by_its_name(land):
    sheet = public_disclosure(due_inside=False)
    lines = [["Số" if cell == "TT" else cell for cell in line] for line in sheet.rows]
    result = land("cong_khai.xls", html_file([Sheet("s", lines, sheet.areas)]))
    assert "thiếu cột nhận dạng" in result.message and result.message.count('"TT"') == 1


def test_a_pattern_made_to_explode_does_not_hold_up_a_load(land, settings):
    settings.layouts.mkdir(parents=True)
    (settings.layouts / "no_tung.yml").write_text(BOMB, encoding="utf-8")
    lines = [["a" * 60 + "b"], ["Mã của tôi", "Ngày vào", "Ngày ra"], ["1", "25/01/2026", "26/01/2026"]]
    started = time.monotonic()
    result = land("a.csv", csv_file([Sheet("s", lines)], "utf-8"))
    assert "không tìm thấy" in result.message and "«^(a+)+$»" in result.message
    assert time.monotonic() - started < 20


def test_of_two_columns_of_one_meaning_the_load_and_sniff_say_which_is_read(land, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    header, row = LISTS["one_stop_dossier_list"]
    both = [[*header, "Mã hồ sơ hành chính"], [*row, "H99.01-260105-0002"]]
    result = land("hai_cot.csv", csv_file([Sheet("s", both)], "utf-8"))
    said = 'hỉ lấy cột "Mã hồ sơ", không đọc cột "Mã hồ sơ hành chính" cùng nghĩa (dossier_code)'
    assert "1 điều cần xem: c" + said in result.message
    assert rows(settings, result.delivery, "dossier_code") == [("H99.01-260105-0001",)]
    seen = CliRunner().invoke(app, ["sniff", str(tmp_path / "hai_cot.csv")]).stdout
    assert "Còn ngờ: C" + said in seen
    # Amounts are no identities, though they have as many digits.
    assert "125.000.000" in seen and "0912345678" not in seen


def by_column(*data):
    return csv_file([Sheet("s", [["Số hồ sơ của tôi", "Ngày vào", "Ngày ra"], *data])], "utf-8")


@pytest.mark.usefixtures("own_layout")
def test_the_order_of_day_and_month_is_decided_for_each_column_alone(land, settings):
    content = by_column(["1", "01/25/2026", "25/02/2026"], ["2", "03/04/2026", "03/04/2026"])
    (delivery,) = land("a.csv", content).deliveries
    assert rows(settings, delivery, "received_at", "due_at") == [
        (day("25/01/2026"), day("25/02/2026")),
        (day("04/03/2026"), day("03/04/2026")),
    ]


@pytest.mark.usefixtures("own_layout")
def test_a_column_with_both_orders_is_refused_by_its_name(land):
    result = land("a.csv", by_column(["1", "01/25/2026", ""], ["2", "25/04/2026", ""]))
    assert result.status == "refused"
    assert "Ngày vào" in result.message and "không biết đọc theo cách nào" in result.message


def test_look_alike_hyphens_in_codes_are_mended_and_the_original_is_kept(land, settings):
    odd = "H99.01\u2013260105\u20110001"
    data = [["H99", code, "H99.01", "05/01/2026", "", ""] for code in (odd, "H99.01-260105-0002")]
    (delivery,) = land("ma.csv", canonical(*data)).deliveries
    assert rows(settings, delivery, "dossier_code") == [("H99.01-260105-0001",), ("H99.01-260105-0002",)]
    notes = rows(settings, delivery, "source_row_number", "column_name", "reason_code", "raw_value", of=flags_path)
    assert notes == [(2, "dossier_code", "code_cleaned", odd)]


# --- a vendor whom nobody knows

VENDOR = [
    ["CÔNG TY PHẦN MỀM ABC"], ["Bảng kê hồ sơ từ 01/01/2026"], [],
    ["STT", "Số hồ sơ", "Khách hàng", "SĐT", "Thủ tục hành chính", "Nhận lúc", "Hẹn trả lúc", "Xong lúc",
     "Tình trạng", "Tiền thu"],
    ["1", "H99.01-260125-0001", "Lò Thị Kín", "0912345678", "Khai sinh", "25/01/2026 08:00", "28/01/2026 17:00",
     "27/01/2026 09:30", "Xong rồi", "1.250,50"],
    ["2", "H99.01-260126-0002", "Lò Văn Giấu", "0912345679", "Khai tử", "26/01/2026 08:00", "29/01/2026 17:00", "",
     "Đang làm", ""],
    ["Cộng", "", "", "", "", "", "", "", "", "1.250,50"],
]  # fmt: skip


def test_a_new_vendor_needs_a_draft_and_an_editor_and_no_python(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(settings.root))

    def run(*words, code=0):
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == code, result.output
        return result.output

    path, draft = tmp_path / "abc.xls", tmp_path / "abc.yml"
    path.write_bytes(html_file([Sheet("s", VENDOR)]))
    assert "cchc layout new" in run("load", path, code=1)
    said = run("layout", "new", path, "--code", "abc", "--source", "one_stop__dossiers", "--out", draft)
    assert f"--draft {draft}" in said and str(settings.layouts) in said
    text = draft.read_text(encoding="utf-8")
    assert "Lò" not in text and "09123" not in text
    # What the draft asks with «?» is answered; the rest stays as it was drafted.
    answers = {
        "authority_code": "{constant: H99}",
        "resolving_unit_code": "{from: Số hồ sơ, extract: '^(.+)-[0-9]{6}-[0-9]{4}$'}",
        "received_at": "{from: Nhận lúc}",
    }
    lines = []
    for line in text.splitlines():
        name = line.partition(":")[0].strip(" #?")
        if "# ?" in line and name in answers:
            line = f"  {name}: {answers.pop(name)}"
        elif name == "procedure_code":
            line = "  procedure_name: {from: Thủ tục hành chính}"
        elif "# ? cột chưa dùng" in line:
            further = {
                "Hẹn trả lúc": "due_at: {from: Hẹn trả lúc}", "Xong lúc": "completed_at: {from: Xong lúc}",
                "Tình trạng": 'status_code: {from: Tình trạng, map: {Xong rồi: "9", Đang làm: "4"}}',
                "Tiền thu": "fee_amount: {from: Tiền thu}",
            }  # fmt: skip
            line = next((f"  {spec}" for header, spec in further.items() if f'"{header}"' in line), line)
        lines.append(line)
    assert not answers, text
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = run("sniff", path, "--draft", draft)
    assert "bố cục abc, nguồn one_stop__dossiers" in said and "Lò" not in said
    settings.layouts.mkdir(parents=True)
    (settings.layouts / "abc.yml").write_bytes(draft.read_bytes())
    assert "abc" in run("layouts")
    assert "nhận 2, loại 0" in run("load", path)
    (delivery,) = list_deliveries(settings)
    assert delivery.layout_code == "abc" and ignored(delivery) == {"total": 1}
    assert sorted(delivery.identity_columns) == ["Khách hàng", "SĐT"]
    names = ("dossier_code", "authority_code", "resolving_unit_code", "procedure_name", "received_at", "completed_at",
             "status_code", "fee_amount", "is_applicant_phone_valid")  # fmt: skip
    assert rows(settings, delivery, *names) == [
        ("H99.01-260125-0001", "H99", "H99.01", "Khai sinh", dt.datetime(2026, 1, 25, 8),
         dt.datetime(2026, 1, 27, 9, 30), "9", Decimal("1250.5"), True),
        ("H99.01-260126-0002", "H99", "H99.01", "Khai tử", dt.datetime(2026, 1, 26, 8), None, "4", None, True),
    ]  # fmt: skip
