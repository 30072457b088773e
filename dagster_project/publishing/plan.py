"""The plan of a build: which deliveries, in which order, as of which day. Fixed before dbt starts.

Does not belong here: running dbt, reading marts.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from dagster_project.landing.contracts import SourceContract, load_contracts
from dagster_project.landing.deliveries import Delivery, flags_path, landed_path, list_deliveries
from dagster_project.publishing.code_identity import code_hash, code_version
from dagster_project.publishing.errors import BuildError
from dagster_project.publishing.files import file_sha256
from dagster_project.settings import Settings
from expectations.across import FLAG_COLUMNS, check_plan
from expectations.results import RuleResult
from expectations.runner import write_results

ARROW_TYPES = {
    "code": "string",
    "text": "string",
    "integer": "int64",
    "decimal": "decimal128(18, 6)",
    "timestamp": "timestamp[us]",
    "date": "date32",
    "boolean": "bool",
}


@dataclass(frozen=True)
class BuildPlan:
    """One build before it runs. ``deliveries`` are in the order in which later ones supersede earlier ones.

    ``build_id`` depends on the deliveries' content and how it was read, their order, the as-of date and the code,
    and on nothing else: no clock, no path.
    """

    build_id: str
    as_of_date: date
    deliveries: tuple[Delivery, ...]
    code_hash: str
    code_version: str


def plan_build(settings: Settings, *, as_of: date | None = None, received_by: date | None = None) -> BuildPlan:
    """Plan a build of everything landed, or only of what had been received by ``received_by``.

    The as-of date defaults to the last day the deliveries speak of. Raises BuildError when nothing has landed or
    no delivery carries a date.
    """
    deliveries = [
        delivery
        for delivery in list_deliveries(settings)
        if received_by is None or date.fromisoformat(delivery.landed_at[:10]) <= received_by
    ]
    if not deliveries:
        raise BuildError("Chưa có tệp số liệu nào được nạp. Hãy chạy «cchc load TỆP…» hoặc «cchc demo» trước.")
    ordered = tuple(sorted(deliveries, key=supersession_key))
    as_of_date = as_of or _last_day(ordered)
    return BuildPlan(
        build_id=_build_id(ordered, as_of_date),
        as_of_date=as_of_date,
        deliveries=ordered,
        code_hash=code_hash(),
        code_version=code_version(),
    )


def write_plan(plan: BuildPlan, settings: Settings) -> Path:
    """Write the plan for dbt: its tables as Parquet, and one folder per source with exactly the deliveries it uses.

    A source without deliveries gets an empty file with its columns. ``row_flags`` is such a folder too: what the rules
    flagged, file by file and between deliveries. Returns the plan folder. Raises BuildError when landed rows or their
    flags are not what the record says.
    """
    import pyarrow.parquet as pq

    folder = plan_folder(settings)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, table in _plan_tables(plan).items():
        pq.write_table(table, folder / f"{name}.parquet")
    for contract in load_contracts().values():
        source_folder(settings, contract.source).mkdir()
        pq.write_table(empty_table(contract), source_folder(settings, contract.source) / "_empty.parquet")
    flags_folder(settings).mkdir()
    pq.write_table(_no_flags(), flags_folder(settings) / "_empty.parquet")
    for delivery in plan.deliveries:
        _link_landed_rows(delivery, settings)
        _link_flags(delivery, settings)
    results = [RuleResult.from_dict(row) for delivery in plan.deliveries for row in delivery.rule_results]
    write_results([*results, *_check_across(plan, settings)], folder / "rule_results.parquet")
    (folder / "plan.json").write_text(json.dumps(_plan_content(plan), ensure_ascii=False), encoding="utf-8")
    return folder


def source_folder(settings: Settings, source: str) -> Path:
    """Where dbt reads the rows of one source."""
    return plan_folder(settings) / source


def flags_folder(settings: Settings) -> Path:
    """Where dbt reads the flagged rows of every planned delivery."""
    return plan_folder(settings) / "row_flags"


def read_plan(settings: Settings) -> BuildPlan:
    """The plan that :func:`write_plan` wrote last; BuildError when there is none."""
    path = plan_folder(settings) / "plan.json"
    if not path.exists():
        raise BuildError("Chưa có kế hoạch dựng. Hãy chạy «cchc build».")
    content = json.loads(path.read_text(encoding="utf-8"))
    return BuildPlan(
        build_id=content["build_id"],
        as_of_date=date.fromisoformat(content["as_of_date"]),
        deliveries=tuple(Delivery(**delivery) for delivery in content["deliveries"]),
        code_hash=content["code_hash"],
        code_version=content["code_version"],
    )


def plan_folder(settings: Settings) -> Path:
    """Where dbt reads the plan."""
    return settings.warehouse / "plan"


def supersession_key(delivery: Delivery) -> tuple[str, str, str, str]:
    """What sorts deliveries so that later ones supersede earlier ones."""
    # A later load supersedes an earlier one, so that a correction wins; inside one load, the later day of data wins.
    return (delivery.landed_at, delivery.data_until_date or "", delivery.file_name, delivery.delivery_id)


def _link_landed_rows(delivery: Delivery, settings: Settings) -> None:
    """Give the build its own name for a delivery's rows: nothing that happens in landing afterwards can change them."""
    landed = landed_path(settings, delivery.source_code, delivery.delivery_id)
    _require_intact(landed, delivery.landed_parquet_sha256, delivery)
    _link(landed, source_folder(settings, delivery.source_code))


def _link_flags(delivery: Delivery, settings: Settings) -> None:
    """The same for its flagged rows. A record without their hash vouches for none, whatever lies there."""
    if delivery.flags_parquet_sha256:
        flags = flags_path(settings, delivery.source_code, delivery.delivery_id)
        _require_intact(flags, delivery.flags_parquet_sha256, delivery)
        _link(flags, flags_folder(settings))


def _require_intact(path: Path, sha256: str, delivery: Delivery) -> None:
    if not path.exists() or file_sha256(path) != sha256:
        raise BuildError(
            f"Số liệu đã nạp từ tệp «{delivery.file_name}» (lần nạp {delivery.delivery_id}) bị mất hoặc bị sửa trong "
            "vùng đệm. Hãy nạp lại tệp gốc bằng «cchc load», rồi dựng lại."
        )


def _link(path: Path, folder: Path) -> None:
    linked = folder / path.name
    try:
        linked.hardlink_to(path)
    except OSError:  # a file system without hard links
        shutil.copyfile(path, linked)


def _check_across(plan: BuildPlan, settings: Settings) -> list[RuleResult]:
    """What the rules between deliveries say of this plan; the rows they flag go to ``row_flags`` too."""
    delivery_ids: dict[str, list[str]] = {}
    for delivery in plan.deliveries:
        delivery_ids.setdefault(delivery.source_code, []).append(delivery.delivery_id)
    return check_plan(
        folders={source: source_folder(settings, source) for source in load_contracts()},
        delivery_ids=delivery_ids,
        as_of_date=plan.as_of_date,
        flags_path=flags_folder(settings) / "_cross.parquet",
        temporary=settings.warehouse / "temporary",
    )


def _last_day(deliveries: tuple[Delivery, ...]) -> date:
    days = [delivery.data_until_date for delivery in deliveries if delivery.data_until_date]
    if not days:
        raise BuildError(
            "Các tệp đã nạp chỉ có danh mục, chưa có số liệu theo ngày. "
            "Hãy chạy «cchc load TỆP…» với hồ sơ hoặc báo cáo, hoặc chọn ngày chốt bằng --as-of."
        )
    return date.fromisoformat(max(days))


def _build_id(deliveries: tuple[Delivery, ...], as_of_date: date) -> str:
    content = {
        "deliveries": [[d.delivery_id, d.layout_hash, d.contract_hash, d.hash_key_id] for d in deliveries],
        "as_of_date": as_of_date.isoformat(),
        "code_hash": code_hash(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _plan_content(plan: BuildPlan) -> dict:
    return {
        "build_id": plan.build_id,
        "as_of_date": plan.as_of_date.isoformat(),
        "deliveries": [asdict(delivery) for delivery in plan.deliveries],
        "code_hash": plan.code_hash,
        "code_version": plan.code_version,
    }


def _plan_tables(plan: BuildPlan) -> dict:
    import pyarrow as pa

    builds = pa.table(
        {
            "build_id": pa.array([plan.build_id], pa.string()),
            "as_of_date": pa.array([plan.as_of_date], pa.date32()),
            "code_version": pa.array([plan.code_version], pa.string()),
        }
    )
    return {"builds": builds, "deliveries": _deliveries_table(plan, pa)}


def _deliveries_table(plan: BuildPlan, pa):
    rows = [
        {
            "delivery_id": delivery.delivery_id,
            "delivery_sequence": position,
            "source_code": delivery.source_code,
            "layout_code": delivery.layout_code,
            "file_name": delivery.file_name,
            "rows_read": delivery.rows_read,
            "rows_accepted": delivery.rows_accepted,
            "rows_rejected": delivery.rows_rejected,
            "rows_ignored": delivery.rows_ignored,
            "data_from_date": _day(delivery.data_from_date),
            "data_until_date": _day(delivery.data_until_date),
        }
        for position, delivery in enumerate(plan.deliveries, start=1)
    ]
    text = ("delivery_id", "source_code", "layout_code", "file_name")
    counts = ("delivery_sequence", "rows_read", "rows_accepted", "rows_rejected", "rows_ignored")
    schema = pa.schema(
        [(name, pa.string() if name in text else pa.int64() if name in counts else pa.date32()) for name in rows[0]]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _no_flags():
    import pyarrow as pa

    return pa.schema(
        [(name, pa.int64() if name == "source_row_number" else pa.string()) for name in FLAG_COLUMNS]
    ).empty_table()


def empty_table(contract: SourceContract):
    """An Arrow table without rows that has every column of a source's landed rows."""
    import pyarrow as pa

    fields = [("delivery_id", pa.string()), ("source_row_number", pa.int64())]
    fields += [(column.name, _arrow_type(column.type, pa)) for column in contract.columns]
    if contract.identity:
        from dagster_project.vault.derive import derived_fields

        known = {"VARCHAR": pa.string(), "BOOLEAN": pa.bool_()}
        fields += [(name, known[kind]) for name, kind in derived_fields(contract.identity)]
    return pa.schema(fields).empty_table()


def _arrow_type(column_type: str, pa):
    name = ARROW_TYPES[column_type]
    return pa.decimal128(18, 6) if name.startswith("decimal") else pa.type_for_alias(name)
