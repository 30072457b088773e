"""Which columns tell of a dossier under a definition of on time that adds up, and which outcome its verdict is.

The page Đúng hạn and the story of a score list dossiers by them.
Does not belong here: queries, verdicts (the dbt models).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Membership:
    """Which columns tell of a dossier under a definition: its day and unit there (fct_dossier_verdicts) and the dates
    it is judged by (fct_dossiers). A dossier without the day is in no period.
    """

    day: str = "closed_date"
    unit: str = "resolving_unit_code"
    due: str = "due_at"
    finished: str = "completed_at"


# The definitions that add up (fct_timeliness_counts), dossier by dossier; a test holds both to the same counts.
MEMBERSHIPS = {
    "on_time_rate__resolved": Membership(),
    "on_time_rate__resolved_timestamp": Membership(),
    "on_time_rate__resolved_original": Membership(due="original_due_at"),
    "on_time_rate__resolved_recomputed": Membership(due="recomputed_due_at", finished="first_completed_at"),
    "on_time_rate__handed_over": Membership("handed_over_date", finished="returned_at"),
    "on_time_rate__form_06a": Membership(),
    "on_time_rate__due_in_period": Membership("passed_due_date", "due_unit_code"),
}
# What follows says how: met_withdrawn, missed_supplemented_twice.
OUTCOMES = {
    "missed": "verdict_code like 'missed%'",
    "met": "verdict_code like 'met%'",
    "excluded": "verdict_code not like 'missed%' and verdict_code not like 'met%'",
}
