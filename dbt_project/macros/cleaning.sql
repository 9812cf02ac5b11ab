{#- How staging models clean what a vendor sent. -#}

{#- Text without blanks, tabs and line ends around it; NULL where nothing is left. -#}
{% macro clean_text(column) -%}
    nullif(btrim({{ column }}, ' ' || chr(9) || chr(10) || chr(13)), '')
{%- endmacro %}


{#- Amperes, volts, kilowatts; NULL where no charger could have so many. -#}
{% macro clean_quantity(column) -%}
    cast(case when abs({{ column }}) < 1000000000 then {{ column }} end as numeric(12, 3))
{%- endmacro %}


{#- Kilowatt-hours to the milliwatt-hour, so that sums are exact; NULL where no meter shows so many. -#}
{% macro clean_energy(column) -%}
    cast(case when abs({{ column }}) < 1000000000 then {{ column }} end as numeric(16, 6))
{%- endmacro %}
