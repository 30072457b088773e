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
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from dagster_project.landing import deliveries, failures, layouts, readers, stopping
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
HASH_BYTES = 4 * 1024 * 1024
STOPPED = "Đã dừng theo yêu cầu: tệp đã nạp xong vẫn được giữ, tệp đang nạp dở coi như chưa nạp."


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
        return f'{head}: tệp "{shown_name(self.path)}", bố cục {done.layout_code}: {counts}{self._to_see}.'

    @property
    def _to_see(self) -> str:
        """What the rules report without refusing the file, the first three by name."""
        rules = self.delivery.rule_results if self.delivery else []
        found = [rule for rule in rules if not rule["is_passed"]]
        if not found:
            return ""
        named = "; ".join(f"{rule['rule_text']} (có {_vi(rule['failed_count'])} chỗ không đúng)" for rule in found[:3])
        return f"; {_vi(len(found))} điều cần xem: {named}{'; …' if len(found) > 3 else ''}"


OnProgress = Callable[[LandingResult, int, int], None]


def shown_name(path: Path) -> str:
    """The file's name fit for a line of text: bytes that are no UTF-8 and control characters are spelled out."""
    name = os.fsencode(path.name).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() or letter > "\x9f" else f"\\x{ord(letter):02x}" for letter in name)


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
    Ctrl-C raises KeyboardInterrupt with a sentence within a second or so.
    """
    with Workplace(settings) as workplace:
        task = _Task(settings, workplace, layout, gate, _moment(landed_at))
        return _land_all(task, [Path(path)], 1)[0]


def land_paths(
    paths: Iterable[Path],
    settings: Settings,
    gate: Gate | None = None,
    on_progress: OnProgress | None = None,
    *,
    layout: str | None = None,
    landed_at: dt.datetime | None = None,
) -> list[LandingResult]:
    """Land files and, recursively, folders, in name order, going on past refused ones.

    ``on_progress(result, done, total)`` is called after each file. Hidden files, Excel's lock files (``~$``)
    and README files inside folders are left out. A folder with nothing to land counts as a refused file, but
    the inbox may be empty. Ctrl-C: as in :func:`land_file`.
    """
    # One moment for the whole load: inside it the data's own days decide what supersedes what, not the order of
    # reading.
    moment = _moment(landed_at)
    files = expand_paths(paths, may_be_empty=settings.inbox)
    workers = max(1, min(WORKERS, len(files)))
    with Workplace(settings, workers) as workplace:
        return _land_all(_Task(settings, workplace, layout, gate, moment), files, workers, on_progress)


def expand_paths(paths: Iterable[Path], may_be_empty: Path | None = None) -> list[Path]:
    """Files named directly as given, folders replaced by the files in them; each file once.

    A folder without files stays, so that it is refused by name, unless it is ``may_be_empty``.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        found = _folder_files(path) if path.is_dir() else [path]
        files.extend(found or ([] if path == may_be_empty else [path]))
    return list(dict.fromkeys(files))


def _folder_files(folder: Path) -> list[Path]:
    """Everything in the folder that is not a folder; broken links and pipes too, which are then refused by name.

    So are folders that cannot be opened and links to folders: what is in them is not landed.
    """
    found: list[Path] = []

    def is_wanted(name: str) -> bool:
        return not name.startswith((".", "~$"))

    def note(error: OSError) -> None:
        found.append(Path(error.filename))

    for top, folders, names in os.walk(folder, onerror=note):
        found.extend(Path(top, name) for name in folders if is_wanted(name) and Path(top, name).is_symlink())
        found.extend(Path(top, name) for name in names if is_wanted(name) and not name.startswith("README"))
        folders[:] = filter(is_wanted, folders)
    return sorted(found)


@dataclass(frozen=True)
class _Task:
    """What all files of one load have in common."""

    settings: Settings
    workplace: Workplace
    forced: str | None
    gate: Gate | None
    moment: dt.datetime


def _land_all(
    task: _Task, files: Sequence[Path], workers: int, on_progress: OnProgress | None = None
) -> list[LandingResult]:
    """Read files side by side; they become visible one by one in the order given, as if landed in turn."""
    results = []
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(_prepare, path, task) for path in files]
        try:
            for done, future in enumerate(futures, start=1):
                results.append(_commit(future.result(), task))
                if on_progress is not None:
                    on_progress(results[-1], done, len(files))
        except BaseException as error:
            _stop(task.workplace, futures)
            if isinstance(error, KeyboardInterrupt):
                raise KeyboardInterrupt(STOPPED) from None
            raise
    return results


def _stop(workplace: Workplace, futures: Sequence[Future]) -> None:
    """Come back when no thread works any more; a query that begins after a call is met by the next."""
    for future in futures:
        future.cancel()
    while not all(future.done() for future in futures):
        workplace.stop.ask()
        time.sleep(0.05)


@dataclass(frozen=True)
class _Prepared:
    """A delivery that lies complete in ``work``, typed, checked and not yet visible."""

    path: Path
    work: Path
    staged: _Staged
    delivery: Delivery


def _prepare(path: Path, task: _Task) -> LandingResult | _Prepared:
    """Everything but making it visible; a result when the file is refused or landed already."""
    task.workplace.stop.join()
    try:
        attempt = _staged_delivery(path, task)
    except BaseException as error:
        return _refused(path, error)
    stopping.check()
    return attempt if isinstance(attempt, LandingResult) else _judged(attempt, task.gate)


def _refused(path: Path, error: BaseException) -> LandingResult:
    """The refusal that ``error`` means; raises what does not concern the file."""
    # An interrupted query fails with an error of its own.
    stopping.check()
    refusal = failures.as_refusal(error)
    if refusal is None:
        raise error
    refusal.file = shown_name(path)
    return LandingResult(REFUSED, path, error=refusal)


def _judged(attempt: _Prepared, gate: Gate | None) -> LandingResult | _Prepared:
    """With the results of the gate. What breaks inside the gate is a mistake of ours and is not caught."""
    delivery = attempt.delivery
    results = gate(delivery.source_code, attempt.staged.accepted, delivery.delivery_id) if gate else []
    try:
        _check_gate(results)
    except LandingError as error:
        shutil.rmtree(attempt.work, ignore_errors=True)
        error.sheet = delivery.sheet_name
        return _refused(attempt.path, error)
    return replace(attempt, delivery=replace(delivery, rule_results=[result.to_dict() for result in results]))


def _commit(attempt: LandingResult | _Prepared, task: _Task) -> LandingResult:
    """Make a prepared delivery visible, unless the same content has become so in the meantime."""
    if isinstance(attempt, LandingResult):
        return attempt
    settings = task.settings
    try:
        landed = deliveries.read_delivery(settings, attempt.delivery.delivery_id)
        if landed is not None and _is_current(landed, task.forced) and _is_intact(landed, settings):
            return LandingResult(ALREADY_LANDED, attempt.path, delivery=landed)
        # Rows that are only repaired keep their place among the deliveries.
        is_repair = landed is not None and _is_current(landed, task.forced)
        delivery = replace(attempt.delivery, landed_at=landed.landed_at) if is_repair else attempt.delivery
        _publish(settings, attempt.staged, delivery, landed, attempt.work)
        shutil.rmtree(attempt.work)
    except Exception as error:
        return _refused(attempt.path, error)
    return LandingResult(LANDED, attempt.path, delivery=delivery)


def _staged_delivery(path: Path, task: _Task) -> LandingResult | _Prepared:
    _check_file(path)
    candidates = _candidates(task.forced)
    seen = _stamp(path)
    sha256 = _file_sha256(path)
    landed = deliveries.read_delivery(task.settings, sha256[:16])
    if landed is not None and _is_current(landed, task.forced) and _is_intact(landed, task.settings):
        return LandingResult(ALREADY_LANDED, path, delivery=landed)
    plan = readers.plan_file(path, candidates, task.forced is not None)
    work = task.workplace.folder()
    try:
        staged = _stage(plan, work, sha256[:16], task.moment.date(), task.workplace.threads)
        _check_unchanged(path, seen)
    except BaseException as error:
        # What is half done would take the room of the next file.
        shutil.rmtree(work, ignore_errors=True)
        if isinstance(error, LandingError):
            error.sheet = error.sheet or plan.table.sheet_name
        raise
    return _Prepared(path, work, staged, _record(plan, path, seen[0], sha256, staged, task.moment))


def _record(
    plan: Plan,
    path: Path,
    file_size: int,
    sha256: str,
    staged: _Staged,
    moment: dt.datetime,
) -> Delivery:
    return Delivery(
        delivery_id=sha256[:16],
        source_code=plan.layout.source,
        layout_code=plan.layout.layout,
        layout_hash=plan.layout.layout_hash,
        contract_hash=plan.layout.contract.contract_hash,
        file_name=shown_name(path),
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
        landed_at=moment.isoformat(timespec="microseconds"),
        rejected_parquet_sha256=_file_sha256(staged.rejected) if staged.rejected else None,
    )


def _check_file(path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise LandingError("là liên kết hỏng, tệp mà nó chỉ tới không còn.", advice="Hãy chép tệp thật vào đây.")
    if not path.exists():
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise LandingError(f"không tìm thấy tệp ({shown}).", advice="Hãy kiểm tra lại đường dẫn.")
    if path.is_dir() and not path.is_symlink() and os.access(path, os.R_OK | os.X_OK) and not _folder_files(path):
        raise LandingError("là thư mục không có tệp số liệu nào.", advice="Hãy chép tệp vào thư mục rồi nạp lại.")
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


def _is_intact(landed: Delivery, settings: Settings) -> bool:
    """Whether the landed rows, accepted and rejected, lie on disk as they were written.

    They are read whole for it: they are a tenth of the file whose hash has just been taken.
    """
    source, delivery_id = landed.source_code, landed.delivery_id
    accepted = deliveries.landed_path(settings, source, delivery_id)
    rejected = deliveries.rejected_path(settings, source, delivery_id)
    if not accepted.is_file() or _file_sha256(accepted) != landed.landed_parquet_sha256:
        return False
    if not landed.rows_rejected:
        return True
    # Records of older versions hold no hash of the rejected rows.
    return rejected.is_file() and landed.rejected_parquet_sha256 in (None, _file_sha256(rejected))


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as handle:
        while piece := handle.read(HASH_BYTES):
            stopping.check()
            digest.update(piece)
    return digest.hexdigest()


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
    with duckdb.connect(config=_duckdb_config(work, threads)) as con, stopping.interruptible(con):
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
    """Move the files into place; the record is last. A replaced delivery is taken off the ledger first.

    A build that runs meanwhile has its own names for the rows it reads, so nothing vanishes under it.
    """
    source, delivery_id = delivery.source_code, delivery.delivery_id
    moves = [
        (staged.accepted, deliveries.landed_path(settings, source, delivery_id)),
        (deliveries.stage_record(delivery, work), deliveries.record_path(settings, delivery_id)),
    ]
    if staged.rejected is not None:
        moves.insert(0, (staged.rejected, deliveries.rejected_path(settings, source, delivery_id)))
    for made, target in moves:
        _secure(made, target)
    # All that needs room on the disk has been done.
    if replaced is not None:
        deliveries.record_path(settings, replaced.delivery_id).unlink()
        deliveries.landed_path(settings, replaced.source_code, replaced.delivery_id).unlink(missing_ok=True)
        deliveries.rejected_path(settings, replaced.source_code, replaced.delivery_id).unlink(missing_ok=True)
    for made, target in moves:
        made.replace(target)


def _secure(made: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with made.open("rb") as handle:
        os.fsync(handle.fileno())
