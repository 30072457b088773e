{#- The parts of the delay of a dossier add up to the delay. -#}
{% test delays_add_up(model) %}

select authority_code, dossier_code
from {{ model }}
group by authority_code, dossier_code
having sum(delay_seconds) <> max(dossier_delay_seconds)

{% endtest %}
