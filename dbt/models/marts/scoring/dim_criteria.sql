select * from {{ ref('int_criteria_placed') }}
