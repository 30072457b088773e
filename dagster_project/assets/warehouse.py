"""The plan of a build and the dbt models: the only step that writes the DuckDB file."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliEventMessage, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from dagster_project.assets.landing import landing_key
from dagster_project.checks import plan_check_results, plan_specs
from dagster_project.dbt_runs import dbt_outcome
from dagster_project.dbt_translator import WarehouseTranslator
from dagster_project.landing.contracts import load_contracts
from dagster_project.publishing.plan import plan_build, write_plan
from dagster_project.publishing.publish import heal_warehouse, remove_leftovers
from dagster_project.publishing.rule_register import write_rules
from dagster_project.resources import WRITER_POOL, BuildRight, DataRoot
from dagster_project.settings import Settings
from expectations.runner import read_results

PLAN_TABLES = {
    "builds": "Bản dựng đang làm: mã, ngày chốt",
    "deliveries": "Các lần nạp mà bản dựng dùng, theo thứ tự thay thế nhau",
    "rule_results": "Kết quả kiểm tra đầu vào của các lần nạp đó",
    "row_flags": "Dòng được nhận nhưng cần xem lại, theo từng quy tắc",
    "rules": "Danh mục quy tắc của bản dựng",
}


class PlanConfig(dg.Config):
    """Days in ISO form; empty means: as of the last day the deliveries speak of, with everything received."""

    as_of_date: str = ""
    received_by_date: str = ""


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["build", table]),
            deps=[landing_key(source) for source in load_contracts()],
            group_name="build",
            kinds={"parquet"},
            description=description,
        )
        for table, description in PLAN_TABLES.items()
    ],
    check_specs=plan_specs(),
    name="build_plan",
)
def build_plan(
    config: PlanConfig, data_root: dg.ResourceParam[DataRoot], build_right: dg.ResourceParam[BuildRight]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Fix what this build uses before dbt starts."""
    settings = data_root.settings
    remove_leftovers(settings)
    plan = plan_build(settings, as_of=_day(config.as_of_date), received_by=_day(config.received_by_date))
    folder = write_plan(plan, settings)
    write_rules(folder / "rules.parquet")
    metadata = {
        "build_id": plan.build_id,
        "as_of_date": plan.as_of_date.isoformat(),
        "deliveries": len(plan.deliveries),
    }
    for table in PLAN_TABLES:
        yield dg.MaterializeResult(asset_key=dg.AssetKey(["build", table]), metadata=metadata)
    yield from plan_check_results(read_results(folder / "rule_results.parquet"))


def warehouse_assets(manifest: Path) -> dg.AssetsDefinition:
    """The dbt project as assets, its data tests as asset checks."""
    # One of each: what a node is called and depends on is worked out once, not once per event.
    nodes, translator = manifest_of(manifest), WarehouseTranslator()

    @dbt_assets(manifest=nodes, name="warehouse_models", pool=WRITER_POOL, dagster_dbt_translator=translator)
    def warehouse_models(
        context: dg.AssetExecutionContext,
        data_root: dg.ResourceParam[DataRoot],
        build_right: dg.ResourceParam[BuildRight],
    ) -> Iterator[Any]:
        settings = data_root.settings
        data_root.say("Dựng mô hình chỉ số (dbt)…")
        heal_warehouse(settings)
        events, outcome = _build_in_process(settings)
        for event in events:
            yield from event.to_default_asset_events(manifest=nodes, dagster_dbt_translator=translator, context=context)
        if not outcome.success:
            raise dg.Failure(description=_failure_text(outcome))

    return warehouse_models


def _build_in_process(settings: Settings) -> tuple[list[DbtCliEventMessage], Any]:
    """Run `dbt build` here, not in a child: a killed build must leave no process that goes on writing."""
    from google.protobuf.json_format import MessageToDict

    events: list[DbtCliEventMessage] = []

    def keep(event: Any) -> None:
        if event.info.name in {"LogSeedResult", "LogModelResult", "LogTestResult"}:
            raw = MessageToDict(event, preserving_proto_field_name=True)
            events.append(DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={}))

    # Each of dbt's ten thousand debug lines costs more than it tells: what failed, and why, is in the outcome.
    silent = ["--log-level", "none", "--log-level-file", "none"]
    outcome = dbt_outcome([*silent, "build", "--exclude-resource-type", "unit_test"], settings, [keep])
    return events, outcome


def manifest_of(path: Path) -> dict[str, Any]:
    """dbt's manifest as a dictionary."""
    from dagster_dbt.dbt_manifest import validate_manifest

    return validate_manifest(path)


def _failure_text(outcome: Any) -> str:
    if outcome.exception:
        return f"dbt: {outcome.exception}"
    failed = [result for result in outcome.result.results if result.status in ("error", "fail")]
    return "dbt: " + "; ".join(f"{result.node.name}: {(result.message or '').strip()}" for result in failed)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
