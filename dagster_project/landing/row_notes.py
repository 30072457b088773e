"""What is noted of single rows: rejected ones with their reasons, flags on accepted ones, and what rules make of them.

A file of notes has one row per (row, column, reason), in file order.
Does not belong here: which rows are sound (``staging``), what the rules say (``expectations``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.console import vi_count
from dagster_project.landing import identities, stopping
from dagster_project.landing.connections import duckdb_config, scalar
from dagster_project.landing.row_kinds import DATA
from dagster_project.landing.typing_sql import ABOUT, LOWER_BOUND, Input, clean_sql, identifier, literal

if TYPE_CHECKING:
    from dagster_project.landing.contracts import Column
    from dagster_project.landing.readers import Plan
    from dagster_project.landing.staging import Job, Staged

TOLD_REASONS = 3
_NOTE_COLUMNS = "delivery_id, source_row_number, column_name, reason_code, reason_text, raw_value"
_NOTES = {
    "lower_bound": "Số ghi kiểu «trên …» chỉ là cận dưới",
    "approximate": "Số ghi kiểu «khoảng …» chỉ là ước chừng",
    "code_cleaned": "Mã có ký tự lạ giống ký tự thường, đã thay; ô giá trị giữ nguyên văn",
    "shared_number": "Một số ghi trong ô gộp qua nhiều dòng: giữ ở dòng đầu, các dòng dưới để trống",
}


def write_rejected(job: Job) -> Path:
    """One row per (row, wrong column), and one per broken record, in file order."""
    con, raw = job.con, job.raw
    path = job.work / f"{job.delivery_id}.rejected.parquet"
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
    has_wrong = scalar(con, "select count(*) from duckdb_tables() where table_name = 'wrong_rows'")
    for index, item in enumerate(job.query.inputs if has_wrong else ()):
        value = identities.masked_sql(f"r{index}", job.plan)
        for reason in job.query.reasons[index]:
            parts.append(
                f"select source_row_number, {index}, {literal(item.column.name)}, {literal(reason.code)}, "
                f"{literal(reason.text)}, {value} from wrong_rows where e{index} = {literal(reason.code)}"
            )
    con.execute(
        f"copy (select {literal(job.delivery_id)} as delivery_id, cast(source_row_number as bigint) as "
        f"source_row_number, column_name, reason_code, reason_text, raw_value "
        f"from ({' union all '.join(parts)}) "
        f"order by source_row_number, position) to {literal(str(path))} (format parquet, compression zstd)"
    )
    con.unregister("broken_rows")
    return path


def write_flags(job: Job) -> Path | None:
    """What the landing itself flags: numbers that are bounds, codes that were mended; None without any."""
    doubts = [(index, item, note) for index, item in job.from_cells for note in _notes(item)]
    present = _present(job, doubts)
    for index, item in job.from_cells:
        if rows := job.shared_numbers.get(item.position):
            listed = ", ".join(map(str, rows))
            present.append((index, item, ("shared_number", f"source_row_number in (select unnest([{listed}]))")))
    if not present:
        return None
    parts = [
        f"select source_row_number, {index} as position, {literal(item.column.name)} as column_name, {literal(code)} "
        f"as reason_code, {literal(_NOTES[code])} as reason_text, cells.{item.raw_sql} as raw_value "
        f"from {job.shaped} as cells where row_kind = '{DATA}' and ({condition})"
        for index, item, (code, condition) in present
    ]
    path = job.work / f"{job.delivery_id}.flags.parquet"
    accepted = f"read_parquet({literal(str(job.work / (job.delivery_id + '.parquet')))})"
    written = job.con.execute(
        f"copy (select {literal(job.delivery_id)} as delivery_id, source_row_number, column_name, reason_code, "
        f"reason_text, raw_value from ({' union all '.join(parts)}) as notes "
        f"semi join {accepted} as accepted using (source_row_number) "
        "order by source_row_number, position, reason_code) "
        f"to {literal(str(path))} (format parquet, compression zstd)"
    ).fetchone()
    return path if written and written[0] else None


def _notes(item: Input) -> list[tuple[str, str]]:
    """Which notes a cell may get, each with its condition over the raw text."""
    text = f"lower(nfc_normalize(trim({item.raw_sql})))"
    if item.column.type in ("integer", "decimal"):
        return [
            ("lower_bound", f"regexp_matches({text}, '^{LOWER_BOUND}')"),
            ("approximate", f"regexp_matches({text}, '^{ABOUT}')"),
        ]
    # A code of a list ("Đã trả kết quả") is a label; only free codes are identities of something.
    if item.column.type == "code" and not item.column.codes and not item.spec.mapping:
        # Spaces at the ends and around are nothing: what counts is another letter in the code.
        raw = f"regexp_replace({item.raw_sql}, '\\s+', ' ', 'g')"
        cleaned = f"coalesce({clean_sql(item.raw_sql, is_text=False)}, '')"
        return [
            (
                "code_cleaned",
                f"strlen({item.raw_sql}) <> length({item.raw_sql}) "
                f"and trim(nfc_normalize(replace({raw}, chr(160), ' '))) <> {cleaned}",
            )
        ]
    return []


def _present(
    job: Job, doubts: Sequence[tuple[int, Input, tuple[str, str]]]
) -> list[tuple[int, Input, tuple[str, str]]]:
    """Those that occur at all: one look at the raw cells instead of one pass each."""
    if not doubts:
        return []
    looks = []
    for _, item, (code, condition) in doubts:
        # Cheaper than the condition itself, and wide enough for it.
        quick = f"strlen({item.raw_sql}) <> length({item.raw_sql})"
        looks.append(f"bool_or({quick if code == 'code_cleaned' else condition})")
    row = job.con.execute(f"select {', '.join(looks)} from read_parquet({literal(str(job.raw.parquet))})").fetchone()
    return [doubt for doubt, occurs in zip(doubts, row or (), strict=True) if occurs]


def top_reasons(rejected: Path) -> str:
    """The most frequent reasons of rejected rows in words, each with its count and first row."""
    found = pq.read_table(rejected, columns=["source_row_number", "reason_text"])
    counted = found.group_by("reason_text").aggregate([("source_row_number", "count"), ("source_row_number", "min")])
    rows = sorted(counted.to_pylist(), key=lambda row: (-row["source_row_number_count"], row["source_row_number_min"]))
    texts = [
        f"{row['reason_text']} ({vi_count(row['source_row_number_count'])} dòng, "
        f"từ dòng {row['source_row_number_min']})"
        for row in rows[:TOLD_REASONS]
    ]
    return "; ".join([*texts, *(["…"] if len(rows) > TOLD_REASONS else [])])


def apply_effects(staged: Staged, delivery_id: str, work: Path, failing: pa.Table, threads: int, plan: Plan) -> Staged:
    """Move rows of reject_row rules to the rejected ones, with the value to blame, and note flag_row rules.

    ``failing``: rule_code, effect_code, rule_text, column_name, source_row_number.
    """
    if failing.num_rows == 0:
        return staged
    with duckdb.connect(config=duckdb_config(work, threads)) as con, stopping.interruptible(con):
        con.register("failing", failing)
        notes = (
            f"select {literal(delivery_id)} as delivery_id, source_row_number, column_name, rule_code as reason_code, "
            "rule_text as reason_text, {value} as raw_value from {rows} where effect_code = "
        )
        flags = notes.format(value="cast(NULL as varchar)", rows="failing")
        # The row leaves the accepted ones, and with it what stood there.
        typed = f"failing inner join read_parquet({literal(str(staged.accepted))}) as typed using (source_row_number)"
        rejections = notes.format(value=_blamed_sql(failing, plan), rows=typed)
        out = "select source_row_number from failing where effect_code = 'reject_row'"
        rejected_count = scalar(con, f"select count(distinct source_row_number) from ({out})")
        flagged = _merged(con, staged.flagged, f"{flags}'flag_row' and source_row_number not in ({out})", work, "flags")
        if not rejected_count:
            return replace(staged, flagged=flagged)
        rejected = _merged(con, staged.rejected, f"{rejections}'reject_row'", work, "rejected")
        kept = work / f"{delivery_id}.kept.parquet"
        con.execute(
            f"copy (from read_parquet({literal(str(staged.accepted))}) where source_row_number not in ({out})) "
            f"to {literal(str(kept))} (format parquet, compression zstd)"
        )
        kept.replace(staged.accepted)
    return replace(
        staged,
        rejected=rejected,
        flagged=flagged,
        rows_accepted=staged.rows_accepted - rejected_count,
        rows_rejected=staged.rows_rejected + rejected_count,
    )


def _blamed_sql(failing: pa.Table, plan: Plan) -> str:
    """The value of the column that a rule blames, as text, over the typed rows; hidden where it could name somebody."""
    blamed = {name for name in pc.unique(failing["column_name"]).to_pylist() if name}
    shown = [(column.name, _shown_sql(column)) for column in plan.layout.contract.columns if column.name in blamed]
    branches = [f"when {literal(name)} then {identities.masked_sql(f'({text})', plan)}" for name, text in shown]
    return f"case column_name {' '.join(branches)} end" if branches else "cast(NULL as varchar)"


def _shown_sql(column: Column) -> str:
    """A typed value as an officer writes it."""
    name = f"typed.{identifier(column.name)}"
    text = f"cast({name} as varchar)"
    return {
        "date": f"strftime({name}, '%d/%m/%Y')",
        "timestamp": f"strftime({name}, '%d/%m/%Y %H:%M:%S')",
        "decimal": f"replace(regexp_replace({text}, '[.]?0+$', ''), '.', ',')",
        "boolean": f"case when {name} then 'Có' when not {name} then 'Không' end",
    }.get(column.type, text)


def _merged(con: duckdb.DuckDBPyConnection, before: Path | None, notes: str, work: Path, name: str) -> Path | None:
    """A file of notes with further ones, in file order; None when there is none."""
    earlier = f"select {_NOTE_COLUMNS} from read_parquet({literal(str(before))}) union all " if before else ""
    path = work / f"merged.{name}.parquet"
    written = con.execute(
        f"copy (select {_NOTE_COLUMNS} from ({earlier}{notes}) order by source_row_number, reason_code, column_name) "
        f"to {literal(str(path))} (format parquet, compression zstd)"
    ).fetchone()
    return path if written and written[0] else None
