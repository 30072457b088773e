{#- The steps of a dossier follow one another without gap or overlap: their seconds add up to its last moment less its first. -#}
{% test steps_add_up(model) %}

select authority_code, dossier_code
from {{ model }}
group by authority_code, dossier_code
having
    sum(elapsed_seconds)
    <> max({{ elapsed_seconds_at('ended_at') }}) - min({{ elapsed_seconds_at('began_at') }})

{% endtest %}
