{#- The sums of `measures` per `columns` are those of `to`; of `to`, the rows that meet `to_where` and whose `shared` the model knows. -#}
{% test adds_up_as(model, to, columns, measures, shared, to_where) %}
with here as (

    select {{ columns | join(", ") }}{% for measure in measures %}, coalesce(sum({{ measure }}), 0) as {{ measure }}{% endfor %}
    from {{ model }}
    group by {{ columns | join(", ") }}

),

there as (

    select {{ columns | join(", ") }}{% for measure in measures %}, coalesce(sum({{ measure }}), 0) as {{ measure }}{% endfor %}
    from {{ to }}
    where {{ to_where }} and {{ shared }} in (select {{ shared }} from {{ model }})
    group by {{ columns | join(", ") }}

)

(select * from here except select * from there)
union all
(select * from there except select * from here)

{% endtest %}
