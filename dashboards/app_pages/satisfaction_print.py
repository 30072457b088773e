"""One unit of a wave on one A4 page: index, factors, weakest questions, who answered, by what method.

A page of its own, without script or outside file, so that it prints as it is seen and can be sent.
Does not belong here: queries (data_access_surveys), the button (satisfaction).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from dashboards import data_access_surveys as surveys
from dashboards import labels, labels_surveys, state
from dashboards.data_access_surveys import WaveScope

Row = Mapping[str, Any]
WEAKEST = 5
INDENT = "\u2003"  # an em space: factors stand below their part
STYLE = """
@page { size: A4; margin: 10mm 15mm; }
* { box-sizing: border-box; }
body { font: 10.5pt/1.3 'Segoe UI', 'Noto Sans', Arial, sans-serif; color: #1c2733; margin: 0 auto; max-width: 180mm;
  padding: 12mm 0; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
h1 { font-size: 17pt; margin: 0; } h2 { font-size: 11.5pt; margin: 3.5mm 0 1mm; }
p { margin: 0 0 1.5mm; } .soft { color: #5b6876; font-size: 9pt; }
.badge { border: 1px solid #d9a066; background: #fdf1e4; color: #a34a00; border-radius: 3px; padding: 0 2mm;
  font-size: 9pt; font-weight: 600; }
.index { border-top: 2px solid #17507e; border-bottom: 1px solid #d8dee5; padding: 2mm 0; margin: 2mm 0; }
footer { margin-top: 3mm; } .index b { font-size: 20pt; margin-right: 3mm; }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; }
th { text-align: left; color: #5b6876; font-weight: 600; border-bottom: 1.5px solid #d8dee5; padding: .5mm 1mm; }
td { border-bottom: 1px solid #e8ecf0; padding: .5mm 1mm; vertical-align: top; }
.num { text-align: right; white-space: nowrap; } .num:last-child { white-space: normal; }
dl { display: grid; grid-template-columns: 28mm 1fr; gap: .6mm 2mm; margin: 0; font-size: 9pt; }
dt { color: #5b6876; font-weight: 600; } dd { margin: 0; }
@media print { body { padding: 0; max-width: none; } section { break-inside: avoid; } }
"""


def unit_page(view: state.View, scope: WaveScope, wave: Row, unit_code: str, unit_name: str) -> str:
    """The page as HTML text; the same build gives the same text."""
    measures = surveys.measures(view.build, scope, unit_code)
    minimum = wave["minimum_ballot_count"]
    badges = [labels.SYNTHETIC_BADGE] if view.is_synthetic else []
    badges += [] if wave["is_confirmed"] else [f"Bộ câu hỏi {labels_surveys.UNCONFIRMED} với văn bản"]
    marks = " ".join(f'<span class="badge">{escape(text)}</span>' for text in badges)
    build = f"Số liệu chốt đến ngày {labels.format_date(view.build.as_of_date)} · bản dựng {view.build.build_id}"
    body = (
        f"<header><p>{escape(view.authority_name)} {marks}</p><h1>{escape(unit_name)}</h1>"
        f"<p>Người dân hài lòng đến đâu: {escape(wave['wave_name'])}</p></header>"
        + _index(view, scope, measures, unit_code, minimum)
        + _section("Các nhóm câu", _measure_table(measures, minimum))
        + _section("Năm câu kém cùng khối nhất", _weakest(surveys.gaps(view.build, scope, unit_code)))
        + _section("Ai trả lời, tính thế nào", _method(surveys.unit_responses(view.build, scope, unit_code), wave))
        + f'<footer class="soft">{escape(build)}</footer>'
    )
    title = escape(f"{unit_name}: hài lòng, {wave['wave_name']}")
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _index(view: state.View, scope: WaveScope, measures: Sequence[Row], unit_code: str, minimum: int) -> str:
    """The index in large print with its interval and what may be said beside the peers."""
    overall = next((row for row in measures if row["measure_level_code"] == "overall"), None)
    if overall is None:
        return f'<div class="index">{labels.NO_DATA}</div>'
    missing = labels_surveys.missing_text(overall, minimum)
    if missing:
        return f'<div class="index">Chỉ số chung: {escape(missing)}</div>'
    count = labels.format_count(overall["answered_ballot_count"])
    told = f"khoảng tin cậy 95%: {labels_surveys.interval(overall)}; n = {count} phiếu"
    unit = next(row for row in surveys.survey_units(view.build, scope) if row["unit_code"] == unit_code)
    peers = ""
    if unit["difference"] is not None:
        peers = (
            f"<p>So với trung bình {unit['compared_unit_count']} đơn vị khác cùng khối: "
            f"{labels_surveys.difference(unit)} ({escape(labels_surveys.difference_interval(unit))}), "
            f"{escape(labels_surveys.verdict(unit))}.</p>"
        )
    return f'<div class="index"><b>{labels_surveys.percent(overall["estimate"])}</b>{escape(told)}{peers}</div>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain text, numbers from the second column on."""
    head = "".join(f'<th class="{"num" if place else ""}">{escape(text)}</th>' for place, text in enumerate(heads))
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{"num" if place else ""}">{escape(text)}</td>' for place, text in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _measure_table(measures: Sequence[Row], minimum: int) -> str:
    rows = []
    has_parts = any(row["measure_level_code"] == "part" for row in measures)
    for row in measures:
        if row["measure_level_code"] == "overall":
            continue
        indent = INDENT if has_parts and row["measure_level_code"] == "factor" else ""
        missing = labels_surveys.missing_text(row, minimum)
        figure = [missing, "–"] if missing else [labels_surveys.percent(row["estimate"]), labels_surveys.interval(row)]
        count = "–" if row["answered_ballot_count"] is None else labels.format_count(row["answered_ballot_count"])
        rows.append([indent + labels_surveys.measure_name(row), *figure, count])
    return _table(("Nhóm câu", "Hài lòng", "Khoảng tin cậy 95%", "n (phiếu)"), rows)


def _weakest(gaps: Sequence[Row]) -> str:
    weak = [row for row in gaps if row["difference"] < 0][:WEAKEST]
    if not weak:
        return "<p>Không câu nào thấp hơn cùng khối, hoặc không đủ phiếu để so.</p>"
    rows = (
        [
            _question(row),
            labels_surveys.percent(row["estimate"]),
            labels_surveys.percent(row["compared_estimate"]),
            labels_surveys.difference(row),
            labels_surveys.difference_interval(row),
            labels_surveys.verdict(row),
        ]
        for row in weak
    )
    return _table(("Câu hỏi", "Hài lòng", "Cùng khối", "Chênh lệch", "Khoảng 95%", "Kết luận"), rows)


def _question(row: Row) -> str:
    counted = labels_surveys.counted_answers(row)
    return f"{row['item_text']} ({counted})" if counted else row["item_text"]


def _method(response: Row | None, wave: Row) -> str:
    facts = [fact for fact in labels_surveys.method_facts(wave) if fact[0] != "Trả lời"]
    if response is not None:
        facts.insert(0, ("Trả lời", labels_surveys.response_text(response)))
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts) + "</dl>"
