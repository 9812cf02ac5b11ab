{#- What Postgres needs to plan well; Redshift plans by itself and gets nothing of this. -#}

{#- Indexes, one per list of columns. -#}
{% macro indexes() -%}
    {%- set found = [] -%}
    {%- if target.type == 'postgres' -%}
        {%- for columns in varargs -%}
            {%- do found.append({'columns': columns}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}


{#- What was filled in one go has no statistics yet. Later ones are autovacuum's work. -#}
{% macro analyze_all(relations) -%}
    {%- if execute and target.type == 'postgres' and flags.WHICH in ('build', 'run') -%}
        {%- if not (partition_dates('partitions')) -%}
            analyze {{ relations | join(', ') }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- The same for a table that every run fills anew. -#}
{% macro analyze_anew(relation) -%}
    {%- if execute and target.type == 'postgres' and flags.WHICH in ('build', 'run') -%}
        analyze {{ relation }}
    {%- endif -%}
{%- endmacro %}


{#- Of what WITH queries return Postgres knows nothing: it expects one row where there are 100,000,
    joins them by loops for half an hour, or joins first what has the least in common. Hashing in the
    order in which the model is written is never bad here. For one transaction. -#}
{% macro join_as_written() -%}
    {%- if target.type == 'postgres' -%}
        set local enable_nestloop = off; set local enable_mergejoin = off; set local join_collapse_limit = 1
    {%- endif -%}
{%- endmacro %}
