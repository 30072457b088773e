"""CSV files, sound and broken, through the whole of land_file: which rows arrive, which do not, and why."""

import csv
import io
import os
import random

import duckdb
import pytest

from dagster_project.landing import csv_reader
from dagster_project.landing.deliveries import landed_path, list_deliveries, rejected_path
from dagster_project.landing.load import land_file, land_paths
from dagster_project.settings import load_settings

pytestmark = pytest.mark.integration

HEADER = "authority_code,dossier_code,event_code,activity_name,occurred_at,status_code,unit_code"
GOOD = "H99,D{0},{0},Bước {0},2026-01-05 08:00:00,4,H99.01"


@pytest.fixture
def settings(tmp_path):
    return load_settings(tmp_path / "data")


@pytest.fixture
def land(tmp_path, settings):
    """Write ``content`` as a file and land it; gives the result."""

    def run(content, name="tệp.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return land_file(path, settings, **options)

    return run


def rows(settings, result, columns="source_row_number, dossier_code"):
    path = landed_path(settings, result.delivery.source_code, result.delivery.delivery_id)
    return duckdb.sql(f"select {columns} from '{path}' order by source_row_number").fetchall()


def rejects(settings, result):
    path = rejected_path(settings, result.delivery.source_code, result.delivery.delivery_id)
    return duckdb.sql(
        f"select source_row_number, column_name, reason_code, raw_value from '{path}' "
        "order by source_row_number, column_name"
    ).fetchall()


def counts(result):
    done = result.delivery
    assert done.rows_read == done.rows_accepted + done.rows_rejected + done.rows_ignored
    return done.rows_read, done.rows_accepted, done.rows_rejected, done.rows_ignored


def lines(*texts):
    return "\n".join([HEADER, *texts]) + "\n"


def good(*numbers):
    return [GOOD.format(number) for number in numbers]


def test_a_sound_file_lands_with_every_contract_column_typed(land, settings):
    result = land(lines(*good(1, 2)))
    assert result.status == "landed"
    assert counts(result) == (2, 2, 0, 0)
    path = landed_path(settings, "one_stop__dossier_events", result.delivery.delivery_id)
    described = duckdb.sql(f"select column_name, column_type from (describe select * from '{path}')").fetchall()
    assert described == [
        ("delivery_id", "VARCHAR"),
        ("source_row_number", "BIGINT"),
        ("authority_code", "VARCHAR"),
        ("dossier_code", "VARCHAR"),
        ("event_code", "VARCHAR"),
        ("activity_name", "VARCHAR"),
        ("occurred_at", "TIMESTAMP"),
        ("status_code", "VARCHAR"),
        ("unit_code", "VARCHAR"),
        ("section_code", "VARCHAR"),
        ("step_due_at", "TIMESTAMP"),
        ("handler_name_hash", "VARCHAR"),
        ("has_phone_in_event_free_text", "BOOLEAN"),
        ("has_id_number_in_event_free_text", "BOOLEAN"),
        ("has_email_in_event_free_text", "BOOLEAN"),
    ]
    assert rows(settings, result) == [(2, "D1"), (3, "D2")]
    assert not rejected_path(settings, "one_stop__dossier_events", result.delivery.delivery_id).exists()
    assert result.delivery.absent_columns == ["section_code", "step_due_at"]


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["", "\n"])
def test_dialects(land, settings, prefix, newline, delimiter, ending):
    text = lines(*good(1, 2, 3)).strip().replace(",", delimiter).replace("\n", newline)
    result = land(prefix + (text + ending.replace("\n", newline)).encode())
    assert counts(result) == (3, 3, 0, 0)
    assert rows(settings, result) == [(2, "D1"), (3, "D2"), (4, "D3")]


def test_broken_rows_are_set_aside_and_swallow_nothing(land, settings):
    broken_quote = 'H99,D2,2,"mở không đóng,2026-01-05 08:00:00,4,H99.01'
    text = lines(GOOD.format(1), broken_quote, *good(3, 4), "H99,D5,5", GOOD.format(6) + ",thừa", *good(7, 8))
    content = text.encode() + b"H99,D9,9,\xff\xfe,2026-01-05 08:00:00,4,H99.01\n" + GOOD.format(10).encode()
    result = land(content)
    assert counts(result) == (10, 6, 4, 0)
    assert rows(settings, result) == [(2, "D1"), (4, "D3"), (5, "D4"), (8, "D7"), (9, "D8"), (11, "D10")]
    assert rejects(settings, result) == [
        (3, None, "broken_quote", None),
        (6, None, "wrong_field_count", None),
        (7, None, "wrong_field_count", None),
        (10, None, "bad_encoding", None),
    ]


def test_a_quote_that_closes_rows_later_does_not_join_them(land, settings):
    text = lines(
        GOOD.format(1),
        'H99,D2,2,"mở,2026-01-05 08:00:00,4,H99.01',
        GOOD.format(3),
        'H99,D4,4,"bước, có phẩy",2026-01-05 08:00:00,4,H99.01',
        GOOD.format(5),
    )
    result = land(text)
    assert rows(settings, result) == [(2, "D1"), (4, "D3"), (5, "D4"), (6, "D5")]
    assert rejects(settings, result) == [(3, None, "broken_quote", None)]


def test_quoted_line_breaks_quotes_and_delimiters_stay_in_their_cell(land, settings):
    text = lines(
        'H99,D1,1,"dòng một\ndòng hai, ""trích""",2026-01-05 08:00:00,4,H99.01',
        'H99,D2,2,Công ty "ABC" mới,2026-01-05 08:00:00,4,H99.01',
        'H99,D3,3,màn hình 24",2026-01-05 08:00:00,4,H99.01',
    )
    result = land(text)
    assert rows(settings, result, "source_row_number, activity_name") == [
        (2, 'dòng một dòng hai, "trích"'),
        (3, 'Công ty "ABC" mới'),
        (4, 'màn hình 24"'),
    ]


def test_blank_rows_are_ignored_counted_and_keep_the_row_numbers_right(land, settings):
    result = land(lines(GOOD.format(1), "", ",,,,,,", "  ", GOOD.format(2), " , ,,,,,", "", ""))
    assert counts(result) == (8, 2, 0, 6)
    assert rows(settings, result) == [(2, "D1"), (6, "D2")]


def test_blank_lines_at_the_end_only(land, settings):
    assert counts(land(lines(*good(1, 2), "", ""))) == (4, 2, 0, 2)
    assert counts(land(lines(*good(1, 2)) + "  ", name="khác.csv")) == (3, 2, 0, 1)


def test_comments_count_as_ignored_only_in_files_that_open_with_one(land, settings):
    commented = "# xuất thử\n" + lines(GOOD.format(1), "# hết", GOOD.format(2))
    result = land(commented)
    assert counts(result) == (3, 2, 0, 1)
    assert rows(settings, result) == [(3, "D1"), (5, "D2")]
    plain = land(lines(*good(1, 2), "# hết"), name="khác.csv")
    assert counts(plain) == (3, 2, 1, 0)


def test_title_lines_above_the_header(land, settings):
    result = land('DANH SÁCH "thử"\nTừ ngày 01/01/2026\n\n' + lines(*good(1, 2)))
    assert rows(settings, result) == [(5, "D1"), (6, "D2")]


def test_wrong_cells_reject_the_row_once_with_one_record_per_cell(land, settings):
    result = land(
        lines(
            GOOD.format(1),
            "H99,,2,Bước,2026-02-30,99,H99.01",
            "H99,D3,3,Bước,2026-01-05 08:00:00,,",
        )
    )
    assert counts(result) == (3, 2, 1, 0)
    assert rejects(settings, result) == [
        (3, "dossier_code", "missing_required", None),
        (3, "occurred_at", "bad_timestamp", "2026-02-30"),
        (3, "status_code", "unknown_code", "99"),
    ]
    path = rejected_path(settings, "one_stop__dossier_events", result.delivery.delivery_id)
    texts = duckdb.sql(f"select reason_text from '{path}' where column_name = 'occurred_at'").fetchall()
    assert texts == [
        ('Cột "occurred_at": không đọc được, cần thời điểm có thật, dạng năm-tháng-ngày hoặc ngày/tháng/năm',)
    ]


def test_a_time_with_a_time_zone_says_what_form_is_expected(land, settings):
    result = land(lines(GOOD.format(1), "H99,D2,2,Bước,05/01/2026 08:00:00+07:00,,H99.01"))
    path = rejected_path(settings, "one_stop__dossier_events", result.delivery.delivery_id)
    ((code, text, value),) = duckdb.sql(f"select reason_code, reason_text, raw_value from '{path}'").fetchall()
    assert (code, value) == ("time_suffix", "05/01/2026 08:00:00+07:00")
    assert "(Z, +07:00, SA, CH, AM, PM)" in text and text.endswith("ví dụ 05/01/2026 14:30:00")


def test_a_header_without_rows_lands_as_an_empty_delivery(land, settings):
    assert counts(land(HEADER + "\n")) == (0, 0, 0, 0)
    assert counts(land(HEADER, name="khác.csv")) == (0, 0, 0, 0)


def test_a_file_broken_in_more_than_half_is_refused(land, settings):
    result = land(lines(GOOD.format(1), "H99,D2", "H99,D3"))
    assert result.status == "refused"
    assert str(result.error) == (
        'Tệp "tệp.csv", dòng 3: 2 trên 3 dòng bị hỏng cấu trúc; dòng hỏng đầu tiên: '
        "Dòng có 2 ô, tiêu đề có 7 cột. Hãy kiểm tra dấu phân cách và bảng mã, rồi xuất lại tệp."
    )
    assert list_deliveries(settings) == []


def test_random_files_come_back_as_they_were_written(land, settings):
    """Random cells with quotes, breaks and delimiters; what was written is what must land."""
    dice = random.Random(7)
    pieces = ["a", "ệ", '"', ",", "\n", " ", "#", "'", "\\", "1"]
    for case in range(30):
        buffer, expected = io.StringIO(), []
        buffer.write(HEADER + "\n")
        writer = csv.writer(buffer, lineterminator="\n")
        row_number = 1
        for number in range(dice.randrange(1, 30)):
            row_number += 1
            if dice.random() < 0.1 and case % 2:
                buffer.write("\n")
                continue
            name = "b" + "".join(dice.choices(pieces, k=dice.randrange(6)))
            writer.writerow(["H99", f"D{number}", number, name, "2026-01-05", "4", "U"])
            expected.append((row_number, f"D{number}", " ".join(name.split())))
        result = land(buffer.getvalue(), name=f"{case}.csv")
        assert rows(settings, result, "source_row_number, dossier_code, activity_name") == expected, case
        assert counts(result)[2] == 0


def test_the_scan_counts_across_chunk_borders(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    for ending in ("", "\n", "\n\n", "\n \n\n\n", "\n  "):
        body = "\n".join(["a,b", *(f'{i},"x{i}"' for i in range(50))])
        path.write_bytes((body + ending).encode())
        whole = csv_reader.scan_records(path, 1, has_comments=False)
        assert whole.record_count == 50 and whole.is_regular
        for size in (7, 16, 33):
            monkeypatch.setattr(csv_reader, "CHUNK_BYTES", size)
            assert csv_reader.scan_records(path, 1, has_comments=False) == whole, (ending, size)
            monkeypatch.undo()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "tệp trống, không có dữ liệu. Hãy xuất lại tệp."),
        (b"\n \n\n", "tệp trống, không có dòng tiêu đề nào."),
        ("a,b\n1,2\n".encode("utf-32"), "không phải văn bản đọc được. Tệp là UTF-32"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "dòng 3: không phải văn bản đọc được. Có byte rỗng (NUL)"),
        (b"\xcc\xe3 h\xe5 s\xac,b\n1,2\n", "dòng 1: dòng đầu không đúng bảng mã UTF-8."),
        (b"PK\x03\x04 not a zip", "tệp nén bị hỏng"),
        ("Họ tên,Tuổi\nA,1\n", "dòng 1: không nhận ra bố cục nào từ dòng tiêu đề."),
        (HEADER.replace("event_code,", "") + "\n", 'không tìm thấy cột bắt buộc "event_code"'),
        (HEADER + ",Event_Code\n", 'cột "event_code" xuất hiện nhiều lần ở dòng tiêu đề'),
        (b"x" * 3_000_000, "không nhận ra bố cục"),
    ],
)
def test_refusals_name_the_file_and_leave_nothing(land, settings, content, message):
    result = land(content)
    assert result.status == "refused"
    text = str(result.error)
    assert text.startswith('Tệp "tệp.csv"') and message in text and "Hãy" in text
    assert not settings.landing.exists()


def test_a_missing_file_a_folder_and_a_pipe_are_refused(settings, tmp_path):
    missing = land_file(tmp_path / "không có.csv", settings)
    assert f"không tìm thấy tệp ({tmp_path / 'không có.csv'})" in str(missing.error)
    assert "là thư mục không có tệp số liệu nào" in str(land_file(tmp_path, settings).error)
    os.mkfifo(tmp_path / "ống")
    assert "không phải là tệp thường" in str(land_file(tmp_path / "ống", settings).error)


def test_a_forced_layout(land, settings):
    text = lines(*good(1))
    unknown = land(text, layout="nothing")
    assert 'không có bố cục "nothing". Các bố cục hiện có:' in str(unknown.error)
    other = land(text, layout="wabo_cases")
    assert 'không tìm thấy cột bắt buộc "case_id" (mã chuẩn dossier_code) của bố cục wabo_cases' in str(other.error)
    assert land(text, layout="canonical_one_stop__dossier_events").status == "landed"


def test_a_folder_goes_on_past_a_refused_file(settings, tmp_path):
    inbox = tmp_path / "inbox"
    (inbox / "sâu").mkdir(parents=True)
    (inbox / "b.csv").write_text(lines(*good(1)), encoding="utf-8")
    (inbox / "a.csv").write_text("hỏng", encoding="utf-8")
    (inbox / "sâu" / "c.csv").write_text(lines(*good(2)), encoding="utf-8")
    (inbox / "sâu" / "trùng.csv").write_text(lines(*good(2)), encoding="utf-8")
    (inbox / "~$b.xlsx").write_text("khóa", encoding="utf-8")
    (inbox / ".ẩn").write_text("ẩn", encoding="utf-8")
    seen = []
    results = land_paths([inbox], settings, None, lambda result, done, total: seen.append((done, total)))
    assert [(result.path.name, result.status) for result in results] == [
        ("a.csv", "refused"),
        ("b.csv", "landed"),
        ("c.csv", "landed"),
        ("trùng.csv", "already_landed"),
    ]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {result.status for result in land_paths([inbox / "b.csv"], settings)} == {"already_landed"}


def test_titles_broken_over_lines_are_one_header_row(settings, tmp_path):
    path = tmp_path / "ngắt dòng.csv"
    header = HEADER.replace("occurred_at", '"occurred_at"').replace("activity_name", '"activity_name"')
    titled = '"Nhật ký\nxử lý ""A"", kỳ 1",,,,,,\n' + header.replace('"occurred_at"', '"occurred_at\n"')
    path.write_text("\n".join([titled, GOOD.format(1), "", GOOD.format(2)]) + "\n", encoding="utf-8")
    result = land_file(path, settings)
    assert result.status == "landed", result.message
    # Rows are numbered as a spreadsheet shows them: a title with a line break is one row.
    assert rows(settings, result) == [(3, "D1"), (5, "D2")]
    assert result.delivery.header_rows == [2, 2]
