"""From export files to landed deliveries, one asset per canonical source."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
from pydantic import Field

from dagster_project.checks import gate_1_specs, landing_check_results, row_conservation_specs
from dagster_project.landing.contracts import load_contracts
from dagster_project.landing.deliveries import Delivery, list_deliveries
from dagster_project.resources import DataRoot

LANDING_PREFIX = "landing"


class LandingConfig(dg.Config):
    """Files or folders to land besides the inbox and the reference files."""

    paths: list[str] = Field(default_factory=list)


def landing_key(source: str) -> dg.AssetKey:
    """Asset key of one canonical source; dbt's sources carry the same key."""
    return dg.AssetKey([LANDING_PREFIX, source])


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            landing_key(contract.source),
            description=contract.title,
            group_name="landing",
            kinds={"parquet"},
        )
        for contract in load_contracts().values()
    ],
    check_specs=[*row_conservation_specs(), *gate_1_specs()],
    name="landed_deliveries",
)
def landed_deliveries(
    config: LandingConfig, data_root: dg.ResourceParam[DataRoot]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Land every new file of the inbox; files already landed are left alone, refused files are named."""
    from dagster_project.landing.load import land_paths
    from expectations.catalogue import rules_version
    from expectations.runner import check_delivery

    settings = data_root.settings
    settings.inbox.mkdir(parents=True, exist_ok=True)
    paths = [settings.inbox, settings.reference, *(Path(path) for path in config.paths)]
    results = land_paths(paths, settings, gate=check_delivery, rules_version=rules_version)
    refused = [result.message for result in results if result.error]
    deliveries = list_deliveries(settings)
    for source in load_contracts():
        yield _materialized(source, [d for d in deliveries if d.source_code == source], refused)
    yield from landing_check_results(deliveries)


def _materialized(source: str, deliveries: Sequence[Delivery], refused: list[str]) -> dg.MaterializeResult:
    return dg.MaterializeResult(
        asset_key=landing_key(source),
        metadata={
            "deliveries": len(deliveries),
            "rows_read": sum(d.rows_read for d in deliveries),
            "rows_accepted": sum(d.rows_accepted for d in deliveries),
            "rows_rejected": sum(d.rows_rejected for d in deliveries),
            "rows_ignored": sum(d.rows_ignored for d in deliveries),
            "files_refused_in_this_run": dg.MetadataValue.json(refused),
        },
    )
