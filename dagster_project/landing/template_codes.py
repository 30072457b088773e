"""What whoever fills a template of scoring must know beside the columns: codes, and which columns a choice asks for.

Codes come from the seeds and the contracts. Only what a choice asks for is said here; the rules that check it stand in
`expectations/suites/regulations.py`.
Does not belong here: workbooks (``templates``), words about single columns (``contract_docs``).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

from dagster_project.landing.contracts import SourceContract, load_contract
from dagster_project.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt" / "seeds"
CRITERIA, BANDS, SHEETS = "regulation__criteria", "regulation__bands", "par__criterion_scores"

_FIGURE = ("input_kind_code", "input_code")
# Choice → columns of the same row that must then be filled, and what else it needs.
RULES = {
    "sum": ((), "Có cấp dưới; điểm tối đa của cấp dưới cộng lại đúng bằng điểm tối đa này (không kể thưởng, trừ)"),
    "mean": ((), "Có cấp dưới"),
    "weighted_sum": ((), "Có cấp dưới; mỗi phần bên dưới ghi trọng số lớn hơn 0"),
    "all_or_nothing": ((*_FIGURE, "target_value"), ""),
    "bands": (_FIGURE, f"Các mức ghi ở mẫu {BANDS}, nối liền nhau"),
    "linear": ((*_FIGURE, "target_value"), ""),
    "linear_above_floor": ((*_FIGURE, "target_value", "floor_value"), "Mức sàn thấp hơn mức được điểm tối đa"),
    "survey_options": (_FIGURE, f"Mỗi phương án trả lời là một dòng ở mẫu {BANDS}"),
    "manual": ((), "Điểm ghi ở phiếu chấm"),
}
CALCULATIONS = {
    "fixed": (("awarded_score",), "Với phương án trả lời, điểm đạt là phần của điểm tối đa, từ 0 đến 1"),
    "proportional": (("base_value",), "Giá trị gốc lớn hơn 0"),
    "incremental": (("awarded_score", "base_value"), "Giá trị gốc lớn hơn 0"),
}
INPUT_KINDS = {
    "none": ((), "Dùng cho tiêu chí có cấp dưới và tiêu chí do hội đồng chấm"),
    "indicator": (("input_code",), "Mã ở bảng «Chỉ số tính trong kho»"),
    "portal_metric": (
        ("input_code",),
        "Mã nhóm, dấu chấm, mã chỉ số của cổng, ví dụ TDGQ.ON_TIME; là tỷ lệ từ 0 đến 1",
    ),
    "quality_index": (("input_code",), "Từ index_1 đến index_9, mỗi chỉ số từ 0 đến 2 điểm; hoặc total cho tổng điểm"),
    "measured": ((), f"Số liệu ghi ở mẫu {SHEETS}: tử số và mẫu số, hoặc một giá trị"),
    "survey_item": (("input_code",), "Mã phiếu khảo sát"),
    "survey_index": (
        ("input_code",),
        "Mã bộ câu hỏi, ai hỏi (ministry, province hoặc unit), hỏi ai (clients: người đã nhận kết quả, households: hộ "
        "gia đình), cách nhau bằng dấu hai chấm, ví dụ five_factor_22:province:clients; lấy một nhóm câu thì thêm dấu "
        "hai chấm và mã nhóm câu, ví dụ five_factor_22:province:clients:F1; là tỷ lệ từ 0 đến 1",
    ),
}


@dataclass(frozen=True)
class CodeTable:
    """One table of the sheet; ``columns`` are columns of templates that are filled with codes of its first column."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = ()


def code_tables(contract: SourceContract) -> tuple[CodeTable, ...]:
    """The tables beside the template of a source; none for a source that is not about scoring."""
    if not contract.source.startswith(("regulation__", "par__")):
        return ()
    return (
        CodeTable("Khối được chấm", ("Mã", "Khối"), _blocs(), ("unit_bloc_codes",)),
        CodeTable("Loại kỳ", ("Mã", "Loại kỳ"), _period_kinds(), ("period_kind_codes",)),
        CodeTable(
            "Chỉ số tính trong kho",
            ("Mã", "Chỉ số", "Cách ghi mức và cận"),
            _indicators(),
            ("input_code", "factor_input_code"),
        ),
        _asked_for(
            "Cách chấm → cột phải điền (mã số liệu để trống khi số liệu nêu trong phiếu chấm)",
            CRITERIA,
            "rule_code",
            RULES,
        ),
        _asked_for("Số liệu để chấm → cột phải điền", CRITERIA, "input_kind_code", INPUT_KINDS),
        _asked_for("Cách tính điểm của một mức → cột phải điền", BANDS, "calculation_code", CALCULATIONS),
    )


def _asked_for(title: str, source: str, name: str, needs: dict[str, tuple[tuple[str, ...], str]]) -> CodeTable:
    """What each choice of a column asks for, in the words of the headings."""
    contract = load_contract(source)
    column = contract.column(name)
    rows = []
    for code, label in zip(column.codes, column.labels, strict=True):
        columns, more = needs[code]
        wanted = "; ".join(f"«{contract.column(asked).heading}»" for asked in columns)
        rows.append((label, wanted or "Không cột nào", more))
    return CodeTable(title, ("Chọn", f"Cột phải điền ở mẫu {source}", "Cần thêm"), tuple(rows))


def _period_kinds() -> tuple[tuple[str, str], ...]:
    return load_contract("regulation__regulations").column("period_kind_codes").items


def _blocs() -> tuple[tuple[str, ...], ...]:
    return tuple(
        (row["unit_bloc_code"], row["unit_bloc_name"]) for row in _seed("unit_blocs") if row["is_ranked"] == "true"
    )


def _indicators() -> tuple[tuple[str, ...], ...]:
    """Each computed indicator; all but counts are scored as a share, also those published in points."""
    return tuple(
        (
            row["indicator_code"],
            row["indicator_name"],
            "Số lượng" if row["unit_of_measure_code"] == "count" else "Tỷ lệ, ghi từ 0 đến 1 (0,95 chứ không ghi 95)",
        )
        for row in _seed("indicators")
    )


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
