"""The files of a survey plan, as a Vietnamese Excel opens them: UTF-8 with BOM, semicolons, decimal commas.

``<wave>_mau.csv`` has one row per ballot drawn, under the names of the columns of ``survey__ballots``: filled in, it
lands as it is. So do ``<wave>_dot.csv`` (the wave) and ``<wave>_tong.csv`` (how many people each stratum has, to which
the weights of those who answered are made to add up, however many replacements were used). ``<wave>_ke_hoach.csv``
holds the sizes for `cchc survey progress`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

from dagster_project.surveying.errors import SurveyError
from dagster_project.surveying.planning import SurveyPlan

SAMPLE, WAVE, TOTALS, SIZES = "mau", "dot", "tong", "ke_hoach"
# Of a ballot: what a draw of single persons by this plan never has, or makes itself.
NOT_ON_BALLOT = ("cluster_code", "cluster_total", "final_weight")
DRAW_COLUMNS = ("draw_order", "is_replacement", "replacement_number", "replaces_ballot_code")
SIZE_COLUMNS = (
    "Mã địa phương", "Mã đợt khảo sát", "Bộ câu hỏi", "Mã đơn vị", "Tên đơn vị", "Mã tầng", "Tên tầng", "Số người",
    "Mẫu", "Chọn cả dự phòng", "Trọng số", "Cách tính", "Sai số (%)", "Độ tin cậy (%)", "Tỷ lệ trả lời dự kiến (%)",
    "Tối thiểu mỗi tầng", "Cách chia", "Hạt giống", "Mã số liệu",
)  # fmt: skip


@dataclass(frozen=True)
class PlannedStratum:
    """What a plan's file says of one stratum."""

    authority_code: str
    wave_code: str
    unit_code: str
    unit_name: str
    stratum_code: str
    population: int
    sample: int
    drawn: int


def write_plan_files(plan: SurveyPlan, folder: Path, frame_name: str, build_id: str) -> list[Path]:
    """Write the four files to ``folder``; their paths. SurveyError when one of them is there already."""
    contents = {
        SAMPLE: _sample_rows(plan),
        WAVE: _wave_rows(plan, frame_name),
        TOTALS: _total_rows(plan),
        SIZES: _size_rows(plan, build_id),
    }
    paths = {name: folder / f"{plan.design.wave_code}_{name}.csv" for name in contents}
    taken = [str(path) for path in paths.values() if path.exists()]
    if taken:
        raise SurveyError(f"Đã có {', '.join(taken)}. Hãy chọn thư mục khác bằng --out, hoặc mã đợt khác bằng --wave.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in contents.items():
        paths[name].write_bytes(_csv(rows))
    return list(paths.values())


def read_sizes(path: Path, wave_code: str) -> list[PlannedStratum]:
    """The strata of a ``_ke_hoach.csv``. SurveyError naming what is wrong, such as another wave."""
    rows = read_table(path, ("Mã địa phương", "Mã đợt khảo sát", "Mã đơn vị", "Mã tầng", "Số người", "Mẫu"))
    strata = []
    for number, row in enumerate(rows, start=2):
        counts = [row.get(name, "").strip() for name in ("Số người", "Mẫu", "Chọn cả dự phòng")]
        if not all(count.isascii() and count.isdigit() for count in counts):
            raise SurveyError(
                f"Tệp «{path}», dòng {number}: «Số người», «Mẫu», «Chọn cả dự phòng» phải là số nguyên. "
                "Hãy dùng lại tệp do «cchc survey plan» viết."
            )
        codes = [row.get(name, "") for name in SIZE_COLUMNS[:2] + SIZE_COLUMNS[3:6]]
        strata.append(PlannedStratum(*codes, *map(int, counts)))
    others = sorted({stratum.wave_code for stratum in strata} - {wave_code})
    if others:
        raise SurveyError(f"Tệp «{path}» là kế hoạch của đợt «{others[0]}», không phải «{wave_code}».")
    return strata


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV file that must have ``columns``, parted by semicolons or commas. SurveyError when it cannot be."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SurveyError(f"Không tìm thấy tệp «{path}».") from None
    except (OSError, UnicodeDecodeError):
        raise SurveyError(f"Không đọc được tệp «{path}». Cần tệp CSV, bảng mã UTF-8.") from None
    heading = text.partition("\n")[0]
    delimiter = ";" if heading.count(";") >= heading.count(",") else ","
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval=""))
    missing = [name for name in columns if not rows or name not in rows[0]]
    if missing:
        raise SurveyError(f"Tệp «{path}» phải có ít nhất một dòng và các cột: {', '.join(columns)}.")
    return rows


def _sample_rows(plan: SurveyPlan) -> Iterable[Sequence[object]]:
    from dagster_project.landing.contracts import load_contract

    names = [column.name for column in load_contract("survey__ballots").columns if column.name not in NOT_ON_BALLOT]
    yield [*names, *DRAW_COLUMNS]
    number = 0
    for stratum in plan.strata:
        for order, person in enumerate((*stratum.main, *stratum.reserve), start=1):
            number += 1
            known = {
                "authority_code": plan.authority_code,
                "wave_code": plan.design.wave_code,
                "instrument_code": plan.design.instrument_code,
                "unit_code": stratum.unit_code,
                "ballot_code": f"{plan.design.wave_code}-{number:06}",
                "stratum_code": stratum.code,
                "stratum_total": stratum.population,
                "base_weight": _decimal(stratum.base_weight, 6),
                "dossier_code": person.dossier_code,
            }
            replacement = max(order - len(stratum.main), 0)
            drawn = [order, "Có" if replacement else "Không", replacement or "", ""]
            yield [*(known.get(name, "") for name in names), *drawn]


def _wave_rows(plan: SurveyPlan, frame_name: str) -> Iterable[Sequence[object]]:
    from dagster_project.landing.contracts import load_contract

    names = [column.name for column in load_contract("survey__waves").columns]
    # Who asks, how and when is for the officer to say: until then the row does not land.
    known = {
        "authority_code": plan.authority_code,
        "wave_code": plan.design.wave_code,
        "wave_name": f"Khảo sát {plan.design.wave_code}",
        "instrument_code": plan.design.instrument_code,
        "population_code": "clients",
        "frame_name": frame_name,
    }
    yield names
    yield [known.get(name, "") for name in names]


def _total_rows(plan: SurveyPlan) -> Iterable[Sequence[object]]:
    yield ["authority_code", "wave_code", "unit_code", "group_kind_code", "group_code", "person_count"]
    for stratum in plan.strata:
        head = [plan.authority_code, plan.design.wave_code, stratum.unit_code]
        yield [*head, "stratum", stratum.code, stratum.population]


def _size_rows(plan: SurveyPlan, build_id: str) -> Iterable[Sequence[object]]:
    design = plan.design
    percents = (vi_percent(rate) for rate in (design.margin, design.confidence, design.response_rate))
    method = "Slovin" if design.method == "slovin" else "Ngẫu nhiên đơn giản, tổng thể hữu hạn"
    share = "Đều nhau" if design.is_equal else "Theo số người"
    made = [method, *percents, design.minimum, share, design.seed, build_id]
    yield SIZE_COLUMNS
    for stratum in plan.strata:
        yield [
            plan.authority_code, design.wave_code, design.instrument_code, stratum.unit_code,
            _no_formula(stratum.unit_name), stratum.code, _no_formula(stratum.name), stratum.population,
            len(stratum.main), stratum.drawn, _decimal(stratum.base_weight, 6), *made,
        ]  # fmt: skip


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def _no_formula(text: str) -> str:
    """Words of others, which Excel must not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _decimal(value: Fraction, places: int) -> str:
    number = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}".replace(".", ",")


def vi_percent(rate: Fraction) -> str:
    """A rate as a percentage number: 5 or 2,5."""
    return f"{(Decimal(rate.numerator * 100) / Decimal(rate.denominator)).normalize():f}".replace(".", ",")
