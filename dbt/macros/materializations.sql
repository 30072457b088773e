{#-
  Tables and views on DuckDB. Every build makes every relation anew, so each takes one statement in one transaction. dbt's
  own way makes a second relation beside the first, renames both, drops one and looks its columns up before it comments on
  them: a dozen statements a model, which cost more than the models of a small province.
-#}
{% materialization table, adapter="duckdb" %}
  {{ return(made_anew("table")) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
  {{ return(made_anew("view")) }}
{% endmaterialization %}

{#- The model as a table or a view, in place of what stood there, with its descriptions as comments. -#}
{% macro made_anew(kind) -%}
  {%- set target = this.incorporate(type=kind) -%}
  {%- set old = load_cached_relation(this) -%}
  {%- if old is not none and old.type != kind -%}
    {%- do adapter.drop_relation(old) -%}
  {%- endif -%}
  {%- call statement("main") -%}
    create or replace {{ kind }} {{ target }} as (
      {{ compiled_code }}
    );
    {{ comments_on(target) }}
  {%- endcall -%}
  {%- do adapter.commit() -%}
  {{ return({"relations": [target]}) }}
{%- endmacro %}

{#- One statement for the description of the model and one for each of its columns: a described column has to be there. -#}
{% macro comments_on(target) -%}
  {%- if config.persist_relation_docs() and model.description -%}
    comment on {{ target.type }} {{ target }} is {{ duckdb_escape_comment(model.description) }};
  {%- endif -%}
  {%- if config.persist_column_docs() -%}
    {%- for column in model.columns.values() %}
    comment on column {{ target }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
