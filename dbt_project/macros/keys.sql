{#- A 63-bit number from the parts (none of them NULL), the same after every rebuild and on both
    databases. Only one part may hold a '|', or two lists of parts could give one key. -#}
{% macro surrogate_key(parts) -%}
    {{- adapter.dispatch('surrogate_key', 'wattstar')("md5(" ~ parts | join(" || '|' || ") ~ ")") -}}
{%- endmacro %}


{% macro default__surrogate_key(digest) -%}
    cast(cast('x' || substr({{ digest }}, 1, 16) as bit(64)) as bigint) & 9223372036854775807
{%- endmacro %}


{#- STRTOL reads signed numbers: 16 digits at once could overflow. -#}
{% macro redshift__surrogate_key(digest) -%}
    (strtol(substring({{ digest }}, 1, 8), 16) & 2147483647) * 4294967296
    + strtol(substring({{ digest }}, 9, 8), 16)
{%- endmacro %}
