"""The list a sample is drawn from: people who were handed a result and can be reached, each of them once.

Read from what has landed, where hashes and flags stand in place of identities: names and numbers are never seen here.
Does not belong here: drawing (``draw``), taking contacts out (the vault's export).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_project.landing.deliveries import Delivery
from dagster_project.settings import Settings
from dagster_project.surveying.errors import SurveyError
from dagster_project.surveying.landed import newest, open_landed

if TYPE_CHECKING:
    import duckdb

DOSSIERS = "one_stop__dossiers"
UNITS = "unit_registry__units"
PROCEDURES = "procedure_registry__procedures"
SOURCES = (DOSSIERS, UNITS, PROCEDURES)
# Why a dossier is not in the list, in the order in which it is asked.
REASONS = {
    "without_result": "rút, từ chối hoặc dừng giải quyết",
    "not_returned": "chưa trả, hoặc chưa ghi ngày trả kết quả",
    "outside_period": "trả kết quả ngoài khoảng ngày đã chọn",
    "no_name": "thiếu họ tên",
    "no_contact": "có họ tên nhưng không có điện thoại hay thư điện tử hợp lệ",
    "same_person": "cùng người với một hồ sơ mới hơn",
}


@dataclass(frozen=True)
class Person:
    """One person of the list, by the newest dossier that was handed over to them."""

    authority_code: str
    unit_code: str
    dossier_code: str
    channel_code: str | None
    domain_name: str | None


@dataclass(frozen=True)
class Frame:
    """The people of one authority's list, by dossier code, and what became of the other dossiers.

    ``unit_names`` has every unit that was asked for, with or without people.
    """

    authority_code: str
    people: tuple[Person, ...]
    dossier_count: int
    left_out: dict[str, int]
    unit_names: dict[str, str]


def read_frame(
    settings: Settings,
    deliveries: Sequence[Delivery],
    as_of: dt.date,
    *,
    authority: str | None = None,
    units: Collection[str] = (),
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> Frame:
    """The list of results handed over from ``first`` to ``last``, as known at the end of ``as_of``.

    SurveyError when no dossier has landed, several authorities have and none is named, or a unit has no dossier.
    """
    with open_landed(settings, deliveries, SOURCES) as connection:
        _judge(connection, settings, as_of, first, last)
        authority = _one_authority(connection, authority)
        names = _unit_names(connection, authority, units)
        connection.execute("delete from judged where authority_code <> $1", [authority])
        connection.execute("delete from judged where not list_contains($1, unit_code)", [list(names)])
        counts = dict(connection.execute("select reason, count(*) from judged group by reason").fetchall())
        rows = connection.execute(_PEOPLE_SQL).fetchall()
    people = _each_once(rows)
    left_out = {reason: counts.get(reason, 0) for reason in REASONS} | {"same_person": len(rows) - len(people)}
    return Frame(authority, people, sum(counts.values()), left_out, names)


# Every dossier in its newest version, and why it is not in the list; null when it may be.
_JUDGED_SQL = """
create temp table judged as
with dossiers as ({newest_dossiers}),
procedures as ({newest_procedures})
select
    dossiers.authority_code,
    dossiers.resolving_unit_code as unit_code,
    dossiers.resolving_unit_name as unit_name,
    dossiers.dossier_code,
    dossiers.channel_code,
    coalesce(procedures.domain_name, dossiers.domain_name) as domain_name,
    dossiers.returned_at,
    dossiers.applicant_name_hash as name_hash,
    case when dossiers.is_applicant_id_number_valid then dossiers.applicant_id_number_hash end as id_number_hash,
    case when dossiers.is_applicant_phone_valid then dossiers.applicant_phone_hash end as phone_hash,
    case when dossiers.is_applicant_email_valid then dossiers.applicant_email_hash end as email_hash,
    case
        when statuses.state_code in ('not_received', 'refused', 'withdrawn', 'stopped') then 'without_result'
        when coalesce(cast(dossiers.returned_at as date) > $as_of, true) then 'not_returned'
        when cast(dossiers.returned_at as date) not between $first and $last then 'outside_period'
        when dossiers.applicant_name_hash is null then 'no_name'
        when not coalesce(dossiers.is_applicant_contact_complete, false) then 'no_contact'
    end as reason
from dossiers
left join procedures
    on dossiers.authority_code = procedures.authority_code and dossiers.procedure_code = procedures.procedure_code
left join statuses on dossiers.status_code = statuses.status_code
where cast(dossiers.received_at as date) <= $as_of
"""

_PEOPLE_SQL = """
select authority_code, unit_code, dossier_code, channel_code, domain_name,
    name_hash, id_number_hash, phone_hash, email_hash
from judged
where reason is null
order by returned_at desc, dossier_code desc
"""


def _judge(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    as_of: dt.date,
    first: dt.date | None,
    last: dt.date | None,
) -> None:
    seed = settings.dbt_project / "seeds" / "dossier_statuses.csv"
    connection.execute(
        "create temp table statuses as select status_code, state_code from read_csv($1, all_varchar = true)",
        [str(seed)],
    )
    sql = _JUDGED_SQL.format(
        newest_dossiers=newest(DOSSIERS, ["authority_code", "dossier_code"]),
        newest_procedures=newest(PROCEDURES, ["authority_code", "procedure_code"]),
    )
    connection.execute(sql, {"as_of": as_of, "first": first or dt.date.min, "last": last or as_of})


def _one_authority(connection: duckdb.DuckDBPyConnection, wanted: str | None) -> str:
    found = [row[0] for row in connection.execute("select distinct authority_code from judged order by 1").fetchall()]
    if not found:
        raise SurveyError("Chưa nạp danh sách hồ sơ nào. Hãy chạy «cchc load» trước.")
    if wanted is not None and wanted not in found:
        raise SurveyError(f"Không có hồ sơ nào của địa phương «{wanted}». Các địa phương có hồ sơ: {', '.join(found)}.")
    if wanted is None and len(found) > 1:
        raise SurveyError(f"Có hồ sơ của nhiều địa phương: {', '.join(found)}. Hãy chọn một bằng --authority.")
    return wanted or found[0]


def _unit_names(connection: duckdb.DuckDBPyConnection, authority: str, wanted: Collection[str]) -> dict[str, str]:
    """Unit → its name by the registry, else by its dossiers, else its code; in the order of the codes."""
    named = dict(
        connection.execute(
            "select unit_code, max_by(unit_name, valid_from_date) from "
            f"({newest(UNITS, ['authority_code', 'unit_code', 'valid_from_date'])}) "
            "where authority_code = $1 group by unit_code",
            [authority],
        ).fetchall()
    )
    found = connection.execute(
        "select unit_code, max(unit_name) from judged where authority_code = $1 group by unit_code order by unit_code",
        [authority],
    ).fetchall()
    names = {code: named.get(code) or name or code for code, name in found}
    unknown = sorted(set(wanted) - names.keys())
    if unknown:
        raise SurveyError(
            f"Địa phương {authority} không có hồ sơ nào của đơn vị {', '.join(f'«{code}»' for code in unknown)}. "
            "Hãy xem lại mã ở --units."
        )
    return {code: name for code, name in names.items() if not wanted or code in wanted}


def _each_once(rows: Sequence[tuple]) -> tuple[Person, ...]:
    """Of the rows of one person, which come newest first, the newest.

    One person: the same valid ID number, or the same name with the same valid phone or e-mail; also over a third
    row, which is like one by the ID number and like another by the phone.
    """
    leaders = list(range(len(rows)))

    def leader(row: int) -> int:
        while leaders[row] != row:
            leaders[row] = leaders[leaders[row]]
            row = leaders[row]
        return row

    first_with: dict[tuple, int] = {}
    for number, (*_, name, id_number, phone, email) in enumerate(rows):
        keys = [("id", id_number), ("phone", name, phone), ("email", name, email)]
        for key in (key for key in keys if key[-1] is not None):
            one, other = leader(first_with.setdefault(key, number)), leader(number)
            # The smaller number is the newer dossier.
            leaders[max(one, other)] = min(one, other)
    people = [Person(*row[:5]) for number, row in enumerate(rows) if leader(number) == number]
    return tuple(sorted(people, key=lambda person: person.dossier_code))


def told_left_out(frame: Frame) -> dict[str, int]:
    """Vietnamese reason → number of dossiers left out for it; reasons that left out none are not there."""
    return {REASONS[reason]: count for reason, count in frame.left_out.items() if count}
