{#-
  Which version of a question speaks of a day: the last that began by then, before the first one the first. Whether it still
  stood in the form on that day is for its reader to ask.
-#}
with versions as (

    select
        *,
        coalesce(valid_from_date, cast('1900-01-01' as date)) as begin_date
    from {{ ref('int_survey_items_unioned') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by authority_code, instrument_code, item_code order by begin_date nulls last
        ) as version_number,
        lead(begin_date) over (
            partition by authority_code, instrument_code, item_code order by begin_date nulls last
        ) as next_begin_date
    from versions

)

select
    authority_code,
    instrument_code,
    item_code,
    item_order,
    part_code,
    factor_code,
    scale_code,
    is_indexed,
    valid_from_date,
    valid_to_date,
    case when version_number = 1 then cast('1900-01-01' as date) else begin_date end as applies_from_date,
    coalesce(next_begin_date, cast('9999-12-31' as date)) as applies_before_date
from numbered
