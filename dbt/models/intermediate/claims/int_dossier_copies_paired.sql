with local_dossiers as (

    select
        authority_code, dossier_code, resolving_unit_code, received_date, due_at, completed_at, returned_at, state_code,
        timeliness_by_date_code, declared_timeliness_code, {{ month_start('received_date') }} as received_month_date
    from {{ ref('int_dossiers_timed') }}

),

national_dossiers as (

    select * from {{ ref('int_national_dossiers_timed') }}

),

covered as (

    select * from {{ ref('int_national_months_covered') }}

),

local_ranges as (

    select authority_code, min(received_date) as first_date, max(received_date) as last_date
    from local_dossiers
    group by authority_code

),

held_here as (

    -- Outside the days of receipt that a national export speaks of, nothing is missing there.
    select
        local_dossiers.authority_code,
        local_dossiers.dossier_code,
        local_dossiers.resolving_unit_code as unit_code,
        coalesce(local_dossiers.received_date, national_dossiers.received_date) as received_date,
        true as is_local,
        national_dossiers.dossier_code is not null as is_national,
        local_dossiers.due_at as local_due_at,
        local_dossiers.completed_at as local_completed_at,
        local_dossiers.returned_at as local_returned_at,
        local_dossiers.state_code as local_state_code,
        local_dossiers.timeliness_by_date_code as local_timeliness_by_date_code,
        local_dossiers.declared_timeliness_code as local_declared_timeliness_code,
        national_dossiers.due_at as national_due_at,
        national_dossiers.completed_at as national_completed_at,
        national_dossiers.state_code as national_state_code,
        national_dossiers.timeliness_by_date_code as national_timeliness_by_date_code,
        national_dossiers.declared_timeliness_code as national_declared_timeliness_code,
        national_dossiers.synced_at,
        national_dossiers.delivery_id as national_delivery_id
    from local_dossiers
    left join national_dossiers
        on
            local_dossiers.authority_code = national_dossiers.authority_code
            and local_dossiers.dossier_code = national_dossiers.dossier_code
    left join covered
        on
            local_dossiers.authority_code = covered.authority_code
            and local_dossiers.received_month_date = covered.month_start_date
            and local_dossiers.received_date between covered.first_date and covered.last_date
    where national_dossiers.dossier_code is not null or covered.authority_code is not null

),

held_there_alone as (

    -- Nor is anything missing here outside the days of receipt that the lists of this authority speak of.
    select
        national_dossiers.authority_code,
        national_dossiers.dossier_code,
        coalesce(national_dossiers.unit_code, national_dossiers.authority_code) as unit_code,
        national_dossiers.received_date,
        false as is_local,
        true as is_national,
        cast(null as timestamp) as local_due_at,
        cast(null as timestamp) as local_completed_at,
        cast(null as timestamp) as local_returned_at,
        cast(null as {{ dbt.type_string() }}) as local_state_code,
        cast(null as {{ dbt.type_string() }}) as local_timeliness_by_date_code,
        cast(null as {{ dbt.type_string() }}) as local_declared_timeliness_code,
        national_dossiers.due_at as national_due_at,
        national_dossiers.completed_at as national_completed_at,
        national_dossiers.state_code as national_state_code,
        national_dossiers.timeliness_by_date_code as national_timeliness_by_date_code,
        national_dossiers.declared_timeliness_code as national_declared_timeliness_code,
        national_dossiers.synced_at,
        national_dossiers.delivery_id as national_delivery_id
    from national_dossiers
    inner join local_ranges on national_dossiers.authority_code = local_ranges.authority_code
    left join local_dossiers
        on
            national_dossiers.authority_code = local_dossiers.authority_code
            and national_dossiers.dossier_code = local_dossiers.dossier_code
    where
        local_dossiers.dossier_code is null
        and national_dossiers.received_date between local_ranges.first_date and local_ranges.last_date

)

select * from held_here
union all
select * from held_there_alone
