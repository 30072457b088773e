"""Reading the ledger: who sent what, which delivery is meant, on which working days nothing was received.

Does not belong here: writing records (``deliveries``), the workbook that goes back (``returns``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path

from dagster_project.console import vi_count, vi_moment
from dagster_project.days_off import read_days_off
from dagster_project.landing.deliveries import Delivery, LedgerError, landed_path, list_deliveries
from dagster_project.landing.refusals import open_refusals
from dagster_project.settings import Settings

LEDGER_COLUMNS = (
    "Mã lần nạp",
    "Tệp",
    "Nguồn",
    "Bố cục",
    "Địa phương",
    "Kỳ số liệu",
    "Nạp lúc",
    "Đọc",
    "Nhận",
    "Loại",
    "Bỏ qua",
    "Điều cần xem",
)
REFUSAL_COLUMNS = ("Tệp", "Số byte", "Mã nội dung", "Thử lần đầu", "Thử lần cuối", "Vì sao")
GAP_COLUMNS = ("Địa phương", "Nguồn", "Đơn vị", "Tên đơn vị", "Từ ngày", "Đến ngày", "Số ngày làm việc", "Nhận xét")

GAP_SOURCE = "one_stop__dossiers"
# Fewer working days than this say nothing about what is usual.
MIN_WORKING_DAYS = 20
# A unit that receives dossiers on fewer days than this is simply small.
USUAL_SHARE = 0.8
SHORT_ID = 8
MIN_PREFIX = 4

NOT_ENOUGH = "không đủ số liệu"


class LedgerQuestionError(LedgerError):
    """The ledger cannot answer as asked: no such delivery, or several. The message is a Vietnamese sentence."""


def vi_day(iso: str | None) -> str:
    """An ISO day or moment as dd/MM/yyyy; '' for None."""
    return f"{dt.date.fromisoformat(iso[:10]):%d/%m/%Y}" if iso else ""


def data_period(delivery: Delivery) -> str:
    """The days the rows are about, "01/01/2026 – 31/03/2026"; '' when the source has no such days."""
    first, last = vi_day(delivery.data_from_date), vi_day(delivery.data_until_date)
    return first if first == last else f"{first} – {last}"


def full_name(delivery: Delivery) -> str:
    """The file's name, with its archive before it, and its sheet after it when the file gave several deliveries."""
    archive = f"{delivery.archive_name} › " if delivery.archive_name else ""
    sheet = f", trang {delivery.sheet_name}" if len(delivery.file_delivery_ids) > 1 and delivery.sheet_name else ""
    return f"{archive}{delivery.file_name}{sheet}"


def short_ids(deliveries: Iterable[Delivery]) -> dict[str, str]:
    """The shortest beginning of each delivery id, at least SHORT_ID letters, that means no other delivery."""
    ids = sorted(delivery.delivery_id for delivery in deliveries)
    short = {id_: SHORT_ID for id_ in ids}
    for one, next_one in pairwise(ids):
        different = 1 + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, next_one, strict=False)))
        short[one], short[next_one] = max(short[one], different), max(short[next_one], different)
    return {id_: id_[:length] for id_, length in short.items()}


def find_delivery(settings: Settings, wanted: str) -> Delivery:
    """The delivery with this id, a beginning of its id, or the name of its file or archive.

    Raises LedgerQuestionError when there is none, or several, which are then listed.
    """
    known = list_deliveries(settings)
    found = (
        [d for d in known if d.delivery_id == wanted]
        or [d for d in known if wanted in (d.file_name, Path(d.file_name).name, d.archive_name)]
        or [d for d in known if len(wanted) >= MIN_PREFIX and d.delivery_id.startswith(wanted.lower())]
    )
    if not found:
        raise LedgerQuestionError(
            f"Không có lần nạp nào có mã bắt đầu bằng «{wanted}» (từ {MIN_PREFIX} chữ trở lên) "
            "hoặc có tệp tên như vậy. Hãy xem «cchc deliveries»."
        )
    if len(found) > 1:
        short = short_ids(known)
        listed = "; ".join(
            f"{short[d.delivery_id]} ({full_name(d)}, nạp {vi_moment(d.landed_at)})" for d in _by_time(found)
        )
        raise LedgerQuestionError(f"«{wanted}» chỉ {len(found)} lần nạp: {listed}. Hãy ghi mã lần nạp cần chọn.")
    return found[0]


def ledger_rows(
    settings: Settings, *, source: str | None = None, authority: str | None = None, since: dt.date | None = None
) -> tuple[list[str], list[tuple]]:
    """The ledger as column titles and one row per delivery, in the order in which they landed.

    ``since`` keeps what landed on that day or later. Raises LedgerQuestionError for a source that never landed.
    """
    known = list_deliveries(settings)
    sources = sorted({delivery.source_code for delivery in known})
    if source is not None and source not in sources:
        raise LedgerQuestionError(
            f"Chưa nạp tệp nào của nguồn «{source}». Các nguồn đã nạp: {', '.join(sources) or 'chưa có'}."
        )
    short = short_ids(known)
    rows = [
        _ledger_row(delivery, short[delivery.delivery_id])
        for delivery in _by_time(known)
        if source in (None, delivery.source_code)
        and (authority is None or authority in delivery.authority_codes)
        and (since is None or dt.datetime.fromisoformat(delivery.landed_at).date() >= since)
    ]
    return list(LEDGER_COLUMNS), rows


def refusal_rows(settings: Settings, *, since: dt.date | None = None) -> tuple[list[str], list[tuple]]:
    """Refused files without a delivery in their place: column titles, and one row per file by the last try.

    ``since`` keeps what was tried on that day or later.
    """
    rows = [
        (
            refusal.file_name,
            refusal.file_size,
            (refusal.file_sha256 or "")[:16],
            vi_moment(refusal.first_tried_at),
            vi_moment(refusal.last_tried_at),
            refusal.message,
        )
        for refusal in open_refusals(settings)
        if since is None or dt.datetime.fromisoformat(refusal.last_tried_at).date() >= since
    ]
    return list(REFUSAL_COLUMNS), rows


def _by_time(found: Iterable[Delivery]) -> list[Delivery]:
    return sorted(found, key=lambda d: (d.landed_at, d.source_code, d.file_name, d.delivery_id))


def _ledger_row(delivery: Delivery, short_id: str) -> tuple:
    return (
        short_id,
        full_name(delivery),
        delivery.source_code,
        delivery.layout_code,
        ", ".join(delivery.authority_codes),
        data_period(delivery),
        vi_moment(delivery.landed_at),
        delivery.rows_read,
        delivery.rows_accepted,
        delivery.rows_rejected,
        delivery.rows_ignored,
        "; ".join(to_see(delivery)),
    )


def failed_rules(delivery: Delivery) -> list[dict]:
    """The results of the rules that were not kept, in the order of the catalogue."""
    return [rule for rule in delivery.rule_results if not rule["is_passed"]]


def to_see(delivery: Delivery) -> list[str]:
    """What a person should look at: tables and columns left unread, totals that disagree, then every broken rule."""
    found = []
    if delivery.unread_tables:
        names = ", ".join(f'trang "{name}"' for name in delivery.unread_tables)
        found.append(f"không đọc {names} vì không có bố cục nào hợp")
    found += delivery.spare_columns
    if delivery.total_differences:
        first = delivery.total_differences[0]
        found.append(
            f"{vi_count(len(delivery.total_differences))} số tổng không khớp (dòng {first['row_number']}: ghi "
            f"{first['declared']}, cộng lại {first['computed']})"
        )
    found += [
        f"{rule['rule_text']} (có {vi_count(rule['failed_count'])} chỗ không đúng)" for rule in failed_rules(delivery)
    ]
    return found


@dataclass(frozen=True)
class _Days:
    """The calendar: its working days in order, and what is said of days outside its years."""

    working: list[dt.date]
    first_year: int
    last_year: int

    @classmethod
    def read(cls, days_off_csv: Path) -> _Days:
        """Every working day of the years whose days off are known; every row counts, confirmed or not."""
        kinds, years = read_days_off(days_off_csv)
        first, last = dt.date(years[0], 1, 1), dt.date(years[-1], 12, 31)
        days = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
        working = [day for day in days if kinds.get(day) == "swap_work" or (day.weekday() < 5 and day not in kinds)]
        return cls(working, first.year, last.year)


# One row per authority ('' as unit) and per unit of it: its working days, and the runs of them without any intake.
# An authority is looked at from its first to its last day of data. A unit counts as usual by its own first and last
# day, but is looked at up to the last day of its authority: that it stopped sending is what must be seen.
_GAPS_SQL = """
with intake as materialized (
    select distinct
        rows.authority_code,
        rows.resolving_unit_code as unit_code,
        cast(rows.received_at as date) as received_date
    from read_parquet($paths, union_by_name = true) as rows
    inner join deliveries on rows.delivery_id = deliveries.delivery_id
    -- A day that had not come when the file landed is a slip of the pen.
    where cast(rows.received_at as date) <= deliveries.landed_date
        and ($authority is null or rows.authority_code = $authority)
),
authorities as (
    select authority_code, min(received_date) as first_date, max(received_date) as last_date
    from intake
    group by authority_code
),
subjects as (
    select authority_code, '' as unit_code, first_date, last_date, last_date as looked_until from authorities
    union all
    select
        intake.authority_code,
        intake.unit_code,
        min(intake.received_date) as first_date,
        max(intake.received_date) as last_date,
        min(authorities.last_date) as looked_until
    from intake
    inner join authorities on intake.authority_code = authorities.authority_code
    group by intake.authority_code, intake.unit_code
),
received as (
    select distinct authority_code, '' as unit_code, received_date from intake
    union all
    select authority_code, unit_code, received_date from intake
),
looked_at as (
    select
        subjects.authority_code,
        subjects.unit_code,
        working_days.calendar_date,
        working_days.day_index,
        working_days.calendar_date <= subjects.last_date as is_within,
        received.received_date is not null as has_intake
    from subjects
    inner join working_days on working_days.calendar_date between subjects.first_date and subjects.looked_until
    left join received
        on received.authority_code = subjects.authority_code
        and received.unit_code = subjects.unit_code
        and received.received_date = working_days.calendar_date
),
usual as (
    select
        subjects.authority_code,
        subjects.unit_code,
        min(subjects.first_date) as first_date,
        min(subjects.looked_until) as last_date,
        max(looked_at.calendar_date) as last_working_date,
        count(*) filter (where is_within) as working_count,
        count(*) filter (where is_within and has_intake) as intake_count
    from subjects
    left join looked_at
        on looked_at.authority_code = subjects.authority_code and looked_at.unit_code = subjects.unit_code
    group by subjects.authority_code, subjects.unit_code
),
runs as (
    select
        authority_code,
        unit_code,
        min(calendar_date) as from_date,
        max(calendar_date) as until_date,
        count(*) as day_count
    from (
        select
            *,
            day_index - row_number() over (partition by authority_code, unit_code order by day_index) as run_number
        from looked_at
        where not has_intake and ($since is null or calendar_date >= $since)
    ) as missing
    group by authority_code, unit_code, run_number
)
select
    usual.authority_code,
    usual.unit_code,
    usual.first_date,
    usual.last_date,
    usual.working_count,
    usual.intake_count,
    runs.from_date,
    runs.until_date,
    runs.day_count,
    coalesce(runs.until_date = usual.last_working_date, false) as is_at_end
from usual
left join runs
    on runs.authority_code = usual.authority_code
    and runs.unit_code = usual.unit_code
    and usual.working_count >= $min_working_days
-- Of an authority with too little data, nothing is said unit by unit.
where usual.unit_code = ''
    or usual.authority_code in (
        select authority_code from usual where unit_code = '' and working_count >= $min_working_days
    )
-- The whole authority first, then the longest silence of any unit.
order by usual.authority_code, usual.unit_code <> '', runs.day_count desc nulls last, usual.unit_code, runs.from_date
"""

_NAMES_SQL = """
select resolving_unit_code, max(resolving_unit_name)
from read_parquet($paths, union_by_name = true)
where resolving_unit_name is not null
group by resolving_unit_code
"""


def gap_rows(
    settings: Settings, *, source: str | None = None, authority: str | None = None, since: dt.date | None = None
) -> tuple[list[str], list[tuple]]:
    """Working days without any received dossier: column titles, and one row per run of such days.

    Per authority, and per resolving unit that usually receives some (on USUAL_SHARE of its working days). Whoever has
    fewer than MIN_WORKING_DAYS gets one row «không đủ số liệu», an authority in place of its units. ``since`` shows
    days from that day on. Raises LedgerQuestionError for a source other than GAP_SOURCE, and when nothing has landed.
    """
    if source not in (None, GAP_SOURCE):
        raise LedgerQuestionError(
            f"Ngày không tiếp nhận chỉ tính được từ danh sách hồ sơ (nguồn {GAP_SOURCE}), không tính cho «{source}»."
        )
    deliveries = [d for d in list_deliveries(settings) if d.source_code == GAP_SOURCE]
    if not deliveries:
        raise LedgerQuestionError(f"Chưa nạp danh sách hồ sơ nào (nguồn {GAP_SOURCE}). Hãy chạy «cchc load» trước.")
    days = _Days.read(settings.dbt_project / "seeds" / "days_off.csv")
    found, names = _query_gaps(settings, deliveries, days, authority, since)
    if not found:
        raise LedgerQuestionError(f"Không có hồ sơ nào của địa phương «{authority}» trong các danh sách đã nạp.")
    rows = [row for run in found for row in _gap_row(run, names, days, since)]
    return list(GAP_COLUMNS), rows


@dataclass(frozen=True)
class _Run:
    """One authority ('' as unit) or unit, with one run of days without intake, or without any (dates None)."""

    authority_code: str
    unit_code: str
    first_date: dt.date
    last_date: dt.date
    working_count: int
    intake_count: int
    from_date: dt.date | None
    until_date: dt.date | None
    day_count: int | None
    is_at_end: bool


def _query_gaps(
    settings: Settings, deliveries: Sequence[Delivery], days: _Days, authority: str | None, since: dt.date | None
) -> tuple[list[_Run], dict[str, str]]:
    import duckdb
    import pyarrow as pa

    paths = [str(landed_path(settings, d.source_code, d.delivery_id)) for d in deliveries]
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        con.execute("set enable_progress_bar = false")
        con.register(
            "working_days", pa.table({"calendar_date": days.working, "day_index": list(range(len(days.working)))})
        )
        landed = [dt.datetime.fromisoformat(d.landed_at).date() for d in deliveries]
        con.register(
            "deliveries", pa.table({"delivery_id": [d.delivery_id for d in deliveries], "landed_date": landed})
        )
        given = {"paths": paths, "authority": authority, "since": since, "min_working_days": MIN_WORKING_DAYS}
        runs = [_Run(*row) for row in con.execute(_GAPS_SQL, given).fetchall()]
        names = dict(con.execute(_NAMES_SQL, {"paths": paths}).fetchall())
    return runs, names


def _gap_row(run: _Run, names: dict[str, str], days: _Days, since: dt.date | None) -> list[tuple]:
    """The line about one run; none for a unit without gaps or one that receives too seldom to miss a day."""
    head = (run.authority_code, GAP_SOURCE, run.unit_code, names.get(run.unit_code, ""))
    span = (f"{max(run.first_date, since or run.first_date):%d/%m/%Y}", f"{run.last_date:%d/%m/%Y}")
    if run.working_count < MIN_WORKING_DAYS:
        known = f"lịch nghỉ chỉ có các năm {days.first_year}–{days.last_year}"
        outside = run.first_date.year < days.first_year or run.last_date.year > days.last_year
        why = f"{NOT_ENOUGH}: có {run.working_count} ngày làm việc, cần {MIN_WORKING_DAYS}"
        return [(*head, *span, run.working_count, f"{why}; {known}" if outside else why)]
    if run.unit_code and run.intake_count < USUAL_SHARE * run.working_count:
        return []
    if run.from_date is None or run.until_date is None:
        return [] if run.unit_code else [(*head, *span, 0, "không có ngày làm việc nào không tiếp nhận")]
    remark = f"không tiếp nhận hồ sơ nào; có tiếp nhận {run.intake_count}/{run.working_count} ngày làm việc"
    if run.unit_code and run.is_at_end:
        remark += "; từ đó đến hết số liệu không còn hồ sơ"
    return [(*head, f"{run.from_date:%d/%m/%Y}", f"{run.until_date:%d/%m/%Y}", run.day_count, remark)]
