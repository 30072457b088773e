"""One table of a file, read, typed and split in a work folder: accepted, rejected, flagged, ignored.

read = accepted + rejected + ignored, and for each of the last two a reason. Identities go to a sealed file on the way;
hashes and flags stand in their place among the accepted rows.
Does not belong here: making a delivery visible (``load``), what a row of a form is (``row_kinds``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project.console import vi_count
from dagster_project.landing import grid, identities, layouts, row_kinds, row_notes, stopping, totals
from dagster_project.landing.connections import duckdb_config, scalar
from dagster_project.landing.contracts import Column, SourceContract
from dagster_project.landing.errors import LandingError
from dagster_project.landing.layouts import ColumnSpec, PackedCell
from dagster_project.landing.personal import covered
from dagster_project.landing.readers import Plan
from dagster_project.landing.row_kinds import BLANK, DATA, GROUP, KIND_NAMES, TOTAL
from dagster_project.landing.tables import TEXT_CELLS, TEXT_CONTAINERS, RawTable
from dagster_project.landing.totals import CountedGroup, TotalRow
from dagster_project.landing.typing_sql import (
    WRITTEN,
    Input,
    TypedQuery,
    identifier,
    literal,
)

if TYPE_CHECKING:
    from dagster_project.vault.store import Vault

# A file with more broken records than this share was not meant to be read this way.
MAX_BROKEN_SHARE = 0.5
MAX_DIFFERENCES = 100
# A table of so few rows is typed once and kept in memory, a larger one typed anew by every query that needs it.
SMALL_ROWS = 20_000
# Columns that many records share.
_WHOSE = ("authority_code", "unit_code")


@dataclass(frozen=True)
class Staged:
    """Typed rows in the work folder and their counts; ``rejected`` and ``flagged`` are None when there are none.

    ``sealed`` is the vault's file of the delivery, not yet in the vault.
    """

    accepted: Path
    rejected: Path | None
    flagged: Path | None
    sealed: Path | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    ignored_rows: tuple[dict, ...]
    total_differences: tuple[dict, ...] = ()
    authority_codes: tuple[str, ...] = ()
    data_from_date: str | None = None
    data_until_date: str | None = None

    @property
    def rows_ignored(self) -> int:
        """Rows that are no data, of whatever kind."""
        return sum(kind["row_count"] for kind in self.ignored_rows)


@dataclass(frozen=True)
class Job:
    """What the steps of one staging share. ``judged`` is a query, ``shaped`` a relation.

    ``shared_numbers``: position → rows under a number that stands for several rows together.
    """

    con: duckdb.DuckDBPyConnection
    plan: Plan
    work: Path
    delivery_id: str
    raw: RawTable
    shaped: str
    query: TypedQuery
    judged: str
    shared_numbers: Mapping[int, Sequence[int]]

    @property
    def sound(self) -> str:
        """Condition over ``judged``: the row is data, and no cell of it is wrong."""
        return f"is_filled and row_kind = '{DATA}' and {self.query.is_sound_sql}"

    @property
    def from_cells(self) -> list[tuple[int, Input]]:
        """The inputs read from a cell of their own, each with its index."""
        return [(index, item) for index, item in enumerate(self.query.inputs) if item.position is not None]


def stage(plan: Plan, work: Path, delivery_id: str, today: dt.date, threads: int, vault: Callable[[], Vault]) -> Staged:
    """Read, type and split the rows of one table into Parquet files under ``work``.

    ``vault`` opens the vault; it is only called when the table holds identities.
    """
    with duckdb.connect(config=duckdb_config(work, threads)) as con, stopping.interruptible(con):
        con.execute(f"set TimeZone = {literal(plan.layout.time_zone)}")
        con.execute("set enable_progress_bar = false")
        # Pushed down to the scan, the condition "no cell is wrong" would type every cell a second time, and
        # no longer on dictionaries: 5 times slower. And a list of words to compare with would become a join.
        con.execute("set disabled_optimizers = 'filter_pushdown,in_clause'")
        job = _job(con, plan, work, delivery_id)
        staged = _split(job)
        staged = replace(staged, flagged=row_notes.write_flags(job))
        staged = replace(staged, sealed=_sealed(job, staged, vault))
        return _with_extent(con, staged, plan.layout.contract, today)


def _job(con: duckdb.DuckDBPyConnection, plan: Plan, work: Path, delivery_id: str) -> Job:
    positions = sorted({*plan.match.used_positions, *plan.match.identity_positions.values()})
    raw = plan.table.read(con, work, plan.reading, plan.extent, positions)
    _check_broken_share(raw)
    measures = [column.name for column in plan.layout.contract.columns if column.type in ("integer", "decimal")]
    numbers = {plan.match.positions[name] for name in measures if name in plan.match.positions}
    texts = set(positions) - numbers
    shared = grid.carry_down(con, raw, plan.table.merges(), plan.extent, plan.heading, texts, numbers)
    shaped = row_kinds.shaped_sql(str(raw.parquet), raw.row_number_sql, plan.match, positions, plan.numbered)
    if plan.layout.rows.groups:
        # What a row carries depends on all rows above it: worked out once.
        con.execute(f"create temp table shaped as from {shaped}")
        shaped = "shaped"
    query = TypedQuery(_inputs(con, plan, raw, shaped), plan.layout, plan.table.container, plan.table.is_1904)
    judged = query.judged_sql(shaped)
    if raw.row_count <= SMALL_ROWS:
        # To optimise the query takes three times longer than to run it.
        con.execute("pragma disable_optimizer")
        con.execute(f"create temp table judged as {judged}")
        con.execute("pragma enable_optimizer")
        judged = "from judged"
    return Job(con, plan, work, delivery_id, raw, shaped, query, judged, shared)


def _inputs(con: duckdb.DuckDBPyConnection, plan: Plan, raw: RawTable, shaped: str) -> list[Input]:
    """Every contract column in order with the place its text comes from; then the cells that are packed into one."""
    found = []
    for column in plan.layout.contract.columns:
        spec = plan.layout.columns.get(column.name, ColumnSpec())
        position = plan.match.positions.get(column.name)
        if position is not None:
            kind = raw.cell_kinds.get(position, TEXT_CELLS)
            order = _day_order(con, plan, column.type, position, shaped)
            header = plan.heading.path(position)
            mark = _decimal_mark(con, plan, column, position, shaped)
            found.append(Input(column, spec, f"c{position}", header, False, kind, order, mark, position))
        elif made := _made_sql(plan, column.name, spec):
            # The layout's own words need no map, blank or extract.
            own = ColumnSpec(mapping=spec.mapping) if spec.group or spec.joined else ColumnSpec()
            is_literal = not spec.group
            found.append(Input(column, spec if spec.group else own, made, column.name, is_literal=is_literal))
        else:
            found.append(Input(column, ColumnSpec(), "NULL", column.name))
    return [*found, *(_packed_input(plan, cell) for cell in plan.match.cells)]


def _packed_input(plan: Plan, cell: PackedCell) -> Input:
    """The answers to one question: read as codes are, each cell by the rules of the column they are packed into."""
    column = replace(plan.layout.contract.column(cell.column), type="code", required=False, is_packed=False)
    spec, header = plan.layout.columns[cell.column], plan.heading.path(cell.position)
    return Input(column, spec, f"c{cell.position}", header, position=cell.position, item_code=cell.item_code)


def _made_sql(plan: Plan, name: str, spec: ColumnSpec) -> str:
    """SQL of a value that is not the text of one cell; '' when there is none."""
    if name in plan.match.absent:
        return ""
    if name in plan.given:
        return literal(plan.given[name])
    if spec.group:
        return f"g_{spec.group}"
    if spec.joined:
        text = literal(spec.template)
        for number, header in enumerate(spec.joined, start=1):
            text = f"replace({text}, '{{{number}}}', trim(c{plan.match.others[header]}))"
        return text
    if spec.filled:
        branches = [
            f"when coalesce(trim(c{plan.match.others[header]}), '') <> '' then {literal(code)}"
            for header, code in spec.filled
        ]
        return f"case {' '.join(branches)} end"
    value = plan.literal(name) if name in plan.layout.columns else None
    return "" if value is None else literal(value)


def _day_order(con: duckdb.DuckDBPyConnection, plan: Plan, kind: str, position: int, shaped: str) -> str:
    """Which of two orders a column of doubtful dates has, by all its cells together; day first when none tells."""
    formats = plan.layout.date_formats if kind == "date" else plan.layout.timestamp_formats
    if kind not in ("date", "timestamp") or "dmy_or_mdy" not in formats:
        return "dmy"
    days, months = _proofs(con, position, shaped)
    if days and months:
        raise LandingError(
            f"có {days} ô ghi ngày trước tháng và {months} ô ghi tháng trước ngày, không biết đọc theo cách nào.",
            column=plan.heading.path(position),
            advice="Hãy đổi cả cột về một dạng ngày/tháng/năm rồi nạp lại.",
        )
    return "mdy" if months else "dmy"


def _proofs(con: duckdb.DuckDBPyConnection, position: int, shaped: str) -> tuple[int, int]:
    """Cells that can only be day first, and only month first."""
    shape = r"'^\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}'"
    first, second = (f"coalesce(try_cast(regexp_extract(c{position}, {shape}, {part}) as int), 0)" for part in (1, 2))
    row = con.execute(
        f"select count(*) filter ({first} > 12 and {second} <= 12), count(*) filter ({second} > 12 and {first} <= 12) "
        f"from {shaped} where row_kind = '{DATA}'"
    ).fetchone()
    return row or (0, 0)


def _decimal_mark(con: duckdb.DuckDBPyConnection, plan: Plan, column: Column, position: int, shaped: str) -> str:
    """The layout's decimal mark, or the one that the cells of a column prove; a dot when none does.

    "1,234" and "1.234" prove nothing: they stay what they are under a dot, so 1234 and 1.234. Only where a column has
    no thousands marks does any mark tell which one is its decimal mark.
    """
    if plan.layout.decimal != "dot_or_comma":
        return plan.layout.decimal
    if column.type not in ("integer", "decimal"):
        return "dot"
    text = f"trim(c{position})"
    behind = "[0-9]+" if column.without_thousands else "([0-9]{1,2}|[0-9]{4,})"
    commas = f"regexp_full_match({text}, '[+-]?([0-9]+|[0-9]{{1,3}}([.][0-9]{{3}})+),{behind} *%?')"
    many = f"regexp_full_match({text}, '[+-]?[0-9]{{1,3}}([.][0-9]{{3}}){{2,}}')"
    dots = f"regexp_full_match({text}, '[+-]?([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+)[.]{behind} *%?')"
    row = con.execute(
        f"select count(*) filter ({commas}), count(*) filter ({many}), count(*) filter ({dots}) from {shaped} "
        f"where row_kind = '{DATA}'"
    ).fetchone()
    comma_count, many_count, dot_count = row or (0, 0, 0)
    if (comma_count or many_count) and dot_count and plan.table.container in TEXT_CONTAINERS:
        kinds = (
            (comma_count, "dấu phẩy thập phân"),
            (many_count, "nhiều dấu chấm ngăn hàng nghìn"),
            (dot_count, "dấu chấm thập phân"),
        )
        raise LandingError(
            f"có {' và '.join(f'{vi_count(count)} ô ghi {kind}' for count, kind in kinds if count)}.",
            column=plan.heading.path(position),
            advice="Hãy ghi cả cột theo một cách rồi nạp lại.",
        )
    return "comma" if comma_count or many_count else "dot"


def _check_broken_share(raw: RawTable) -> None:
    records = raw.row_count + len(raw.broken)
    if raw.broken and len(raw.broken) > records * MAX_BROKEN_SHARE:
        first = raw.broken[0]
        raise LandingError(
            f"{vi_count(len(raw.broken))} trên {vi_count(records)} dòng bị hỏng cấu trúc; dòng hỏng đầu tiên: "
            f"{first.reason_text}.",
            row=first.row_number,
            advice="Hãy kiểm tra dấu phân cách và bảng mã, rồi xuất lại tệp.",
        )


def _split(job: Job) -> Staged:
    """Write the accepted rows in one pass; only a delivery with other rows needs further ones."""
    con, raw, query = job.con, job.raw, job.query
    accepted = job.work / f"{job.delivery_id}.parquet"
    columns = [
        f"t{index} as {identifier(item.column.name)}"
        for index, item in enumerate(query.inputs)
        if item.item_code is None
    ]
    # What is known of people; filled in when the identities are sealed.
    columns += identities.empty_columns(job.plan.layout.contract.identity)
    written = con.execute(
        f"copy (select {literal(job.delivery_id)} as delivery_id, source_row_number, {', '.join(columns)} "
        f"from ({job.judged}) where {job.sound}) to {literal(str(accepted))} {WRITTEN}"
    ).fetchone()
    staged = Staged(
        accepted=accepted,
        rejected=None,
        flagged=None,
        sealed=None,
        rows_read=raw.rows_read,
        rows_accepted=written[0] if written else 0,
        rows_rejected=len(raw.broken),
        ignored_rows=_ignored(con, raw.ignored_count, None),
    )
    if staged.rows_accepted < raw.row_count:
        staged = _with_other_rows(job, staged)
    if staged.rows_rejected:
        staged = replace(staged, rejected=row_notes.write_rejected(job))
    return staged


def _with_other_rows(job: Job, staged: Staged) -> Staged:
    """Tell the wrong rows from those that are no data, and compare totals with what was read."""
    con = job.con
    con.execute(
        f"create temp table wrong_rows as from ({job.judged}) "
        f"where is_filled and row_kind = '{DATA}' and not ({job.query.is_sound_sql})"
    )
    con.execute(
        f"create temp table other_rows as select source_row_number, row_kind from {job.shaped} "
        f"where is_filled and row_kind <> '{DATA}'"
    )
    _check_no_other_header(job)
    _move_misfits(job, staged)
    blank = scalar(con, f"select count(*) from read_parquet({literal(str(job.raw.parquet))}) where not is_filled")
    wrong = scalar(con, "select count(*) from wrong_rows")
    if wrong:
        _check_day_order(job)
    return replace(
        staged,
        rows_rejected=wrong + len(job.raw.broken),
        ignored_rows=_ignored(con, blank + job.raw.ignored_count, "other_rows"),
        total_differences=tuple(_differences(job, staged))[:MAX_DIFFERENCES],
    )


def _check_no_other_header(job: Job) -> None:
    """LandingError when the header comes again with its columns in another order: all rows below would be misread."""
    cells = {item.position: f"r{index}" for index, item in job.from_cells}
    named = [job.plan.heading.titles[place] for place in cells]
    titles = {layouts.normalise_header(path[-1]) for path in named if path}
    if len(cells) < row_kinds.REPEATED_CELLS + 1:
        return
    listed = ", ".join(literal(title) for title in sorted(titles))
    known = " + ".join(f"coalesce((lower({text}) in ({listed}))::int, 0)" for text in cells.values())
    row = job.con.execute(
        f"select min(source_row_number) from wrong_rows where {known} >= {max(3, len(cells) // 2)}"
    ).fetchone()
    if row and row[0] is not None:
        raise LandingError(
            "dòng tiêu đề xuất hiện lại với các cột khác thứ tự; các dòng bên dưới sẽ bị đọc lẫn cột.",
            row=row[0],
            advice="Hãy tách thành hai tệp, hoặc xếp lại các cột như bảng trên, rồi nạp lại.",
        )


def _move_misfits(job: Job, staged: Staged) -> None:
    """Totals, footers and the like that no layout announced: out of the wrong rows."""
    read = [(item.position, f"r{index}") for index, item in job.from_cells]
    if not read:
        return
    accepted = f"read_parquet({literal(str(staged.accepted))})"
    sound = (
        f"(select source_row_number from {accepted} union all "
        f"select source_row_number from other_rows where row_kind = '{TOTAL}')"
    )
    texts = [text for _, text in sorted(read)]
    grain = [name for name in job.plan.layout.contract.grain if name not in _WHOSE]
    keys = [f"r{index}" for index, item in job.from_cells if item.column.name in grain and item.column.type == "code"]
    job.con.execute(
        f"create temp table misfits as from ({row_kinds.misfit_sql('wrong_rows', sound, texts, keys, len(texts))}) "
        "where row_kind is not null"
    )
    job.con.execute("insert into other_rows from misfits")
    job.con.execute("delete from wrong_rows where source_row_number in (select source_row_number from misfits)")


def _ignored(con: duckdb.DuckDBPyConnection, blank: int, other_rows: str | None) -> tuple[dict, ...]:
    """Ignored rows by kind, in the order of KIND_NAMES."""
    rows = con.execute(f"from {other_rows} order by all").fetchall() if other_rows else []
    found = []
    for kind in KIND_NAMES:
        numbers = [number for number, row_kind in rows if row_kind == kind]
        count = blank if kind == BLANK else len(numbers)
        if count:
            found.append({"reason_code": kind, "row_count": count, "row_numbers": _ranges(numbers)})
    return tuple(found)


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending row numbers as "3-5,9"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _check_day_order(job: Job) -> None:
    """LandingError when a column that the layout takes for day first is plainly month first, or the reverse.

    Its doubtful cells (03/04/2026) would be read wrongly without a word, while the others are rejected.
    """
    for index, item in job.from_cells:
        formats = job.plan.layout.date_formats if item.column.type == "date" else job.plan.layout.timestamp_formats
        order = next((shape for shape in formats if shape in ("dmy", "mdy")), None)
        if item.column.type not in ("date", "timestamp") or order is None:
            continue
        if not scalar(job.con, f"select count(*) from wrong_rows where e{index} = 'bad_{item.column.type}'"):
            continue
        days, months = _proofs(job.con, item.position, job.shaped)
        own, other = (days, months) if order == "dmy" else (months, days)
        if other and not own:
            wanted = "ngày trước tháng" if order == "dmy" else "tháng trước ngày"
            raise LandingError(
                f"bố cục {job.plan.layout.layout} đọc {wanted}, nhưng cả cột ghi ngược lại "
                f"({vi_count(other)} ô chỉ có thể đọc ngược lại, không ô nào đúng kiểu).",
                column=item.header,
                advice="Hãy xuất lại với ngày/tháng/năm, hoặc chọn bố cục khác bằng --layout.",
            )


def _differences(job: Job, staged: Staged) -> list[dict]:
    """Totals, subtotals and counted groups that disagree with the rows read."""
    columns = totals.summed(job.query.inputs)
    listed = "".join(f", t{index}" for index in columns)
    has_levels = bool(job.plan.layout.rows.groups)
    level = "level" if has_levels else "NULL"
    source = f"({job.judged}) as typed inner join other_rows using (source_row_number)"
    if has_levels:
        source += " inner join (select source_row_number, level from shaped) as leveled using (source_row_number)"
    label = _label_sql(job)
    rows = job.con.execute(
        f"select source_row_number, {label}, {level}{listed} from {source} "
        f"where other_rows.row_kind in ('{TOTAL}', '{GROUP}') order by source_row_number limit {totals.MAX_TOTALS}"
    ).fetchall()
    found = [
        TotalRow(
            number, text, {i: Decimal(v) for i, v in zip(columns, values, strict=True) if v is not None}, depth or 0
        )
        for number, text, depth, *values in rows
    ]
    # Rejected rows count as far as they can be read: the total was made with them.
    read = (
        f"(select source_row_number from read_parquet({literal(str(staged.accepted))}) "
        "union all select source_row_number from wrong_rows)"
    )
    sums = totals.differences(job.con, job.judged, read, [t for t in found if t.declared], job.query.inputs)
    return sorted([*sums, *_count_differences(job)], key=lambda item: item["row_number"])


def _label_sql(job: Job) -> str:
    texts = [f"r{index}" for index, item in job.from_cells if item.column.type in ("text", "code")]
    return f"coalesce({', '.join(texts)}, '')" if texts else "''"


def _count_differences(job: Job) -> list[dict]:
    rules = job.plan.layout.rows.groups
    counts = [(level, rule) for level, rule in enumerate(rules) if rule.count in job.plan.match.others]
    if not counts:
        return []
    places = job.plan.match.others
    texts = " ".join(f"when {level} then trim(c{places[rule.text]})" for level, rule in enumerate(rules))
    declared = " ".join(
        f"when {level} then try_cast(replace(c{places[rule.count or '']}, '.', '') as bigint)" for level, rule in counts
    )
    rows = job.con.execute(
        f"select source_row_number, case level {texts} end, case level {declared} end, level from shaped "
        "where level is not null order by source_row_number"
    ).fetchall()
    data = job.con.execute(
        f"select source_row_number from shaped where is_filled and row_kind = '{DATA}' and source_row_number not in "
        "(select source_row_number from other_rows) order by 1"
    ).fetchnumpy()["source_row_number"]
    return totals.count_differences(data, [CountedGroup(*row) for row in rows])


def _sealed(job: Job, staged: Staged, vault: Callable[[], Vault]) -> Path | None:
    """Seal the identities of the accepted rows and put hashes and flags in their place."""
    places = job.plan.match.identity_positions
    if not places or not staged.rows_accepted:
        return None
    accepted = f"read_parquet({literal(str(staged.accepted))})"
    rows = f"(select * from {job.shaped} as cells semi join {accepted} as a using (source_row_number))"
    return identities.Door(job.con, job.work, job.delivery_id).seal(staged.accepted, places, rows, vault())


def _with_extent(con: duckdb.DuckDBPyConnection, staged: Staged, contract: SourceContract, today: dt.date) -> Staged:
    """Add the authorities the rows are about and the days they cover; the future does not date a delivery."""
    source = f"read_parquet({literal(str(staged.accepted))})"
    codes: list[tuple[str]] = []
    if "authority_code" in contract.column_names:
        codes = con.execute(
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
        authority_codes=tuple(code for (code,) in codes),
        data_from_date=first.isoformat() if first else None,
        data_until_date=last.isoformat() if last else None,
    )


def unused_columns(plan: Plan) -> list[str]:
    """Headers of the table that nothing reads; in one that is no header a person may stand."""
    used = {*plan.match.used_positions, *plan.match.identity_positions.values()}
    withheld = {layouts.normalise_header(text) for text in plan.layout.withheld}
    places = [place for place in range(plan.heading.width) if place not in used and plan.heading.titles[place]]
    return [
        covered(plan.heading.path(place))
        for place in places
        if layouts.normalise_header(plan.heading.path(place)) not in withheld
    ]


def withheld_columns(plan: Plan) -> list[str]:
    """Headers of the table that the layout does not land on purpose."""
    return [text for text in plan.layout.withheld if layouts.place_of(plan.heading, text) is not None]


def identity_headers(plan: Plan) -> list[str]:
    """Headers of the table that went to the vault, in the order of the file."""
    return [covered(plan.heading.path(place)) for place in sorted(set(plan.match.identity_positions.values()))]
