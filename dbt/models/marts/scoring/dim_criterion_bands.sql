select * from {{ ref('int_criterion_bands_versioned') }}
