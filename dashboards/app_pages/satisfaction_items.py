"""The questions of a wave at one unit: how the answers spread, and where the unit stands out among its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from dashboards import components, download_buttons, downloads, labels, labels_surveys, state
from dashboards import data_access_surveys as surveys
from dashboards.app_pages import satisfaction_units
from dashboards.components import Column
from dashboards.data_access_surveys import WaveScope

Row = Mapping[str, Any]
Part = tuple[str, float, str]

COLUMNS = (
    Column("Câu hỏi", "name"),
    Column("Không hài lòng | trung lập | hài lòng", "diverge"),
    Column("Không thuộc thang", "grey wide"),
    Column("Hài lòng", "num"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("n; trả lời câu này", "num wide"),
)
GAPS = (Column("Câu hỏi", "name"), Column("Hài lòng", "num"), Column("So với các đơn vị cùng khối", "words"))
GAP_COUNT = 5
GAP_HEADERS = (
    "Mã câu",
    "Câu hỏi",
    "Trả lời tính là hài lòng",
    "Hài lòng (%)",
    "Trung bình cùng khối (%)",
    "Số đơn vị so",
    "Chênh lệch (điểm %)",
    "Chênh: dưới",
    "Chênh: trên",
    "Kết luận",
)
GAP_WIDTHS = (9, 50, 32, 11, 12, 9, 12, 11, 11, 24)
HEADERS = (
    "Mã câu",
    "Câu hỏi",
    "Phần",
    "Nhóm câu",
    "Trả lời tính là hài lòng",
    "Hài lòng (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "Số câu trả lời hợp lệ",
    "Tỷ lệ trả lời câu (%)",
    "Không hài lòng (%)",
    "Trung lập (%)",
    "Hài lòng trên mọi trả lời (%)",
    "Không trả lời được (%)",
    "Gộp vì ít người (%)",
    "Lý do không có số",
)
WIDTHS = (9, 50, 18, 32, 32, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 36)


def draw(view: state.View, scope: WaveScope, wave: Row, unit_code: str, unit_name: str) -> None:
    """The table of questions, then strengths and weaknesses."""
    rows = [row for row in surveys.items(view.build, scope, unit_code) if row["part_code"] != "expectation"]
    if not rows:
        return
    answers = parts_of_items(surveys.answer_shares(view.build, scope, unit_code))
    _draw_items(view, wave, rows, answers, unit_code, unit_name)
    _draw_gaps(view, scope, wave, unit_code, unit_name)


def parts_of_items(answers: Sequence[Row]) -> dict[str, list[Part]]:
    """The parts of each question's bar, by question: least satisfied first, what is not a valid answer last."""
    found: dict[str, list[Part]] = {}
    for row in answers:
        kind, share = row["option_kind_code"], float(row["answer_share"])
        if kind not in ("negative", "neutral", "positive", "merged"):
            kind = "missing"
        words = labels_surveys.KIND_TEXT[kind]
        name = f"{row['option_text'] or words}: {labels.format_percent(share, 1)} (n = {row['answer_count']})"
        found.setdefault(row["item_code"], []).append((kind, share, name))
    order = list(labels_surveys.KIND_TEXT)
    # A scale may list its good answer first; the bar does not.
    return {code: _with_extremes(sorted(parts, key=lambda p: order.index(p[0]))) for code, parts in found.items()}


def _with_extremes(parts: Sequence[Part]) -> list[Part]:
    """The outermost of several answers of one kind drawn darker."""
    kinds = [kind for kind, _, _ in parts]
    dark = set()
    if kinds.count("negative") > 1:
        dark.add(kinds.index("negative"))
    if kinds.count("positive") > 1:
        dark.add(len(kinds) - 1 - kinds[::-1].index("positive"))
    return [(f"{kind}-2" if place in dark else kind, share, name) for place, (kind, share, name) in enumerate(parts)]


def _sides(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """The parts on the scale, and those beside it in grey."""
    grey = [part for part in parts if part[0] in ("missing", "merged")]
    return [part for part in parts if part not in grey], grey


def _total(parts: Sequence[Part], kind: str) -> float:
    return sum(share for css, share, _ in parts if css.startswith(kind))


def _reach(all_parts: Sequence[Sequence[Part]]) -> tuple[float, float]:
    left = max((_total(parts, "negative") + _total(parts, "neutral") / 2 for parts in all_parts), default=0.0)
    right = max((_total(parts, "positive") + _total(parts, "neutral") / 2 for parts in all_parts), default=0.0)
    return left, right


def _draw_items(
    view: state.View,
    wave: Row,
    rows: Sequence[Row],
    answers: Mapping[str, Sequence[Part]],
    unit_code: str,
    unit_name: str,
) -> None:
    shown = [answers.get(row["item_code"], []) for row in rows]
    reach, widest = _reach(shown), max((_total(p, "m") for p in shown), default=0.0)
    title = f"Từng câu hỏi: {unit_name}"
    lead = (
        "Vạch đứng là điểm không: bên trái là không hài lòng, bên phải là hài lòng, trung lập nằm giữa; màu "
        "đậm là mức ngoài cùng. Tỷ lệ hài lòng tính trên câu trả lời hợp lệ, nên khác độ dài thanh."
    )
    keys = [(kind, labels_surveys.KIND_TEXT[kind]) for kind in ("negative", "neutral", "positive", "missing", "merged")]
    has_parts = len({row["part_code"] for row in rows if row["is_indexed"]}) > 1
    groups = [
        (name, [_cells(row, answers.get(row["item_code"], []), reach, widest) for row in of])
        for name, of in groupby(rows, key=lambda row: _group_name(row, has_parts))
    ]
    components.show(
        components.section(title, lead) + components.legend(keys) + components.grouped_table(COLUMNS, groups, title)
    )
    head = [("Đơn vị", f"{unit_name} ({unit_code})"), *labels_surveys.method_facts(wave)]
    cells = [_file_cells(row, answers.get(row["item_code"], [])) for row in rows]
    sheet = download_buttons.sheet(view, title, "Từng câu hỏi", head, HEADERS, cells, WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_cau-hoi_{wave['wave_code']}_{unit_code}")


def _group_name(row: Row, has_parts: bool) -> str:
    """The factor, after its part where the index has several."""
    name = f"{row['factor_code']}. {row['factor_name']}" if row["factor_name"] else row["factor_code"]
    return f"{labels_surveys.part_name(row['part_code'])} · {name}" if has_parts and row["is_indexed"] else name


def _cells(row: Row, parts: Sequence[Part], reach: tuple[float, float], widest: float) -> list[str]:
    on_scale, grey = _sides(parts)
    name = f"{components.text(row['item_text'])}"
    if not row["is_indexed"]:
        counted = labels_surveys.counted_answers(row)
        told = "; ".join(part for part in ("không tính vào chỉ số", counted) if part)
        name += f'<span class="counted">{components.text(told)}</span>'
    response = "–" if row["item_response_rate"] is None else labels_surveys.percent(row["item_response_rate"])
    count = "–" if row["valid_count"] is None else labels.format_count(row["valid_count"])
    aside = " · ".join(
        f"{words} {labels.format_percent(_total(grey, kind), 1)}"
        for kind, words in (("missing", "trống"), ("merged", "gộp"))
        if _total(grey, kind)
    )
    missing = labels_surveys.missing_text(row)
    if not parts and not missing:
        aside = labels_surveys.HIDDEN_ANSWERS
    if missing:
        rate, interval = f'<span class="missing">{components.text(missing)}</span>', "–"
    else:
        interval = labels_surveys.interval(row)
        rate = f'<span class="rate">{labels_surveys.percent(row["estimate"])}</span><span class="sub">{interval}</span>'
    return [
        name,
        components.diverging_bar(on_scale, reach) + f'<span class="sub">{aside}</span>',
        components.stacked_bar(grey, widest) + f'<span class="small">{aside or "–"}</span>',
        rate,
        interval,
        f'{count}<span class="small">{response}</span>',
    ]


def _file_cells(row: Row, parts: Sequence[Part]) -> list[Any]:
    return [
        row["item_code"],
        row["item_text"],
        labels_surveys.part_name(row["part_code"]),
        row["factor_name"] or "",
        row["good_text"] or "",
        *(downloads.percent_number(row[name]) for name in ("estimate", "interval_low", "interval_high")),
        row["valid_count"],
        downloads.percent_number(row["item_response_rate"]),
        *(downloads.percent_number(_total(parts, k)) for k in ("negative", "neutral", "positive", "missing", "merged")),
        labels_surveys.missing_text(row),
    ]


def _draw_gaps(view: state.View, scope: WaveScope, wave: Row, unit_code: str, unit_name: str) -> None:
    title = f"Điểm yếu và điểm mạnh: {unit_name}"
    rows = surveys.gaps(view.build, scope, unit_code)
    if not rows:
        why = (
            "Toàn địa phương không có nơi cùng khối để so; hãy chọn một đơn vị."
            if unit_code == view.authority_code
            else "Đơn vị này không đủ phiếu, hoặc không có đơn vị cùng khối đủ phiếu để so."
        )
        components.show("<br>" + components.section(title) + components.note(why) + "<br>")
        return
    weak = [row for row in rows if row["difference"] < 0][:GAP_COUNT]
    strong = [row for row in reversed(rows) if row["difference"] > 0][:GAP_COUNT]
    first = rows[0]
    clear = sum(labels_surveys.is_clear(row) for row in rows)
    lead = (
        f"So từng câu với trung bình {labels.format_count(first['compared_unit_count'])} đơn vị khác cùng khối; "
        f"xác suất đã hiệu chỉnh vì so {labels.format_count(first['family_size'])} câu. Khác rõ: {clear} câu; "
        "những câu còn lại chưa đủ để nói là yếu hay mạnh."
    )
    components.show("<br>" + components.section(title, lead))
    for name, found in (
        (f"Thấp hơn cùng khối nhiều nhất ({len(weak)} câu)", weak),
        (f"Cao hơn cùng khối nhiều nhất ({len(strong)} câu)", strong),
    ):
        if found:
            components.show(
                f"<b>{name}</b>" + components.table(GAPS, (_gap_cells(row) for row in found), f"{name}: {unit_name}")
            )
    head = [("Đơn vị", f"{unit_name} ({unit_code})"), ("Cách so", lead), *labels_surveys.method_facts(wave)]
    cells = [_gap_file_cells(row) for row in rows]
    sheet = download_buttons.sheet(view, title, "So với cùng khối", head, GAP_HEADERS, cells, GAP_WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_so-cung-khoi_{wave['wave_code']}_{unit_code}")


def _gap_cells(row: Row) -> list[str]:
    peers = f"cùng khối {labels_surveys.percent(row['compared_estimate'])}"
    rate = f'<span class="rate">{labels_surveys.percent(row["estimate"])}</span><span class="small">{peers}</span>'
    counted = labels_surveys.counted_answers(row)
    name = components.text(row["item_text"])
    name += f'<span class="counted">{components.text(counted)}</span>' if counted else ""
    return [name, rate, satisfaction_units.gap_cell(row)]


def _gap_file_cells(row: Row) -> list[Any]:
    return [
        row["measure_code"],
        row["item_text"],
        row["good_text"] or "",
        downloads.percent_number(row["estimate"]),
        downloads.percent_number(row["compared_estimate"]),
        row["compared_unit_count"],
        *(downloads.percent_number(row[name]) for name in ("difference", "difference_low", "difference_high")),
        labels_surveys.verdict(row),
    ]
