{#- Whether observations are kept as rows: var status_facts, by default on Redshift alone. -#}
{% macro status_facts_materialized() -%}
    {%- set kind = var('status_facts', 'table' if target.type == 'redshift' else 'view') -%}
    {%- if kind not in ('view', 'table') -%}
        {%- do exceptions.raise_compiler_error("status_facts is 'view' or 'table', not " ~ kind) -%}
    {%- endif -%}
    {{- return('incremental' if kind == 'table' else 'view') -}}
{%- endmacro %}
