{#-
  The steps of a dossier that took time follow one another without gap or overlap: their seconds add up to its last moment
  less its first. What is dated before the receipt takes none.
-#}
{% test steps_add_up(model) %}

select authority_code, dossier_code
from {{ model }}
group by authority_code, dossier_code
having
    sum(elapsed_seconds)
    <> coalesce(
        max(case when elapsed_seconds > 0 then {{ elapsed_seconds_at('ended_at') }} end)
        - min(case when elapsed_seconds > 0 then {{ elapsed_seconds_at('began_at') }} end),
        0
    )

{% endtest %}
