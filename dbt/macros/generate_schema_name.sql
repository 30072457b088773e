{#- A folder is a schema: staging, intermediate, marts, seeds. No target prefix: one file is one environment. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
