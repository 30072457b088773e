"""`cchc survey`: plan a survey, follow it while it runs. Parses and prints; the work is beside it.

Nothing heavy is imported at the top: `cchc --help` must answer at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.console import vi_count
from dagster_project.landing.deliveries import LedgerError
from dagster_project.publishing.errors import BuildError
from dagster_project.settings import DataRootError, load_settings
from dagster_project.surveying.errors import SurveyError

if TYPE_CHECKING:
    from dagster_project.surveying.frame import Frame
    from dagster_project.surveying.planning import Design, Stratum, SurveyPlan
    from dagster_project.surveying.progress import UnitProgress

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Khảo sát: lập kế hoạch, chọn mẫu, theo dõi tiến độ.",
)

NO_DATA = "không có số liệu"
# As many codes are named in a line.
FEW = 5
# A wave names files, so it may hold nothing that leads to another folder.
WAVE_CODE = r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}"


class Strata(StrEnum):
    """What the people of a unit are parted by."""

    none = "none"
    channel = "channel"
    procedure_group = "procedure_group"


class Method(StrEnum):
    """How the size of a sample is computed."""

    random = "random"
    slovin = "slovin"


class Allocation(StrEnum):
    """How a sample is parted over strata."""

    proportional = "proportional"
    equal = "equal"


Wave = Annotated[str, typer.Option(help="Mã đợt khảo sát, ví dụ KS-2026: chữ không dấu, số, dấu - . _")]


@app.command()
def plan(
    instrument: Annotated[str, typer.Option(help="Mã bộ câu hỏi, ví dụ five_factor_22.")],
    wave: Wave,
    seed: Annotated[int, typer.Option(help="Hạt giống: cùng hạt giống, cùng danh sách thì ra cùng mẫu.")],
    margin: Annotated[str, typer.Option(help="Sai số cho mỗi đơn vị, phần trăm.")] = "5",
    confidence: Annotated[str, typer.Option(help="Độ tin cậy, phần trăm.")] = "95",
    strata: Annotated[
        Strata,
        typer.Option(help="Chia người của mỗi đơn vị theo kênh nộp (channel) hay lĩnh vực (procedure_group)."),
    ] = Strata.none,
    allocation: Annotated[
        Allocation, typer.Option(help="Chia mẫu cho các tầng theo số người (proportional) hay đều nhau (equal).")
    ] = Allocation.proportional,
    response_rate: Annotated[
        str, typer.Option(help="Tỷ lệ trả lời dự kiến, phần trăm: quyết định số dự phòng.")
    ] = "70",
    minimum: Annotated[int, typer.Option(help="Mỗi tầng ít nhất chừng này người (ít hơn thì hỏi hết).", min=2)] = 30,
    method: Annotated[
        Method,
        typer.Option(
            help="random: ngẫu nhiên đơn giản, tổng thể hữu hạn; slovin: N / (1 + N·e²), không dùng độ tin cậy."
        ),
    ] = Method.random,
    units: Annotated[
        str | None, typer.Option(help="Chỉ các đơn vị này, cách nhau bằng dấu phẩy.", show_default=False)
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%d/%m/%Y", "%Y-%m-%d"], help="Kết quả trả từ ngày này.", show_default=False),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to", formats=["%d/%m/%Y", "%Y-%m-%d"], help="Kết quả trả đến hết ngày này.", show_default=False
        ),
    ] = None,
    authority: Annotated[
        str | None, typer.Option(help="Mã địa phương, khi có hồ sơ của nhiều nơi.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Thư mục ghi các tệp; không có thì chỉ in ra.", show_default=False)
    ] = None,
) -> None:
    """Tính cỡ mẫu, chọn mẫu từ hồ sơ đã trả kết quả và liên hệ được. Chỉ dùng mã hồ sơ, không dùng họ tên."""
    from dagster_project.publishing.plan import plan_build
    from dagster_project.surveying.frame import read_frame
    from dagster_project.surveying.plan_files import write_plan_files
    from dagster_project.surveying.planning import Design, make_plan, required_ballots

    with _told():
        settings = load_settings()
        design = Design(
            wave_code=_wave_code(wave),
            instrument_code=instrument,
            margin=_rate(margin, "--margin", Fraction(1, 1000), Fraction(1, 2)),
            confidence=_rate(confidence, "--confidence", Fraction(1, 2), Fraction(999, 1000)),
            response_rate=_rate(response_rate, "--response-rate", Fraction(1, 100), Fraction(1)),
            minimum=minimum,
            seed=seed,
            method=method.value,
            strata=strata.value,
            is_equal=allocation is Allocation.equal,
        )
        from_day, to_day = _days(first, last)
        required = required_ballots(settings, instrument)
        build = plan_build(settings)
        frame = read_frame(
            settings,
            build.deliveries,
            build.as_of_date,
            authority=authority,
            units=_codes(units),
            first=from_day,
            last=to_day,
        )
        name = _frame_name(from_day, to_day or build.as_of_date)
        typer.echo(_told_frame(frame, name))
        made = make_plan(frame, design)
        typer.echo(_told_plan(made, required))
        if out is None:
            typer.echo("Chưa ghi tệp nào. Thêm --out THƯ_MỤC để ghi mẫu và kế hoạch.")
            return
        for path in write_plan_files(made, out, name, build.build_id):
            typer.echo(f"Đã viết {path}")


@app.command()
def progress(
    wave: Wave,
    plan: Annotated[
        Path | None, typer.Option(help="Tệp «…_ke_hoach.csv» của đợt, để so với kế hoạch.", show_default=False)
    ] = None,
    confidence: Annotated[str, typer.Option(help="Độ tin cậy của sai số đạt được, phần trăm.")] = "95",
) -> None:
    """Tiến độ một đợt theo các phiếu đã nạp: đã trả lời, từ chối, không gặp, còn lại, sai số đạt được."""
    from dagster_project.surveying.plan_files import read_sizes
    from dagster_project.surveying.progress import wave_progress

    with _told():
        rate = _rate(confidence, "--confidence", Fraction(1, 2), Fraction(999, 1000))
        planned = read_sizes(plan, wave) if plan else []
        typer.echo(_told_progress(wave_progress(load_settings(), wave, planned, rate)))


@app.command()
def compare(
    wave: Annotated[list[str], typer.Option(help="Mã đợt khảo sát; nêu đúng hai lần, mỗi lần một đợt.")],
    unit: Annotated[
        str | None, typer.Option(help="Mã đơn vị; bỏ trống là toàn địa phương.", show_default=False)
    ] = None,
) -> None:
    """So chỉ số của hai đợt cùng chuỗi, kèm kiểm định; khác bộ câu hỏi, người hỏi hay người được hỏi thì không so."""
    from dagster_project.commands import compared_surveys
    from dagster_project.publishing.official import served_warning

    with _told():
        if len(wave) != 2:
            raise SurveyError("Hãy nêu đúng hai đợt: --wave ĐỢT_TRƯỚC --wave ĐỢT_SAU.")
        settings = load_settings()
        told = compared_surveys(*wave, unit, settings)
        warning = served_warning(settings)
        if warning:
            typer.echo(warning, err=True)
        typer.echo(told)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BuildError, DataRootError, LedgerError, SurveyError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"Không đọc hoặc ghi được «{error.filename}»: {error.strerror}.", err=True)
        sys.exit(1)


def _wave_code(text: str) -> str:
    if not re.fullmatch(WAVE_CODE, text):
        raise SurveyError(f"Mã đợt «{text}» chỉ được gồm chữ không dấu, số, dấu - . _ và dài nhất 40 ký tự.")
    return text


def _rate(text: str, option: str, least: Fraction, most: Fraction) -> Fraction:
    """A percentage as a person writes it (5, 2,5, 2.5, 5 %) as a fraction of one."""
    from dagster_project.surveying.plan_files import vi_percent

    number = text.removesuffix("%").strip()
    rate = Fraction(number.replace(",", ".")) / 100 if re.fullmatch(r"[0-9]{1,3}([.,][0-9]{1,4})?", number) else None
    if rate is None or not least <= rate <= most:
        raise SurveyError(f"«{option} {text}»: cần một số phần trăm từ {vi_percent(least)} đến {vi_percent(most)}.")
    return rate


def _days(first: datetime | None, last: datetime | None) -> tuple[date | None, date | None]:
    if first and last and first > last:
        raise SurveyError(f"--from {first:%d/%m/%Y} đứng sau --to {last:%d/%m/%Y}. Hãy đổi lại.")
    return first.date() if first else None, last.date() if last else None


def _codes(text: str | None) -> list[str]:
    return [code.strip() for code in (text or "").split(",") if code.strip()]


def _frame_name(first: date | None, last: date) -> str:
    begin = f" từ {first:%d/%m/%Y}" if first else ""
    return f"Hồ sơ đã trả kết quả{begin} đến hết {last:%d/%m/%Y}"


def _told_frame(frame: Frame, name: str) -> str:
    from dagster_project.surveying.frame import told_left_out

    lines = [
        f"{name}, địa phương {frame.authority_code}: {vi_count(frame.dossier_count)} hồ sơ đã nạp, "
        f"{vi_count(len(frame.people))} người để chọn, mỗi người một hồ sơ mới nhất."
    ]
    lines += [f"  Không vào danh sách: {vi_count(count)} hồ sơ {why}." for why, count in told_left_out(frame).items()]
    return "\n".join(lines)


def _told_plan(plan: SurveyPlan, required: int) -> str:
    from dagster_project.commands import format_rows
    from dagster_project.surveying.planning import totals

    people, main, drawn = totals(plan)
    rows = [
        (*_named(stratum), *map(vi_count, (stratum.population, len(stratum.main), stratum.drawn)))
        for stratum in plan.strata
    ]
    rows.append(("Tổng", "", "", vi_count(people), vi_count(main), vi_count(drawn)))
    headings = ["Mã đơn vị", "Đơn vị", "Tầng", "Số người", "Mẫu", "Chọn cả dự phòng"]
    lines = [_told_design(plan.design), _without_count(format_rows(headings, rows, "table"))]
    if plan.empty_units:
        lines.append(
            f"Không có ai để hỏi ở {vi_count(len(plan.empty_units))} đơn vị: {_first_of(sorted(plan.empty_units))}."
        )
    if plan.short_of_reserve:
        lines.append(
            f"Không đủ người dự phòng ở {len(plan.short_of_reserve)} đơn vị, đã chọn hết mọi người của ít nhất "
            f"một tầng: {', '.join(plan.short_of_reserve)}."
        )
    return "\n".join([*lines, *_told_too_small(plan, required)])


def _told_too_small(plan: SurveyPlan, required: int) -> list[str]:
    """Units of which no index will be told, however many answer; every one is named, for each needs a decision."""
    few_people, small_sample = [], []
    for unit, (people, main) in plan.unit_sizes().items():
        if people < required:
            few_people.append(f"{unit} ({vi_count(people)} người)")
        elif main < required:
            small_sample.append(f"{unit} ({vi_count(main)} phiếu)")
    lines = []
    if small_sample:
        lines.append(
            f"Cảnh báo: mẫu dưới {required} phiếu, mức tối thiểu để bộ câu hỏi này nêu chỉ số của một đơn vị, ở "
            f"{len(small_sample)} đơn vị: {', '.join(small_sample)}. Hãy giảm --margin."
        )
    if few_people:
        lines.append(
            f"Cảnh báo: dưới {required} người để hỏi ở {len(few_people)} đơn vị: {', '.join(few_people)}. "
            "Hỏi hết cũng không đủ phiếu để nêu chỉ số của các đơn vị ấy."
        )
    return lines


def _named(stratum: Stratum) -> tuple[str, str, str]:
    return stratum.unit_code, stratum.unit_name, stratum.name


def _told_design(design: Design) -> str:
    from dagster_project.surveying.plan_files import vi_percent

    margin, confidence, response = map(vi_percent, (design.margin, design.confidence, design.response_rate))
    if design.method == "slovin":
        size = f"Slovin N / (1 + N·e²), sai số {margin} %"
    else:
        size = f"ngẫu nhiên đơn giản, tổng thể hữu hạn, p = 50 %, sai số {margin} %, độ tin cậy {confidence} %"
    return (
        f"Đợt {design.wave_code}, bộ câu hỏi {design.instrument_code}. Cỡ mẫu mỗi đơn vị: {size}; mỗi tầng ít nhất "
        f"{design.minimum} người; dự kiến {response} % trả lời; hạt giống {design.seed}."
    )


def _told_progress(units: Sequence[UnitProgress]) -> str:
    from dagster_project.commands import format_rows

    headings = [
        "Địa phương", "Mã đơn vị", "Đơn vị", "Mẫu cần", "Đã chọn", "Đã trả lời", "Từ chối", "Không gặp",
        "Không thuộc diện", "Còn lại", "Sai số đạt được",
    ]  # fmt: skip
    lines = [_without_count(format_rows(headings, [_progress_row(unit) for unit in units], "table"))]
    strangers = [unit.unit_code for unit in units if not unit.is_registered]
    if strangers:
        lines.append(
            f"{vi_count(len(strangers))} đơn vị không có trong danh mục đơn vị đã nạp: {_first_of(strangers)}. "
            "Ghi mã đơn vị, không ghi tên; hãy sửa ở tệp phiếu hoặc ở --set unit_code rồi nạp lại."
        )
    return "\n".join(lines)


def _progress_row(unit: UnitProgress) -> tuple[str, ...]:
    from dagster_project.surveying.progress import OUTCOMES

    counts = [unit.counts[name] if unit.counts else None for name in OUTCOMES]
    cells = [unit.sample, unit.drawn, *counts, unit.remaining]
    margin = NO_DATA if unit.margin is None else f"{100 * unit.margin:.1f} %".replace(".", ",")
    told = [NO_DATA if cell is None else vi_count(cell) for cell in cells]
    return (unit.authority_code, unit.unit_code, unit.unit_name, *told, margin)


def _first_of(codes: Sequence[str]) -> str:
    """The codes in words; of many the first few."""
    shown = ", ".join(f"«{code}»" for code in codes[:FEW])
    return shown if len(codes) <= FEW else f"{shown} và {vi_count(len(codes) - FEW)} đơn vị nữa"


def _without_count(table: str) -> str:
    """A table without the line that counts its rows: one of them is the sum."""
    return table.rpartition("\n")[0]
