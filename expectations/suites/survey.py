"""Gate 1: survey answers, one row per ballot and item."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT
from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT
from expectations.rules import Rule, SourceSuite
from expectations.suites.registries import authority_rule

# The register of instruments is a national fact kept with dbt's seeds; it is read, not repeated.
INSTRUMENTS_FILE = PROJECT_ROOT / "dbt" / "seeds" / "instruments.csv"
NO_ANSWER = "9"
OFF_SCALE = "Mức ngoài thang không nói được người dân hài lòng đến đâu"


def answer_codes(instruments_file: Path = INSTRUMENTS_FILE) -> dict[str, list[str]]:
    """Codes that may stand on a ballot of each instrument: its scale, and "no answer"."""
    with instruments_file.open(encoding="utf-8", newline="") as file:
        return {
            row["instrument_code"]: [
                *(str(answer) for answer in range(int(row["valid_from_answer"]), int(row["valid_to_answer"]) + 1)),
                NO_ANSWER,
            ]
            for row in csv.DictReader(file)
        }


def _quoted(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def answer_rules() -> list[Rule]:
    """Rules on a delivery of `survey__answers`."""
    suite = SourceSuite("survey__answers", "survey")
    scales = answer_codes()
    known = _quoted(scales)
    outside = " or ".join(
        f"(instrument_code = '{instrument}' and answer_code not in ({_quoted(codes)}))"
        for instrument, codes in scales.items()
    )
    return [
        suite.has_rows(REFUSE_FILE),
        authority_rule(suite),
        suite.most_rows(
            "answers_mostly_on_scale",
            "Ít nhất một nửa số câu trả lời có mã thuộc thang của bộ câu hỏi",
            "Cột trả lời chứa chữ hoặc điểm 0–10 của một thang khác",
            REFUSE_FILE,
            fails=outside,
            applies=f"instrument_code in ({known})",
        ),
        suite.rows(
            "answer_on_scale",
            "Mã trả lời thuộc thang của bộ câu hỏi",
            "Trả lời «7» trên thang 5 mức",
            REJECT_ROW,
            fails=outside,
            applies=f"instrument_code in ({known})",
            column="answer_code",
            why=OFF_SCALE,
        ),
        suite.rows(
            "instrument_known",
            "Bộ câu hỏi có trong danh mục",
            "Bộ câu hỏi «phieu_moi» chưa khai báo: câu trả lời không tính được",
            FLAG_ROW,
            fails=f"instrument_code not in ({known})",
            column="instrument_code",
            why="Câu trả lời có thể đúng; bộ câu hỏi chưa được khai báo nên chưa tính được",
        ),
        suite.once(
            "answer_once",
            "Mỗi câu của một phiếu được trả lời một lần trong tệp",
            "Phiếu K-000123, câu overall ở dòng 12 và dòng 340",
            FLAG_ROW,
            keys=("authority_code", "wave_code", "ballot_code", "item_code"),
            column="answer_code",
        ),
        suite.not_in_future("answered_at", "Thời điểm trả lời"),
        suite.rule(
            "ballot_for_one_unit",
            "Một phiếu chỉ đánh giá một đơn vị, bằng một bộ câu hỏi",
            "Phiếu K-000123 ghi đơn vị H99.01 ở dòng 12, H99.02 ở dòng 13",
            REPORT,
            failing="select authority_code, wave_code, ballot_code from batch "
            "group by authority_code, wave_code, ballot_code "
            "having min(unit_code) <> max(unit_code) or min(instrument_code) <> max(instrument_code)",
            checked="select count(*) from "
            "(select distinct authority_code, wave_code, ballot_code from batch) as ballots",
            why="Sai ở quan hệ giữa các dòng của phiếu, không quy được cho dòng nào",
        ),
    ]
