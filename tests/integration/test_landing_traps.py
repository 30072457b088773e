"""What readers with fresh eyes lost or misread: each trap once, small."""

from __future__ import annotations

import json

import duckdb
import pytest
import xlsxwriter

from dagster_project.landing.deliveries import flags_path, landed_path
from dagster_project.landing.drafting import draft_layout
from dagster_project.landing.layouts import load_layouts
from dagster_project.landing.load import land_file
from dagster_project.landing.sniffing import sniff_file
from dagster_project.settings import Settings
from expectations.runner import check_delivery

HEADER = [
    "Mã hồ sơ",
    "Mã đơn vị giải quyết",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày kết thúc xử lý",
    "Trạng thái",
    "Tên TTHC",
]


def dossier(number: int) -> list[str]:
    dates = [f"{5 + number:02d}/10/2026 08:00:00", "20/10/2026 17:00:00", "15/10/2026 10:00:00"]
    return [f"H99.01-261005-{number:04d}", "H99.01", *dates, "Đã xử lý xong", "Đăng ký khai sinh"]


@pytest.fixture
def settings(tmp_path):
    return Settings(root=tmp_path / "data")


@pytest.fixture
def land(settings, tmp_path):
    """Write sheets of rows and land them."""

    def run(sheets, **options):
        path = tmp_path / "sổ.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for place, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if cell:
                            sheet.write_string(place, column, cell)
        return land_file(path, settings, **options)

    return run


def landed(settings, delivery, columns="dossier_code"):
    path = landed_path(settings, delivery.source_code, delivery.delivery_id)
    return duckdb.sql(f"select {columns} from '{path}' order by source_row_number").fetchall()


def swapped(row):
    return [row[0], row[1], row[2], row[4], row[3], *row[5:]]


def test_a_header_in_another_order_below_is_a_table_of_its_own_or_a_refusal(land, settings):
    rows = [HEADER, dossier(1), dossier(2), swapped(HEADER), swapped(dossier(3))]
    refused = land({"a": rows})
    assert 'trang "a", dòng 4: dòng tiêu đề xuất hiện lại với các cột khác thứ tự' in str(refused.error)
    result = land({"a": [*rows[:3], [], *rows[3:]]})
    assert [d.rows_accepted for d in result.deliveries] == [2, 1]
    assert landed(settings, result.deliveries[1], "cast(due_at as date)::varchar") == [("2026-10-20",)]


def test_a_sheet_whose_table_begins_far_down_is_landed_or_named(land):
    below = [*[[]] * 44, HEADER, dossier(5)]
    result = land({"S": [HEADER, dossier(1)], "T": below, "U": [*[[]] * 44, ["Chỉ là ghi chú"]]})
    assert [(d.sheet_name, d.rows_accepted) for d in result.deliveries] == [("S", 1), ("T", 1)]
    assert result.deliveries[0].unread_tables == ["U"]


def test_damaged_records_at_the_end_are_rejected_not_taken_for_a_footer(land):
    code_and_day = [*dossier(3)[:1], "", dossier(3)[2]]
    worded = [*dossier(4)[:2], "32/01/2026", *dossier(4)[3:6], "Xác nhận tình trạng hôn nhân"]
    named = [*dossier(5)[:2], "32/01/2026", *dossier(5)[3:6], "Tổng số hóa hồ sơ địa chính"]
    footer = ["Hà Nội, ngày 05 tháng 10 năm 2026"]
    result = land({"a": [HEADER, dossier(1), named, dossier(2), [], code_and_day, worded, footer]})
    done = result.delivery
    assert (done.rows_accepted, done.rows_rejected) == (2, 3)
    assert {kind["reason_code"]: kind["row_count"] for kind in done.ignored_rows} == {"blank": 1, "footer": 1}


def test_a_file_without_one_readable_row_says_why(land):
    wrong = [[*row[:2], "31/02/2026", *row[3:5], "Đã trả", row[6]] for row in (dossier(1), dossier(2))]
    refused = land({"a": [HEADER, *wrong]}, gate=check_delivery)
    text = str(refused.error)
    assert "không nhận được dòng nào trên 2 dòng đọc" in text
    assert 'Cột "Ngày tiếp nhận": không đọc được' in text and "(2 dòng, từ dòng 2)" in text


def test_what_the_file_says_is_not_overruled_by_what_is_given(land, settings):
    refused = land({"a": [HEADER, dossier(1)]}, given={"due_at": "2026-10-10"})
    assert 'cột "Ngày hẹn trả": tệp đã có cột này' in str(refused.error)
    # A code that is only cut out of another one may be given.
    result = land({"a": [HEADER, dossier(1)]}, given={"authority_code": "H98"})
    assert landed(settings, result.delivery, "authority_code") == [("H98",)]


def test_lines_with_a_number_of_their_own_are_no_totals(land, settings):
    head = ["TT", "Tên cơ quan", *(f"Chỉ số {i}" for i in range(1, 10)), "Tổng điểm", "Xếp loại", "Xếp hạng"]
    names = ["Cộng Hòa", "Trung Bình", "Tổng công ty Điện lực"]
    lines = [[str(place), name, *["1"] * 9, "9", "Khá", "1"] for place, name in enumerate(names, start=1)]
    total = ["", "Tổng cộng", *["1"] * 9, "9", "", ""]
    result = land({"a": [head, *lines, total]}, given={"authority_code": "H99"})
    assert landed(settings, result.delivery, "unit_name") == [(name,) for name in names]


def test_a_dossier_without_code_is_rejected_not_taken_for_a_group(land, settings):
    head = ["TT", "Mã hồ sơ hành chính", "Ngày tiếp nhận hồ sơ", "Người nhận", "Ngày hẹn trả kết quả"]
    status = ["Đang giải quyết TTHC", "Đang chờ bổ sung hồ sơ", "Đã gửi kết quả về bộ phận TN&TKQ"]
    rows = [
        [*head, *status],
        ["Hộ tịch"],
        ["Đăng ký khai sinh"],
        ["1", "H56.01-261005-0001", "05/10/2026", "A", "12/10/2026", "x"],
        ["2", "", "05/10/2026", "B", "12/10/2026", "x"],
        ["Nguyễn Văn C", "", "05/10/2026"],
        ["3", "H56.01-261005-0003", "05/10/2026", "D", "12/10/2026", "x"],
    ]
    result = land({"a": rows})
    assert (result.delivery.rows_accepted, result.delivery.rows_rejected) == (2, 2)
    assert landed(settings, result.delivery, "procedure_name") == [("Đăng ký khai sinh",)] * 2


def test_a_list_too_deep_in_json_is_refused(settings, tmp_path):
    record = {"MaHoSo": "1"}
    path = tmp_path / "sâu.json"
    path.write_text(json.dumps({"rows": [record], "a": {"b": {"c": {"rows": [record, record]}}}}), encoding="utf-8")
    assert "nằm sâu quá 3 cấp" in str(land_file(path, settings).error)


def test_a_record_that_begins_with_a_hash_is_no_comment(settings, tmp_path):
    path = tmp_path / "thăng.csv"
    rows = [HEADER, dossier(1), ["#" + dossier(2)[0], *dossier(2)[1:]]]
    path.write_text("\n".join(["# Danh sách", *(";".join(row) for row in rows), "# hết"]), encoding="utf-8")
    result = land_file(path, settings)
    assert [code for (code,) in landed(settings, result.delivery)] == [dossier(1)[0], "#" + dossier(2)[0]]
    assert result.delivery.rows_ignored == 1


@pytest.mark.parametrize(("text", "is_read"), [("1,000", False), ("1,0", True), ("1.000", True), ("2", True)])
def test_a_count_with_three_zeros_behind_a_decimal_mark_is_not_guessed_at(settings, tmp_path, text, is_read):
    path = tmp_path / "số.csv"
    rows = [[*HEADER, "Số lần bổ sung"], [*dossier(1), text]]
    path.write_text("\n".join(";".join(row) for row in rows), encoding="utf-8")
    assert land_file(path, settings).delivery.rows_accepted == int(is_read)


def test_sniff_tries_all_rows_and_says_why_some_would_not_land(settings, tmp_path):
    path = tmp_path / "thử.csv"
    rows = [HEADER, dossier(1), [*dossier(2)[:5], "Đã trả", dossier(2)[6]]]
    path.write_text("\n".join(";".join(row) for row in rows), encoding="utf-8")
    (table,) = sniff_file(path, list(load_layouts().values()))
    assert table.doubts[0].startswith('Thử đọc: nhận 1 trên 2 dòng. Loại 1: Cột "Trạng thái"')
    assert not settings.root.exists()


def test_a_draft_never_gives_one_code_or_day_to_all_rows(tmp_path):
    path = tmp_path / "lạ.csv"
    path.write_text("Biên nhận;Hẹn;Tình trạng\nA;20/10/2026;xong\n", encoding="utf-8")
    text = draft_layout(path, "la", "one_stop__dossiers").text
    assert "resolving_unit_code: {given: true}" in text
    for name in ("dossier_code", "received_at"):
        assert f"{name}: {{given: true}}" not in text
        assert f'# ? {name}: {{from: "…"}}   THIẾU cột bắt buộc này' in text


def test_a_code_with_a_look_alike_letter_is_the_code_and_what_was_written_is_kept(land, settings):
    odd = dossier(1)[0].replace("H", "\u041d")
    done = land({"a": [HEADER, [odd, *dossier(1)[1:]], dossier(2)]}).delivery
    assert [code for (code,) in landed(settings, done)] == [dossier(1)[0], dossier(2)[0]]
    flags = flags_path(settings, done.source_code, done.delivery_id)
    told = duckdb.sql(f"select source_row_number, column_name, reason_code, raw_value from '{flags}'").fetchall()
    assert (2, "dossier_code", "code_cleaned", odd) in told and {row for row, *_ in told} == {2}


@pytest.mark.parametrize("titles", [[], ["Danh sách hồ sơ, tháng 10", ""]], ids=["first line", "below titles"])
def test_a_header_too_long_to_be_seen_whole_is_named_as_such(settings, tmp_path, titles):
    path = tmp_path / "rộng.csv"
    more = [f"Cột thêm thứ {number}" for number in range(4000)]
    lines = [*titles, ";".join([*HEADER, *more]), ";".join([*dossier(1), *more])]
    path.write_text("\n".join(lines), encoding="utf-8")
    text = str(land_file(path, settings).error)
    assert f"dòng {len(titles) + 1}: dòng tiêu đề quá dài" in text and "64 KB đầu tệp" in text


def test_a_long_row_below_a_header_is_no_long_header(settings, tmp_path):
    path = tmp_path / "dài.csv"
    path.write_text("\n".join([";".join(HEADER), ";".join([*dossier(1)[:6], "x" * 100_000])]), encoding="utf-8")
    assert land_file(path, settings).delivery.rows_accepted == 1


def page(rows):
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<html><head><meta charset="utf-8"></head><body><table>{body}</table></body></html>'


@pytest.mark.parametrize("end", ["</table></body></html>", "</tr></table></body></html>", "g ký khai sinh</td>"])
def test_a_page_cut_in_the_middle_is_refused(settings, tmp_path, end):
    whole = page([HEADER, *map(dossier, range(1, 9))])
    path = tmp_path / "sổ.xls"
    path.write_text(whole[: whole.rindex(end)], encoding="utf-8")
    refused = land_file(path, settings)
    assert refused.delivery is None and "trang HTML bị cắt giữa chừng" in str(refused.error)


def test_a_page_without_its_last_tags_but_with_its_table_whole_is_read(settings, tmp_path):
    path = tmp_path / "sổ.xls"
    path.write_text(page([HEADER, dossier(1)]).removesuffix("</body></html>"), encoding="utf-8")
    assert land_file(path, settings).delivery.rows_accepted == 1
