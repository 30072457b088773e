"""Land one file, or many: sniff → layout → typed rows → gate 1 → Parquet → delivery record.

A file is either wholly visible or not at all: everything is written in ``landing/.work``, moved into place file by
file, and the record of its first table comes last. What a killed run leaves behind, the next one clears away.
Does not belong here: Dagster, typing and splitting (``staging``), the rules of gate 1 (handed in as ``gate``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dagster_project.console import vi_count
from dagster_project.landing import (
    archives,
    deliveries,
    failures,
    incoming,
    layouts,
    readers,
    refusals,
    row_notes,
    staging,
    stopping,
)
from dagster_project.landing.contracts import SourceContract, load_contracts
from dagster_project.landing.deliveries import ID_DIGITS, Delivery
from dagster_project.landing.errors import LandingError
from dagster_project.landing.incoming import Incoming, expand_paths
from dagster_project.landing.layouts import HOME_TIME_ZONE, Layout
from dagster_project.landing.ledger import to_see
from dagster_project.landing.readers import Plan
from dagster_project.landing.staging import Staged
from dagster_project.landing.workplace import Workplace
from dagster_project.settings import Settings
from dagster_project.vault.store import vault_folder

if TYPE_CHECKING:
    from dagster_project.vault.store import Vault
    from expectations.results import RuleResult
    from expectations.runner import GateReport

Gate = Callable[[str, Path, str, dt.date], "GateReport"]

RulesVersion = Callable[[str], str]

LANDED = "landed"
ALREADY_LANDED = "already_landed"
REFUSED = "refused"

# Files read side by side: while one waits for its checks or for the disk, the other keeps the processor busy. More
# would only ask for more memory: the cores are shared out among them.
WORKERS = 2
HASH_BYTES = 4 * 1024 * 1024
STOPPED = "Đã dừng theo yêu cầu: tệp đã nạp xong vẫn được giữ, tệp đang nạp dở coi như chưa nạp."


@dataclass(frozen=True)
class LandingResult:
    """What became of one file: ``deliveries`` is empty exactly when it was refused, ``error`` None when not.

    A file gives one delivery per table that a layout knows. ``content`` is size and SHA-256 of a refused file, None
    when it could not be read so far.
    """

    status: str
    path: Path
    name: str
    deliveries: tuple[Delivery, ...] = ()
    error: LandingError | None = None
    content: tuple[int, str] | None = None

    @property
    def delivery(self) -> Delivery | None:
        """The first delivery, the only one of most files."""
        return self.deliveries[0] if self.deliveries else None

    @property
    def has_remarks(self) -> bool:
        """Whether a person should look at it: rows were rejected, or something is to be seen."""
        return any(done.rows_rejected or to_see(done) for done in self.deliveries)

    @property
    def message(self) -> str:
        """Vietnamese for the screen: one sentence per delivery."""
        if not self.deliveries:
            return f"Từ chối. {self.error}"
        return "\n".join(self._told(done) for done in self.deliveries)

    def _told(self, done: Delivery) -> str:
        head = "Đã nạp" if self.status == LANDED else "Đã có từ trước"
        sheet = f', trang "{done.sheet_name}"' if len(self.deliveries) > 1 and done.sheet_name else ""
        counts = (
            f"đọc {vi_count(done.rows_read)} dòng, nhận {vi_count(done.rows_accepted)}, "
            f"loại {vi_count(done.rows_rejected)}, bỏ qua {vi_count(done.rows_ignored)}"
        )
        found = to_see(done)
        more = f"; {vi_count(len(found))} điều cần xem: {'; '.join(found[:3])}" if found else ""
        dots = "; …" if len(found) > 3 else ""
        return f'{head}: tệp "{self.name}"{sheet}, bố cục {done.layout_code}: {counts}{more}{dots}.'


OnProgress = Callable[[LandingResult, int, int], None]


def land_file(
    path: Path,
    settings: Settings,
    *,
    layout: str | None = None,
    gate: Gate | None = None,
    landed_at: dt.datetime | None = None,
    given: Mapping[str, str] | None = None,
    rules_version: RulesVersion | None = None,
) -> LandingResult:
    """Land one file. Never raises for a bad file: the result is then ``refused``, data is as it was, no record kept.

    ``layout`` forces a layout by code; ``gate`` judges the typed Parquet before it becomes visible;
    ``landed_at`` replaces the clock (naive Asia/Ho_Chi_Minh, or aware); ``given`` are values of canonical columns
    that the file does not hold; ``rules_version`` says of a source which rules the gate has, so that what other rules
    judged is landed anew. An archive must hold one file: use :func:`land_paths` for others.
    Ctrl-C raises KeyboardInterrupt with a sentence within a second or so.
    """
    known = layouts.known_layouts(settings.layouts, layout)
    with Workplace(settings) as workplace:
        task = _Task(settings, workplace, layout, gate, _moment(landed_at), dict(given or {}), known, rules_version)
        (result,) = _land_all(task, incoming.unpacked([Path(path)]), 1)
        return result


def land_paths(
    paths: Iterable[Path],
    settings: Settings,
    gate: Gate | None = None,
    on_progress: OnProgress | None = None,
    *,
    layout: str | None = None,
    landed_at: dt.datetime | None = None,
    given: Mapping[str, str] | None = None,
    rules_version: RulesVersion | None = None,
) -> list[LandingResult]:
    """Land files and, recursively, folders and archives, in name order, going on past refused ones.

    ``on_progress(result, done, total)`` is called after each file. Hidden files, Excel's lock files (``~$``)
    and README files inside folders are left out. A folder with nothing to land counts as a refused file, but
    the inbox may be empty. What is refused stays on record (``refusals``). LandingError when ``given`` names a column
    that no source has, or ``layout`` a layout file that cannot be used. Ctrl-C: as in :func:`land_file`.
    """
    _check_given(given or {})
    # One moment for the whole load: inside it the data's own days decide what supersedes what, not the order of
    # reading.
    moment = _moment(landed_at)
    files = incoming.unpacked(expand_paths(paths, may_be_empty=settings.inbox))
    workers = max(1, min(WORKERS, len(files)))
    known = layouts.known_layouts(settings.layouts, layout)
    with Workplace(settings, workers) as workplace:
        task = _Task(settings, workplace, layout, gate, moment, dict(given or {}), known, rules_version)

        def told(result: LandingResult, done: int, total: int) -> None:
            if result.error is not None:
                _keep_refusal(result, result.error, task)
            if on_progress is not None:
                on_progress(result, done, total)

        return _land_all(task, files, workers, told)


def _keep_refusal(result: LandingResult, error: LandingError, task: _Task) -> None:
    try:
        refusals.keep_refusal(task.settings, result.path, result.name, result.content, str(error), task.moment)
    except OSError as failed:
        # The next file may still land.
        error.advice = f"{error.advice or ''} Không ghi được lần từ chối này vào sổ ({failed.strerror}).".strip()


def _check_given(given: Mapping[str, str]) -> None:
    known = {name for contract in load_contracts().values() for name in contract.column_names}
    strange = [name for name in given if name not in known]
    if strange:
        raise LandingError(
            f'không nguồn nào có cột "{strange[0]}".', advice="Hãy xem tên cột bằng «cchc sources» rồi sửa --set."
        )


@dataclass(frozen=True)
class _Task:
    """What all files of one load have in common."""

    settings: Settings
    workplace: Workplace
    forced: str | None
    gate: Gate | None
    moment: dt.datetime
    given: Mapping[str, str]
    layouts: Mapping[str, Layout]
    rules_version: RulesVersion | None
    _door: list[Vault] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def vault(self) -> Vault:
        """The vault, opened (and begun) with the first identities of the load."""
        with self._guard:
            if not self._door:
                self._door.append(_opened_vault(self.settings))
            return self._door[0]


def _opened_vault(settings: Settings) -> Vault:
    """VaultError when what has landed was hashed with another key: the same person would be two."""
    from dagster_project.vault.private_files import clear_temporary
    from dagster_project.vault.store import open_vault

    used = {delivery.hash_key_id for delivery in deliveries.list_deliveries(settings) if delivery.hash_key_id}
    vault = open_vault(settings, create=True, used_keys=used)
    with vault.lock(exclusive=True):
        clear_temporary(vault.folder)
    return vault


def _land_all(
    task: _Task, files: Sequence[Incoming], workers: int, on_progress: OnProgress | None = None
) -> list[LandingResult]:
    """Read files side by side; they become visible one by one in the order given, as if landed in turn."""
    results = []
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(_prepare, file, task) for file in files]
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
class _Typed:
    """One table of a file, typed in ``work`` and not yet judged."""

    plan: Plan
    staged: Staged
    delivery_id: str
    work: Path


@dataclass(frozen=True)
class _Part:
    """One table of a file, typed and judged, with its record."""

    staged: Staged
    delivery: Delivery
    work: Path


@dataclass
class _Trial:
    """What is left of a file whose reading fails: its work folder, and its size and SHA-256 once they are known."""

    folders: list[Path] = field(default_factory=list)
    content: tuple[int, str] | None = None


@dataclass(frozen=True)
class _Read:
    """A file as far as it is read: its tables lie typed in ``work``."""

    file: Incoming
    work: Path
    size: int
    sha256: str
    tables: tuple[_Typed, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class _Prepared:
    """A file whose deliveries lie complete in ``work`` and are not yet visible."""

    file: Incoming
    work: Path
    parts: tuple[_Part, ...]


def _prepare(file: Incoming, task: _Task) -> LandingResult | _Prepared:
    """Everything but making it visible; a result when the file is refused or landed already."""
    task.workplace.stop.join()
    trial = _Trial()
    try:
        attempt = _read(file, task, trial)
    except BaseException as error:
        _clear(trial.folders)
        return _refused(file, error, trial.content)
    stopping.check()
    if isinstance(attempt, LandingResult):
        _clear(trial.folders)
        return attempt
    # What breaks inside the gate is a mistake of ours and is not caught.
    reports = [_report(table, task) for table in attempt.tables]
    try:
        parts = [_part(attempt, table, report, task) for table, report in zip(attempt.tables, reports, strict=True)]
    except BaseException as error:
        _clear(trial.folders)
        return _refused(file, error, trial.content)
    return _Prepared(file, attempt.work, tuple(parts))


def _clear(folders: Sequence[Path]) -> None:
    """What is half done would take the room of the next file."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _refused(file: Incoming, error: BaseException, content: tuple[int, str] | None) -> LandingResult:
    """The refusal that ``error`` means; raises what does not concern the file."""
    # An interrupted query fails with an error of its own.
    stopping.check()
    refusal = failures.as_refusal(error)
    if refusal is None:
        raise error
    refusal.file = file.full_name
    return LandingResult(REFUSED, file.path, file.full_name, error=refusal, content=content)


def _read(file: Incoming, task: _Task, trial: _Trial) -> LandingResult | _Read:
    """``trial`` gets the work folder and the content as soon as they are known."""
    made = trial.folders
    if file.problem is not None:
        raise file.problem
    incoming.check_file(file.path)
    candidates = _candidates(task)
    seen = _stamp(file.path)
    path = file.path
    if file.member is not None:
        made.append(task.workplace.folder())
        path = made[0] / "member"
        archives.unpack(file.path, file.member, path)
    sha256 = _file_sha256(path)
    trial.content = (path.stat().st_size, sha256)
    landed = _landed_whole(sha256, task)
    if landed:
        return LandingResult(ALREADY_LANDED, file.path, file.full_name, landed)
    before = _landed_before(sha256, task)
    found = _planned(path, candidates, file.name, task, before)
    if not made:
        made.append(task.workplace.folder())
    first = before[0].delivery_id if before else _first_id(sha256, found.plans)
    ids = (_delivery_id(sha256, first, place) for place in range(len(found.plans)))
    tables = tuple(_typed(plan, name, made[0], task) for plan, name in zip(found.plans, ids, strict=True))
    _check_unchanged(file.path, seen)
    return _Read(file, made[0], path.stat().st_size, sha256, tables, found.unread)


def _planned(
    path: Path, candidates: list[Layout], name: str, task: _Task, before: Sequence[Delivery]
) -> readers.FilePlan:
    """The tables of a file; what it was landed with goes on holding when this load says nothing of it."""
    kept = {column: value for part in before for column, value in _given_to(part).items()}
    try:
        return readers.plan_file(path, candidates, task.forced is not None, {**task.given, **kept}, name)
    except LandingError:
        if kept.keys() <= task.given.keys():
            raise
    # A layout that was changed since may find it in the file.
    return readers.plan_file(path, candidates, task.forced is not None, task.given, name)


def _typed(plan: Plan, delivery_id: str, work: Path, task: _Task) -> _Typed:
    folder = work / delivery_id
    folder.mkdir()
    try:
        threads = task.workplace.threads
        staged = staging.stage(plan, folder, delivery_id, task.moment.date(), threads, task.vault)
    except LandingError as error:
        error.sheet = error.sheet or plan.table.sheet_name
        raise
    return _Typed(plan, staged, delivery_id, folder)


def _first_id(sha256: str, plans: Sequence[Plan]) -> str:
    """The id of a file's first delivery: by its content, to which belongs what was given for it."""
    given = sorted({text for plan in plans for text in _given_texts(plan)})
    if not given:
        return sha256[:ID_DIGITS]
    made = hashlib.sha256(json.dumps([sha256, *given], ensure_ascii=False).encode()).hexdigest()
    # By the second half all deliveries of a content are found, whatever was given for them.
    return made[: ID_DIGITS // 2] + sha256[: ID_DIGITS // 2]


def _given_texts(plan: Plan) -> list[str]:
    """The given values that the table's source has a column for."""
    known = plan.layout.contract.column_names
    return sorted(f"{name}={value}" for name, value in plan.given.items() if name in known)


def _delivery_id(sha256: str, first: str, place: int) -> str:
    """The id of the file's first table is ``first``; further tables have hashes made of it and their place."""
    content = sha256 if sha256.startswith(first) else f"{sha256}:{first}"
    return first if place == 0 else hashlib.sha256(f"{content}:{place}".encode()).hexdigest()[:ID_DIGITS]


def _report(table: _Typed, task: _Task) -> GateReport | None:
    if task.gate is None:
        return None
    before = deliveries.read_delivery(task.settings, table.delivery_id)
    # Rows read again are judged as of the day they came in: the same input gives the same findings.
    day = dt.datetime.fromisoformat(before.landed_at).date() if before else task.moment.date()
    return task.gate(table.plan.layout.source, table.staged.accepted, table.delivery_id, day)


def _part(read: _Read, table: _Typed, report: GateReport | None, task: _Task) -> _Part:
    """The table after the gate: LandingError when it refuses, else with the gate's effects on rows, and its record."""
    staged, results = table.staged, ()
    if report is not None:
        try:
            _check_any_read(staged, table.plan.layout)
            _check_whole(staged, table.plan.layout.contract)
            _check_gate(report.results, table.plan.layout)
        except LandingError as error:
            error.sheet = table.plan.table.sheet_name
            raise
        threads = task.workplace.threads
        failing = report.failing_rows
        staged = row_notes.apply_effects(staged, table.delivery_id, table.work, failing, threads, table.plan)
        results = report.results
        _check_any_left(staged, results, table.plan.layout)
    record = _record(table, read, staged, task)
    is_first = table.delivery_id == read.tables[0].delivery_id
    return _Part(
        staged,
        replace(
            record,
            rule_results=[result.to_dict() for result in results],
            unread_tables=list(read.unread) if is_first else [],
            file_delivery_ids=[other.delivery_id for other in read.tables],
        ),
        table.work,
    )


def _landed_whole(sha256: str, task: _Task) -> tuple[Delivery, ...]:
    """The deliveries of this content, if all of them are there, whole and made by today's layouts; else none."""
    before = _landed_before(sha256, task)
    return before if _is_whole(before, task) else ()


def _is_whole(before: Sequence[Delivery], task: _Task) -> bool:
    are_good = all(_is_current(delivery, task) and _is_intact(delivery, task.settings) for delivery in before)
    return are_good and bool(before) and len(before) == max(1, len(before[0].file_delivery_ids))


def _landed_before(sha256: str, task: _Task) -> tuple[Delivery, ...]:
    """What is left of the deliveries of this content that the load is about; empty when it is another delivery.

    They were landed with the same given values; or this load gives the file none, and then they are those without any,
    else whichever ought to be read again.
    """
    groups = [_parts(first, task.settings) for first in deliveries.deliveries_of(task.settings, sha256)]
    same = [parts for parts in groups if all(_asked(part, task) == _given_to(part) for part in parts)]
    if same:
        return same[0]
    taken = [parts for parts in groups if not any(_asked(part, task) for part in parts)]
    return next((parts for parts in taken if not _is_whole(parts, task)), taken[0] if taken else ())


def _parts(first: Delivery, settings: Settings) -> tuple[Delivery, ...]:
    """The deliveries of one file as far as they are there, its first one first."""
    further = (deliveries.read_delivery(settings, name) for name in first.file_delivery_ids[1:])
    return (first, *(delivery for delivery in further if delivery is not None))


def _given_to(landed: Delivery) -> dict[str, str]:
    return dict(text.split("=", 1) for text in landed.given_values)


def _asked(landed: Delivery, task: _Task) -> dict[str, str]:
    """What this load gives for columns of the delivery's source."""
    contract = load_contracts().get(landed.source_code)
    known = contract.column_names if contract else ()
    return {name: value for name, value in task.given.items() if name in known}


def _commit(attempt: LandingResult | _Prepared, task: _Task) -> LandingResult:
    """Make a prepared file visible, unless the same content has become so in the meantime."""
    if isinstance(attempt, LandingResult):
        return attempt
    settings = task.settings
    file, parts = attempt.file, attempt.parts
    try:
        landed = _landed_whole(parts[0].delivery.file_sha256, task)
        if landed:
            shutil.rmtree(attempt.work)
            return LandingResult(ALREADY_LANDED, file.path, file.full_name, landed)
        before = deliveries.read_delivery(settings, parts[0].delivery.delivery_id)
        if before is not None:
            # Read again, by whatever layout or rules, rows keep their place: a correction stays the later one.
            parts = tuple(replace(part, delivery=replace(part.delivery, landed_at=before.landed_at)) for part in parts)
        _publish(settings, parts, before, task)
        shutil.rmtree(attempt.work)
    except Exception as error:
        return _refused(file, error, (parts[0].delivery.file_size, parts[0].delivery.file_sha256))
    return LandingResult(LANDED, file.path, file.full_name, tuple(part.delivery for part in parts))


def _record(table: _Typed, read: _Read, staged: Staged, task: _Task) -> Delivery:
    plan, file = table.plan, read.file
    return Delivery(
        delivery_id=table.delivery_id,
        source_code=plan.layout.source,
        layout_code=plan.layout.layout,
        layout_hash=plan.layout.layout_hash,
        contract_hash=plan.layout.contract.contract_hash,
        file_name=file.name,
        file_size=read.size,
        file_sha256=read.sha256,
        sheet_name=plan.table.sheet_name,
        rows_read=staged.rows_read,
        rows_accepted=staged.rows_accepted,
        rows_rejected=staged.rows_rejected,
        rows_ignored=staged.rows_ignored,
        unused_columns=staging.unused_columns(plan),
        withheld_columns=staging.withheld_columns(plan),
        absent_columns=sorted((*plan.match.absent, *plan.match.unasked)),
        spare_columns=plan.match.spare_columns,
        authority_codes=list(staged.authority_codes),
        data_from_date=staged.data_from_date,
        data_until_date=staged.data_until_date,
        landed_parquet_sha256=_file_sha256(staged.accepted),
        landed_at=task.moment.isoformat(timespec="microseconds"),
        rejected_parquet_sha256=_file_sha256(staged.rejected) if staged.rejected else None,
        flags_parquet_sha256=_file_sha256(staged.flagged) if staged.flagged else None,
        container=plan.table.container,
        encoding=plan.table.encoding,
        header_rows=[plan.heading.first_row, plan.heading.last_row],
        ignored_rows=list(staged.ignored_rows),
        total_differences=list(staged.total_differences),
        identity_columns=staging.identity_headers(plan),
        rules_hash=task.rules_version(plan.layout.source) if task.rules_version else None,
        hash_key_id=task.vault().keys.hash_key_id if staged.sealed else None,
        given_values=_given_texts(plan),
        archive_name=incoming.shown_name(file.path) if file.member else None,
    )


def _candidates(task: _Task) -> list[Layout]:
    known, forced = task.layouts, task.forced
    if forced is None:
        return list(known.values())
    if forced not in known:
        raise LandingError(f'không có bố cục "{forced}".', advice=f"Các bố cục hiện có: {', '.join(known)}.")
    return [known[forced]]


def _is_current(landed: Delivery, task: _Task) -> bool:
    """Whether the record was made by today's version of the layout and contract that are asked for."""
    layout = task.layouts.get(landed.layout_code)
    return (
        layout is not None
        and task.forced in (None, landed.layout_code)
        and layout.layout_hash == landed.layout_hash
        and layout.contract.contract_hash == landed.contract_hash
        and (task.rules_version is None or task.rules_version(landed.source_code) == landed.rules_hash)
    )


def _is_intact(landed: Delivery, settings: Settings) -> bool:
    """Whether the landed rows, accepted, rejected and flagged, lie on disk as they were written.

    They are read whole for it: they are a tenth of the file whose hash has just been taken.
    """
    source, delivery_id = landed.source_code, landed.delivery_id
    accepted = deliveries.landed_path(settings, source, delivery_id)
    if not accepted.is_file() or _file_sha256(accepted) != landed.landed_parquet_sha256:
        return False
    # Nobody may lose the vault's part of a delivery without its being landed again.
    if landed.hash_key_id and not (vault_folder(settings) / f"{delivery_id}.parquet").is_file():
        return False
    beside = [(deliveries.flags_path(settings, source, delivery_id), landed.flags_parquet_sha256)]
    if landed.rows_rejected:
        beside.append((deliveries.rejected_path(settings, source, delivery_id), landed.rejected_parquet_sha256))
    return all(sha256 is None or (path.is_file() and _file_sha256(path) == sha256) for path, sha256 in beside)


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


def _mend(layout: Layout, at_source: str = "Hãy sửa ở hệ thống nguồn rồi xuất và nạp lại.") -> str:
    """Where a fault is mended: a canonical file is filled by hand, any other one comes out of a system."""
    return "Hãy sửa trong tệp rồi nạp lại." if layout.is_generic else at_source


def _check_any_read(staged: Staged, layout: Layout) -> None:
    """LandingError that says why, when no row at all could be typed: there is no delivery in which to look it up."""
    if staged.rows_accepted == 0 and staged.rejected is not None:
        raise LandingError(
            f"không nhận được dòng nào trên {vi_count(staged.rows_read)} dòng đọc: "
            f"{row_notes.top_reasons(staged.rejected)}.",
            advice=_mend(
                layout, "Hãy sửa ở hệ thống nguồn, hoặc thêm vào bố cục cách đọc các giá trị ấy, rồi nạp lại."
            ),
        )


def _check_whole(staged: Staged, contract: SourceContract) -> None:
    """LandingError for a file that means something else without the rows that could not be read."""
    if contract.is_whole and staged.rows_rejected and staged.rejected is not None:
        raise LandingError(
            f"{vi_count(staged.rows_rejected)} trên {vi_count(staged.rows_read)} dòng không đọc được: "
            f"{row_notes.top_reasons(staged.rejected)}. Thiếu các dòng ấy thì cả tệp mang nghĩa khác.",
            advice="Hãy sửa trong tệp rồi nạp lại cả tệp.",
        )


def _check_any_left(staged: Staged, results: Sequence[RuleResult], layout: Layout) -> None:
    if staged.rows_accepted or not staged.rows_rejected:
        return
    failed = [item for item in results if not item.is_passed and item.effect_code == "reject_row"]
    texts = "; ".join(f"{item.rule_text} ({vi_count(item.failed_count)} dòng sai)" for item in failed[:3])
    raise LandingError(f"mọi dòng đều bị loại: {texts}.", advice=_mend(layout))


def _check_gate(results: Sequence[RuleResult], layout: Layout) -> None:
    failed = [item for item in results if not item.is_passed and item.effect_code == "refuse_file"]
    if not failed:
        return
    texts = "; ".join(
        f"{item.rule_text} ({vi_count(item.failed_count)} trên {vi_count(item.checked_count)} sai"
        + (f", ví dụ {', '.join(item.sample[:3])})" if item.sample else ")")
        for item in failed
    )
    raise LandingError(f"không đạt kiểm tra đầu vào: {texts}.", advice=_mend(layout))


def _publish(settings: Settings, parts: Sequence[_Part], replaced: Delivery | None, task: _Task) -> None:
    """Move the files into place; the record of the first part is last. A replaced file is taken off the ledger first.

    A build that runs meanwhile has its own names for the rows it reads, so nothing vanishes under it.
    """
    moves = [move for part in parts for move in _moves(settings, part)]
    records = [
        (deliveries.stage_record(part.delivery, part.work), deliveries.record_path(settings, part.delivery.delivery_id))
        for part in reversed(parts)
    ]
    for made, target in (*moves, *records):
        _secure(made, target)
    # All that needs room on the disk has been done.
    if replaced is not None:
        _take_back(settings, replaced)
    for part in parts:
        if part.staged.sealed is not None:
            task.vault().put(part.staged.sealed, part.delivery.delivery_id)
    for made, target in (*moves, *records):
        made.replace(target)


def _moves(settings: Settings, part: _Part) -> list[tuple[Path, Path]]:
    source, delivery_id = part.delivery.source_code, part.delivery.delivery_id
    places = (
        (part.staged.rejected, deliveries.rejected_path),
        (part.staged.flagged, deliveries.flags_path),
        (part.staged.accepted, deliveries.landed_path),
    )
    return [(made, place(settings, source, delivery_id)) for made, place in places if made is not None]


def _take_back(settings: Settings, replaced: Delivery) -> None:
    """Off the ledger with every delivery of the file, its first one first: without it the others count for nothing."""
    for name in replaced.file_delivery_ids or [replaced.delivery_id]:
        delivery = deliveries.read_delivery(settings, name)
        if delivery is None:
            continue
        deliveries.record_path(settings, name).unlink()
        for place in (deliveries.landed_path, deliveries.rejected_path, deliveries.flags_path):
            place(settings, delivery.source_code, name).unlink(missing_ok=True)


def _secure(made: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with made.open("rb") as handle:
        os.fsync(handle.fileno())
