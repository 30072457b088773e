"""What the explanation of a score says of the survey wave behind it."""

from __future__ import annotations

import pytest

from dagster_project.explaining.score import _wave_items

WAVE = {
    "instrument_name": "Phiếu thử",
    "method_version": "G2",
    "is_confirmed": True,
    "ballot_count": 40,
    "answered_ballot_count": 38,
    "minimum_ballot_count": 30,
    "interval_low": None,
    "interval_high": None,
    "effective_count": None,
}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            "suppressed",
            "Chỉ số được giữ kín, vì nêu ra thì biết được câu trả lời của dưới 5 người ở đơn vị khác",
        ),
        ("insufficient_sample", "Không đủ mẫu: cần ít nhất 30 phiếu, nên không nêu chỉ số"),
    ],
)
def test_why_a_wave_has_no_index_is_said(status, said):
    assert _wave_items(WAVE | {"value_status": status})[-1] == said
