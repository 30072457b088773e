"""What a rule is, and the few shapes its SQL takes.

A rule names its failing rows by a query over one subject, called `batch` in it; that query is the only place
where its condition stands. Great Expectations runs it (see `Rule.expectation`).
Does not belong here: any particular rule (`suites/`), running them (`runner`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from expectations.results import BLOCK_PUBLISH, EFFECTS, FLAG_ROW, REPORT, ROW_EFFECTS

if TYPE_CHECKING:
    from expectations.expectation import ExpectNoFailingRows

SAMPLE_SIZE = 5
SENDER = "Đơn vị gửi"
STEWARD = "Quản trị kho"
GATE_LANDING = 1
GATE_PUBLISH = 2


@dataclass(frozen=True)
class Rule:
    """One promise about one subject.

    `failing` selects one row per failure and only columns that say where it is; `checked` selects
    one number, how many rows (or groups) the rule looked at. Both read the subject as `batch`; at
    gate 1 also `delivery` (one row: delivery_id, landed_date), so that no rule asks a clock.
    `needs` lists further published tables both may read. `column` is the column to blame, where one
    can be named; `why` is why this effect and no other, where the effect's own reason does not say it.
    A rule with an effect on rows selects `source_row_number`, and nothing else, as `failing`.
    """

    code: str
    gate_code: int
    subject: str
    text: str
    owner: str
    example: str
    effect_code: str
    failing: str
    checked: str
    needs: tuple[str, ...] = ()
    column: str | None = None
    why: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for an effect that nobody acts upon."""
        if self.effect_code not in EFFECTS:
            raise ValueError(f"{self.code}: unknown effect {self.effect_code!r}")

    @property
    def has_row_effect(self) -> bool:
        """Whether every failing row must be known by its number."""
        return self.effect_code in ROW_EFFECTS

    @property
    def query(self) -> str:
        """At most SAMPLE_SIZE failures in a stable order, each with the exact `failed_count`.

        Counting and sampling in one statement keeps memory flat when millions of rows fail.
        `{batch}` is Great Expectations' placeholder; every other brace is doubled for its formatter.
        """
        failing = self.failing.replace("{", "{{").replace("}", "}}")
        return (
            f"with batch as not materialized (select * from {{batch}}), failing as ({failing}), "
            "counted as (select count(*) as failed_count from failing) "
            "select counted.failed_count, failing.* from failing cross join counted "
            f"order by all limit {SAMPLE_SIZE}"
        )

    def expectation(self) -> ExpectNoFailingRows:
        """The Great Expectations expectation that checks this rule."""
        from expectations.expectation import ExpectNoFailingRows

        return ExpectNoFailingRows(
            unexpected_rows_query=self.query, description=self.text, meta={"rule_code": self.code}
        )


@dataclass(frozen=True)
class PlanRule(Rule):
    """One promise about all deliveries of one source that a build uses, judged delivery by delivery.

    `failing` selects `delivery_id` and where the failure is (`delivery_id, source_row_number` for an
    effect on rows); `checked` selects `delivery_id` and `checked_count`. Both may read every source
    under its name, `planned` (delivery_id, position: a later one supersedes an earlier one), `build` (as_of_date)
    and the tables of `suites.across.PREPARED`.
    `columns` are optional columns of the subject without which there is nothing to check.
    """

    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for an effect that comes too late once the rows have landed."""
        super().__post_init__()
        if self.effect_code not in (FLAG_ROW, REPORT):
            raise ValueError(f"{self.code}: {self.effect_code!r} is for single files")


@dataclass(frozen=True)
class SourceSuite:
    """Rules of gate 1 on the deliveries of one source; `prefix` begins every rule code."""

    source: str
    prefix: str

    def rule(
        self,
        name: str,
        text: str,
        example: str,
        effect: str,
        failing: str,
        checked: str,
        owner: str = SENDER,
        column: str | None = None,
        why: str = "",
    ) -> Rule:
        """A rule whose queries are given in full."""
        return Rule(
            code=f"{self.prefix}.{name}",
            gate_code=GATE_LANDING,
            subject=self.source,
            text=text,
            owner=owner,
            example=example,
            effect_code=effect,
            failing=failing,
            checked=checked,
            column=column,
            why=why,
        )

    def has_rows(self, effect: str) -> Rule:
        """The delivery has at least one accepted row."""
        return self.rule(
            "has_rows",
            "Tệp có ít nhất một dòng đọc được",
            "Tệp chỉ có dòng tiêu đề, hoặc mọi dòng đều sai kiểu dữ liệu",
            effect,
            "select 'không có dòng nào' as reason where not exists (select 1 from batch)",
            "select 1",
            why="Không có dòng nào để nhận",
        )

    def rows(
        self,
        name: str,
        text: str,
        example: str,
        effect: str,
        *,
        fails: str,
        applies: str = "true",
        column: str | None = None,
        why: str = "",
    ) -> Rule:
        """Each row where `applies` holds must not satisfy `fails`."""
        return self.rule(
            name,
            text,
            example,
            effect,
            f"select source_row_number from batch where ({applies}) and ({fails})",
            f"select count(*) from batch where {applies}",
            column=column,
            why=why,
        )

    def not_in_future(self, column: str, title: str) -> Rule:
        """The moments of a column are not later than the day the delivery landed; `title` begins its text."""
        return self.rows(
            f"{column.removesuffix('_at').removesuffix('_date')}_not_in_future",
            f"{title} không sau ngày nạp tệp",
            "Nạp ngày 05/01/2026, mà ghi 12/10/2026: ngày và tháng có thể bị đổi chỗ",
            FLAG_ROW,
            fails=f"cast({column} as date) > (select landed_date from delivery)",
            applies=f"{column} is not null",
            column=column,
        )

    def one_spelling(self, column: str, title: str) -> Rule:
        """No two names of an authority differ only in accents, case or spaces; one failure per such group.

        The places of the first two spellings are given, never the names.
        """
        plain = plain_name_sql(column)
        return self.rule(
            f"{column}_has_one_spelling",
            f"{title} được viết theo một cách trong tệp (không chỉ khác nhau ở dấu, chữ hoa hoặc dấu cách)",
            "«Đắk Lắk» ở dòng 12, «Đăk Lăk» ở dòng 34",
            REPORT,
            "select 'dòng ' || first_rows[1] || ' và dòng ' || first_rows[2] as reason from "
            "(select list(first_row order by first_row) as first_rows from "
            f"(select authority_code, {column}, min(source_row_number) as first_row from batch "
            f"where {column} is not null group by authority_code, {column}) as spellings "
            f"group by authority_code, {plain} having count(*) > 1) as repeated",
            f"select count(*) from (select distinct authority_code, {column} from batch "
            f"where {column} is not null) as names",
            why="Có thể là hai tên khác nhau thật; người xem phải quyết định, không dòng nào sai chắc chắn",
        )

    def most_rows(self, name: str, text: str, example: str, effect: str, *, fails: str, applies: str = "true") -> Rule:
        """Fails, naming its rows, only when more than half of the rows it applies to satisfy `fails`.

        Single wrong rows are a matter of reporting; half of them wrong means that the file was
        read wrongly (columns swapped, a date format mistaken).
        """
        share = f"select 2 * count(*) filter (where {fails}) > count(*) as is_most from batch where {applies}"
        return self.rule(
            name,
            text,
            example,
            effect,
            f"select source_row_number from batch where ({applies}) and ({fails}) and ({share})",
            f"select count(*) from batch where {applies}",
        )

    def once(
        self, name: str, text: str, example: str, effect: str, *, keys: Sequence[str], column: str | None = None
    ) -> Rule:
        """No two rows share all of `keys`; every row of such a group counts as failing."""
        columns = ", ".join(keys)
        same = " and ".join(f"batch_rows.{key} is not distinct from repeated.{key}" for key in keys)
        return self.rule(
            name,
            text,
            example,
            effect,
            f"select batch_rows.source_row_number from batch as batch_rows inner join "
            f"(select {columns} from batch group by {columns} having count(*) > 1) as repeated on {same}",
            "select count(*) from batch",
            column=column,
            why="Hai dòng cùng mã: máy không biết dòng nào đúng; bản nạp sau cùng được dùng",
        )


def plain_name_sql(column: str) -> str:
    """A name without accents, case and spaces; Đ is D, which no accent makes of it."""
    return f"regexp_replace(replace(lower(strip_accents({column})), 'đ', 'd'), '\\s+', '', 'g')"


@dataclass(frozen=True)
class TableSuite:
    """Rules of gate 2 on one published table; `keys` say where a failing row is."""

    table: str
    keys: tuple[str, ...]

    def rule(
        self, name: str, text: str, example: str, *, failing: str, checked: str, needs: tuple[str, ...] = ()
    ) -> Rule:
        """A rule whose queries are given in full."""
        return Rule(
            code=f"{self.table}.{name}",
            gate_code=GATE_PUBLISH,
            subject=self.table,
            text=text,
            owner=STEWARD,
            example=example,
            effect_code=BLOCK_PUBLISH,
            failing=failing,
            checked=checked,
            needs=needs,
        )

    def has_rows(self, text: str, example: str) -> Rule:
        """The table has at least one row."""
        return self.rule(
            "has_rows",
            text,
            example,
            failing="select 'không có dòng nào' as reason where not exists (select 1 from batch)",
            checked="select 1",
        )

    def key_once(self, text: str, example: str) -> Rule:
        """No key is missing or stands twice; one failure per repeated or incomplete key."""
        columns = ", ".join(self.keys)
        missing = " or ".join(f"{key} is null" for key in self.keys)
        return self.rule(
            "key_once",
            text,
            example,
            failing=f"select {columns} from batch group by {columns} having count(*) > 1 or {missing}",
            checked="select count(*) from batch",
        )

    def rows(self, name: str, text: str, example: str, *, fails: str, applies: str = "true") -> Rule:
        """Each row where `applies` holds must not satisfy `fails`."""
        return self.rule(
            name,
            text,
            example,
            failing=f"select {', '.join(self.keys)} from batch where ({applies}) and ({fails})",
            checked=f"select count(*) from batch where {applies}",
        )

    def known(
        self,
        name: str,
        text: str,
        example: str,
        *,
        columns: Sequence[str],
        table: str,
        table_columns: Sequence[str] = (),
    ) -> Rule:
        """Every combination of `columns` without nulls exists in published table `table`.

        There the same columns carry the same names, or those given as `table_columns`.
        """
        listed = ", ".join(columns)
        present = " and ".join(f"{column} is not null" for column in columns)
        pairs = zip(columns, table_columns or columns, strict=True)
        same = " and ".join(f"known.{there} = used.{here}" for here, there in pairs)
        return self.rule(
            name,
            text,
            example,
            failing=f"select {listed} from (select distinct {listed} from batch where {present}) as used "
            f"where not exists (select 1 from {table} as known where {same})",
            checked=f"select count(*) from (select distinct {listed} from batch where {present}) as used",
            needs=(table,),
        )
