{#- What sessions need. -#}

{#- The sessions (source, source_session_id) whose row of the last build lies in a partition that is
    built now; none where everything is built. -#}
{% macro sessions_previously_in_partitions() -%}
    {%- if partition_dates('partitions') -%}
        select
            source,
            source_session_id
        from {{ source('previous_build', 'sessions') }}
        where {{ in_partitions('date') }}
    {%- else -%}
        {{ no_sessions() }}
    {%- endif -%}
{%- endmacro %}


{#- The sessions (source, source_session_id) of the last build that are no row of the CTE `transactions`
    and either lasted into a date that is built now, or are of a source of transactions: these have
    another id by now, as meter values of any later date can give it. None where everything is built. -#}
{% macro sessions_previously_around_partitions(transactions) -%}
    {%- if partition_dates('partitions') -%}
        select
            previous.source,
            previous.source_session_id
        from {{ source('previous_build', 'sessions') }} as previous
        left join {{ transactions }} as known
            on
                previous.source = known.source
                and previous.source_session_id = known.source_session_id
        where
            known.source_session_id is null
            and (
                previous.source in (select named.source from {{ transactions }} as named)
                or {{ overlaps_partitions(
                    'coalesce(previous.started_at, previous.ended_at, previous.query_time)',
                    'coalesce(previous.ended_at, previous.query_time)'
                ) }}
            )
    {%- else -%}
        {{ no_sessions() }}
    {%- endif -%}
{%- endmacro %}


{#- No row of (source, source_session_id). -#}
{% macro no_sessions() -%}
    select
        {{ nothing('text') }} as source,
        {{ nothing('text') }} as source_session_id
    where false
{%- endmacro %}


{#- Samples further apart than this are a gap, which nothing is assumed of: var sample_gap_seconds. -#}
{% macro sample_gap_seconds() -%}
    {%- set seconds = var('sample_gap_seconds') | int -%}
    {%- if not 0 < seconds <= 1800 -%}
        {%- do exceptions.raise_compiler_error('sample_gap_seconds must be 1 to 1800, not ' ~ seconds) -%}
    {%- endif -%}
    {{- seconds -}}
{%- endmacro %}


{#- one_phase or three_phase for the vendor's word; NULL where the word says nothing about phases. -#}
{% macro phases_of_word(word) -%}
    case
        when lower({{ word }}) in ('3', 'three', 'threephase', 'three_phase', 'three-phase', '3-phase', 'three phase')
            then 'three_phase'
        when lower({{ word }}) in ('1', 'one', 'onephase', 'one_phase', 'one-phase', '1-phase', 'one phase', 'singlephase')
            then 'one_phase'
    end
{%- endmacro %}


{#- A charging point whose master data came later, moved or went: sessions follow it, also those
    that are not built now. -#}
{% macro follow_stations(sessions, charging_points) -%}
    update {{ sessions }}
    set id_cs = now.id_cs
    from (
        select
            sessions.id_session,
            coalesce(charging_points.id_cs, {{ unknown_station() }}) as id_cs
        from {{ sessions }} as sessions
        left join (select id_cp, id_cs from {{ charging_points }}) as charging_points
            on sessions.id_cp = charging_points.id_cp
        where sessions.id_cs <> coalesce(charging_points.id_cs, {{ unknown_station() }})
    ) as now
    where {{ sessions.identifier }}.id_session = now.id_session
{%- endmacro %}


{#- A car that draws less than so many watts does not charge: var charging_threshold_w. -#}
{% macro charging_threshold_w() -%}
    {%- set watts = var('charging_threshold_w') | int -%}
    {%- if not 0 < watts <= 2000 -%}
        {%- do exceptions.raise_compiler_error('charging_threshold_w must be 1 to 2000, not ' ~ watts) -%}
    {%- endif -%}
    {{- watts -}}
{%- endmacro %}


{#- The names of the conditions that hold, separated by commas; NULL where none does. -#}
{% macro true_names(conditions) -%}
    nullif(substr(
        {%- for name, condition in conditions.items() %}
        case when {{ condition }} then ',{{ name }}' else '' end {{ '||' if not loop.last else ', 2' }}
        {%- endfor %}
    ), '')
{%- endmacro %}
