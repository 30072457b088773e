"""Surveys as files: ballots, the register of waves, totals of people, published figures; and the truth, for tests.

Does not belong here: any random draw.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.demo.calendar import day_of
from dagster_project.demo.registries import AUTHORITY
from dagster_project.demo.survey_clients import ITEMS, QUESTIONS, TRAITS
from dagster_project.demo.survey_samples import ANSWERED, BLANK, true_shares
from dagster_project.demo.surveys import WAVE_INSTRUMENT, OwnWave, Wave
from dagster_project.demo.world import World
from dagster_project.demo.write import labels, moments

RESULTS = ["Đã trả lời", "Từ chối trả lời", "Không gặp được"]
ALWAYS_KNOWN = ("gender_code", "age_band_code", "residence_code")  # the list of people says them; the others are asked
SYNTHETIC = "dữ liệu giả lập"


def wave_code(wave: Wave) -> str:
    """``KHAO-SAT-TINH-2025``."""
    return f"KHAO-SAT-TINH-{wave.year}"


def own_wave_code(world: World, own: OwnWave) -> str:
    """``TU-KHAO-SAT-H99.03-2025-10``."""
    return f"TU-KHAO-SAT-{world.listed_units.codes[own.unit]}-{world.month_label(own.month)}"


def pack(questions: list[str], answers: np.ndarray) -> pl.Series:
    """``F1.1=5;F1.2=4`` of each ballot (row); what was left blank is left out, an empty ballot is an empty cell."""
    cells = []
    for place, question in enumerate(questions):
        said = pl.Series(answers[:, place])
        cells.append(pl.when(said != BLANK).then(pl.concat_str(pl.lit(f"{question}="), said)))
    packed = pl.concat_str(cells, separator=";", ignore_nulls=True)
    return pl.select(pl.when(packed != "").then(packed)).to_series()


def decimals(values: np.ndarray) -> pl.Series:
    """Six decimals after a comma."""
    return pl.Series([f"{value:.6f}".replace(".", ",") for value in values])


def ballot_frame(world: World, wave: Wave) -> pl.DataFrame:
    """One row per person drawn, in canonical columns."""
    count, drawn, clients = len(wave.unit), wave.drawn, wave.clients
    stratum, hamlet = clients.stratum[drawn.row], clients.hamlet[drawn.row]
    units = [world.listed_units.codes[unit] for unit in wave.surveyed.listed]
    strata = [f"{units[u]}-{name}" for u, name in zip(clients.stratum_unit, clients.stratum_names, strict=True)]
    in_cluster = pl.Series(hamlet > 0)
    hamlets = pl.concat_str(labels(strata, stratum), pl.lit("-THON-"), pl.Series(hamlet).cast(pl.String).str.zfill(2))
    is_met = pl.Series(wave.result == ANSWERED)
    traits = {
        name: pl.when(pl.lit(name in ALWAYS_KNOWN) | is_met).then(labels(codes, clients.traits[name][drawn.row]))
        for name, codes in TRAITS.items()
    }
    return pl.select(
        authority_code=pl.repeat(AUTHORITY, count),
        wave_code=pl.repeat(wave_code(wave), count),
        instrument_code=pl.repeat(WAVE_INSTRUMENT, count),
        unit_code=labels(world.listed_units.codes, wave.unit),
        ballot_code=ballot_codes(wave, np.arange(count)),
        result_code=labels(RESULTS, wave.result),
        mode_code=pl.repeat("Phỏng vấn trực tiếp", count),
        item_answers=pack(QUESTIONS, wave.answer),
        stratum_code=labels(strata, stratum),
        cluster_code=pl.when(in_cluster).then(hamlets),
        stratum_total=pl.Series(drawn.stratum_total),
        cluster_total=pl.when(in_cluster).then(pl.Series(drawn.cluster_total)),
        base_weight=decimals(drawn.weight),
        **traits,
        started_at=moments(wave.started),
        answered_at=moments(wave.answered),
        device_code=labels([f"MT-{n:02d}" for n in range(int(wave.device.max()) + 1)], wave.device),
    )


def ballot_codes(wave: Wave, ballots: np.ndarray) -> pl.Series:
    """``KS2025-000001`` of the ballots at these places."""
    return pl.Series([f"KS{wave.year}-{ballot + 1:06d}" for ballot in ballots], dtype=pl.String)


def wave_registry(world: World, waves: list[Wave], own: list[OwnWave]) -> pl.DataFrame:
    """One row per wave, in canonical columns."""
    short_names = world.listed_units.short_names
    rows = [
        (
            wave_code(wave),
            f"Khảo sát mức độ hài lòng của tỉnh năm {wave.year} ({SYNTHETIC})",
            "Tỉnh",
            "Phỏng vấn trực tiếp",
            f"Người đã nhận kết quả trước ngày {day_of(wave.first):%d/%m/%Y}, chia tầng theo kênh nộp hoặc phòng",
            *_days(wave.first, wave.last),
        )
        for wave in waves
    ]
    rows += [
        (
            own_wave_code(world, one),
            f"{short_names[one.unit]} tự khảo sát tháng {world.month_label(one.month)} ({SYNTHETIC})",
            "Đơn vị",
            "Trực tuyến",
            None,
            *_days(int(world.month_starts[one.month]), int(world.month_starts[one.month + 1]) - 1),
        )
        for one in own
    ]
    names = ["wave_code", "wave_name", "survey_owner_code", "mode_code", "frame_name", "start_date", "end_date"]
    return pl.DataFrame(rows, schema={name: pl.String for name in names}, orient="row").select(
        pl.lit(AUTHORITY).alias("authority_code"),
        "wave_code",
        "wave_name",
        pl.lit(WAVE_INSTRUMENT).alias("instrument_code"),
        "survey_owner_code",
        pl.lit("Người đã nhận kết quả").alias("population_code"),
        *names[3:],
    )


def totals_frame(world: World, wave: Wave) -> pl.DataFrame:
    """How many women and men each unit could have asked, in canonical columns."""
    genders = TRAITS["gender_code"]
    place = wave.clients.unit * len(genders) + wave.clients.traits["gender_code"]
    counts = np.bincount(place, minlength=len(wave.surveyed.listed) * len(genders))
    units = [world.listed_units.codes[unit] for unit in wave.surveyed.listed]
    return pl.select(
        authority_code=pl.repeat(AUTHORITY, len(counts)),
        wave_code=pl.repeat(wave_code(wave), len(counts)),
        unit_code=labels(units, np.repeat(np.arange(len(units)), len(genders))),
        group_kind_code=pl.repeat("Giới tính", len(counts)),
        group_code=labels(genders, np.tile(np.arange(len(genders)), len(units))),
        person_count=pl.Series(counts),
    )


def declared_frame(world: World, waves: list[Wave], own: list[OwnWave]) -> pl.DataFrame:
    """Two invented figures: the ministry's for the province, and one that a unit gives of itself; canonical columns."""
    rows = []
    if waves:
        held = waves[-2:][0]  # the last one but one where there are two: it is over
        days = _days(held.first, held.last)
        note = ("81,37", "0,64", "19", "34", "900", "G2", f"Công bố của Bộ Nội vụ ({SYNTHETIC})")
        rows.append((AUTHORITY, "Bộ Nội vụ", *days, *note))
    if own:
        code, short_name = (names[own[0].unit] for names in (world.listed_units.codes, world.listed_units.short_names))
        days = _days(int(world.month_starts[own[0].month]), int(world.month_starts[own[0].month + 1]) - 1)
        note = ("97,25", None, None, None, str(len(own[0].answer)), None, f"Trang tin của {short_name} ({SYNTHETIC})")
        rows.append((code, "Đơn vị", *days, *note))
    names = ["unit_code", "survey_owner_code", "period_start_date", "period_end_date"]
    values = ["declared_percent", "change_points", "declared_rank", "ranked_count", "ballot_count"]
    values += ["method_version", "source_name"]
    return pl.DataFrame(rows, schema={name: pl.String for name in names + values}, orient="row").select(
        pl.lit(AUTHORITY).alias("authority_code"), *names, pl.lit("overall").alias("measure_code"), *values
    )


def own_frame(world: World, own: OwnWave) -> pl.DataFrame:
    """A unit's own survey, one row per ballot × item, as a table of answers comes."""
    ballots, rows = len(own.answer), own.answer.size
    codes = [f"TKS-{world.month_label(own.month)}-{number:04d}" for number in range(1, ballots + 1)]
    frame = pl.DataFrame(
        {
            "Mã đợt": pl.repeat(own_wave_code(world, own), rows, eager=True),
            "Bộ câu hỏi": pl.repeat(WAVE_INSTRUMENT, rows, eager=True),
            "Đơn vị tổ chức": pl.repeat("Đơn vị", rows, eager=True),
            "Hình thức": pl.repeat("Trực tuyến", rows, eager=True),
            "Mã đơn vị được đánh giá": pl.repeat(world.listed_units.codes[own.unit], rows, eager=True),
            "Mã phiếu": labels(codes, np.repeat(np.arange(ballots), len(ITEMS))),
            "Mã câu hỏi": labels(ITEMS, np.tile(np.arange(len(ITEMS)), ballots)),
            "Mã trả lời": own.answer.ravel(),
            "Thời điểm trả lời": moments(np.repeat(own.answered, len(ITEMS))),
            "Mã hồ sơ": pl.repeat(None, rows, dtype=pl.String, eager=True),
        }
    )
    return frame.filter(pl.col("Mã trả lời") != BLANK)


def write_survey_truth(folder: Path, world: World, wave: Wave) -> None:
    """The true shares of a wave and its suspicious ballots, for tests; no model and no page reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    units = [world.listed_units.codes[unit] for unit in wave.surveyed.listed]
    shares = true_shares(wave.clients.answers, wave.clients.unit, wave.silence, units)
    code = pl.lit(wave_code(wave)).alias("wave_code")
    shares.select(code, pl.col("unit_code").fill_null(AUTHORITY), pl.exclude("unit_code")).write_parquet(
        folder / f"ty_le_{wave.year}.parquet"
    )
    numbers = ballot_codes(wave, np.arange(len(wave.unit)))
    suspects = wave.suspects.select(
        code,
        pl.col("ballot").map_batches(numbers.gather, return_dtype=pl.String).alias("ballot_code"),
        "kind",
        pl.col("other_ballot").map_batches(numbers.gather, return_dtype=pl.String).alias("other_ballot_code"),
    )
    suspects.write_parquet(folder / f"phieu_nghi_van_{wave.year}.parquet")


def _days(first: int, last: int) -> tuple[str, str]:
    return f"{day_of(first):%d/%m/%Y}", f"{day_of(last):%d/%m/%Y}"


def planted(wave: Wave) -> list[dict]:
    """How many ballots of each kind were made suspicious, for the record of the demo."""
    counted = wave.suspects.group_by("kind").agg(pl.len()).sort("kind")
    return [{"wave_code": wave_code(wave), "kind": kind, "ballot_count": count} for kind, count in counted.iter_rows()]
