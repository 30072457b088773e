"""From marts to a published build: export, gate 2, publish."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from dagster_project.checks import STAGED_BUILD_KEY, gate_2_check_results, gate_2_specs
from dagster_project.publishing.builds import current_build
from dagster_project.publishing.plan import read_plan
from dagster_project.publishing.publish import (
    GATE_RESULTS_TABLE,
    export_marts,
    marts_of,
    publish,
    staged_folder,
    write_files,
)
from dagster_project.resources import WRITER_POOL, BuildRight, DataRoot

PUBLISHED_BUILD_KEY = dg.AssetKey(["published", "build"])


def published_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """The staged build with gate 2's checks, and the published build behind them."""

    @dg.multi_asset(
        specs=[
            dg.AssetSpec(
                STAGED_BUILD_KEY,
                deps=[dg.AssetKey(["marts", mart.name]) for mart in marts_of(manifest)],
                group_name="published",
                kinds={"parquet"},
                description="Các bảng của bản dựng, chưa công bố",
            )
        ],
        check_specs=gate_2_specs(),
        name="staged_build",
        pool=WRITER_POOL,
    )
    def staged_build(
        data_root: dg.ResourceParam[DataRoot], build_right: dg.ResourceParam[BuildRight]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Export the marts with the files beside them and hold the marts against what readers are promised."""
        from expectations.runner import check_published, write_results

        settings = data_root.settings
        plan = read_plan(settings)
        data_root.say("Xuất bảng và kiểm tra trước khi công bố…")
        tables = export_marts(plan, marts_of(manifest), settings)
        write_files(plan, settings)
        results = check_published(tables)
        write_results(results, staged_folder(settings, plan.build_id) / f"{GATE_RESULTS_TABLE}.parquet")
        yield dg.MaterializeResult(
            asset_key=STAGED_BUILD_KEY, metadata={"build_id": plan.build_id, "tables": len(tables)}
        )
        yield from gate_2_check_results(results)

    @dg.asset(
        key=PUBLISHED_BUILD_KEY,
        deps=[STAGED_BUILD_KEY],
        group_name="published",
        kinds={"parquet"},
        description="Bản dựng đang phục vụ: thư mục không đổi và con trỏ CURRENT",
        pool=WRITER_POOL,
    )
    def published_build(
        data_root: dg.ResourceParam[DataRoot], build_right: dg.ResourceParam[BuildRight]
    ) -> dg.MaterializeResult:
        """Give the checked build its name and serve it."""
        settings = data_root.settings
        data_root.say("Công bố…")
        folder = publish(read_plan(settings), settings)
        build = current_build(settings)
        return dg.MaterializeResult(
            metadata={
                "build_id": build.build_id,
                "as_of_date": build.as_of_date.isoformat(),
                "rows": build.row_count,
                "folder": folder.name,
            }
        )

    return [staged_build, published_build]
