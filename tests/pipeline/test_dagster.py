"""The asset graph: what is in it, that every check is visible, what runs by itself, and one writer at a time."""

from __future__ import annotations

import json

import dagster as dg
import pytest

from dagster_project.automation import inbox_files, inbox_sensor
from dagster_project.checks import check_name
from dagster_project.dbt_runs import manifest_path
from dagster_project.definitions import build_defs
from dagster_project.event_log import OpenEventLog
from dagster_project.resources import DataRoot
from dagster_project.settings import Settings
from expectations.catalogue import all_rules

LANDED = {
    "landing/calendar__days_off",
    "landing/calendar__working_hours",
    "landing/kiosk__ratings",
    "landing/national_portal__dossiers",
    "landing/national_portal__qd766_metrics",
    "landing/one_stop__apology_letters",
    "landing/one_stop__dossier_events",
    "landing/one_stop__dossiers",
    "landing/one_stop__pauses",
    "landing/one_stop__quality_scores",
    "landing/one_stop__supplements",
    "landing/par__criterion_scores",
    "landing/petition_portal__petitions",
    "landing/portal__form_06a_lines",
    "landing/portal__on_time_reports",
    "landing/procedure_registry__procedures",
    "landing/par__score_explanations",
    "landing/regulation__bands",
    "landing/regulation__criteria",
    "landing/regulation__grades",
    "landing/regulation__regulations",
    "landing/survey__answers",
    "landing/survey__ballots",
    "landing/survey__declared_results",
    "landing/survey__instruments",
    "landing/survey__items",
    "landing/survey__options",
    "landing/survey__totals",
    "landing/survey__waves",
    "landing/unit_registry__unit_changes",
    "landing/unit_registry__units",
}
MARTS = {
    "marts/bridge_unit_successions",
    "marts/fct_unit_period_changes",
    "marts/dim_authorities",
    "marts/dim_criteria",
    "marts/dim_criterion_bands",
    "marts/dim_dates",
    "marts/dim_difference_causes",
    "marts/dim_grades",
    "marts/dim_indicators",
    "marts/dim_peer_groups",
    "marts/dim_periods",
    "marts/dim_procedures",
    "marts/dim_regulations",
    "marts/dim_rules",
    "marts/dim_units",
    "marts/fct_apology_letters",
    "marts/fct_criterion_scores",
    "marts/fct_data_quality",
    "marts/fct_deliveries",
    "marts/fct_delivery_authorities",
    "marts/fct_dossier_date_changes",
    "marts/fct_dossier_delays",
    "marts/fct_dossier_events",
    "marts/fct_dossier_flags",
    "marts/fct_dossier_steps",
    "marts/fct_dossier_stops",
    "marts/fct_dossier_supplements",
    "marts/fct_dossier_verdicts",
    "marts/fct_dossier_versions",
    "marts/fct_dossiers",
    "marts/fct_form_06a",
    "marts/fct_indicator_values",
    "marts/fct_indicator_values_by_successor",
    "marts/fct_on_time_reports",
    "marts/fct_report_differences",
    "marts/fct_rule_results",
    "marts/fct_rule_scores",
    "marts/fct_score_explanations",
    "marts/fct_score_inputs",
    "marts/fct_score_peer_groups",
    "marts/fct_score_rankings",
    "marts/fct_step_times",
    "marts/fct_sync_differences",
    "marts/fct_timeliness_counts",
    "marts/fct_unit_rankings",
    "marts/fct_unit_scores",
    "marts/rpt_backlog_ages",
    "marts/rpt_handover_gaps",
    "marts/rpt_open_dossiers",
    "marts/rpt_rank_robustness",
    "marts/rpt_repeat_late_officers",
    "marts/rpt_reported_totals",
    "marts/rpt_score_differences",
    "marts/rpt_saturated_criteria",
    "marts/rpt_unit_handover_gaps",
    "marts/rpt_sync_totals",
    "marts/rpt_units_to_watch",
    "marts/dim_survey_instruments",
    "marts/dim_survey_items",
    "marts/dim_survey_options",
    "marts/dim_survey_waves",
    "marts/fct_rating_counts",
    "marts/fct_score_answers",
    "marts/fct_survey_answer_shares",
    "marts/fct_survey_comparisons",
    "marts/fct_survey_declared_results",
    "marts/fct_survey_estimates",
    "marts/fct_survey_responses",
    "marts/rpt_on_time_perceptions",
    "marts/rpt_survey_funnels",
    "marts/rpt_survey_sides",
}


@pytest.fixture(scope="module")
def definitions(built_real) -> dg.Definitions:
    return build_defs(settings=built_real)


def keys(definitions: dg.Definitions, prefix: str) -> set[str]:
    found = {spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()}
    return {key for key in found if key.startswith(f"{prefix}/")}


def test_asset_keys(definitions):
    assert keys(definitions, "landing") == LANDED
    assert keys(definitions, "build") == {
        "build/builds",
        "build/deliveries",
        "build/row_flags",
        "build/rule_results",
        "build/rules",
    }
    assert keys(definitions, "marts") == MARTS
    assert keys(definitions, "published") == {"published/staged_build", "published/build"}


def test_the_published_build_hangs_on_every_mart_and_the_marts_on_the_files(definitions):
    graph = definitions.resolve_asset_graph()
    above = {key.to_user_string() for key in graph.get_ancestor_asset_keys(dg.AssetKey(["published", "build"]))}
    assert above >= MARTS | LANDED


def test_every_rule_and_every_dbt_test_is_an_asset_check(definitions, built_real):
    checks = {key.name: key for key in definitions.resolve_asset_graph().asset_check_keys}
    manifest = json.loads(manifest_path(built_real).read_text(encoding="utf-8"))
    dbt_tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    rules = {check_name(rule.code) for rule in all_rules()}
    assert dbt_tests and rules
    assert set(checks) == dbt_tests | rules | {"row_conservation"}


def test_the_last_run_told_rows_and_checks(built_real):
    from dagster_project.commands import prepare_dagster_home

    prepare_dagster_home(built_real)
    with dg.DagsterInstance.from_config(str(built_real.dagster_home)) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["landing", "one_stop__dossiers"]))
        metadata = event.asset_materialization.metadata
        assert metadata["rows_read"].value == metadata["rows_accepted"].value == 1434
        checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(
            [dg.AssetCheckKey(dg.AssetKey(["marts", "fct_dossiers"]), "unique_grain_fct_dossiers")]
        )
        assert [str(record.status.value) for record in checks.values()] == ["SUCCEEDED"]


def test_the_event_log_is_where_and_what_dagster_would_have_written(built_real):
    from dagster._core.storage.event_log import SqliteEventLogStorage

    with dg.DagsterInstance.from_config(str(built_real.dagster_home)) as instance:
        assert type(instance.event_log_storage) is OpenEventLog
        run_id = instance.get_run_records(limit=1)[0].dagster_run.run_id
        ours = [entry.event_log_entry for entry in instance.event_log_storage.get_records_for_run(run_id).records]
    plain = SqliteEventLogStorage(str(built_real.dagster_home / "history" / "runs"))
    theirs = [entry.event_log_entry for entry in plain.get_records_for_run(run_id).records]
    assert theirs == ours
    assert {entry.dagster_event_type.value for entry in theirs} >= {"ASSET_MATERIALIZATION", "PIPELINE_SUCCESS"}


def test_schedule_and_job(definitions):
    schedule = definitions.resolve_schedule_def("daily_refresh")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 5 * * *", "Asia/Ho_Chi_Minh")
    assert schedule.job_name == definitions.resolve_job_def("refresh").name


def test_sensor_asks_once_per_change_of_the_inbox(built_real, tmp_path):
    settings = Settings(root=tmp_path)
    settings.inbox.mkdir()
    resources = {"data_root": DataRoot(settings)}

    def look(cursor: str | None):
        context = dg.build_sensor_context(cursor=cursor, resources=resources)
        return inbox_sensor(context)

    assert isinstance(look(None), dg.SkipReason)
    (settings.inbox / "a.csv").write_text("x")
    (settings.inbox / ".hidden").write_text("x")
    assert len(inbox_files(settings.inbox)) == 1
    first = look(None)
    assert len(first.run_requests) == 1
    assert isinstance(look(first.cursor), dg.SkipReason)
    (settings.inbox / "b.csv").write_text("x")
    assert look(first.cursor).cursor != first.cursor


def test_the_writer_has_a_pool_of_one(definitions, built_real):
    writer = {"warehouse_models", "staged_build", "published__build"}
    pools = {
        node.name: definitions.resolve_job_def("refresh").get_node_named(node.name).definition.pools
        for node in definitions.resolve_job_def("refresh").nodes
    }
    assert {name for name, found in pools.items() if found == {"duckdb"}} == writer
    assert "default_limit: 1" in (built_real.dagster_home / "dagster.yaml").read_text(encoding="utf-8")
