"""The Dagster definitions, assembled by one function so that tests swap parts without patching.

Does not belong here: anything but assembly.
"""

from __future__ import annotations

import dagster as dg

from dagster_project.assets.landing import landed_deliveries
from dagster_project.assets.published import published_assets
from dagster_project.assets.warehouse import build_plan, warehouse_assets
from dagster_project.automation import daily_refresh, inbox_sensor, refresh_job
from dagster_project.dbt_runs import prepare_manifest
from dagster_project.resources import DataRoot, Say, build_right, say_nothing
from dagster_project.settings import Settings, load_settings


def build_defs(*, settings: Settings | None = None, say: Say | None = None) -> dg.Definitions:
    """All assets, checks, the job, the schedule and the sensor over one data root.

    ``settings`` defaults to the environment's; ``say`` hears progress lines.
    """
    settings = settings or load_settings()
    manifest = prepare_manifest(settings)
    return dg.Definitions(
        assets=[landed_deliveries, build_plan, warehouse_assets(manifest), *published_assets(manifest)],
        jobs=[refresh_job],
        schedules=[daily_refresh],
        sensors=[inbox_sensor],
        resources={"data_root": DataRoot(settings, say or say_nothing), "build_right": build_right},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads: the definitions over the environment's data root."""
    return build_defs()
