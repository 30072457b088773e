"""Turns arrays into the export files, with the headers and labels real units use.

Does not belong here: any random draw or any date arithmetic.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
import xlsxwriter

from dagster_project.demo import declared
from dagster_project.demo.arrivals import NEVER, ONLINE, Dossiers
from dagster_project.demo.calendar import OPEN, day_of
from dagster_project.demo.dossiers import Seen, cut
from dagster_project.demo.events import ACTIVITIES, AT_DESK, Events
from dagster_project.demo.handling import MOST_OFFICERS, Handling
from dagster_project.demo.letters import Letters
from dagster_project.demo.national import Copies
from dagster_project.demo.placing import unit_at
from dagster_project.demo.registries import AUTHORITY, BLOC_NAMES, LEVEL_NAMES
from dagster_project.demo.reports import ReportRow
from dagster_project.demo.surveys import KIOSK_SCALE, Ratings
from dagster_project.demo.tampering import Tampered
from dagster_project.demo.world import World

MOMENT_FORMAT = "%d/%m/%Y %H:%M:%S"
CHANNELS = ["Trực tiếp", "Trực tuyến", "Bưu chính công ích"]
APPLICANTS = ["Công dân", "Doanh nghiệp", "Tổ chức", "Cơ quan nhà nước"]
STATUSES = [
    None,
    "Mới đăng ký",
    "Được tiếp nhận",
    "Không được tiếp nhận",
    "Đang xử lý",
    "Yêu cầu bổ sung giấy tờ",
    "Yêu cầu thực hiện nghĩa vụ tài chính",
    "Công dân yêu cầu rút hồ sơ",
    "Dừng xử lý",
    "Đã xử lý xong",
    "Đã trả kết quả",
]
REPORT_HEADERS = [
    "STT",
    "Mã đơn vị",
    "Tên đơn vị",
    "Khối",
    "Từ ngày",
    "Đến ngày",
    "Tiếp nhận",
    "Đã giải quyết",
    "Trước hạn và đúng hạn",
    "Quá hạn",
    "Tỷ lệ đúng hạn (%)",
    "Gồm đơn vị cấp dưới",
]
REPORT_CREATED = datetime(2026, 1, 1)  # fixed, so that the same figures give the same bytes
BUSINESS_DOMAINS = (
    "Đăng ký doanh nghiệp",
    "Đầu tư",
    "Thuế",
    "Hải quan",
    "Kho bạc",
    "Lao động",
    "Hộ kinh doanh",
)


class CsvFiles:
    """CSV files opened when their first rows come and appended to until :meth:`close`."""

    def __init__(self, root: Path) -> None:
        """``rows`` counts the data rows written to each file so far."""
        self.root = root
        self.rows: dict[str, int] = {}
        self._open: dict[str, BinaryIO] = {}

    def append(self, name: str, frame: pl.DataFrame) -> None:
        """Add rows to ``name`` (a path below the root); the header is written once, nothing for no rows."""
        if frame.is_empty():
            return
        is_first = name not in self._open
        if is_first:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = path.open("wb")
            self.rows[name] = 0
        frame.write_csv(self._open[name], include_header=is_first, datetime_format=MOMENT_FORMAT)
        self.rows[name] += frame.height

    def close(self) -> None:
        """Close all files."""
        for handle in self._open.values():
            handle.close()


def copy_csv(source: Path, target: Path) -> int:
    """Copy a CSV file as it stands; returns its data rows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return pl.read_csv(source, infer_schema=False).height


def labels(values: Iterable, index: np.ndarray) -> pl.Series:
    """The value at each index."""
    return pl.Series(list(values)).gather(index)


def moments(seconds: np.ndarray) -> pl.Series:
    """Datetimes; NEVER becomes an empty cell."""
    known = seconds < NEVER
    micros = np.where(known, seconds, 0) * 1_000_000
    values = pl.Series("m", micros).cast(pl.Datetime("us"))
    return pl.select(pl.when(pl.Series("k", known)).then(values)).to_series()


def dossier_codes(world: World, d: Dossiers) -> pl.Series:
    """``H99.31-260105-0007``: first resolving unit, day of submission, number within both."""
    first = int(d.day.min())
    days = [f"-{day_of(day):%y%m%d}-" for day in range(first, int(d.day.max()) + 1)]
    numbers = [f"{number:04d}" for number in range(int(d.sequence.max()) + 1)]
    parts = [
        labels(world.listed_units.codes, d.first_unit),
        labels(days, d.day - first),
        labels(numbers, d.sequence),
    ]
    return pl.select(pl.concat_str(parts)).to_series()


def _applicants(world: World, d: Dossiers, rng: np.random.Generator) -> pl.Series:
    business = np.array([domain in BUSINESS_DOMAINS for domain in world.procedures.domains])[d.procedure]
    draw = rng.random(len(d))
    citizen = np.select([draw < 0.94, draw < 0.97, draw < 0.99], [0, 1, 2], 3)
    firm = np.select([draw < 0.15, draw < 0.93, draw < 0.98], [0, 1, 2], 3)
    return labels(APPLICANTS, np.where(business, firm, citizen))


def dossier_frame(world: World, d: Dossiers, seen: Seen, codes: pl.Series, rng, first_number: int) -> pl.DataFrame:
    """One row per dossier as the list screen exports it; ``first_number`` starts the STT column."""
    units, procedures = world.units, world.procedures
    fee = procedures.fee[d.procedure]
    pays_online = (fee > 0) & (rng.random(len(d)) < np.where(d.channel == ONLINE, 0.72, 0.12))
    digitised = rng.random(len(d)) < world.digitised_rate[d.unit]
    section = procedures.section[d.procedure] % units.section_counts[d.unit] + 1
    return pl.DataFrame(
        {
            "STT": np.arange(first_number, first_number + len(d)),
            "Mã hồ sơ": codes,
            "Mã TTHC": labels(procedures.codes, d.procedure),
            "Tên TTHC": labels(procedures.names, d.procedure),
            "Lĩnh vực": labels(procedures.domains, d.procedure),
            "Mã đơn vị tiếp nhận": labels(world.listed_units.codes, d.first_receiver),
            "Mã đơn vị giải quyết": labels(world.listed_units.codes, d.shown_unit),
            "Tên đơn vị giải quyết": labels(world.listed_units.names, d.shown_unit),
            "Mã phòng chuyên môn": labels([f"P{n:02d}" for n in range(10)], section),
            "Kênh nộp": labels(CHANNELS, d.channel),
            "Ngày nộp": moments(d.submitted),
            "Ngày tiếp nhận": moments(d.received),
            "Ngày hẹn trả": moments(seen.due),
            "Ngày kết thúc xử lý": moments(seen.completed),
            "Ngày trả kết quả": moments(seen.returned),
            "Trạng thái": labels(STATUSES, seen.status),
            "Đối tượng": _applicants(world, d, rng),
            "Mức độ DVC": labels([LEVEL_NAMES[level] for level in procedures.online], d.procedure),
            "Phí, lệ phí đã thu": fee,
            "Thanh toán trực tuyến": labels(["Không", "Có"], pays_online.astype(np.int64)),
            "Số hóa": labels(["Không", "Có"], digitised.astype(np.int64)),
            "Số lần bổ sung": seen.supplement_count,
        }
    )


def handling_columns(world: World, d: Dossiers, handled: Handling) -> list[pl.Series]:
    """The officer's code, as a system of the unit would write it, and how the result went back."""
    numbers = [f".CB{number:02d}" for number in range(MOST_OFFICERS + 1)]
    officer = pl.select(
        pl.concat_str([labels(world.listed_units.codes, d.shown_unit), labels(numbers, handled.officer)])
    )
    return [
        officer.to_series().alias("Mã cán bộ xử lý"),
        labels([*CHANNELS, None], handled.return_channel % 4).alias("Hình thức trả kết quả"),
    ]


def with_flags(listed: pl.DataFrame, world: World, tampered: Tampered, is_untrue: np.ndarray) -> pl.DataFrame:
    """``listed`` with the flag that the system gives each dossier, and "on time" where that is not true."""
    seen = tampered.seen
    flags = declared.flags(world, seen.status, seen.due, seen.completed)
    shown = np.where(is_untrue, declared.ON_TIME, flags)
    return listed.with_columns(labels(declared.LABELS, shown).alias("Kết quả thời hạn"))


def early_frame(listed: pl.DataFrame, world: World, tampered: Tampered) -> pl.DataFrame:
    """The rows of ``listed`` that an earlier export held too, as it showed them: not yet handed over."""
    flags = declared.flags(world, tampered.seen.status, tampered.early_due, tampered.early_completed)
    early = listed.with_columns(
        moments(tampered.early_due).alias("Ngày hẹn trả"),
        moments(tampered.early_completed).alias("Ngày kết thúc xử lý"),
        pl.lit(None, listed.schema["Ngày trả kết quả"]).alias("Ngày trả kết quả"),
        pl.lit(None, pl.String).alias("Hình thức trả kết quả"),
        pl.lit("Đã xử lý xong").alias("Trạng thái"),
        labels(declared.LABELS, flags).alias("Kết quả thời hạn"),
    )
    return early.filter(pl.Series(tampered.early)).with_columns(pl.int_range(1, pl.len() + 1).alias("STT"))


# What an open dossier has not got yet; the system of a unit that ends gives no flags any more.
EVE_BLANKS = ("Ngày kết thúc xử lý", "Ngày trả kết quả", "Hình thức trả kết quả", "Kết quả thời hạn")


def hand_over_frame(world: World, listed: pl.DataFrame, d: Dossiers, tampered: Tampered) -> pl.DataFrame:
    """The rows of ``listed`` that a unit handed over when it ended, as it showed them on the eve: open, its own."""
    then = cut(d, d.handed_over - OPEN - 1)
    cause = tampered.truth["cause"].to_numpy()
    overwritten = np.isin(cause, ["due_date_changed", "finish_changed"])
    as_ever = np.isin(cause, ["stop_not_accepted", "stop_not_credited", "other_calendar_or_limit"])
    due = np.select([overwritten, as_ever], [tampered.early_due, tampered.seen.due], then.due)
    units = world.listed_units
    eve = listed.with_columns(
        labels(units.codes, d.first_unit).alias("Mã đơn vị giải quyết"),
        labels(units.names, d.first_unit).alias("Tên đơn vị giải quyết"),
        moments(due).alias("Ngày hẹn trả"),
        *[pl.lit(None, listed.schema[name]).alias(name) for name in EVE_BLANKS],
        labels(STATUSES, then.status).alias("Trạng thái"),
        pl.Series("Số lần bổ sung", then.supplement_count),
    )
    return eve.filter(pl.Series(d.handed_over < NEVER)).with_columns(pl.int_range(1, pl.len() + 1).alias("STT"))


def supplement_frame(world: World, d: Dossiers, tampered: Tampered, codes: pl.Series) -> pl.DataFrame:
    """One row per supplement asked for by the cut-off, true ones and sham ones, in canonical columns."""
    now, parts = world.cutoff, []
    asked = [*zip(d.requests, d.replies, d.dues, d.dues[1:], strict=False)]
    asked.append((tampered.sham_request, tampered.sham_reply, d.dues[0], tampered.seen.due))
    for number, (request, reply, before, after) in enumerate(asked, start=1):
        (rows,) = np.nonzero(request <= now)
        is_answered = reply[rows] <= now
        parts.append(
            pl.DataFrame(
                {
                    "authority_code": pl.repeat(AUTHORITY, len(rows), eager=True),
                    "dossier_code": codes.gather(rows),
                    "supplement_code": pl.repeat(str(number), len(rows), eager=True),
                    "unit_code": labels(world.listed_units.codes, unit_at(world, d, request[rows], rows)),
                    "status_code": labels(["Một cửa yêu cầu", "Đã bổ sung xong"], is_answered.astype(np.int64)),
                    "requested_at": moments(request[rows]),
                    "answered_at": moments(np.where(is_answered, reply[rows], NEVER)),
                    "due_at_before": moments(np.where(d.has_due[rows], before[rows], NEVER)),
                    "due_at_after": moments(np.where(is_answered & d.has_due[rows], after[rows], NEVER)),
                    "clock_mode_code": labels([None, "Dừng đồng hồ"], is_answered.astype(np.int64)),
                }
            )
        )
    return pl.concat(parts)


def pause_frame(world: World, d: Dossiers, codes: pl.Series) -> pl.DataFrame:
    """One row per dossier that was stopped by the cut-off and has stood still since, in canonical columns."""
    (rows,) = np.nonzero(d.stopped <= world.cutoff)
    due = np.where(d.has_due[rows], d.dues[0][rows], NEVER)
    return pl.DataFrame(
        {
            "authority_code": pl.repeat(AUTHORITY, len(rows), eager=True),
            "dossier_code": codes.gather(rows),
            "pause_code": pl.repeat("1", len(rows), eager=True),
            "unit_code": labels(world.listed_units.codes, unit_at(world, d, d.stopped[rows], rows)),
            "reason_code": pl.repeat("Dừng xử lý", len(rows), eager=True),
            "paused_at": moments(d.stopped[rows]),
            "resumed_at": moments(np.full(len(rows), NEVER)),
            "due_at_before": moments(due),
        }
    )


def letter_frame(world: World, d: Dossiers, letters: Letters, codes: pl.Series) -> pl.DataFrame:
    """One row per apology letter, in canonical columns."""
    rows = letters.dossier
    numbers = pl.select(pl.concat_str([pl.Series(d.sequence[rows] + 1).cast(pl.String), pl.lit("/PXL")])).to_series()
    return pl.DataFrame(
        {
            "authority_code": pl.repeat(AUTHORITY, len(rows), eager=True),
            "dossier_code": codes.gather(rows),
            "letter_code": numbers,
            "unit_code": labels(world.listed_units.codes, unit_at(world, d, letters.created, rows)),
            "created_at": moments(letters.created),
            "issued_at": moments(letters.issued),
            "due_at_before": moments(letters.due_before),
            "due_at_after": moments(letters.due_after),
            "signer_role_code": labels(["Người đứng đầu", "Cấp phó", None], letters.signer),
            "late_cause_code": labels(["Đơn vị giải quyết", "Cơ quan phối hợp", "Người nộp", "Khác"], letters.cause),
        }
    )


def write_truth(path: Path, codes: pl.Series, truth: pl.DataFrame, is_flag_untrue: np.ndarray) -> None:
    """The truth about the dossiers of a chunk, for tests; no model and no page reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    due = moments(truth["due_second"].to_numpy()).alias("due_at")
    untrue = pl.Series("is_flag_untrue", is_flag_untrue)
    pl.DataFrame([codes.alias("dossier_code"), due, truth["verdict"], truth["cause"], untrue]).write_parquet(path)


def national_frame(world: World, d: Dossiers, copies: Copies, codes: pl.Series) -> pl.DataFrame:
    """One row per dossier that the national portal holds, in canonical columns."""
    rows = copies.rows
    return pl.DataFrame(
        {
            "authority_code": pl.repeat(AUTHORITY, len(rows), eager=True),
            "dossier_code": _national_codes(codes, rows, copies.is_stranger),
            "procedure_code": labels(world.procedures.codes, d.procedure[rows]),
            "unit_code": labels(world.listed_units.codes, d.shown_unit[rows]),
            "received_at": moments(d.received[rows]),
            "due_at": moments(copies.due),
            "completed_at": moments(copies.completed),
            "returned_at": moments(copies.returned),
            "status_code": copies.status,
            "declared_timeliness_code": labels(declared.LABELS, copies.flag),
            "synced_at": moments(copies.synced),
        }
    )


def _national_codes(codes: pl.Series, rows: np.ndarray, is_stranger: np.ndarray) -> pl.Series:
    """The code of the dossier; one that nobody here has is numbered from 90000 on, as no real one is."""
    code = codes.gather(rows)
    other = code.str.slice(0, code.str.len_chars() - 4) + "9" + code.str.slice(-4)
    return pl.select(pl.when(pl.Series(is_stranger)).then(other).otherwise(code)).to_series()


def write_national_truth(path: Path, copies: Copies, codes: pl.Series) -> None:
    """What was planted in the portal's copies of a chunk, for tests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    truth = copies.truth
    code = _national_codes(codes, truth["row"].to_numpy(), truth["is_stranger"].to_numpy())
    truth.select(code.alias("dossier_code"), "match", "cause", "is_late_local", "is_late_national").write_parquet(path)


def event_frame(world: World, d: Dossiers, events: Events, codes: pl.Series) -> pl.DataFrame:
    """One row per step; a step at the one-stop desk belongs to no section."""
    units, procedures = world.units, world.procedures
    section = procedures.section[d.procedure] % units.section_counts[d.unit] + 1
    return pl.DataFrame(
        {
            "Mã hồ sơ": codes.gather(events.dossier),
            "Số thứ tự bước": events.number,
            "Thao tác": labels(ACTIVITIES, events.activity),
            "Thời điểm thực hiện": moments(events.occurred),
            "Trạng thái sau bước": labels(STATUSES, events.status),
            "Mã đơn vị thực hiện": labels(world.listed_units.codes, events.unit),
            "Mã phòng thực hiện": labels(
                [None, *[f"P{n:02d}" for n in range(1, 10)]],
                np.where(AT_DESK[events.activity], 0, section[events.dossier]),
            ),
            "Hạn của bước": moments(events.step_due),
        }
    )


def rating_frame(world: World, d: Dossiers, ratings: Ratings, codes: pl.Series) -> pl.DataFrame:
    """One row per rating of a dossier, at the kiosk or on the portal, in canonical columns."""
    rated = codes.gather(ratings.dossier)
    is_online = d.channel[ratings.dossier] == ONLINE
    return pl.DataFrame(
        {
            "authority_code": pl.repeat(AUTHORITY, len(rated), eager=True),
            "rating_code": pl.select(pl.concat_str(pl.lit("K-"), rated)).to_series(),
            "item_code": pl.repeat("overall", len(rated), eager=True),
            "unit_code": labels(world.listed_units.codes, unit_at(world, d, ratings.answered, ratings.dossier)),
            "dossier_code": rated,
            "mode_code": labels(["Máy tại quầy", "Cổng dịch vụ công"], is_online.astype(np.int64)),
            "scale_code": pl.repeat(KIOSK_SCALE, len(rated), eager=True),
            "answer_code": ratings.level,
            "rated_at": moments(ratings.answered),
        }
    )


def write_report(path: Path, world: World, month: int, rows: list[ReportRow]) -> None:
    """One workbook per month: a title, a period line, an empty line, the header, one line per unit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, last = day_of(world.month_starts[month]), day_of(world.month_starts[month + 1] - 1)
    units = world.listed_units
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "Báo cáo tháng (dữ liệu giả lập)", "created": REPORT_CREATED})
        sheet = book.add_worksheet("Báo cáo")
        sheet.write(0, 0, "BÁO CÁO KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH")
        sheet.write(1, 0, f"Tháng {first:%m/%Y} (dữ liệu giả lập, không có thật)")
        sheet.write_row(3, 0, REPORT_HEADERS)
        for number, row in enumerate(rows):
            line = [
                number + 1,
                units.codes[row.unit],
                units.names[row.unit],
                BLOC_NAMES[units.blocs[row.unit]],
                f"{first:%d/%m/%Y}",
                f"{last:%d/%m/%Y}",
                row.received,
                row.resolved,
                row.on_time,
                row.late,
                row.percent_text,
                "Không",
            ]
            sheet.write_row(number + 4, 0, line)
