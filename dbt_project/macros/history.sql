{#- Type 2 histories: collapse equal answers that follow each other, across dates. -#}

{#- The runs of an entity with a number for what they say. A unit that several scopes (cities)
    answer for has, per date, the runs of the first of them alone. -#}
{% macro runs(entity) -%}
with answers as (

    select * from {{ ref('stg_' ~ entity) }}

),

ranked as (

    select
        *,
        rank() over (partition by source, source_id, date order by scope, stream) as scope_rank
    from answers
    where {{ in_partitions('date') }}

)

select
    {{ run_columns() | join(',\n    ') }},
    {{ version_key(entity) }} as version_key
from ranked
where scope_rank = 1
{%- endmacro %}


{#- One row per version: the unit, when the version was first and last answered, the number of the
    version, and when the next one was first answered. Columns of `runs` name its first run. -#}
{% macro versions(entity, runs) -%}
with answers as (

    select * from {{ ref('stg_' ~ entity) }}

),

marked as (

    select
        *,
        case when version_key = lag(version_key) over (
            partition by source, source_id order by first_query_time
        ) then 0 else 1 end as is_new
    from {{ runs }}

),

numbered as (

    select
        *,
        sum(is_new) over (
            partition by source, source_id order by first_query_time
            rows unbounded preceding
        ) as version
    from marked

),

seen as (

    select
        *,
        max(last_query_time) over (partition by source, source_id, version) as last_seen_at
    from numbered

),

versions as (

    select
        source,
        stream,
        scope,
        date,
        source_id,
        cast(version as integer) as version,
        first_query_time as valid_from,
        last_seen_at,
        lead(first_query_time) over (
            partition by source, source_id order by first_query_time
        ) as valid_to
    from seen
    where is_new = 1

)

select
    versions.source,
    versions.source_id,
    versions.version,
    versions.valid_from,
    versions.valid_to,
    versions.valid_to is null as is_current,
    versions.last_seen_at,
    min(versions.valid_from) over (
        partition by versions.source, versions.source_id
    ) as first_seen_at,
    {%- for name in attributes(entity) %}
    answers.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from versions
inner join answers
    on
        versions.source = answers.source
        and versions.stream = answers.stream
        and versions.scope = answers.scope
        and versions.date = answers.date
        and versions.source_id = answers.source_id
        and versions.valid_from = answers.first_query_time
{%- endmacro %}


{#- What a row says, as one number. Texts are clean: none is empty, so NULL can be. -#}
{% macro version_key(entity) -%}
    {%- set texts = [] -%}
    {%- for name, kind in attributes(entity).items() -%}
        {%- if kind == 'text' -%}
            {%- do texts.append("coalesce(" ~ name ~ ", '')") -%}
        {%- elif kind == 'boolean' -%}
            {%- do texts.append("case when " ~ name ~ " then 'y' when not " ~ name ~ " then 'n' else '' end") -%}
        {%- else -%}
            {%- do texts.append("coalesce(cast(" ~ name ~ " as varchar), '')") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ adapter.dispatch('surrogate_key', 'wattstar')("md5(" ~ texts | join(" || chr(31) || ") ~ ")") }}
{%- endmacro %}
