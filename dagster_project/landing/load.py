"""Land one file, or many: sniff → layout → typed rows → gate 1 → Parquet → delivery record.

A delivery is either wholly visible or not at all: everything is written in ``landing/.work``, moved into
place file by file, and the record comes last. What a killed run leaves behind, the next one clears away.
Does not belong here: Dagster, the rules of gate 1 (handed in as ``gate``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from dagster_project.landing import deliveries, layouts, readers
from dagster_project.landing.contracts import SourceContract
from dagster_project.landing.deliveries import Delivery
from dagster_project.landing.errors import LandingError
from dagster_project.landing.layouts import HOME_TIME_ZONE, Layout
from dagster_project.landing.readers import Plan
from dagster_project.landing.tables import TEXT_CELLS, RawTable
from dagster_project.landing.typing_sql import Input, TypedQuery, identifier, literal
from dagster_project.landing.workplace import Workplace
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from expectations.results import RuleResult

Gate = Callable[[str, Path, str], "list[RuleResult]"]

LANDED = "landed"
ALREADY_LANDED = "already_landed"
REFUSED = "refused"

MEMORY_LIMIT = "2GB"
# Files read side by side: while one waits for its checks or for the disk, the other keeps the processor busy. More
# would only ask for more memory: the cores are shared out among them.
WORKERS = 2
# A file with more broken records than this share was not meant to be read this way.
MAX_BROKEN_SHARE = 0.5


@dataclass(frozen=True)
class LandingResult:
    """What became of one file: ``delivery`` is None exactly when it was refused, ``error`` when not."""

    status: str
    path: Path
    delivery: Delivery | None = None
    error: LandingError | None = None

    @property
    def message(self) -> str:
        """One Vietnamese sentence for the screen."""
        if self.delivery is None:
            return f"Từ chối. {self.error}"
        done = self.delivery
        head = "Đã nạp" if self.status == LANDED else "Đã có từ trước"
        counts = (
            f"đọc {_vi(done.rows_read)} dòng, nhận {_vi(done.rows_accepted)}, "
            f"loại {_vi(done.rows_rejected)}, bỏ qua {_vi(done.rows_ignored)}"
        )
        return f'{head}: tệp "{self.path.name}", bố cục {done.layout_code}: {counts}.'


def _vi(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def land_file(
    path: Path,
    settings: Settings,
    *,
    layout: str | None = None,
    gate: Gate | None = None,
    landed_at: dt.datetime | None = None,
) -> LandingResult:
    """Land one file. Never raises for a bad file: the result is then ``refused`` and data is untouched.

    ``layout`` forces a layout by code; ``gate`` judges the typed Parquet before it becomes visible;
    ``landed_at`` replaces the clock (naive Asia/Ho_Chi_Minh, or aware).
    """
    with Workplace(settings) as workplace:
        return _commit(_prepare(Path(path), settings, workplace, layout, gate, landed_at), settings, landed_at)


def land_paths(
    paths: Iterable[Path],
    settings: Settings,
    gate: Gate | None = None,
    on_progress: Callable[[LandingResult, int, int], None] | None = None,
    *,
    layout: str | None = None,
    landed_at: dt.datetime | None = None,
) -> list[LandingResult]:
    """Land files and, recursively, folders, in name order, going on past refused ones.

    ``on_progress(result, done, total)`` is called after each file. Hidden files, Excel's lock files (``~$``)
    and README files inside folders are left out.
    """
    files = expand_paths(paths)
    results = []
    workers = max(1, min(WORKERS, len(files)))
    with Workplace(settings, workers) as workplace, ThreadPoolExecutor(workers) as pool:
        # Files are read side by side and become visible one by one in name order, as if landed in turn.
        prepared = pool.map(lambda path: _prepare(path, settings, workplace, layout, gate, landed_at), files)
        for done, attempt in enumerate(prepared, start=1):
            result = _commit(attempt, settings, landed_at)
            results.append(result)
            if on_progress is not None:
                on_progress(result, done, len(files))
    return results


def expand_paths(paths: Iterable[Path]) -> list[Path]:
    """Files named directly as given, folders replaced by the files in them; each file once."""
    files: list[Path] = []
    for path in map(Path, paths):
        files.extend(_folder_files(path) if path.is_dir() else [path])
    return list(dict.fromkeys(files))


def _folder_files(folder: Path) -> list[Path]:
    def is_wanted(path: Path) -> bool:
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "~$")) for part in parts)
        return path.is_file() and not hidden and not path.name.startswith("README")

    return sorted(path for path in folder.rglob("*") if is_wanted(path))


@dataclass(frozen=True)
class _Prepared:
    """A delivery that lies complete in ``work``, typed, checked and not yet visible."""

    path: Path
    work: Path
    staged: _Staged
    delivery: Delivery
    forced: str | None


def _prepare(
    path: Path,
    settings: Settings,
    workplace: Workplace,
    forced: str | None,
    gate: Gate | None,
    landed_at: dt.datetime | None,
) -> LandingResult | _Prepared:
    """Everything but making it visible; a result when the file is refused or landed already."""
    try:
        return _staged_delivery(path, settings, workplace, forced, gate, landed_at)
    except LandingError as error:
        error.file = path.name
        return LandingResult(REFUSED, path, error=error)


def _commit(attempt: LandingResult | _Prepared, settings: Settings, landed_at: dt.datetime | None) -> LandingResult:
    """Make a prepared delivery visible, unless the same content has become so in the meantime."""
    if isinstance(attempt, LandingResult):
        return attempt
    landed = deliveries.read_delivery(settings, attempt.delivery.delivery_id)
    if landed is not None and _is_current(landed, attempt.forced):
        return LandingResult(ALREADY_LANDED, attempt.path, delivery=landed)
    delivery = replace(attempt.delivery, landed_at=_moment(landed_at).isoformat(timespec="seconds"))
    _publish(settings, attempt.staged, delivery, landed, attempt.work)
    shutil.rmtree(attempt.work)
    return LandingResult(LANDED, attempt.path, delivery=delivery)


def _staged_delivery(
    path: Path,
    settings: Settings,
    workplace: Workplace,
    forced: str | None,
    gate: Gate | None,
    landed_at: dt.datetime | None,
) -> LandingResult | _Prepared:
    _check_file(path)
    candidates = _candidates(forced)
    seen = _stamp(path)
    sha256 = _file_sha256(path)
    landed = deliveries.read_delivery(settings, sha256[:16])
    if landed is not None and _is_current(landed, forced):
        return LandingResult(ALREADY_LANDED, path, delivery=landed)
    plan = readers.plan_file(path, candidates, forced is not None)
    work = workplace.folder()
    try:
        moment = _moment(landed_at)
        staged = _stage(plan, work, sha256[:16], moment.date(), workplace.threads)
        _check_unchanged(path, seen)
        results = gate(plan.layout.source, staged.accepted, sha256[:16]) if gate else []
        _check_gate(results)
    except LandingError as error:
        error.sheet = error.sheet or plan.table.sheet_name
        raise
    return _Prepared(path, work, staged, _record(plan, path, seen[0], sha256, staged, moment, results), forced)


def _record(
    plan: Plan,
    path: Path,
    file_size: int,
    sha256: str,
    staged: _Staged,
    moment: dt.datetime,
    results: Sequence[RuleResult],
) -> Delivery:
    return Delivery(
        delivery_id=sha256[:16],
        source_code=plan.layout.source,
        layout_code=plan.layout.layout,
        layout_hash=plan.layout.layout_hash,
        contract_hash=plan.layout.contract.contract_hash,
        file_name=path.name,
        file_size=file_size,
        file_sha256=sha256,
        sheet_name=plan.table.sheet_name,
        rows_read=staged.rows_read,
        rows_accepted=staged.rows_accepted,
        rows_rejected=staged.rows_rejected,
        rows_ignored=staged.rows_ignored,
        unused_columns=_unused_columns(plan),
        withheld_columns=_withheld_columns(plan),
        absent_columns=sorted(plan.match.absent),
        authority_codes=staged.authority_codes,
        data_from_date=staged.data_from_date,
        data_until_date=staged.data_until_date,
        landed_parquet_sha256=_file_sha256(staged.accepted),
        landed_at=moment.isoformat(timespec="seconds"),
        rule_results=[result.to_dict() for result in results],
    )


def _check_file(path: Path) -> None:
    if not path.exists():
        raise LandingError(f"không tìm thấy tệp ({path}).", advice="Hãy kiểm tra lại đường dẫn.")
    if not path.is_file():
        raise LandingError("không phải là tệp thường.", advice="Hãy chỉ một tệp hoặc một thư mục.")
    if not os.access(path, os.R_OK):
        raise LandingError("không có quyền đọc tệp.", advice="Hãy cấp quyền đọc rồi nạp lại.")


def _candidates(forced: str | None) -> list[Layout]:
    known = layouts.load_layouts()
    if forced is None:
        return list(known.values())
    if forced not in known:
        raise LandingError(f'không có bố cục "{forced}".', advice=f"Các bố cục hiện có: {', '.join(known)}.")
    return [known[forced]]


def _is_current(landed: Delivery, forced: str | None) -> bool:
    """Whether the record was made by today's version of the layout and contract that are asked for."""
    layout = layouts.load_layouts().get(landed.layout_code)
    return (
        layout is not None
        and forced in (None, landed.layout_code)
        and layout.layout_hash == landed.layout_hash
        and layout.contract.contract_hash == landed.contract_hash
    )


def _file_sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _check_unchanged(path: Path, seen: tuple[int, int]) -> None:
    """A file still being copied has rows that its hash does not vouch for."""
    if _stamp(path) != seen:
        raise LandingError("tệp bị thay đổi trong lúc nạp.", advice="Hãy chờ chép xong rồi nạp lại.")


def _moment(landed_at: dt.datetime | None) -> dt.datetime:
    zone = ZoneInfo(HOME_TIME_ZONE)
    moment = landed_at or dt.datetime.now(zone)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _unused_columns(plan: Plan) -> list[str]:
    used = set(plan.match.positions.values())
    withheld = {layouts.normalise_header(text) for text in plan.layout.withheld}
    named = [(index, cell) for index, cell in enumerate(plan.header.cells) if (cell or "").strip()]
    return [
        cell.strip() for index, cell in named if index not in used and layouts.normalise_header(cell) not in withheld
    ]


def _withheld_columns(plan: Plan) -> list[str]:
    present = {layouts.normalise_header(cell) for cell in plan.header.cells}
    return [text for text in plan.layout.withheld if layouts.normalise_header(text) in present]


@dataclass(frozen=True)
class _Staged:
    """Typed rows in the work folder and their counts; ``rejected`` is None when no row was rejected."""

    accepted: Path
    rejected: Path | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_ignored: int
    authority_codes: list[str]
    data_from_date: str | None
    data_until_date: str | None


def _stage(plan: Plan, work: Path, delivery_id: str, today: dt.date, threads: int) -> _Staged:
    """Read, type and split the rows into Parquet files under ``work``."""
    positions = sorted(set(plan.match.positions.values()))
    with duckdb.connect(config=_duckdb_config(work, threads)) as con:
        con.execute(f"set TimeZone = {literal(plan.layout.time_zone)}")
        con.execute("set enable_progress_bar = false")
        # Pushed down to the scan, the condition "no cell is wrong" would type every cell a second time, and
        # no longer on dictionaries: 5 times slower.
        con.execute("set disabled_optimizers = 'filter_pushdown'")
        raw = plan.table.read(con, work, plan.reading, plan.header, positions)
        _check_broken_share(raw)
        query = TypedQuery(_inputs(plan, raw), plan.layout, plan.table.container, raw.row_number_sql)
        judged = query.judged_sql(literal(str(raw.parquet)))
        staged = _split(con, query, judged, raw, work, delivery_id)
        return _with_extent(con, staged, plan.layout.contract, today)


def _duckdb_config(work: Path, threads: int) -> dict[str, str | int]:
    return {
        "threads": threads,
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(work / "spill"),
        "preserve_insertion_order": "true",
        "autoinstall_known_extensions": "false",
    }


def _inputs(plan: Plan, raw: RawTable) -> list[Input]:
    """Every contract column in order with the place its text comes from."""
    found = []
    for column in plan.layout.contract.columns:
        spec = plan.layout.columns.get(column.name, layouts.ColumnSpec())
        position = plan.match.positions.get(column.name)
        if position is not None:
            header = (plan.header.cells[position] or "").strip()
            kind = raw.cell_kinds.get(position, TEXT_CELLS)
            found.append(Input(column, spec, f"c{position}", header, cell_kind=kind))
        elif spec.constant is not None or spec.preamble is not None:
            # The layout's own words need no map, blank or extract.
            value = literal(plan.literal(column.name))
            found.append(Input(column, layouts.ColumnSpec(), value, column.name, is_literal=True))
        else:
            found.append(Input(column, layouts.ColumnSpec(), "NULL", column.name))
    return found


def _check_broken_share(raw: RawTable) -> None:
    records = raw.row_count + len(raw.broken)
    if raw.broken and len(raw.broken) > records * MAX_BROKEN_SHARE:
        first = raw.broken[0]
        raise LandingError(
            f"{_vi(len(raw.broken))} trên {_vi(records)} dòng bị hỏng cấu trúc; dòng hỏng đầu tiên: "
            f"{first.reason_text}.",
            row=first.row_number,
            advice="Hãy kiểm tra dấu phân cách và bảng mã, rồi xuất lại tệp.",
        )


def _split(
    con: duckdb.DuckDBPyConnection,
    query: TypedQuery,
    judged: str,
    raw: RawTable,
    work: Path,
    delivery_id: str,
) -> _Staged:
    """Write the accepted rows in one pass; only a delivery with wrong or blank rows needs a second one."""
    accepted = work / f"{delivery_id}.parquet"
    columns = [f"t{index} as {identifier(item.column.name)}" for index, item in enumerate(query.inputs)]
    written = con.execute(
        f"copy (select {literal(delivery_id)} as delivery_id, cast(source_row_number as bigint) "
        f"as source_row_number, {', '.join(columns)} from ({judged}) "
        f"where is_filled and {query.is_sound_sql}) "
        f"to {literal(str(accepted))} (format parquet, compression zstd)"
    ).fetchone()
    rows_accepted = written[0] if written else 0
    wrong = blank = 0
    if rows_accepted < raw.row_count:
        con.execute(f"create temp table wrong_rows as from ({judged}) where is_filled and not ({query.is_sound_sql})")
        wrong = _scalar(con, "select count(*) from wrong_rows")
        blank = _scalar(con, f"select count(*) from read_parquet({literal(str(raw.parquet))}) where not is_filled")
    rejected = _write_rejected(con, query, raw, work, delivery_id) if wrong or raw.broken else None
    return _Staged(
        accepted=accepted,
        rejected=rejected,
        rows_read=raw.rows_read,
        rows_accepted=rows_accepted,
        rows_rejected=wrong + len(raw.broken),
        rows_ignored=blank + raw.ignored_count,
        authority_codes=[],
        data_from_date=None,
        data_until_date=None,
    )


def _scalar(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return row[0] if row else 0


def _write_rejected(
    con: duckdb.DuckDBPyConnection, query: TypedQuery, raw: RawTable, work: Path, delivery_id: str
) -> Path:
    """One row per (row, wrong column), and one per broken record, in file order."""
    path = work / f"{delivery_id}.rejected.parquet"
    broken = pa.table(
        {
            "source_row_number": pa.array([row.row_number for row in raw.broken], pa.int64()),
            "reason_code": pa.array([row.reason_code for row in raw.broken], pa.string()),
            "reason_text": pa.array([row.reason_text for row in raw.broken], pa.string()),
        }
    )
    con.register("broken_rows", broken)
    parts = [
        "select source_row_number, -1 as position, cast(NULL as varchar) as column_name, reason_code, "
        "reason_text, cast(NULL as varchar) as raw_value from broken_rows"
    ]
    has_wrong = _scalar(con, "select count(*) from duckdb_tables() where table_name = 'wrong_rows'")
    for index, item in enumerate(query.inputs if has_wrong else ()):
        for reason in query.reasons[index]:
            parts.append(
                f"select source_row_number, {index}, {literal(item.column.name)}, {literal(reason.code)}, "
                f"{literal(reason.text)}, r{index} from wrong_rows where e{index} = {literal(reason.code)}"
            )
    con.execute(
        f"copy (select {literal(delivery_id)} as delivery_id, cast(source_row_number as bigint) as "
        f"source_row_number, column_name, reason_code, reason_text, raw_value "
        f"from ({' union all '.join(parts)}) "
        f"order by source_row_number, position) to {literal(str(path))} (format parquet, compression zstd)"
    )
    con.unregister("broken_rows")
    return path


def _with_extent(con: duckdb.DuckDBPyConnection, staged: _Staged, contract: SourceContract, today: dt.date) -> _Staged:
    """Add the authorities the rows are about and the days they cover; the future does not date a delivery."""
    source = f"read_parquet({literal(str(staged.accepted))})"
    rows = con.execute(
        f"select distinct authority_code from {source} where authority_code is not null order by 1"
    ).fetchall()
    first = last = None
    if contract.observed:
        days = " union all ".join(
            f"select min(cast({name} as date)) as first_day, max(cast({name} as date)) as last_day "
            f"from {source} where cast({name} as date) <= date {literal(today.isoformat())}"
            for name in map(identifier, contract.observed)
        )
        row = con.execute(f"select min(first_day), max(last_day) from ({days})").fetchone()
        first, last = row if row else (None, None)
    return replace(
        staged,
        authority_codes=[code for (code,) in rows],
        data_from_date=first.isoformat() if first else None,
        data_until_date=last.isoformat() if last else None,
    )


def _check_gate(results: Sequence[RuleResult]) -> None:
    failed = [item for item in results if not item.is_passed and item.effect_code == "refuse_file"]
    if not failed:
        return
    texts = "; ".join(
        f"{item.rule_text} ({_vi(item.failed_count)} trên {_vi(item.checked_count)} sai"
        + (f", ví dụ {', '.join(item.sample[:3])})" if item.sample else ")")
        for item in failed
    )
    raise LandingError(f"không đạt kiểm tra đầu vào: {texts}.", advice="Hãy sửa ở hệ thống nguồn rồi xuất và nạp lại.")


def _publish(settings: Settings, staged: _Staged, delivery: Delivery, replaced: Delivery | None, work: Path) -> None:
    """Move the files into place; the record is last. A replaced delivery is taken off the ledger first."""
    if replaced is not None:
        deliveries.record_path(settings, replaced.delivery_id).unlink()
        deliveries.landed_path(settings, replaced.source_code, replaced.delivery_id).unlink(missing_ok=True)
        deliveries.rejected_path(settings, replaced.source_code, replaced.delivery_id).unlink(missing_ok=True)
    source, delivery_id = delivery.source_code, delivery.delivery_id
    if staged.rejected is not None:
        _move(staged.rejected, deliveries.rejected_path(settings, source, delivery_id))
    _move(staged.accepted, deliveries.landed_path(settings, source, delivery_id))
    deliveries.write_delivery(settings, delivery, work)


def _move(staged: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with staged.open("rb") as handle:
        os.fsync(handle.fileno())
    staged.replace(target)
