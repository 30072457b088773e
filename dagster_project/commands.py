"""What the commands do, as plain functions: demo, load, build, query. The CLI parses, these act.

Heavy libraries are imported inside functions, so that `cchc --help` answers at once.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category
from zoneinfo import ZoneInfo

from dagster_project.console import Console
from dagster_project.landing.errors import LandingError
from dagster_project.publishing.errors import BuildError
from dagster_project.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from dagster_project.explaining.dossier import Ask
    from dagster_project.landing.contracts import Column, SourceContract
    from dagster_project.landing.deliveries import Delivery
    from dagster_project.landing.load import LandingResult
    from dagster_project.landing.sniffing import SniffedTable
    from dagster_project.publishing.builds import PublishedBuild
    from dagster_project.publishing.plan import BuildPlan

Say = Callable[[str], None]

DEMO_FOLDER = "demo_h99"
# So many letters of a delivery id name it.
MIN_PREFIX = 4
LONGEST_GIVEN = 200
# Control characters, and the two line ends that are none.
LINE_ENDS = ("Cc", "Zl", "Zp")
DAGSTER_YAML = """\
# Written by cchc. Nothing is sent anywhere; one writer at a time.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    granularity: op
    default_limit: 1
event_log_storage:
  module: dagster_project.event_log
  class: OpenEventLog
  config:
    base_dir: {events}
"""


@dataclass(frozen=True)
class LoadSummary:
    """Counts over the files of one load. ``refused`` are sentences that name file, sheet, row and column.

    ``unread`` names the sheets of landed files that no layout knows.
    """

    file_count: int
    landed_count: int
    already_landed_count: int
    refused: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    unread: tuple[str, ...]


def real_files() -> list[Path]:
    """The real input that ships with the project, and the reference files every build takes in."""
    return [PROJECT_ROOT / "data" / "reference", PROJECT_ROOT / "tests" / "fixtures" / "real"]


def load_files(
    paths: Sequence[Path],
    settings: Settings,
    console: Console,
    *,
    layout: str | None = None,
    given: Mapping[str, str] | None = None,
) -> LoadSummary:
    """Land files, folders and archives through gate 1, going on past refused ones; every refusal is told in full.

    ``given``: canonical column → value that the files do not hold. LandingError when no source has the column.
    """
    from dagster_project.landing.layouts import own_layouts
    from dagster_project.landing.load import land_paths
    from expectations.catalogue import rules_version
    from expectations.runner import check_delivery

    def told(result: LandingResult, done: int, total: int) -> None:
        if result.status == "refused":
            console.say(result.message)
        elif result.status == "landed":
            console.progress(done, total, result.message, is_kept=result.has_remarks)

    for error in own_layouts(settings.layouts)[1].values():
        console.say(f"Nạp mà không dùng một tệp bố cục: {error}")
    try:
        return _summary(
            land_paths(paths, settings, check_delivery, told, layout=layout, given=given, rules_version=rules_version)
        )
    except KeyboardInterrupt as stopped:
        console.say(str(stopped))
        raise


def given_values(texts: Sequence[str] | None) -> dict[str, str]:
    """What «--set column=value» gave. BuildError for a text of another shape."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not (name.strip() and sign and value.strip()):
            raise BuildError(f"«--set {text}» không đúng dạng cột=giá trị, ví dụ --set unit_code=H99.01.")
        # It becomes part of every row and of the sentences about the file.
        if len(value.strip()) > LONGEST_GIVEN or any(category(sign) in LINE_ENDS for sign in text.strip()):
            raise BuildError(
                f"Giá trị của «--set {name.strip()}» có dấu xuống dòng hoặc ký tự điều khiển, hoặc dài quá "
                f"{LONGEST_GIVEN} ký tự. Hãy ghi giá trị ngắn trên một dòng."
            )
        found[name.strip()] = value.strip()
    return found


def sniffed(
    file: Path,
    settings: Settings,
    *,
    layout: str | None = None,
    draft: Path | None = None,
    given: Mapping[str, str] | None = None,
) -> str:
    """What a file seems to be, as text for the screen. LandingError when it cannot be read at all."""
    from dagster_project.landing.incoming import check_file, opened, unpacked
    from dagster_project.landing.layouts import known_layouts, own_layouts, read_layout
    from dagster_project.landing.sniffing import sniff_file

    known = known_layouts(settings.layouts, layout)
    if layout is not None and layout not in known:
        raise BuildError(f'Không có bố cục "{layout}". Xem «cchc layouts».')
    candidates = [read_layout(draft)] if draft else [known[layout]] if layout else list(known.values())
    check_file(file)
    texts = [] if layout or draft else [f"Không thử: {error}" for error in own_layouts(settings.layouts)[1].values()]
    for item in unpacked([file]):
        try:
            with opened(item) as path:
                tables = sniff_file(path, candidates, given)
        except LandingError as error:
            error.file = error.file or item.full_name
            raise
        texts += [f"{item.full_name}:"] if item.member else []
        texts += [_sniffed_text(table) for table in tables]
    return "\n\n".join(texts)


def _sniffed_text(table: SniffedTable) -> str:
    where = f"Trang «{table.name}»" if table.name else "Tệp"
    rows = "không thấy tiêu đề"
    if table.header_rows:
        first, last = table.header_rows
        rows = f"tiêu đề ở dòng {first}" if first == last else f"tiêu đề ở các dòng {first}–{last}"
    known = f"bố cục {table.layout}, nguồn {table.source}" if table.layout else "chưa có bố cục nào đọc được"
    lines = [f"{where} ({table.container}, {table.encoding}): {rows}; {known}."]
    lines += [f"  Phía trên: {line}" for line in table.title_lines[:6]]
    names = ["Cột", "Thành", "Ví dụ"]
    cells = [
        (" ".join(column.path.split()) or "(không tên)", column.meaning, " | ".join(_short(v) for v in column.values))
        for column in table.columns
    ]
    if cells:
        lines.append(_aligned(names, cells).rpartition("\n")[0])
    return "\n".join([*lines, *(f"  Còn ngờ: {doubt}" for doubt in table.doubts)])


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"


def write_layout_draft(file: Path, settings: Settings, *, code: str, source: str | None, out: Path | None) -> str:
    """Write a draft layout and say what to do with it. BuildError for a bad or taken code or file name."""
    import re

    from dagster_project.landing.drafting import draft_layout
    from dagster_project.landing.incoming import check_file
    from dagster_project.landing.layouts import known_layouts

    if not re.fullmatch("[a-z][a-z0-9_]*", code):
        raise BuildError(f"Mã bố cục «{code}» chỉ được gồm chữ thường không dấu, số và gạch dưới.")
    if code in known_layouts(settings.layouts, code):
        raise BuildError(f"Đã có bố cục «{code}». Hãy chọn mã khác.")
    path = out or Path(f"{code}.yml")
    if path.exists():
        raise BuildError(f"Đã có {path}. Hãy chọn tên khác bằng --out để không ghi đè lên bản đang sửa.")
    check_file(file)
    draft = draft_layout(file, code, source)
    path.write_text(draft.text, encoding="utf-8")
    return (
        f"Đã viết {path}: nguồn {draft.source}, đoán được {draft.mapped_count} cột trên {draft.column_count}.\n"
        f"Hãy sửa các dòng có dấu «?», thử bằng «cchc sniff {file} --draft {path}», "
        f"rồi chép vào {settings.layouts} để nạp."
    )


def rejected_rows(settings: Settings, file_name: str | None = None) -> tuple[list[str], list[tuple]]:
    """Rejected cells of every delivery, or of those whose file is called ``file_name``, in file order.

    A rule's text is what should be so: beside a row it says what is not, and what to do.
    Returns column titles and rows: file, row in the file, column, reason, value as sent.
    Raises BuildError when nothing of that name has landed.
    """
    import pyarrow.parquet as pq

    from dagster_project.landing.deliveries import list_deliveries, rejected_path
    from dagster_project.landing.returns import MEND

    chosen = [d for d in list_deliveries(settings) if file_name is None or _is_meant(d, file_name)]
    if file_name and not chosen:
        raise BuildError(f"Chưa nạp tệp nào tên «{file_name}». Hãy chạy «cchc load» hoặc kiểm tra lại tên tệp.")
    rows = []
    for delivery in sorted(chosen, key=lambda d: (d.file_name, d.delivery_id)):
        path = rejected_path(settings, delivery.source_code, delivery.delivery_id)
        rules = {rule["rule_code"] for rule in delivery.rule_results}
        for row in pq.read_table(path).to_pylist() if path.exists() else []:
            reason = row["reason_text"]
            if row["reason_code"] in rules:
                reason = f"Không đạt: {reason}. {MEND}"
            rows.append((delivery.file_name, row["source_row_number"], row["column_name"], reason, row["raw_value"]))
    return ["Tệp", "Dòng", "Cột", "Lý do", "Giá trị"], rows


def _is_meant(delivery: Delivery, wanted: str) -> bool:
    """By the name of the file or of its archive, or by the beginning of the delivery id."""
    is_id = len(wanted) >= MIN_PREFIX and delivery.delivery_id.startswith(wanted)
    return is_id or wanted in (delivery.file_name, delivery.archive_name)


def write_source_template(source: str, out: Path | None) -> Path:
    """Write the empty template of one source and return its path. BuildError for an unknown source or a taken name."""
    from dagster_project.landing.templates import write_template

    contract = _contract(source)
    path = out or Path(f"mau_{source}.xlsx")
    if path.exists():
        raise BuildError(f"Đã có {path}. Hãy chọn tên khác bằng --out để không ghi đè lên tệp đang điền.")
    return write_template(contract, path)


def source_columns(source: str) -> str:
    """The columns of one source for the screen: name, type, what an empty cell means, example, meaning and codes.

    BuildError for an unknown source.
    """
    from dagster_project.landing.contract_docs import TYPE_NAMES, row_meaning

    contract = _contract(source)
    rows = [
        (column.name, TYPE_NAMES[column.type], column.null_rule, column.example, _meaning(column))
        for column in contract.columns
    ]
    table = format_rows(["Cột", "Kiểu", "Khi trống", "Ví dụ", "Ý nghĩa"], rows, "table").rpartition("\n")[0]
    people = f"\nCột định danh, vào kho định danh: {', '.join(contract.identity)}." if contract.identity else ""
    return f"{contract.title}: {row_meaning(contract)}.\n{table}{people}"


def _meaning(column: Column) -> str:
    listed = "; ".join(f"{code} = {label}" for code, label in zip(column.codes, column.labels, strict=True))
    return f"{column.definition}. Danh mục: {listed}" if listed else column.definition


def _contract(source: str) -> SourceContract:
    from dagster_project.landing.contracts import load_contracts

    contract = load_contracts().get(source)
    if contract is None:
        raise BuildError(f'Không có nguồn "{source}". Các nguồn: {", ".join(load_contracts())}.')
    return contract


def build(
    settings: Settings, say: Say, *, as_of: date | None = None, received_by: date | None = None
) -> PublishedBuild:
    """Build and publish what has landed, through Dagster's job `refresh` in this process.

    When this very build is published already, it is only made the served one. Raises BuildError with a sentence.
    """
    from dagster_project.publishing.builds import current_build, is_published, point_to
    from dagster_project.publishing.lock import build_lock
    from dagster_project.publishing.plan import plan_build, read_plan

    if as_of and as_of > _today():
        raise BuildError(f"Ngày chốt {as_of:%d/%m/%Y} còn ở tương lai. Hãy chọn ngày đã qua.")
    plan = plan_build(settings, as_of=as_of, received_by=received_by)
    if is_published(settings, plan.build_id):
        with build_lock(settings.warehouse / "build.lock", on_wait=say):
            point_to(settings, plan.build_id)
        say(f"Không có gì mới: bản dựng {plan.build_id} đã có, đang được phục vụ.")
    else:
        say(f"Dựng bản {plan.build_id}, số liệu chốt đến hết ngày {plan.as_of_date:%d/%m/%Y}…")
        _run_refresh(settings, say, as_of, received_by)
        built = read_plan(settings)
        if built.build_id != plan.build_id:
            say(_planned_anew(plan, built))
    return current_build(settings)


def _planned_anew(announced: BuildPlan, built: BuildPlan) -> str:
    """Why another build is served than the one announced: between the two, files came in."""
    before = set(map(_as_landed, announced.deliveries))
    names = [f"«{delivery.file_name}»" for delivery in built.deliveries if _as_landed(delivery) not in before]
    listed = f" ({', '.join(names[:3])}{'…' if len(names) > 3 else ''})" if names else ""
    return (
        f"Đã lập lại kế hoạch: trước khi bắt đầu dựng, sổ các lần nạp có thay đổi{listed}, "
        f"nên bản vừa dựng là {built.build_id}, không phải {announced.build_id}."
    )


def _as_landed(delivery: Delivery) -> tuple[str, str]:
    return delivery.delivery_id, delivery.landed_parquet_sha256


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def _run_refresh(settings: Settings, say: Say, as_of: date | None, received_by: date | None) -> None:
    prepare_dagster_home(settings)
    import dagster as dg

    from dagster_project.definitions import build_defs

    job = build_defs(settings=settings, say=say).resolve_job_def("refresh")
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "ops": {"build_plan": {"config": _plan_config(as_of, received_by)}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
        if not result.success:
            raise BuildError(_why_failed(result))


def _plan_config(as_of: date | None, received_by: date | None) -> dict[str, str]:
    return {
        "as_of_date": as_of.isoformat() if as_of else "",
        "received_by_date": received_by.isoformat() if received_by else "",
    }


def _why_failed(result: Any) -> str:
    checks = [
        f"{evaluation.check_name}: {evaluation.metadata['rule'].value}"
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed and evaluation.blocking and "rule" in evaluation.metadata
    ]
    if checks:
        return "Không công bố vì kiểm tra đầu ra không đạt: " + "; ".join(checks) + ". Bản đang phục vụ giữ nguyên."
    errors = [
        event.event_specific_data.error
        for event in result.all_events
        if event.event_type_value in {"STEP_FAILURE", "RESOURCE_INIT_FAILURE"} and event.event_specific_data.error
    ]
    text = "; ".join(_innermost(error) for error in errors) or "chưa rõ nguyên nhân, xem nhật ký của Dagster"
    return f"Dựng không thành công: {text}. Bản đang phục vụ giữ nguyên."


def _innermost(error: Any) -> str:
    while error.cause is not None:
        error = error.cause
    return error.message.strip().splitlines()[0]


def prepare_dagster_home(settings: Settings) -> None:
    """Dagster's home under the data root, with telemetry off and a pool of one for the DuckDB writer."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    configuration = settings.dagster_home / "dagster.yaml"
    text = DAGSTER_YAML.format(events=json.dumps(str(settings.dagster_home / "history" / "runs"), ensure_ascii=False))
    if not configuration.exists() or configuration.read_text(encoding="utf-8") != text:
        configuration.write_text(text, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"


def query(sql: str, settings: Settings) -> tuple[list[str], list[tuple]]:
    """Run one SELECT over the served build's tables. Returns column names and rows.

    The connection sees the published tables by name and nothing else: no file, no network, no write.
    Raises BuildError with a sentence for anything but one SELECT, and for DuckDB's own errors.
    """
    import duckdb

    from dagster_project.publishing.builds import current_build
    from dagster_project.publishing.reading import open_tables

    published = current_build(settings)
    connection = open_tables(published.folder, published.manifest["tables"])
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise BuildError("Chỉ chạy được đúng một câu lệnh SELECT.")
        cursor = connection.execute(statements[0])
        return [column[0] for column in cursor.description], cursor.fetchall()
    except duckdb.Error as error:
        raise BuildError(f"Câu lệnh SQL không chạy được: {error}") from error
    finally:
        connection.close()


def compared_builds(before: str, after: str, settings: Settings, *, limit: int, is_everything: bool, style: str) -> str:
    """What moved between two builds, for the screen or as `csv` or `json`. BuildError for a build that is not there."""
    from dagster_project.explaining.comparison import COLUMNS, heading, rows_of
    from dagster_project.publishing.comparing import compare_builds
    from dagster_project.publishing.official import find_build

    comparison = compare_builds(
        find_build(settings, before), find_build(settings, after), limit=limit, is_everything=is_everything
    )
    table = format_rows(COLUMNS, rows_of(comparison, is_text=style != "json"), style)
    return f"{heading(comparison)}\n\n{table}" if style == "table" else table


def sign_build(build: str, settings: Settings, *, note: str, signed_by: str) -> str:
    """Sign a published build as the official one, now; returns what to say."""
    from dagster_project.publishing.official import find_build, sign

    found = find_build(settings, build)
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).replace(tzinfo=None)
    signature = sign(settings, found.build_id, signed_by=signed_by, note=note, signed_at=now)
    return f"{signature.build_id}: {signature.text}."


def explained_dossier(code: str, authority_code: str | None, settings: Settings) -> str:
    """The story of a dossier in the served build; BuildError with a sentence when there is none of that code."""
    from dagster_project.explaining.dossier import dossier_stories, told

    with _asked(settings) as (ask, _):
        stories = dossier_stories(ask, code, authority_code)
    if not stories:
        where = f" của {authority_code}" if authority_code else ""
        raise BuildError(f"Bản dựng đang phục vụ không có hồ sơ «{code}»{where}. Hãy xem lại mã hồ sơ.")
    return "\n\n".join(told(story) for story in stories)


def compared_surveys(a: str, b: str, unit_code: str | None, settings: Settings) -> str:
    """Two survey waves of the served build side by side; SurveyError with the reason where they may not be compared."""
    from dagster_project.surveying.comparing import compared_waves

    with _asked(settings) as (ask, _):
        return compared_waves(ask, a, b, unit_code)


def explained_score(
    unit_code: str,
    criterion_code: str | None,
    settings: Settings,
    *,
    period_code: str | None = None,
    regulation_code: str | None = None,
    authority_code: str | None = None,
    more: int | None = None,
    percent: Decimal | None = None,
    side: str | None = None,
    limit: int | None = None,
) -> str:
    """The story of a unit's total, or of one criterion, or what a changed figure would give, in the served build.

    BuildError with the choices when the unit, period, regulation or criterion is not there or not the only one.
    """
    from dagster_project.explaining import score, simulation

    if criterion_code is None and (more, percent) != (None, None):
        raise BuildError("Hãy nêu tiêu chí cần mô phỏng sau mã đơn vị.")
    if criterion_code is None and (side, limit) != (None, None):
        raise BuildError("Hãy nêu tiêu chí cần liệt kê hồ sơ sau mã đơn vị.")
    if more is not None and percent is not None:
        raise BuildError("Chỉ dùng một trong hai: --if-more hoặc --if-rate.")
    with _asked(settings) as (ask, published):
        key = score.find_score(ask, unit_code, period_code, regulation_code, authority_code)
        if criterion_code is None:
            return score.told_unit(score.unit_story(ask, key))
        is_asked = (side, limit) != (None, None)
        listed = score.Listed(side, score.SHOWN if limit is None else limit) if is_asked else None
        text = score.told_criterion(score.criterion_story(ask, key, criterion_code, listed))
    if more is None and percent is None:
        return text
    change = simulation.Change(criterion_code, more, percent)
    return f"{text}\n\n{simulation.told(simulation.simulate(published.folder, key, change))}"


def faulty_regulations(settings: Settings) -> list[str]:
    """One sentence for every fault of a regulation in the served build."""
    from dagster_project.explaining.regulations import regulation_faults

    with _asked(settings) as (ask, _):
        return regulation_faults(ask)


@contextmanager
def _asked(settings: Settings) -> Iterator[tuple[Ask, PublishedBuild]]:
    """How to ask the served build's tables, and the build."""
    from dagster_project.publishing.builds import current_build
    from dagster_project.publishing.reading import open_tables

    published = current_build(settings)
    with open_tables(published.folder, published.manifest["tables"]) as connection:

        def ask(sql: str, parameters: list) -> list[dict]:
            cursor = connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        yield ask, published


def format_rows(names: list[str], rows: list[tuple], style: str) -> str:
    """Rows as `table` (aligned text), `csv` or `json` (a list of objects)."""
    if style == "json":
        if len(set(names)) < len(names):
            raise BuildError("Hai cột của kết quả cùng tên. Hãy đặt tên khác bằng «as».")
        return json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, default=str)
    if style == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        return out.getvalue().rstrip("\n")
    return _aligned(names, rows)


def _aligned(names: list[str], rows: list[tuple]) -> str:
    cells = [names, *[["" if value is None else str(value) for value in row] for row in rows]]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    lines = [
        "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, f"({len(rows)} dòng)"])


def _summary(results: Sequence[LandingResult]) -> LoadSummary:
    landed = [delivery for result in results for delivery in result.deliveries]
    return LoadSummary(
        file_count=len(results),
        landed_count=sum(result.status == "landed" for result in results),
        already_landed_count=sum(result.status == "already_landed" for result in results),
        refused=tuple(result.message for result in results if result.status == "refused"),
        rows_read=sum(delivery.rows_read for delivery in landed),
        rows_accepted=sum(delivery.rows_accepted for delivery in landed),
        rows_rejected=sum(delivery.rows_rejected for delivery in landed),
        unread=tuple(
            f'trang "{sheet}" của tệp "{result.name}"'
            for result in results
            for delivery in result.deliveries
            for sheet in delivery.unread_tables
        ),
    )
