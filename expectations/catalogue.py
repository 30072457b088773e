"""All rules of both borders, registered here by name and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

from expectations.rules import PlanRule, Rule
from expectations.suites import (
    across,
    feedback,
    national_portal,
    one_stop,
    portal,
    published,
    questionnaires,
    registries,
    regulations,
    scoring,
    survey,
    survey_waves,
    waiting,
)

SOURCES: dict[str, Callable[[], list[Rule]]] = {
    "one_stop__dossiers": one_stop.dossier_rules,
    "one_stop__dossier_events": one_stop.event_rules,
    "portal__on_time_reports": portal.report_rules,
    "portal__form_06a_lines": portal.form_06a_rules,
    "survey__answers": survey.answer_rules,
    "unit_registry__units": registries.unit_rules,
    "procedure_registry__procedures": registries.procedure_rules,
    "one_stop__supplements": waiting.supplement_rules,
    "one_stop__pauses": waiting.pause_rules,
    "one_stop__apology_letters": waiting.letter_rules,
    "kiosk__ratings": feedback.rating_rules,
    "petition_portal__petitions": feedback.petition_rules,
    "national_portal__dossiers": national_portal.dossier_rules,
    "national_portal__qd766_metrics": national_portal.metric_rules,
    "par__criterion_scores": scoring.score_rules,
    "one_stop__quality_scores": scoring.quality_rules,
    "unit_registry__unit_changes": registries.change_rules,
    "calendar__days_off": registries.day_off_rules,
    "calendar__working_hours": registries.working_hour_rules,
    "par__score_explanations": scoring.explanation_rules,
    "regulation__regulations": regulations.regulation_rules,
    "regulation__grades": regulations.grade_rules,
    "regulation__criteria": regulations.criterion_rules,
    "regulation__bands": regulations.band_rules,
    "survey__ballots": survey.ballot_rules,
    "survey__waves": survey_waves.wave_rules,
    "survey__totals": survey_waves.total_rules,
    "survey__instruments": questionnaires.instrument_rules,
    "survey__items": questionnaires.item_rules,
    "survey__options": questionnaires.option_rules,
    "survey__declared_results": survey_waves.declared_rules,
}


def source_rules(source_code: str) -> list[Rule]:
    """Rules of gate 1 for one source; raises KeyError, in a sentence, for a source without a suite."""
    if source_code not in SOURCES:
        raise KeyError(f"source {source_code!r} has no suite: register one in SOURCES of expectations/catalogue.py")
    return SOURCES[source_code]()


@cache
def rules_version(source_code: str) -> str:
    """16 hex digits that change with any rule of gate 1 for the source: what was judged by others is judged anew."""
    rules = [(rule.code, rule.effect_code, rule.text, rule.failing, rule.checked) for rule in source_rules(source_code)]
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


def plan_rules() -> list[PlanRule]:
    """Rules of gate 1 between the deliveries of a build."""
    return across.rules()


def published_rules() -> list[Rule]:
    """Rules of gate 2, grouped by subject in the order they are checked."""
    return published.rules()


def all_rules() -> list[Rule]:
    """Every rule, gate 1 (files, then between deliveries) before gate 2; raises ValueError when two share a code."""
    rules = [rule for source in SOURCES for rule in source_rules(source)]
    rules += [*plan_rules(), *published_rules()]
    codes = [rule.code for rule in rules]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise ValueError(f"rule codes used twice: {', '.join(repeated)}")
    return rules
