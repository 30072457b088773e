"""A comparison of two builds in words and as a table: what `cchc builds diff` prints.

Does not belong here: finding out what moved (``publishing.comparing``).
"""

from __future__ import annotations

from decimal import Decimal

from dagster_project.console import vi_count
from dagster_project.publishing.comparing import Comparison, CriterionChange, Figure, Move

COLUMNS = [
    "Địa phương",
    "Bảng xếp hạng",
    "Nhóm",
    "Kỳ",
    "Mã đơn vị",
    "Đơn vị",
    "Hạng trước",
    "Hạng sau",
    "Giá trị trước",
    "Giá trị sau",
    "Vì sao",
    "Tiêu chí đổi điểm",
]
ORIGIN_TEXT = {"computed": "tính từ hồ sơ, phiếu", "declared": "số báo cáo"}
NONE = "không có số liệu"
UNKNOWN = "chưa rõ"


def rows_of(comparison: Comparison, *, is_text: bool) -> list[tuple]:
    """One row per move under :data:`COLUMNS`; as text for people, else with numbers and lists as they are."""
    return [_row(comparison, move, is_text) for move in comparison.moves]


def heading(comparison: Comparison) -> str:
    """What was compared, what differs between the builds as such, and how many moved."""
    before, after = comparison.before, comparison.after
    lines = [
        f"Trước: bản {before.build_id}, chốt {before.as_of_date:%d/%m/%Y}",
        f"Sau:   bản {after.build_id}, chốt {after.as_of_date:%d/%m/%Y}",
        *_differences(comparison),
        f"{vi_count(comparison.moved_count)} lượt đơn vị đổi hạng, trong {vi_count(comparison.moved_ranking_count)} "
        "bảng xếp hạng có ở cả hai bản; "
        f"{vi_count(comparison.kept_rank_count)} lượt giữ hạng nhưng đổi giá trị, trạng thái hoặc loại.",
    ]
    if comparison.only_before_count or comparison.only_after_count:
        lines.append(
            f"Không so sánh được: {vi_count(comparison.only_before_count)} bảng xếp hạng chỉ có ở bản trước, "
            f"{vi_count(comparison.only_after_count)} bảng chỉ có ở bản sau."
        )
    return "\n".join(lines)


def _differences(comparison: Comparison) -> list[str]:
    lines = []
    if comparison.is_data_changed:
        one, other = (
            {delivery["delivery_id"]: delivery["file_name"] for delivery in build.manifest["deliveries"]}
            for build in (comparison.before, comparison.after)
        )
        added = sorted(other[id_] for id_ in other.keys() - one.keys())
        gone = sorted(one[id_] for id_ in one.keys() - other.keys())
        told = [f"{what} {', '.join(names)}" for what, names in (("thêm", added), ("bớt", gone)) if names]
        lines.append(f"Tệp nạp khác: {'; '.join(told) or 'cùng tệp, nạp theo thứ tự khác hoặc đọc theo bố cục khác'}.")
    if comparison.is_as_of_changed:
        lines.append("Ngày chốt khác.")
    if comparison.is_code_changed:
        lines.append(
            f"Phần mềm khác: {comparison.before.manifest['code_hash']} và {comparison.after.manifest['code_hash']}; "
            "không tách được phần do phần mềm trong từng bảng xếp hạng."
        )
    return lines


def _row(comparison: Comparison, move: Move, is_text: bool) -> tuple:
    origin = ORIGIN_TEXT.get(move.origin_code)
    ranking = f"{move.ranking_name} – {origin}" if origin else move.ranking_name
    place = (move.authority_code, ranking, move.peer_group_name, move.period_name, move.unit_code, move.unit_name)
    why = "; ".join(_cause(code, move) for code in comparison.causes(move)) or UNKNOWN
    numbers = (move.rank_before, move.rank_after, move.value_before, move.value_after)
    if not is_text:
        return (*place, *numbers, why, [_criterion_object(change) for change in move.criteria])
    ranks = ["không xếp hạng" if rank is None else str(rank) for rank in numbers[:2]]
    values = [_value_text(value, move) for value in numbers[2:]]
    return (*place, *ranks, *values, why, "; ".join(_criterion_text(change) for change in move.criteria))


def _cause(code: str, move: Move) -> str:
    if code == "own_data":
        once = " (chỉ có tên trong bảng ở một bản)" if move.is_listed_once else ""
        return f"số liệu của đơn vị đã đổi{once}"
    if code == "peer_data":
        return f"số liệu của {vi_count(move.changed_peers)} đơn vị khác đã đổi, của đơn vị này giữ nguyên"
    if code == "rule":
        if move.kind_code == "indicator":
            return "định nghĩa chỉ số đã đổi"
        return f"quy định đã đổi: {f'tiêu chí {move.changed_criteria}' if move.changed_criteria else 'quy tắc chung'}"
    return {"as_of": "ngày chốt khác", "code": "phần mềm khác"}[code]


def _criterion_text(change: CriterionChange) -> str:
    scores = f"{_decimal(change.score_before)} → {_decimal(change.score_after)}"
    figures = [_figure(change.figure_before), _figure(change.figure_after)]
    # Points that a council gives stand on no figure.
    behind = "" if figures == [NONE, NONE] else f" ({' → '.join(figures)})"
    return f"{change.criterion_code}: {scores}{behind}"


def _criterion_object(change: CriterionChange) -> dict:
    before, after = change.figure_before, change.figure_after
    return {
        "Tiêu chí": change.criterion_code,
        "Điểm trước": change.score_before,
        "Điểm sau": change.score_after,
        "Tử số trước": before.numerator,
        "Mẫu số trước": before.denominator,
        "Tử số sau": after.numerator,
        "Mẫu số sau": after.denominator,
    }


def _figure(figure: Figure) -> str:
    if figure.numerator is None or figure.denominator is None:
        return NONE
    # A figure without counts is a value that stands over a million.
    if not figure.has_counts and figure.denominator == 1_000_000:
        return _decimal(Decimal(figure.numerator) / figure.denominator)
    return f"{vi_count(figure.numerator)}/{vi_count(figure.denominator)}"


def _value_text(value: Decimal | None, move: Move) -> str:
    if value is None:
        return NONE
    if move.kind_code == "regulation":
        return f"{_decimal(value)} %"
    return f"{_decimal(value * 100)} %" if move.unit_of_measure_code == "rate" else _decimal(value)


def _decimal(value: Decimal | None) -> str:
    """A number with a decimal comma and no zeros at its end."""
    if value is None:
        return NONE
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
