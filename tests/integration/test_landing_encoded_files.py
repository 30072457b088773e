"""The same table as a CSV in every encoding lands as the same rows; the file itself stays as it was."""

import hashlib
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dagster_project.landing import csv_reader
from dagster_project.landing.deliveries import landed_path, list_deliveries, rejected_path
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # old_encodings.py stands beside the tiers, outside any package

from old_encodings import CARRIED, encoded

pytestmark = pytest.mark.integration

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258", "tcvn3", "vni")
TITLE = "Nhật ký xử lý hồ sơ tại Bộ phận Một cửa\n"
HEADER = "Mã hồ sơ;Số thứ tự bước;Thao tác;Thời điểm thực hiện;Trạng thái sau bước;Mã đơn vị thực hiện\n"
ROWS = (
    "H44.01-0001;1;Tiếp nhận “trực tuyến” – đủ giấy tờ;05/01/2026 08:00;Được tiếp nhận;H44.01\n"
    'H44.01-0001;2;"Thẩm định;\nlấy ý kiến Sở Xây dựng";06/01/2026 09:30;Đang xử lý;H44.01\n'
    "\n"
    "H44.01-0002;1;Nguyễn Thị Thuỷ nộp;32/01/2026 08:00;Mới đăng ký;H44.01\n"
    "H44.01-0003;1;Trả kết quả\n"
    "H44.01-0004;9;Trả kết quả qua bưu chính…;07/01/2026;Đã trả kết quả;H44.02\n"
)
STEPS = (
    "thẩm định thực địa, lấy ý kiến các phòng, trình lãnh đạo ký duyệt, chuyển qua bưu điện, yêu cầu bổ sung giấy tờ, "
    "xác nhận nghĩa vụ tài chính, đóng dấu bản chính, kiểm tra chữ ký số, dừng xử lý vì thiếu phí, từ chối tiếp nhận"
)


@pytest.fixture
def root(tmp_path):
    return load_settings(tmp_path / "data")


def written(path, text, encoding):
    path.write_bytes(text.encode(encoding) if encoding in ("utf-8-sig", "utf-16") else encoded(text, encoding))
    return path


def landed(root, result):
    """Every landed and rejected cell but the delivery's own code, and the counts."""
    done = result.delivery
    paths = [place(root, done.source_code, done.delivery_id) for place in (landed_path, rejected_path)]
    tables = [
        duckdb.sql(f"select * exclude (delivery_id) from '{path}' order by all").fetchall() if path.exists() else []
        for path in paths
    ]
    return (*tables, done.rows_read, done.rows_accepted, done.rows_rejected, done.rows_ignored, done.unused_columns)


@pytest.mark.parametrize("encoding", ENCODINGS[1:])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_same_table_lands_as_the_same_rows(root, tmp_path, encoding, newline):
    text = (TITLE + HEADER + ROWS).replace("\n", newline)
    expected = land_file(written(tmp_path / "utf8.csv", text, "utf-8"), root)
    path = written(tmp_path / "x.csv", text, encoding)
    result = land_file(path, root)
    assert result.status == "landed", result.message
    assert landed(root, result) == landed(root, expected)
    assert expected.delivery.rows_accepted == 3 and expected.delivery.rows_rejected == 2
    assert result.delivery.delivery_id == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert result.delivery.file_size == path.stat().st_size
    assert not (root.landing / ".work").exists(), "the copy in UTF-8 is gone"
    assert land_file(path, root).status == "already_landed"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1258", "tcvn3", "vni"])
def test_the_head_may_end_anywhere(root, tmp_path, encoding, monkeypatch):
    """The head ends within a character and within a line; neither shows."""
    for size in range(400, 404):
        monkeypatch.setattr(csv_reader, "HEAD_BYTES", size)
        path = written(
            tmp_path / f"{size}.csv",
            HEADER + ROWS + f"H44.01-0005;{size};Xử lý;08/01/2026;Đang xử lý;H44.01\n",
            encoding,
        )
        result = land_file(path, root)
        assert result.status == "landed", result.message
        assert result.delivery.rows_accepted == 4


@pytest.mark.parametrize("encoding", ["cp1258", "tcvn3", "vni", "utf-16-le"])
def test_any_words_come_back(root, tmp_path, encoding):
    """Whatever stands in a cell, next to rows that tell the encoding."""
    letters = "".join(sorted(set(CARRIED[encoding]) - set(' "')))
    cells = st.lists(st.text(st.sampled_from(letters), min_size=1, max_size=8), min_size=1, max_size=3)
    certain = "".join(
        f"H44.01-1;{n};{words};05/01/2026;Đang xử lý;H44.01\n" for n, words in enumerate(STEPS.split(", "))
    )

    @effort(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(cells)
    def check(words):
        rows = "".join(f'H44.01-2;{n};"b{word}";05/01/2026;Đang xử lý;H44.01\n' for n, word in enumerate(words))
        result = land_file(written(tmp_path / "x.csv", HEADER + certain + rows, encoding), root)
        assert result.status in ("landed", "already_landed"), result.message
        path = landed_path(root, result.delivery.source_code, result.delivery.delivery_id)
        found = duckdb.sql(
            f"select activity_name from '{path}' where dossier_code = 'H44.01-2' order by source_row_number"
        ).fetchall()
        assert [name for (name,) in found] == [f"b{word}" for word in words]

    check()


def test_what_does_not_fit_refuses_the_file_and_leaves_nothing(root, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(encoded(HEADER + ROWS, "cp1258") + b"H44.01-0009;1;\x9a\n")
    result = land_file(path, root)
    size = path.stat().st_size
    assert result.status == "refused"
    assert f'Tệp "x.csv", dòng 9: byte thứ {size - 1} (0x9A) không thuộc bảng mã Windows-1258.' in str(result.error)
    assert list_deliveries(root) == []
    assert not (root.landing / ".work").exists()


def test_a_doubtful_file_is_refused_with_the_reason(root, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(encoded("Mã hồ sơ;b\n1;2\n", "tcvn3"))
    assert "dòng 1: dòng đầu không đúng bảng mã UTF-8. Chỉ có 3 từ ngoài ASCII, cần ít nhất 4 từ khác nhau" in str(
        land_file(path, root).error
    )
    assert not root.landing.exists()
