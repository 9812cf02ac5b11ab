{#- The unknown member that every dimension has: a fact never waits for its dimension. -#}
{% macro unknown_station() -%}
    cast(-1 as bigint)
{%- endmacro %}


{#- NULL of a type; Redshift cannot guess it. -#}
{% macro nothing(type) -%}
    cast(null as {{ type }})
{%- endmacro %}

