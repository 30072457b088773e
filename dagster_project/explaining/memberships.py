"""Which columns tell of a dossier under an indicator, and on which side of its fraction the dossier stands.

The page Đúng hạn and the story of a score list dossiers by them.
Does not belong here: running queries, verdicts (the dbt models).
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


@dataclass(frozen=True)
class Listing:
    """How the published tables tell one by one the dossiers that an indicator counts.

    ``v`` is fct_dossier_verdicts, ``d`` fct_dossiers: the day and the unit that place a dossier, the condition by which
    it is in the denominator, and the one by which such a dossier is in the numerator too. ``asked`` is the condition of
    those that the question is about at all: of them the ones outside the denominator are left out.
    """

    day: str
    unit: str
    denominator: str
    numerator: str
    due: str = "due_at"
    finished: str = "completed_at"
    asked: str = "true"


def _of_verdict(indicator_code: str, membership: Membership) -> Listing:
    verdict = f"v.{indicator_code.removeprefix('on_time_rate__')}_verdict_code"
    return Listing(
        f"v.{membership.day}",
        f"v.{membership.unit}",
        f"({verdict} like 'met%' or {verdict} like 'missed%')",
        f"{verdict} like 'met%'",
        membership.due,
        membership.finished,
    )


def _closed(denominator: str, numerator: str) -> Listing:
    """Counted on the day it was closed, at the unit that closed it."""
    return Listing("v.closed_date", "v.resolving_unit_code", denominator, numerator)


def _late(denominator: str, numerator: str) -> Listing:
    """Of those closed late, by their letters of apology."""
    is_late = "v.resolved_verdict_code = 'missed'"
    return Listing("v.closed_date", "v.resolving_unit_code", f"{is_late} and {denominator}", numerator, asked=is_late)


def _received(denominator: str, numerator: str) -> Listing:
    """Counted on the day it was received, at the unit that received it."""
    unit = "coalesce(d.receiving_unit_code, d.resolving_unit_code)"
    return Listing("d.received_date", unit, denominator, numerator)


def _any_of(table: str, condition: str = "true") -> str:
    return (
        f"exists (select 1 from {table} as e where e.authority_code = d.authority_code "
        f"and e.dossier_code = d.dossier_code and {condition})"
    )


def _letter(condition: str) -> str:
    return _any_of("fct_apology_letters", f"e.is_issued and {condition}")


_REQUESTS = "fct_dossier_supplements"
_REQUEST_COUNT = (
    f"(select count(*) from {_REQUESTS} as e "
    "where e.authority_code = d.authority_code and e.dossier_code = d.dossier_code)"
)
# The promise of the last letter is the one that counts.
_IS_KEPT = (
    "(select first(e.is_new_date_kept order by e.issued_at desc nulls last, e.letter_code desc nulls last) "
    "from fct_apology_letters as e where e.authority_code = d.authority_code and e.dossier_code = d.dossier_code "
    "and e.is_issued)"
)
_SENDS_REQUESTS = f"exists (select 1 from {_REQUESTS} as e where e.authority_code = d.authority_code)"

# The indicators whose dossiers can be told one by one; a test holds each list to numerator and denominator at every
# unit. Missing are those that need what is not published (the way a result was returned, days off on which a unit was
# open) and those where a dossier stands on other sides in other periods.
LISTINGS = {
    **{code: _of_verdict(code, membership) for code, membership in MEMBERSHIPS.items()},
    # The flag of the sender places a dossier on one day too, though its parts are not summed (fct_timeliness_counts).
    "on_time_rate__declared_flag": _of_verdict("on_time_rate__declared_flag", Membership()),
    "online_dossier_rate": _received("d.channel_code is not null", "d.channel_code = 'online'"),
    "online_payment_rate": _closed("d.fee_amount > 0 and d.is_paid_online is not null", "d.is_paid_online"),
    "apology_rate__before_due": _late("true", _letter("e.is_before_due")),
    "apology_rate__signed_by_head": _late(_letter("e.is_signed_by_head is not null"), _letter("e.is_signed_by_head")),
    "apology_rate__new_date": _late("true", _letter("e.has_new_date")),
    "apology_rate__new_date_kept": _late(f"{_letter('e.has_new_date')} and {_IS_KEPT} is not null", _IS_KEPT),
    "supplement_rate__twice": _closed(
        f"(d.supplement_count is not null or {_SENDS_REQUESTS})",
        f"greatest(coalesce(d.supplement_count, 0), {_REQUEST_COUNT}) >= 2",
    ),
    "supplement_rate__last_days": _closed(
        _any_of(_REQUESTS, "e.is_asked_on_last_days is not null"), _any_of(_REQUESTS, "e.is_asked_on_last_days")
    ),
    "hand_over_gap_rate": _closed(
        "d.state_code in ('finished', 'returned')", "d.state_code = 'finished' and d.returned_at is null"
    ),
}
# The sides of a fraction, as an address and the command line name them.
SIDES = ("rest", "numerator", "excluded")


def listed_dossiers(indicator_code: str, side: str) -> str:
    """The query of the dossiers on one side of an indicator's fraction.

    Asks for authority, unit, first and last day. One row per dossier with the row of the file that told it last.
    """
    one = LISTINGS[indicator_code]
    is_in = f"coalesce({one.denominator}, false)"
    is_good = f"coalesce({one.numerator}, false)"
    condition = {
        "rest": f"{is_in} and not {is_good}",
        "numerator": f"{is_in} and {is_good}",
        "excluded": f"{one.asked} and not {is_in}",
    }[side]
    return f"""
      select d.authority_code, d.dossier_code, {one.day} as counted_date, d.received_date, d.{one.due} as shown_due_at,
        d.{one.finished} as finished_at, d.procedure_code, d.procedure_name, d.source_row_number, f.file_name
      from fct_dossier_verdicts as v
      inner join fct_dossiers as d on v.authority_code = d.authority_code and v.dossier_code = d.dossier_code
      left join fct_deliveries as f on d.delivery_id = f.delivery_id
      where v.authority_code = ? and {one.unit} = ? and {one.day} between ? and ? and {condition}
    """
