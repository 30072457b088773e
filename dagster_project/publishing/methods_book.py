"""The methods book of a build: every indicator and regulation in words, with numbers of this build, as one HTML page.

Made from the published tables alone, so that it says what the build did; the same build gives the same bytes.
Does not belong here: words of rules and figures (dagster_project/explaining), anything computed.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from dagster_project.console import vi_count
from dagster_project.explaining.figures import (
    NO_DATA,
    ORDERS,
    ROUNDINGS,
    SOURCES,
    STATUSES,
    SYNTHETIC,
    VALUE_STATUSES,
    figure_text,
    interval_text,
    percent_text,
    rate_text,
    volume_tiers_text,
)
from dagster_project.explaining.rule_words import basis_text, input_text, number_text, points_text, rule_text
from dagster_project.publishing.reading import open_tables

BOOK_FILE = "so-tay-phuong-phap.html"
TABLES = (
    "dim_authorities",
    "dim_criteria",
    "dim_criterion_bands",
    "dim_grades",
    "dim_indicators",
    "dim_periods",
    "dim_regulations",
    "dim_units",
    "fct_indicator_values",
    "fct_rule_scores",
    "fct_score_inputs",
)
Row = dict[str, Any]
MEASURES = {"rate": "tỷ lệ", "score": "điểm", "count": "số đếm", "days": "số ngày"}
DIRECTIONS = {
    "higher_is_better": "càng cao càng tốt",
    "lower_is_better": "càng thấp càng tốt",
    "neutral": "không xét tốt xấu",
}
PERIOD_KINDS = {
    "month": "tháng",
    "quarter": "quý",
    "half_year": "6 tháng",
    "year": "năm",
    "report_month": "kỳ báo cáo tháng",
    "report_quarter": "kỳ báo cáo quý",
    "report_half_year": "kỳ báo cáo 6 tháng",
    "report_year": "kỳ báo cáo năm",
    "window": "khoảng ngày",
}
KINDS = {"base": "trong điểm tối đa", "survey": "điều tra xã hội học", "bonus": "thưởng", "penalty": "trừ"}
INDICATOR_STATUSES = {
    "ok": "có giá trị và được xếp hạng",
    "insufficient_sample": "có giá trị, mẫu số dưới mức tối thiểu nên không xếp hạng",
    "no_activity": "mẫu số bằng 0: không có gì để tính tỷ lệ",
    "not_assessed": "không có số liệu để tính",
    "not_reported": "nơi phải báo cáo chưa báo cáo",
}
FIGURE_STATUSES = {
    "ok": "chấm được",
    "missing": "không có số liệu",
    "zero_denominator": "mẫu số bằng 0, theo điều quy định nêu cho trường hợp đó",
    "outside_scale": "giá trị nằm ngoài mọi mức của thang điểm",
}
QUALITY_MEASURES = {
    "flagged_dossiers": "Tỷ lệ hồ sơ bị đánh dấu cần xem lại",
    "dossiers_without_due_date": "Tỷ lệ hồ sơ không có ngày hẹn trả",
    "months_without_dossiers": "Tỷ lệ tháng không có hồ sơ",
    "months_without_reports": "Tỷ lệ tháng thiếu báo cáo đúng hạn",
    "months_without_answers": "Tỷ lệ tháng thiếu khảo sát, đánh giá",
}
UNCONFIRMED = "chưa xác nhận"
STYLE = """
body { font-family: "Noto Serif", "Times New Roman", serif; line-height: 1.45; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; color: #1a1a1a; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 2px solid #555; } h3 { margin-top: 1.8rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .92rem; }
th, td { border: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top; }
th { background: #eee; } td.n { text-align: right; white-space: nowrap; } table.facts th { width: 14rem; }
.mark { font-weight: bold; color: #8a4b00; } .example { background: #f5f5f0; padding: .3rem .6rem; }
@media print { body { max-width: none; margin: 0; font-size: 10pt; } h2 { break-before: page; }
  tr, h3 { break-inside: avoid; break-after: auto; } }
"""


@dataclass(frozen=True)
class Regulation:
    """One regulation in one wording, with the authorities it scores; the first of them stands for its rows."""

    row: Row
    authorities: tuple[str, ...]
    criteria: tuple[Row, ...]
    bands: tuple[Row, ...]
    grades: tuple[Row, ...]


def write_methods_book(folder: Path, seeds: Path, build_id: str, as_of_date: dt.date) -> Path:
    """Write the book of the exported tables in ``folder``; ``seeds`` holds the thresholds of quality grades."""
    with open_tables(folder, TABLES) as connection:

        def ask(sql: str) -> list[Row]:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        chapters = [
            ("chi-so", "Chỉ số", _indicators(ask)),
            ("quy-dinh", "Quy định chấm điểm", _regulations(ask)),
            ("xep-hang", "Xếp hạng và khoảng hạng", _ranking()),
            ("trang-thai", "Mã trạng thái", _statuses()),
            ("chat-luong", "Chất lượng dữ liệu", _quality(seeds / "quality_grade_bands.csv")),
            ("khong-co-so-lieu", "«Không có số liệu» nghĩa là gì", _nothing()),
        ]
    path = folder / BOOK_FILE
    path.write_text(_page(chapters, build_id, as_of_date), encoding="utf-8")
    return path


def _page(chapters: Sequence[tuple[str, str, str]], build_id: str, as_of_date: dt.date) -> str:
    numbered = list(enumerate(chapters, 1))
    contents = "".join(f'<li><a href="#{anchor}">{escape(title)}</a></li>' for _, (anchor, title, _) in numbered)
    body = "\n".join(
        f'<h2 id="{anchor}">{number}. {escape(title)}</h2>\n{text}' for number, (anchor, title, text) in numbered
    )
    return (
        '<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n<title>Sổ tay phương pháp</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>Sổ tay phương pháp</h1>\n"
        f"<p>Bản dựng {escape(build_id)}, số liệu chốt đến hết ngày {as_of_date:%d/%m/%Y}. Viết từ danh mục chỉ số và "
        "các quy định của chính bản dựng này; các ví dụ là số của bản dựng. Chỗ ghi "
        f"{_mark(UNCONFIRMED)} là chỗ chưa đối chiếu được với văn bản gốc. Ví dụ của địa phương giả lập đều ghi rõ là "
        f"dữ liệu giả lập.</p>\n<ol>{contents}</ol>\n{body}\n</body>\n</html>\n"
    )


def _mark(text: str) -> str:
    return f'<span class="mark">{escape(text)}</span>'


def _facts(pairs: Iterable[tuple[str, str | None]]) -> str:
    """A table of label and text (plain, escaped here); a None is left out."""
    rows = "".join(f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>" for label, text in pairs if text)
    return f'<table class="facts">{rows}</table>\n'


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], attributes: Iterable[str] = ()) -> str:
    """A table of cells that are HTML already; ``attributes`` of each row, where given."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    marks = iter(attributes)
    lines = "\n".join(f"<tr{next(marks, '')}>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>\n{lines}</table>\n"


def _example(text: str) -> str:
    return f'<p class="example">Ví dụ: {escape(text)}</p>\n'


def _where(row: Row) -> str:
    """Unit, period, and that it is synthetic, of a row that an example is made of."""
    synthetic = f"; {SYNTHETIC.lower()}" if row["is_synthetic"] else ""
    name = f"{row['unit_name']} ({row['authority_code']}, mã {row['unit_code']})"
    return f"{name}, {row['period_name']}{synthetic}"


def _indicators(ask) -> str:
    examples = {
        row["indicator_code"]: row
        for row in ask(
            """
            select * from (
              select v.*, u.unit_name, p.period_name, a.is_synthetic,
                row_number() over (
                  partition by v.indicator_code
                  order by p.sort_order desc, v.origin_code, v.denominator desc nulls last, v.numerator desc nulls last,
                    v.authority_code, v.unit_code
                ) as choice_number
              from fct_indicator_values as v
              inner join dim_periods as p on v.period_code = p.period_code and p.is_complete
              inner join dim_units as u on v.authority_code = u.authority_code and v.unit_code = u.unit_code
              inner join dim_authorities as a on v.authority_code = a.authority_code
              where v.value is not null and v.unit_code <> v.authority_code
            ) as chosen
            where choice_number = 1
            """
        )
    }
    rows = ask("select * from dim_indicators order by display_order, indicator_code")
    intro = (
        "<p>Mỗi chỉ số nêu tử số, mẫu số và những gì không tính. Không có chỉ số nào tên là «tỷ lệ đúng hạn» mà không "
        "nói tính trên hồ sơ nào. Ví dụ lấy đơn vị có mẫu số lớn nhất trong kỳ trọn mới nhất có giá trị.</p>\n"
    )
    return intro + "".join(_indicator(row, examples.get(row["indicator_code"])) for row in rows)


def _indicator(row: Row, example: Row | None) -> str:
    minimum = (
        f"mẫu số từ {vi_count(row['minimum_denominator'])} mới xếp hạng (lựa chọn của kho, không phải quy định)"
        if row["minimum_denominator"]
        else None
    )
    status = "đã được xác nhận" if row["is_confirmed"] else UNCONFIRMED
    return (
        f'<h3 data-indicator="{escape(row["indicator_code"])}">{escape(row["indicator_name"])}</h3>\n'
        + _facts(
            [
                ("Mã", row["indicator_code"]),
                ("Tên ngắn", row["indicator_short_name"]),
                ("Tử số", row["numerator_text"]),
                ("Mẫu số", row["denominator_text"] or "không có: chỉ số là một số đếm"),
                ("Không tính", row["exclusions_text"] or "không loại trừ gì"),
                ("Công thức", _formula(row)),
                ("Chiều", DIRECTIONS[row["direction_code"]]),
                ("Mẫu tối thiểu", minimum),
                ("Khoảng 95 %", "Wilson" if row["interval_method_code"] == "wilson" else "không tính"),
                ("Số liệu từ", _origin(row)),
                ("Phiên bản phương pháp", row["method_version"]),
                ("Căn cứ", row["legal_basis"] or "chưa nêu căn cứ"),
                ("Tình trạng", status),
            ]
        )
        + _example(_indicator_example(row, example) if example else f"bản dựng này {NO_DATA} ở kỳ trọn nào.")
    )


def _formula(row: Row) -> str:
    digits = f"làm tròn đến {row['value_digits']} chữ số thập phân, {ROUNDINGS['half_up']}"
    if row["unit_of_measure_code"] == "count":
        return "đếm tử số"
    if row["multiplier"] != 1:
        return f"{number_text(row['multiplier'])} × tử số ÷ mẫu số, {digits}"
    return f"tử số ÷ mẫu số, {digits}" + (" (của tỷ lệ 0–1)" if row["unit_of_measure_code"] == "rate" else "")


def _origin(row: Row) -> str:
    computed = "tính từ phiếu khảo sát" if row["instrument_code"] else "tính từ hồ sơ"
    parts = [computed] if row["is_computed"] else []
    parts += ["nhận số nơi khác công bố, để cạnh số tính"] if row["is_declared"] else []
    return "; ".join(parts)


def _indicator_example(row: Row, example: Row) -> str:
    origin = "" if example["origin_code"] == "computed" else " (số nơi khác công bố)"
    if row["unit_of_measure_code"] == "count":
        return f"{_where(example)}: {vi_count(int(example['value']))}{origin}."
    if example["denominator"] is None:
        return (
            f"{_where(example)}: {percent_text(example['value'] * 100)}{origin}; nơi công bố không nêu tử số, mẫu số."
        )
    numerator, denominator = example["numerator"], example["denominator"]
    if row["unit_of_measure_code"] == "rate":
        told = rate_text(numerator, denominator)
    else:
        factor = "" if row["multiplier"] == 1 else f"{number_text(row['multiplier'])} × "
        value = f"{number_text(example['value'])} {MEASURES[row['unit_of_measure_code']]}"
        told = f"{factor}{vi_count(numerator)} ÷ {vi_count(denominator)} = {value}"
    excluded = example["excluded_count"]
    left_out = f"; không tính {vi_count(excluded)}" if excluded else ""
    interval = interval_text(example["interval_low"], example["interval_high"])
    return f"{_where(example)}: {told}{origin}{left_out}{f'; khoảng 95 % {interval}' if interval else ''}."


def _regulations(ask) -> str:
    found = _distinct_regulations(ask)
    if not found:
        return "<p>Bản dựng này không có quy định chấm điểm nào.</p>\n"
    blocs = {
        row["unit_bloc_code"]: row["unit_bloc_name"]
        for row in ask("select distinct unit_bloc_code, unit_bloc_name from dim_units where unit_bloc_code is not null")
    }
    names = {row["authority_code"]: _authority_name(row) for row in ask("select * from dim_authorities")}
    examples = _rule_examples(ask)
    intro = (
        "<p>Quy định là dữ liệu: mỗi năm, mỗi địa phương một bảng tiêu chí có ngày hiệu lực, căn cứ và tình trạng đối "
        "chiếu. Điểm tự chấm, thẩm định, điều tra, nơi khác công bố và điểm kho tính đứng cạnh nhau; điểm cuối ghi rõ "
        f"lấy từ đâu ({escape('; '.join(SOURCES.values()))}).</p>\n"
    )
    return intro + "".join(_regulation(regulation, blocs, names, examples) for regulation in found)


def _authority_name(row: Row) -> str:
    synthetic = "; dữ liệu giả lập" if row["is_synthetic"] else ""
    if row["authority_name"] == row["authority_code"]:
        return row["authority_code"] + synthetic
    return f"{row['authority_name']} ({row['authority_code']}{synthetic})"


def _distinct_regulations(ask) -> list[Regulation]:
    """Every wording of every version once: a national regulation scores many authorities in the same words."""
    order = "authority_code, regulation_version_code, "
    parts: dict[str, dict[tuple, list[Row]]] = {}
    for table, own in (
        ("dim_criteria", "display_order, criterion_code"),
        ("dim_criterion_bands", "criterion_code, band_number"),
        ("dim_grades", "unit_bloc_code, display_order, grade_code"),
    ):
        grouped = parts[table] = {}
        for row in ask(f"select * from {table} order by {order}{own}"):
            grouped.setdefault((row["authority_code"], row["regulation_version_code"]), []).append(row)
    worded: dict[str, list] = {}
    for row in ask(f"select * from dim_regulations order by regulation_version_code, {order}regulation_code"):
        key = (row["authority_code"], row["regulation_version_code"])
        lists = [tuple(parts[table].get(key, ())) for table in parts]
        wording = repr([_without_authority(part) for part in ((row,), *lists)])
        worded.setdefault(wording, []).append((row, lists))
    return [
        Regulation(same[0][0], tuple(row["authority_code"] for row, _ in same), *same[0][1]) for same in worded.values()
    ]


def _without_authority(rows: Iterable[Row]) -> list[list]:
    return [[value for name, value in row.items() if name != "authority_code"] for row in rows]


def _rule_examples(ask) -> dict[tuple[str, str, str], Row]:
    """Per authority, version and leaf one figure with the points that the rule gives: a full period, then the "
    "largest."""
    rows = ask(
        """
        select * from (
          select i.*, r.rule_score, u.unit_name, p.period_name, a.is_synthetic,
            row_number() over (
              partition by i.authority_code, i.regulation_version_code, i.criterion_code
              order by p.is_complete desc, p.sort_order desc, i.has_counts desc, i.denominator desc, i.numerator desc,
                i.unit_code
            ) as choice_number
          from fct_score_inputs as i
          inner join fct_rule_scores as r
            using (authority_code, regulation_version_code, period_code, unit_code, criterion_code)
          inner join dim_periods as p on i.period_code = p.period_code
          inner join dim_units as u on i.authority_code = u.authority_code and i.unit_code = u.unit_code
          inner join dim_authorities as a on i.authority_code = a.authority_code
          where r.rule_score is not null
        ) as chosen
        where choice_number = 1
        """
    )
    return {(row["authority_code"], row["regulation_version_code"], row["criterion_code"]): row for row in rows}


def _regulation(
    regulation: Regulation,
    blocs: dict[str, str],
    names: dict[str, str],
    examples: dict[tuple[str, str, str], Row],
) -> str:
    row = regulation.row
    bands: dict[str, list[Row]] = {}
    for band in regulation.bands:
        bands.setdefault(band["criterion_code"], []).append(band)
    version = escape(row["regulation_version_code"])
    cells, marks = [], []
    for criterion in regulation.criteria:
        own = bands.get(criterion["criterion_code"], [])
        keys = ((code, row["regulation_version_code"], criterion["criterion_code"]) for code in regulation.authorities)
        example = next((examples[key] for key in keys if key in examples), None)
        cells.append(_criterion_cells(criterion, own, example))
        marks.append(f' data-criterion="{version}/{escape(criterion["criterion_code"])}"')
    status = (
        "" if row["is_scorable"] else f"<p>{_mark('Không dùng để chấm vì có lỗi')}: {escape(row['faults_text'])}.</p>\n"
    )
    return (
        f'<h3 data-regulation="{version}">{version} – {escape(row["regulation_name"])}</h3>\n'
        + status
        + _facts(_regulation_facts(regulation, blocs, names))
        + _table(["Mã", "Tiêu chí", "Tối đa", "Cách chấm", "Căn cứ"], cells, marks)
        + _grades(regulation, blocs)
    )


def _regulation_facts(
    regulation: Regulation, blocs: dict[str, str], names: dict[str, str]
) -> list[tuple[str, str | None]]:
    row = regulation.row
    until = f" đến {row['valid_to_date']:%d/%m/%Y}" if row["valid_to_date"] else ", còn hiệu lực"
    kinds = [PERIOD_KINDS.get(code, code) for code in _codes(row["period_kind_codes"])]
    tolerance = row["tie_tolerance"]
    ties = "bằng nhau thì đồng hạng" if not tolerance else f"lệch không quá {number_text(tolerance)} điểm phần trăm"
    minimum = row["minimum_denominator"]
    tiers = row["volume_tier_bounds"]
    groups = f"nhóm của khối chia {volume_tiers_text(tiers)}" if tiers else "khối"
    return [
        ("Địa phương", ", ".join(names.get(code, code) for code in regulation.authorities)),
        ("Khối được chấm", ", ".join(blocs.get(code, code) for code in _codes(row["unit_bloc_codes"])) or "mọi khối"),
        ("Loại kỳ", ", ".join(kinds)),
        ("Hiệu lực", f"từ {row['valid_from_date']:%d/%m/%Y}{until}"),
        ("Điểm tối đa", NO_DATA if row["max_score"] is None else points_text(row["max_score"])),
        ("Điểm cuối", ORDERS[row["score_order_code"]]),
        ("Làm tròn", _rounding(row)),
        ("Xếp hạng", f"theo tỷ lệ trên điểm tối đa áp dụng, trong từng {groups}, hạng 1-2-2-4"),
        ("Đồng hạng", ties),
        (
            "Mẫu tối thiểu",
            f"mẫu số lớn nhất dưới {vi_count(int(minimum))} thì chỉ nêu tên" if minimum else "không có mức",
        ),
        ("Căn cứ", basis_text(row)),
        ("SHA-256 của văn bản gốc", row["source_sha256"]),
        ("Tình trạng", "đã được xác nhận" if row["is_confirmed"] else UNCONFIRMED),
    ]


def _codes(text: str | None) -> list[str]:
    return [code.strip() for code in (text or "").split(";") if code.strip()]


def _rounding(row: Row) -> str:
    how, digits = ROUNDINGS[row["rounding_mode_code"]], row["rounding_digits"]
    when = "từng tiêu chí rồi cộng" if row["rounding_stage_code"] == "leaf" else "sau khi cộng"
    return f"{how}, {digits} chữ số thập phân, {when}; tỷ lệ phần trăm {row['percent_digits']} chữ số"


def _criterion_cells(criterion: Row, bands: list[Row], example: Row | None) -> list[str]:
    told = escape(rule_text(criterion, bands))
    if criterion["is_leaf"]:
        code = f" {criterion['input_code']}" if criterion["input_code"] else ""
        told += f"<br>Số liệu: {escape(input_text(criterion) + code)}."
        if criterion["evidence_text"]:
            told += f"<br>Tài liệu kiểm chứng: {escape(criterion['evidence_text'])}."
    if example:
        figure = figure_text(criterion, bands, example)
        factor = (
            f", nhân {rate_text(example['factor_numerator'], example['factor_denominator'])}"
            if example["factor_denominator"]
            else ""
        )
        told += _example(f"{_where(example)}: {figure}{factor} → {points_text(example['rule_score'])}.")
    kind = "" if criterion["kind_code"] == "base" else f" ({KINDS[criterion['kind_code']]})"
    indent = "&nbsp;" * 3 * ((criterion["level_number"] or 1) - 1)
    name = f"{indent}{escape(criterion['criterion_name'] + kind)}"
    basis = escape(criterion["legal_basis"] or "chưa nêu căn cứ")
    if not criterion["is_confirmed"]:
        basis += f"; {_mark(UNCONFIRMED)}"
    return [escape(criterion["criterion_code"]), name, escape(number_text(criterion["max_score"])), told, basis]


def _grades(regulation: Regulation, blocs: dict[str, str]) -> str:
    basis = regulation.row["grade_basis_code"]
    if not regulation.grades or basis is None:
        return "<p>Quy định không xếp loại.</p>\n"
    unit = "điểm" if basis == "points" else "% điểm tối đa áp dụng"
    rows = [
        [
            escape(blocs.get(grade["unit_bloc_code"], grade["unit_bloc_code"]) or "mọi khối"),
            escape(grade["grade_name"]),
            "còn lại" if grade["lower_value"] is None else f"từ {escape(number_text(grade['lower_value']))} {unit}",
            "đã được xác nhận" if grade["is_confirmed"] else _mark(UNCONFIRMED),
        ]
        for grade in regulation.grades
    ]
    return "<p>Thang xếp loại:</p>\n" + _table(["Khối", "Loại", "Mức", "Tình trạng"], rows)


def _ranking() -> str:
    paragraphs = (
        "Xếp hạng trong từng khối, theo tỷ lệ tổng điểm trên điểm tối đa áp dụng. Hai đơn vị đồng hạng cùng mang hạng "
        "tốt hơn, hạng tiếp theo bỏ qua chỗ đã chiếm (1-2-2-4). Hạng luôn đi cùng khoảng hạng, mẫu số, loại chất "
        "lượng dữ liệu và ngày chốt. Đơn vị dưới mẫu tối thiểu hoặc còn tiêu chí chưa có điểm được nêu tên mà không "
        "xếp hạng.",
        "Khoảng của một tỷ lệ x/n (Wilson 1927), với p = x/n và z = 1,959964: "
        "(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) ÷ (1 + z²/n). Khoảng này không vượt 0 và 1, dùng được cả khi mẫu nhỏ.",
        "Khoảng của điểm: cách chấm được hỏi lại ở hai cận của tỷ lệ. Các tiêu chí cùng đếm trên một tập hồ sơ có "
        "chung may rủi nên độ lệch được cộng; các nhóm khác nhau coi là độc lập nên cộng bình phương rồi lấy căn "
        "(MOVER – Zou và Donner 2008). Điểm do hội đồng chấm không có may rủi.",
        "So hai đơn vị: chênh lệch vượt may rủi khi lớn hơn √(l² + u²), l là độ lệch xuống của đơn vị cao hơn, u là "
        "độ lệch lên của đơn vị thấp hơn (Newcombe 1998; Zou và Donner 2008).",
        "Khoảng hạng đúng đồng thời cho cả bảng với 95 %: k đơn vị có k(k − 1)/2 cặp, mỗi cặp được so ở mức "
        "5 % ÷ số cặp (Bonferroni), nên z tăng theo số đơn vị. Hạng tốt nhất có thể = 1 + số đơn vị chắc chắn hơn; "
        "hạng kém nhất có thể = số đơn vị được xếp − số đơn vị chắc chắn kém hơn. Hai đơn vị có khoảng hạng chồng "
        "nhau thì chưa nói được đơn vị nào hơn.",
        "Dải: các đơn vị nối nhau qua những khoảng hạng chồng lên nhau; dải mới bắt đầu ở chỗ mọi đơn vị bên trên đều "
        "chắc chắn hơn mọi đơn vị từ đó trở xuống. "
        "Mũi tên tăng, giảm so với kỳ trước chỉ hiện khi thay đổi vượt may rủi, và chỉ so cùng loại kỳ, cùng "
        "bản quy định.",
    )
    return "".join(f"<p>{escape(text)}</p>\n" for text in paragraphs)


def _statuses() -> str:
    titled = (
        ("Giá trị chỉ số (value_status)", INDICATOR_STATUSES),
        ("Số liệu của tiêu chí (figure_status)", FIGURE_STATUSES),
        ("Điểm của tiêu chí (score_status)", {"ok": "có điểm", **STATUSES}),
        ("Tổng điểm của đơn vị (value_status)", {"ok": "đủ điểm và được xếp hạng", **VALUE_STATUSES}),
        ("Nguồn của điểm cuối (final_source_code)", SOURCES),
    )
    return "".join(
        f"<h3>{escape(title)}</h3>\n"
        + _table(["Mã", "Nghĩa"], [[escape(code), escape(text)] for code, text in words.items()])
        for title, words in titled
    )


def _quality(bands: Path) -> str:
    with bands.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    cells = [
        [
            escape(QUALITY_MEASURES[row["measure_code"]]),
            escape(row["grade_code"]),
            f"đến {escape(percent_text(Decimal(row['maximum_rate']) * 100))}",
            escape(number_text(row["minimum_denominator"])),
            escape(row["basis"]) if row["is_confirmed"] == "true" else f"{escape(row['basis'])}; {_mark(UNCONFIRMED)}",
        ]
        for row in rows
    ]
    return (
        "<p>Mỗi đơn vị và kỳ có một loại chất lượng dữ liệu, A tốt nhất, D kém nhất. Loại là mức kém nhất trong các "
        "thước đo xét được, vì số liệu chỉ đáng tin bằng chỗ yếu nhất của nó. Ít hồ sơ hơn mức tối thiểu thì không "
        "xếp. Loại này không đổi điểm và hạng; nó cho biết điểm và hạng đáng tin đến đâu.</p>\n"
        + _table(["Thước đo", "Loại", "Mức", "Mẫu tối thiểu", "Căn cứ"], cells)
    )


def _nothing() -> str:
    paragraphs = (
        f"«{NO_DATA.capitalize()}» là một trạng thái, không phải số 0 và không phải 100 %. Ô trống trong tệp là chưa "
        "biết; số 0 trong tệp là đã đếm và được 0.",
        "Mẫu số bằng 0 thì không có tỷ lệ. Điểm khi đó là điều quy định nêu: điểm tối đa, 0 điểm, không chấm, hoặc bỏ "
        "tiêu chí khỏi điểm tối đa; không nêu thì không chấm.",
        "Đơn vị không gửi số liệu vẫn có dòng của mình, với trạng thái nói vì sao trống; không đơn vị nào biến mất "
        "khỏi bảng. Tiêu chí chưa ai chấm và không có số liệu là một chỗ trống: tổng điểm chưa có và đơn vị chưa được "
        "xếp hạng.",
        "Điều chưa đối chiếu được với văn bản gốc vẫn dùng được nhưng luôn mang chữ «chưa xác nhận» cho đến khi có "
        "người đối chiếu.",
    )
    return "".join(f"<p>{escape(text)}</p>\n" for text in paragraphs)
