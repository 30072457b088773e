"""How rules read ballots: whether somebody answered, and the packed answers, «F1.1=5;F1.2=4».

Many ballots hold few different answers. Those are looked up, and only then the ballots that hold them: taking each
answer of each ballot apart would cost seconds for a large survey. Landing has seen to the shape of the cell.
"""

from __future__ import annotations

from expectations.suites.questionnaires import national_items, national_options

# Answers without a result are an answered ballot; a row of the sample without both has not been asked yet.
ANSWERED = "coalesce(result_code, case when item_answers is null then 'not_asked' else 'answered' end) = 'answered'"
ANSWER_COUNT = "len(string_split(item_answers, ';'))"
# Relation `pairs`: one row per ballot and answer.
PAIRS = (
    "(select source_row_number, instrument_code, unnest(string_split(item_answers, ';')) as pair from batch) as pairs"
)


def kinds_of_answers() -> str:
    """Relation `kinds`: each different answer and how often it stands in the file, with what the seeds say of it.

    `scale_code` is null for an item of no national questionnaire, `option_kind_code` for an answer that no scale has.
    """
    different = f"select instrument_code, pair, count(*) as pair_count from {PAIRS} group by all"
    return (
        "(select * from (select *, split_part(pair, '=', 1) as item_code, split_part(pair, '=', 2) as answer_code "
        f"from ({different}) as different) as parted "
        f"left join {national_items()} using (instrument_code, item_code) "
        f"left join {national_options()} using (scale_code, answer_code)) as kinds"
    )
