{#- What sessions need. -#}

{#- The table `marts.sessions` as the last build left it. It is built last of all that is made of
    sessions, so a build that was killed finds it as it was; it is no ref, which would be a circle. -#}
{% macro sessions_before() -%}
    {{- this.incorporate(path={'schema': 'marts', 'identifier': 'sessions'}) -}}
{%- endmacro %}


{#- Of these, what the dates to build touch. OCPP samples are messages: int_ocpp_sessions knows whose
    they are. -#}
{% macro sessions_touched_before() -%}
    select
        source,
        source_session_id
    {%- if partition_dates('partitions') %}
    from {{ sessions_before() }}
    where
        {{ in_partitions('date') }}
        or (
            source <> 'ocpp'
            and {{ overlaps_partitions(
                'coalesce(started_at, ended_at, query_time)', 'coalesce(ended_at, query_time)'
            ) }}
        )
    {%- else %}
    from {{ ref('stg_sessions') }}
    where false
    {%- endif %}
{%- endmacro %}


{#- Samples further apart than this are a gap, which nothing is assumed of: var sample_gap_seconds. -#}
{% macro sample_gap_seconds() -%}
    {%- set seconds = var('sample_gap_seconds') | int -%}
    {%- if not 0 < seconds <= 1800 -%}
        {%- do exceptions.raise_compiler_error('sample_gap_seconds must be 1 to 1800, not ' ~ seconds) -%}
    {%- endif -%}
    {{- seconds -}}
{%- endmacro %}


{#- OCPI-like words for the vendor's word; NULL where it does not tell the phases. -#}
{% macro phases_told(word) -%}
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
