"""Which survey waves may be compared, and what is said where they may not."""

from __future__ import annotations

import pytest

from dagster_project.surveying.series import comparison_refusal

WAVE = {
    "authority_code": "H99",
    "wave_code": "KS-2025",
    "instrument_code": "five_factor_22",
    "instrument_name": "Phiếu 22 tiêu chí",
    "survey_owner_code": "province",
    "population_code": "clients",
    "series_code": "five_factor_22|province|clients",
}
LATER = WAVE | {"wave_code": "KS-2026"}


def test_waves_of_one_series_are_compared():
    assert comparison_refusal(WAVE, LATER) is None


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"instrument_code": "five_factor_24", "instrument_name": "Phiếu 24 tiêu chí"}, "bộ câu hỏi khác nhau"),
        ({"survey_owner_code": "unit"}, "người hỏi khác nhau (tỉnh và đơn vị)"),
        ({"population_code": "households"}, "người được hỏi khác nhau (người đã nhận kết quả và người dân"),
        ({"survey_owner_code": None, "population_code": None}, "không rõ ai hỏi ai ở đợt «KS-2026»"),
        ({"authority_code": "H21"}, "hai địa phương khác nhau (H99 và H21)"),
    ],
)
def test_the_refusal_says_what_differs(other, said):
    refusal = comparison_refusal(WAVE, LATER | other | {"series_code": "other"})
    assert refusal.startswith("Không so được đợt «KS-2025» với đợt «KS-2026»: ")
    assert said in refusal


def test_every_difference_is_named():
    other = LATER | {"instrument_code": "nd61_quality", "instrument_name": None, "survey_owner_code": "unit"}
    refusal = comparison_refusal(WAVE, other | {"series_code": "other"})
    assert "«Phiếu 22 tiêu chí» và «nd61_quality»" in refusal
    assert "người hỏi khác nhau" in refusal
    assert "người được hỏi" not in refusal


def test_a_wave_is_not_compared_with_itself():
    assert "cùng một đợt" in comparison_refusal(WAVE, WAVE)
