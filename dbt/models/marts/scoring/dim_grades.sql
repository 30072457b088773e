select * from {{ ref('int_grades_versioned') }}
