"""Documentation pages: dbt docs as one file, data docs of both borders. Written under the data root."""

from __future__ import annotations

from pathlib import Path

from dagster_project.settings import Settings


def write_documentation(settings: Settings) -> list[Path]:
    """Write both pages and return their paths. The served build's results are shown, else only the rules."""
    return [_write_dbt_docs(settings), _write_data_docs(settings)]


def _write_dbt_docs(settings: Settings) -> Path:
    from dagster_project.dbt_runs import dbt_target, run_dbt
    from dagster_project.publishing.lock import build_lock

    with build_lock(settings.warehouse / "build.lock"):
        run_dbt(["docs", "generate", "--static", "--quiet"], settings)
    return dbt_target(settings) / "static_index.html"


def _write_data_docs(settings: Settings) -> Path:
    from dagster_project.landing.deliveries import list_deliveries
    from dagster_project.publishing.builds import current_build
    from expectations.catalogue import plan_rules
    from expectations.docs import write_docs
    from expectations.results import RuleResult
    from expectations.runner import check_published, read_results

    build = current_build(settings)
    used = {delivery["delivery_id"] for delivery in build.manifest["deliveries"]}
    incoming = [
        RuleResult.from_dict(result)
        for delivery in list_deliveries(settings)
        if delivery.delivery_id in used
        for result in delivery.rule_results
    ]
    # What was judged between deliveries is known to the build alone.
    planned = {rule.code for rule in plan_rules()}
    across = [r for r in read_results(build.folder / "fct_rule_results.parquet") if r.rule_code in planned]
    outgoing = check_published({name: build.folder / f"{name}.parquet" for name in build.manifest["tables"]})
    return write_docs([*incoming, *across, *outgoing], settings.root / "docs")
