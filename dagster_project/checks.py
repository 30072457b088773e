"""Asset checks outside dbt: row conservation, both gates, rules between deliveries; conditions are in `expectations`.

Does not belong here: a condition on data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.landing.contracts import load_contracts
from dagster_project.landing.deliveries import Delivery
from expectations.catalogue import plan_rules, published_rules, source_rules
from expectations.results import BLOCK_PUBLISH, RuleResult

ROW_CONSERVATION = "row_conservation"
PLAN_RESULTS_KEY = dg.AssetKey(["build", "rule_results"])
STAGED_BUILD_KEY = dg.AssetKey(["published", "staged_build"])


def check_name(rule_code: str) -> str:
    """Dagster's form of a rule code: `dossiers.not_empty` → `dossiers__not_empty`."""
    return rule_code.replace(".", "__")


def row_conservation_specs() -> list[dg.AssetCheckSpec]:
    """Rows read = accepted + rejected + ignored, for every delivery of every source."""
    return [
        dg.AssetCheckSpec(
            ROW_CONSERVATION,
            asset=dg.AssetKey(["landing", source]),
            description="Số dòng đọc = nhận + từ chối + bỏ qua, ở mọi lần nạp",
            blocking=True,
        )
        for source in load_contracts()
    ]


def gate_1_specs() -> list[dg.AssetCheckSpec]:
    """One check per rule of gate 1."""
    return [
        dg.AssetCheckSpec(check_name(rule.code), asset=dg.AssetKey(["landing", source]), description=rule.text)
        for source in load_contracts()
        for rule in source_rules(source)
    ]


def gate_2_specs() -> list[dg.AssetCheckSpec]:
    """One check per rule of gate 2 on the staged build; a failure keeps the build from being published."""
    return [
        dg.AssetCheckSpec(
            check_name(rule.code),
            asset=STAGED_BUILD_KEY,
            description=rule.text,
            blocking=rule.effect_code == BLOCK_PUBLISH,
        )
        for rule in published_rules()
    ]


def plan_specs() -> list[dg.AssetCheckSpec]:
    """One check per rule between deliveries, on the plan's results."""
    return [
        dg.AssetCheckSpec(check_name(rule.code), asset=PLAN_RESULTS_KEY, description=rule.text) for rule in plan_rules()
    ]


def plan_check_results(results: Sequence[RuleResult]) -> Iterator[dg.AssetCheckResult]:
    """Results of the rules between deliveries over everything planned."""
    for rule in plan_rules():
        of_rule = [result for result in results if result.rule_code == rule.code]
        yield _rule_check(rule.code, PLAN_RESULTS_KEY, of_rule, dg.AssetCheckSeverity.WARN)


def landing_check_results(deliveries: Sequence[Delivery]) -> Iterator[dg.AssetCheckResult]:
    """Results of row conservation and gate 1 over everything landed."""
    for source in load_contracts():
        of_source = [delivery for delivery in deliveries if delivery.source_code == source]
        yield _conservation(source, of_source)
        for rule in source_rules(source):
            results = [
                RuleResult.from_dict(result)
                for delivery in of_source
                for result in delivery.rule_results
                if result["rule_code"] == rule.code
            ]
            yield _rule_check(rule.code, dg.AssetKey(["landing", source]), results, dg.AssetCheckSeverity.WARN)


def gate_2_check_results(results: Sequence[RuleResult]) -> Iterator[dg.AssetCheckResult]:
    """Results of gate 2, one per rule."""
    for result in results:
        severity = dg.AssetCheckSeverity.ERROR if result.effect_code == BLOCK_PUBLISH else dg.AssetCheckSeverity.WARN
        yield _rule_check(result.rule_code, STAGED_BUILD_KEY, [result], severity)


def _conservation(source: str, deliveries: Sequence[Delivery]) -> dg.AssetCheckResult:
    lost = [
        delivery.file_name
        for delivery in deliveries
        if delivery.rows_read != delivery.rows_accepted + delivery.rows_rejected + delivery.rows_ignored
    ]
    return dg.AssetCheckResult(
        passed=not lost,
        check_name=ROW_CONSERVATION,
        asset_key=dg.AssetKey(["landing", source]),
        metadata={"deliveries": len(deliveries), "not_conserved": dg.MetadataValue.json(lost)},
    )


def _rule_check(
    rule_code: str, asset_key: dg.AssetKey, results: Sequence[RuleResult], severity: dg.AssetCheckSeverity
) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.is_passed]
    return dg.AssetCheckResult(
        passed=not failed,
        check_name=check_name(rule_code),
        asset_key=asset_key,
        severity=severity,
        metadata={
            "rule": results[0].rule_text if results else rule_code,
            "subjects": len(results),
            "subjects_failed": len(failed),
            "rows_failed": sum(result.failed_count for result in failed),
            "sample": dg.MetadataValue.json([place for result in failed[:3] for place in result.sample]),
        },
    )
