"""What the province looked like before March and July 2025: its former units, whose work they had, the two registers.

Dossiers are drawn for the units of today. A unit that is younger than a dossier stands for the ones before it: some
departments merged on DEPARTMENTS_MERGED; on DISTRICTS_ENDED districts ended, their work went to communes and in part to
a department, and communes merged. No random number is drawn here, so a dossier is the same whoever resolves it.
Does not belong here: dossiers (placing.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from dagster_project.demo.calendar import DAY, day_of, epoch_day
from dagster_project.demo.registries import (
    AGENCIES,
    AUTHORITY,
    AUTHORITY_NAME,
    BLOC_NAMES,
    COMMUNE_STEMS,
    DEPARTMENTS,
    LEGAL_BASIS,
    VALID_FROM,
    Procedures,
    Units,
)

DEPARTMENTS_MERGED, DISTRICTS_ENDED = date(2025, 3, 1), date(2025, 7, 1)
STARTED = date(2019, 1, 1)  # VALID_FROM as a date
OPEN_END = epoch_day(date(9999, 12, 31))
DISTRICT_COUNT = 8
# What communes do today and districts did, by domain; and one procedure that went to a department.
DISTRICT_DOMAINS = ("Đất đai", "Hoạt động xây dựng", "Hộ kinh doanh", "Giáo dục mầm non")
DISTRICT_PROCEDURE = ("Sở Nông nghiệp và Môi trường", "Cấp đổi giấy chứng nhận quyền sử dụng đất")
# Before DEPARTMENTS_MERGED: (name, short name, the department that does the work today → domains)
FORMER_DEPARTMENTS = [
    (
        "Sở Nội vụ",
        "Sở Nội vụ (trước 3/2025)",
        {
            "Sở Nội vụ": ("Tổ chức phi chính phủ", "Thi đua, khen thưởng"),
            "Sở Dân tộc và Tôn giáo": ("Tôn giáo",),
        },
    ),
    (
        "Sở Lao động, Thương binh và Xã hội",
        "Sở LĐTB&XH",
        {"Sở Nội vụ": ("Người có công", "Việc làm"), "Sở Y tế": ("Bảo trợ xã hội",)},
    ),
    ("Sở Tài chính", "Sở Tài chính (trước 3/2025)", {"Sở Tài chính": ("Quản lý giá",)}),
    ("Sở Kế hoạch và Đầu tư", "Sở KH&ĐT", {"Sở Tài chính": ("Đăng ký doanh nghiệp", "Đầu tư")}),
    ("Sở Nông nghiệp và Phát triển nông thôn", "Sở NN&PTNT", {"Sở Nông nghiệp và Môi trường": ("Thú y",)}),
    (
        "Sở Tài nguyên và Môi trường",
        "Sở TN&MT",
        {"Sở Nông nghiệp và Môi trường": ("Đất đai", "Môi trường", "Tài nguyên nước")},
    ),
    ("Sở Xây dựng", "Sở Xây dựng (trước 3/2025)", {"Sở Xây dựng": ("Hoạt động xây dựng", "Nhà ở")}),
    ("Sở Giao thông vận tải", "Sở GTVT", {"Sở Xây dựng": ("Đường bộ", "Vận tải")}),
    ("Sở Khoa học và Công nghệ", "Sở KH&CN (trước 3/2025)", {"Sở Khoa học và Công nghệ": ("An toàn bức xạ",)}),
    (
        "Sở Thông tin và Truyền thông",
        "Sở TT&TT",
        {"Sở Khoa học và Công nghệ": ("Viễn thông", "Báo chí, xuất bản")},
    ),
]
PART_NAMES = ("", " Đông", " Tây")  # a merged commune bears the name of its first part: same name, not the same unit
UNCHANGED_EVERY = 12  # the last of each dozen of communes was not merged


@dataclass(frozen=True)
class Reorganisation:
    """``units`` holds today's units, then the former ones; arrays over units follow it.

    ``until`` is the epoch day on which the work of (today's unit, procedure) came to the unit, 0 where it always was
    there; before, one of the first ``count`` of ``former`` had it. The last procedure index, ``desk``, stands for the
    reception of other units' dossiers and for surveys. ``first_days`` and ``last_days`` say when a unit existed.
    """

    units: Units
    today_count: int
    until: np.ndarray
    former: np.ndarray
    count: np.ndarray
    first_days: np.ndarray
    last_days: np.ndarray
    districts: np.ndarray

    @property
    def desk(self) -> int:
        """The index that stands for no procedure in particular."""
        return self.until.shape[1] - 1

    def unit_on(self, unit: np.ndarray, procedure: np.ndarray, pick: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """The unit that had the work of today's ``unit`` at ``moment``; ``pick`` chooses among several."""
        chosen = self.former[unit, procedure, pick % np.maximum(self.count[unit, procedure], 1)]
        return np.where(moment // DAY < self.until[unit, procedure], chosen, unit)

    def exists(self, first_day: int, last_day: int) -> np.ndarray:
        """Which units existed on some of these days."""
        return (self.first_days <= last_day) & (self.last_days >= first_day)


class _Builder:
    """Collects former units and whose work they had."""

    def __init__(self, units: Units, procedures: Procedures) -> None:
        self.today, self.desk = len(units), len(procedures)
        self.rows: list[tuple[str, str, str, str, int]] = []
        self.work: dict[tuple[int, int], tuple[date, list[int]]] = {}

    def add(self, code: str, name: str, short_name: str, bloc: str, sections: int) -> int:
        self.rows.append((code, name, short_name, bloc, sections))
        return self.today + len(self.rows) - 1

    def moves(self, unit: int, procedure: int, day: date, former: int) -> None:
        self.work.setdefault((unit, procedure), (day, []))[1].append(former)


def reorganise(units: Units, procedures: Procedures) -> Reorganisation:
    """The province before and after both days."""
    builder = _Builder(units, procedures)
    _add_departments(builder, procedures)
    districts = _add_districts(builder, units, procedures)
    _add_communes(builder, units, procedures)
    return _finished(builder, units, districts)


def _add_departments(builder: _Builder, procedures: Procedures) -> None:
    index_of = {name: index for index, (name, _, _) in enumerate(DEPARTMENTS)}
    for number, (name, short_name, work) in enumerate(FORMER_DEPARTMENTS):
        former = builder.add(f"{AUTHORITY}.{number + 41}", f"{name} tỉnh Mẫu", short_name, "department", 6)
        for owner, domains in work.items():
            unit = index_of[owner]
            for procedure in np.flatnonzero(procedures.owner == unit):
                if procedures.domains[procedure] in domains:
                    builder.moves(unit, int(procedure), DEPARTMENTS_MERGED, former)
            if owner != "Sở Y tế":  # which had a desk of its own before
                builder.moves(unit, builder.desk, DEPARTMENTS_MERGED, former)


def _add_districts(builder: _Builder, units: Units, procedures: Procedures) -> np.ndarray:
    names = [f"Thành phố {COMMUNE_STEMS[0]} Mẫu", *[f"Huyện {stem} Mẫu" for stem in COMMUNE_STEMS[1:DISTRICT_COUNT]]]
    found = [builder.add(f"{AUTHORITY}.{61 + n}", name, name, "district", 4) for n, name in enumerate(names)]
    communes = np.flatnonzero(units.blocs == "commune")
    district_of = np.full(len(units), -1)
    for number, unit in enumerate(communes):
        district_of[unit] = found[number * DISTRICT_COUNT // len(communes)]
        for procedure in np.flatnonzero(procedures.owner == -1):
            if procedures.domains[procedure] in DISTRICT_DOMAINS:
                builder.moves(int(unit), int(procedure), DISTRICTS_ENDED, int(district_of[unit]))
    department = [name for name, _, _ in DEPARTMENTS + AGENCIES].index(DISTRICT_PROCEDURE[0])
    procedure = procedures.names.index(DISTRICT_PROCEDURE[1])
    builder.work[department, procedure] = (DISTRICTS_ENDED, found)
    return district_of


def _add_communes(builder: _Builder, units: Units, procedures: Procedures) -> None:
    communes = np.flatnonzero(units.blocs == "commune")
    parts: dict[int, list[int]] = {}
    number = 301
    for place, unit in enumerate(communes):
        if place % UNCHANGED_EVERY == UNCHANGED_EVERY - 1:
            continue
        for part_name in PART_NAMES[: 3 if place % 3 == 0 else 2]:
            if (part_name, place) == (PART_NAMES[2], UNCHANGED_EVERY):
                former = parts[0][2]  # the third part of the first commune was divided between two
            else:
                name, short = units.names[unit] + part_name, units.short_names[unit] + part_name
                former = builder.add(f"{AUTHORITY}.{number}", name, f"{short} (trước 7/2025)", "commune", 3)
                number += 1
            parts.setdefault(place, []).append(former)
        kept = [p for p in np.flatnonzero(procedures.owner == -1) if (int(unit), int(p)) not in builder.work]
        for procedure in [*kept, builder.desk]:
            builder.work[int(unit), int(procedure)] = (DISTRICTS_ENDED, parts[place])


def _finished(builder: _Builder, units: Units, district_of: np.ndarray) -> Reorganisation:
    shape, widest = (builder.today, builder.desk + 1), max(len(former) for _, former in builder.work.values())
    until, count, former = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros((*shape, widest), np.int64)
    total = builder.today + len(builder.rows)
    first_days, last_days = np.full(total, epoch_day(STARTED)), np.full(total, OPEN_END)
    districts = np.r_[district_of, np.full(len(builder.rows), -1)]
    for (unit, procedure), (day, before) in builder.work.items():
        until[unit, procedure], count[unit, procedure] = epoch_day(day), len(before)
        former[unit, procedure, : len(before)] = before
        last_days[before] = epoch_day(day) - 1
        if procedure == builder.desk:
            first_days[unit] = epoch_day(day)
            districts[before] = district_of[unit]
    columns = list(zip(*builder.rows, strict=True))
    every = replace(
        units,
        codes=[*units.codes, *columns[0]],
        names=[*units.names, *columns[1]],
        short_names=[*units.short_names, *columns[2]],
        blocs=np.r_[units.blocs, columns[3]],
        volumes=np.r_[units.volumes, np.zeros(len(builder.rows))],
        section_counts=np.r_[units.section_counts, columns[4]],
    )
    return Reorganisation(every, builder.today, until, former, count, first_days, last_days, districts)


def _changes(parts: Reorganisation) -> Iterator[tuple[int, int, int, float]]:
    """(former unit, successor, epoch day, share) in the order of the former units."""
    successors: dict[int, dict[int, int]] = {}
    for unit, procedure in zip(*np.nonzero(parts.until), strict=True):
        for former in parts.former[unit, procedure, : parts.count[unit, procedure]]:
            successors.setdefault(int(former), {})[int(unit)] = int(parts.until[unit, procedure])
    for former, found in sorted(successors.items()):
        for unit, day in found.items():
            yield former, unit, day, 1 / len(found)


def change_registry(parts: Reorganisation, first_day: int) -> pl.DataFrame:
    """One row per former unit and successor, of the changes after ``first_day``; canonical columns."""
    codes = parts.units.codes
    rows = [row for row in _changes(parts) if row[2] > first_day]
    return pl.DataFrame(
        {
            "authority_code": [AUTHORITY] * len(rows),
            "predecessor_unit_code": [codes[former] for former, *_ in rows],
            "successor_unit_code": [codes[unit] for _, unit, *_ in rows],
            "effective_date": [f"{day_of(day):%d/%m/%Y}" for *_, day, _ in rows],
            "change_code": ["Sáp nhập" if share == 1 else "Chia tách" for *_, share in rows],
            "share_rate": [f"{share:g}".replace(".", ",") for *_, share in rows],
            "is_open_work_transferred": ["Có"] * len(rows),
            "legal_basis": [LEGAL_BASIS] * len(rows),
        },
        schema_overrides={"legal_basis": pl.String},
    )


def _versions(parts: Reorganisation, first_day: int) -> Iterator[tuple[int, int, int, str]]:
    """(unit, first day, last day, parent) of each version that was in force on ``first_day`` or later."""
    ended, codes = epoch_day(DISTRICTS_ENDED), parts.units.codes
    for unit in np.flatnonzero(parts.exists(first_day, OPEN_END)):
        district = parts.districts[unit]
        edges = [int(parts.first_days[unit]), int(parts.last_days[unit]) + 1]
        if district >= 0 and edges[0] < ended < edges[1]:
            edges.insert(1, ended)  # an unchanged commune came directly under the province
        for first, after in pairwise(edges):
            if after > first_day:
                parent = codes[district] if district >= 0 and first < ended else AUTHORITY
                yield int(unit), first, after - 1, parent


def unit_registry(parts: Reorganisation, first_day: int) -> pl.DataFrame:
    """One row per version of a unit since ``first_day``, the province itself first (bloc «Toàn tỉnh»)."""
    units, rows = parts.units, list(_versions(parts, first_day))
    picked, count = [row[0] for row in rows], len(rows) + 1
    lasts = [None if last == OPEN_END else f"{day_of(last):%d/%m/%Y}" for _, _, last, _ in rows]
    return pl.DataFrame(
        {
            "Mã địa phương": [AUTHORITY] * count,
            "Mã đơn vị": [AUTHORITY, *[units.codes[unit] for unit in picked]],
            "Tên đơn vị": [AUTHORITY_NAME, *[units.names[unit] for unit in picked]],
            "Tên ngắn": [AUTHORITY_NAME, *[units.short_names[unit] for unit in picked]],
            "Khối": [BLOC_NAMES[bloc] for bloc in ["authority", *units.blocs[picked]]],
            "Mã đơn vị cấp trên": [None, *[row[3] for row in rows]],
            "Có hiệu lực từ ngày": [VALID_FROM, *[f"{day_of(row[1]):%d/%m/%Y}" for row in rows]],
            "Đến hết ngày": pl.Series([None, *lasts], dtype=pl.String),
            "Căn cứ": [LEGAL_BASIS] * count,
            "Dữ liệu giả lập": ["Có"] * count,
        }
    )
