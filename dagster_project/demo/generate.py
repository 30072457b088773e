"""Writes the whole export folder of the invented province, or finds it already there.

Chunk by chunk, so memory stays flat in the number of dossiers. Does not belong here: what a dossier is like.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.demo import (
    declared,
    events,
    handling,
    letters,
    national,
    portal_metrics,
    reports,
    scoring,
    survey_files,
    surveys,
    tampering,
    write,
)
from dagster_project.demo.calendar import WorkCalendar
from dagster_project.demo.dossiers import build_chunk, chunk_rng
from dagster_project.demo.figures import Figures
from dagster_project.demo.registries import AUTHORITY, AUTHORITY_NAME, procedure_registry
from dagster_project.demo.regulations import NATIONAL_CRITERIA, OWN_FILES
from dagster_project.demo.reorganisation import DEPARTMENTS_MERGED, DISTRICTS_ENDED, change_registry, unit_registry
from dagster_project.demo.world import Chunk, World, build_world, chunks
from dagster_project.settings import PROJECT_ROOT

DAYS_OFF = PROJECT_ROOT / "dbt" / "seeds" / "days_off.csv"
RECORD = ".demo.json"  # hidden, so that loading the folder does not take it for an export
TRUTH = ".su_that"  # the verdict and cause of every dossier, one Parquet file per chunk; hidden likewise
LABEL = "README.txt"  # loading a folder leaves README files out
SUSPECTS = {
    "burst": "phiếu nhập dồn dập từ một máy",
    "duplicate": "phiếu chép y nguyên một phiếu khác",
    "straight_line": "phiếu chọn cùng một mức ở mọi câu",
    "too_quick": "phiếu trả lời xong trong vài giây",
    "too_slow": "phiếu trả lời kéo dài hơn một ngày",
}
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class DemoSummary:
    """What lies in the folder. ``rows`` maps each file (path below ``out``) to its data rows."""

    out: Path
    parameters: dict
    parameters_hash: str
    rows: dict[str, int]
    planted: dict
    is_new: bool

    @property
    def dossier_count(self) -> int:
        """Dossiers in all lists; those of the early exports stand there too and count once."""
        return self._count("ho_so/")

    @property
    def event_count(self) -> int:
        """Steps in all logs."""
        return self._count("nhat_ky/")

    @property
    def rating_count(self) -> int:
        """Ratings after a service."""
        return self._count("danh_gia/")

    @property
    def ballot_count(self) -> int:
        """People drawn for the province's surveys, whether they answered or not."""
        return self._count("khao_sat/phieu_")

    @property
    def report_row_count(self) -> int:
        """Lines of the monthly reports."""
        return self._count("bao_cao/")

    def _count(self, folder: str) -> int:
        return sum(count for name, count in self.rows.items() if name.startswith(folder))


def generate_demo(
    out: Path,
    *,
    dossiers: int = 200_000,
    months: int = 24,
    seed: int = 7,
    end: date = date(2026, 10, 31),
    progress: Progress | None = None,
) -> DemoSummary:
    """Write the exports of ``months`` calendar months up to ``end`` into ``out``; again changes nothing.

    Everything is as seen on ``end`` at 17:00. ``progress`` gets (dossiers written, dossiers asked for,
    sentence). The folder is written beside ``out`` and moved into place at the end, so ``out`` is never half
    written. Raises ``ValueError`` for a parameter out of range and ``FileExistsError`` when ``out`` holds
    something else.
    """
    out = Path(out).resolve()
    parameters = {"dossiers": dossiers, "months": months, "seed": seed, "end": end.isoformat()}
    fingerprint = _fingerprint(parameters)
    out.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(out.parent):
        record = _read_record(out)
        if record and record["parameters_hash"] == fingerprint and _is_whole(out, record):
            return DemoSummary(out=out, is_new=False, **record)
        if record is None and out.exists() and any(out.iterdir()):
            raise FileExistsError(f"Thư mục {out} đã có dữ liệu không phải của tỉnh Mẫu; hãy chọn thư mục khác.")
        calendar = WorkCalendar.read(DAYS_OFF)
        world = build_world(calendar, dossiers=dossiers, months=months, seed=seed, end=end)
        part = out.with_name(f".{out.name}.part")
        _remove(part)
        part.mkdir()
        rows, planted = _write_all(part, world, progress or (lambda *_: None))
        record = {"parameters": parameters, "parameters_hash": fingerprint, "rows": rows, "planted": planted}
        (part / LABEL).write_text(_label_text(record), encoding="utf-8")
        (part / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
        _swap(part, out)
        return DemoSummary(out=out, is_new=True, **record)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two generators beside each other: the second waits."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _fingerprint(parameters: dict) -> str:
    """Hash of the parameters, this package's code, the days off and the regulations: what the bytes depend on."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for path in [*sorted(Path(__file__).parent.glob("*.py")), DAYS_OFF, NATIONAL_CRITERIA, *OWN_FILES]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read_record(out: Path) -> dict | None:
    path = out / RECORD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _is_whole(out: Path, record: dict) -> bool:
    return all((out / name).is_file() for name in [LABEL, *record["rows"]])


def _swap(part: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.old")
    _remove(old)
    if out.exists():
        out.rename(old)
    part.rename(out)
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _write_all(root: Path, world: World, progress: Progress) -> tuple[dict[str, int], dict]:
    """All files; returns rows per file (sorted by name) and what was planted."""
    files = write.CsvFiles(root)
    tally, figures = reports.Tally(world), Figures(world)
    try:
        files.append("danh_muc/don_vi.csv", unit_registry(world.reorganisation, world.first_day))
        files.append("danh_muc/thay_doi_don_vi.csv", change_registry(world.reorganisation, world.first_day))
        files.append("danh_muc/thu_tuc.csv", procedure_registry(world.procedures))
        done, total = 0, int(world.day_counts.sum())
        for chunk in chunks(world):
            _write_chunk(files, world, chunk, tally, figures)
            done += int(chunk.counts.sum())
            progress(done, total, f"Hồ sơ nộp tháng {world.month_label(chunk.month)}")
        waves = []
        for year, first, last in surveys.wave_years(world):
            waves.append(surveys.build_wave(world, year, first, last))
            progress(done, total, f"Khảo sát năm {year}")
        _write_surveys(files, world, waves, figures)
        scored = scoring.score(world, figures, waves)
        _write_scores(files, world, figures, scored)
    finally:
        files.close()
    planted = reports.plant(world)
    rows = dict(files.rows)
    for path in OWN_FILES:
        rows[f"quy_dinh/{path.name}"] = write.copy_csv(path, root / "quy_dinh" / path.name)
    for month in range(reports.full_months(world)):
        lines = reports.report_rows(tally, planted, month)
        name = f"bao_cao/bao_cao_dung_han_{world.month_label(month)}.xlsx"
        write.write_report(root / name, world, month, lines)
        rows[name] = len(lines)
    return dict(sorted(rows.items())), {
        **planted.as_dict(),
        "inflations": scored.planted(),
        "suspect_ballots": [suspects for wave in waves for suspects in survey_files.planted(wave)],
    }


def _write_surveys(files: write.CsvFiles, world: World, waves: list[surveys.Wave], figures: Figures) -> None:
    own = surveys.own_waves(world)
    for wave in waves:
        figures.add_answers(*surveys.answered_ballots(wave))
        files.append(f"khao_sat/phieu_{wave.year}.csv", survey_files.ballot_frame(world, wave))
        files.append(f"khao_sat/tong_so_{wave.year}.csv", survey_files.totals_frame(world, wave))
        survey_files.write_survey_truth(files.root / TRUTH / "khao_sat", world, wave)
    for one in own:
        figures.add_answers(np.full(len(one.answer), one.unit), one.answered, one.answer)
        files.append("khao_sat/don_vi_tu_khao_sat.csv", survey_files.own_frame(world, one))
    files.append("khao_sat/dot_khao_sat.csv", survey_files.wave_registry(world, waves, own))
    files.append("khao_sat/cong_bo.csv", survey_files.declared_frame(world, waves, own))


def _write_scores(files: write.CsvFiles, world: World, figures: Figures, scored: scoring.Scored) -> None:
    for name, sheet in scored.sheets:
        files.append(f"cham_diem/cham_diem_{name}.csv", sheet)
    for name, steps in scored.explanations:
        files.append(f"giai_trinh/giai_trinh_{name}.csv", steps)
    for quarter, table in portal_metrics.metric_tables(world, figures):
        files.append(f"chi_so_766/chi_so_766_{quarter}.csv", table)


def _write_chunk(files: write.CsvFiles, world: World, chunk: Chunk, tally: reports.Tally, figures: Figures) -> None:
    if chunk.counts.sum() == 0:
        return
    rng = chunk_rng(world, chunk)
    d, seen = build_chunk(world, chunk, rng)
    tampered = tampering.tamper(world, chunk, d, seen)
    tally.add(d, tampered.seen)
    codes = write.dossier_codes(world, d)
    label = world.month_label(chunk.month)
    dossier_file = f"ho_so/ho_so_{label}.csv"
    number = files.rows.get(dossier_file, 0) + 1
    is_late = (tampered.truth["verdict"] == "late").to_numpy()
    handled = handling.handle(world, chunk, d, tampered.seen, is_late)
    listed = write.dossier_frame(world, d, tampered.seen, codes, rng, number)
    listed = listed.with_columns(write.handling_columns(world, d, handled))
    is_untrue = declared.untrue_flags(world, chunk, tampered.seen)
    listed = write.with_flags(listed, world, tampered, is_untrue)
    files.append(dossier_file, listed)
    files.append(f"xuat_som/ho_so_{label}.csv", write.early_frame(listed, world, tampered))
    files.append(f"ban_giao/ban_giao_{label}.csv", write.hand_over_frame(world, listed, d, tampered))
    files.append(f"bo_sung/bo_sung_{label}.csv", write.supplement_frame(world, d, tampered, codes))
    files.append(f"tam_dung/tam_dung_{label}.csv", write.pause_frame(world, d, codes))
    apologies = letters.build_letters(world, chunk, d, tampered.seen)
    figures.add(d, tampered.seen, listed, apologies)
    files.append(f"thu_xin_loi/thu_xin_loi_{label}.csv", write.letter_frame(world, d, apologies, codes))
    write.write_truth(files.root / TRUTH / f"{chunk.index:04d}.parquet", codes, tampered.truth, is_untrue)
    copies = national.copies(world, chunk, d, tampered)
    files.append("dong_bo/ban_quoc_gia.csv", write.national_frame(world, d, copies, codes))
    write.write_national_truth(files.root / TRUTH / "dong_bo" / f"{chunk.index:04d}.parquet", copies, codes)
    files.append(f"nhat_ky/nhat_ky_{label}.csv", write.event_frame(world, d, events.build_events(world, d), codes))
    ratings = write.rating_frame(world, d, surveys.rate_dossiers(world, d, seen, rng), codes)
    ratings = ratings.with_columns(pl.col("rated_at").dt.strftime("%Y-%m").alias("month"))
    for (month,), rated in ratings.partition_by("month", as_dict=True, include_key=False).items():
        files.append(f"danh_gia/kiosk_{month}.csv", rated)


def _label_text(record: dict) -> str:
    parameters, planted = record["parameters"], record["planted"]
    end = date.fromisoformat(parameters["end"])
    counted = DemoSummary(out=Path(), is_new=True, **record)
    flattery = "\n".join(
        f"  - {item['unit_code']}: từ tháng {item['from_month']}, "
        f"{100 * item['hidden_share']:.0f} % hồ sơ quá hạn được ghi là đúng hạn"
        for item in planted["flatteries"]
    )
    inflation = "\n".join(
        f"  - {item['unit_code']}: đợt {item['campaign_code']}, tiêu chí {', '.join(item['criterion_codes'])}"
        for item in planted["inflations"]
    )
    suspects = "\n".join(
        f"  - {item['wave_code']}: {item['ballot_count']} {SUSPECTS[item['kind']]}"
        for item in planted["suspect_ballots"]
    )
    silence = "\n".join(f"  - {item['unit_code']}: {', '.join(item['months'])}" for item in planted["silences"])
    return f"""DỮ LIỆU GIẢ LẬP – KHÔNG CÓ THẬT

Mọi tệp trong thư mục này do chương trình sinh ra cho một tỉnh không có thật: {AUTHORITY_NAME} ({AUTHORITY}).
Không có hồ sơ, đơn vị hay con người nào trong đây là thật. Ngày nghỉ là ngày nghỉ thật của các năm.
Tỉnh Mẫu hợp nhất một số sở từ {DEPARTMENTS_MERGED:%d/%m/%Y}, bỏ cấp huyện và hợp nhất xã, phường từ \
{DISTRICTS_ENDED:%d/%m/%Y}; tệp ghi đơn vị của ngày phát sinh, hồ sơ đang giải quyết được bàn giao cho đơn vị kế thừa.

Tham số: {parameters["dossiers"]} hồ sơ, {parameters["months"]} tháng, đến 17:00 ngày {end:%d/%m/%Y}, \
số khởi tạo {parameters["seed"]}
Mã tham số và chương trình: {record["parameters_hash"]}
Số dòng: {counted.dossier_count} hồ sơ, {counted.event_count} bước xử lý, \
{counted.rating_count} lượt đánh giá, {counted.ballot_count} phiếu khảo sát, {counted.report_row_count} dòng báo cáo

Cố ý cài vào báo cáo tháng để thử việc đối chiếu:
Đơn vị báo cáo đẹp hơn thực tế:
{flattery or "  (không có)"}
Đơn vị không gửi báo cáo:
{silence or "  (không có)"}

Cố ý cài vào phiếu chấm điểm để thử việc so sánh điểm:
Đơn vị tự chấm điểm tối đa trong khi số liệu cho nhiều nhất một nửa:
{inflation or "  (không có)"}

Cố ý cài vào khảo sát của tỉnh để thử việc phát hiện phiếu nghi vấn:
{suspects or "  (không có)"}
"""
