"""What is said once in Python and once in SQL says the same of the same texts."""

from __future__ import annotations

import unicodedata
from types import SimpleNamespace

import duckdb
import pytest

from dagster_project.landing.identities import masked_sql
from dagster_project.landing.personal import MASK, date_or_short_number_sql, is_date_or_short_number
from dagster_project.landing.sniffing import _plain
from expectations.rules import plain_name_sql

NAMES = [
    "Đắk Lắk", "Đăk Lăk", "đắk lắk", "DAK LAK", "Ủy ban nhân dân xã Đồng Tâm", "UỶ BAN NHÂN DÂN XÃ ĐỒNG TÂM", "Sở Y tế",
    "Sở  Y  tế", "Bộ phận Một cửa", "Hòa Bình", "Hoà Bình", "Phường 1", "Đ", "đ", "", "Ấp Ờ Ỡ Ự",
]  # fmt: skip
CELLS = [
    "05/01/2026", "5-1-26", "2026-01-05 08:30:00", "2026-01-05T08:30", "20260105", "202601050830", "20260105083000",
    "2026010508300", "1.234,5", "98,81 %", "-12", "12345678", "123456789", "123 456 78", "1 2 3 4 5 6 7 8 9", "", "-",
    "x", "0912345678", "012345678901", "19451945194", "+84 912", "Nguyễn A", "12/2026", "1e5", "12:30",
    "05/01/2026 sáng",
]  # fmt: skip


def evaluated(expression: str, texts: list[str]) -> list:
    with duckdb.connect() as con:
        return [con.execute(f"select {expression} from (select $1 as text)", [text]).fetchone()[0] for text in texts]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_made_plain_alike_where_files_are_sniffed_and_where_rules_judge(form):
    texts = [unicodedata.normalize(form, name) for name in NAMES]
    plain = [_plain(text) for text in texts]
    assert evaluated(plain_name_sql("text"), texts) == plain
    assert plain[:4] == ["daklak"] * 4


def test_a_cell_that_can_be_no_identity_is_the_same_in_both():
    shown = [is_date_or_short_number(text) for text in CELLS]
    assert evaluated(date_or_short_number_sql("text"), CELLS) == shown
    assert 0 < sum(shown) < len(CELLS)


def test_rejected_cells_of_a_table_with_people_show_no_other_cells():
    plan = SimpleNamespace(match=SimpleNamespace(identity_positions={"applicant_name": 3}))
    shown = [text if is_date_or_short_number(text) else MASK for text in CELLS]
    assert evaluated(masked_sql("text", plan), CELLS) == shown
