"""How rules read ballots: whether somebody answered, and the packed answers one by one."""

from __future__ import annotations

# A blank result is an answered ballot.
ANSWERED = "coalesce(result_code, 'answered') = 'answered'"
# Relation of the packed answers: one row per ballot and item. Landing has seen to their shape.
PAIRS = (
    "(select source_row_number, instrument_code, split_part(pair, '=', 1) as item_code, "
    "split_part(pair, '=', 2) as answer_code from (select source_row_number, instrument_code, "
    "unnest(string_split(item_answers, ';')) as pair from batch) as packed)"
)
ANSWER_COUNT = "len(string_split(item_answers, ';'))"
