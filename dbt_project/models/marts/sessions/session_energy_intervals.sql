-- One row per session and metered interval, of the session's latest version.
{{ config(
    partition_by='date', replace_key='id_session', touched='int_touched_sessions',
    indexes=indexes(['date'], ['id_session']),
    pre_hook='{{ join_as_written() }}'
) }}

-- depends_on: {{ ref('int_touched_sessions') }}
with versions as (

    select * from {{ ref('int_session_versions') }}

),

intervals as (

    select
        source,
        stream,
        date,
        source_session_id,
        interval_start_at,
        interval_end_at,
        energy_kwh,
        register_end_kwh,
        method
    from {{ ref('stg_session_energy_intervals') }}

    union all

    select
        source,
        'messages' as stream,
        date,
        source_session_id,
        interval_start_at,
        interval_end_at,
        energy_kwh,
        register_end_kwh,
        method
    from {{ ref('int_ocpp_session_intervals') }}

)

select
    versions.id_session,
    intervals.interval_start_at,
    intervals.interval_end_at,
    intervals.energy_kwh,
    {{ clean_quantity("(intervals.energy_kwh * 3600 / nullif("
        ~ seconds_between('intervals.interval_start_at', 'intervals.interval_end_at') ~ ", 0))") }}
        as avg_power_kw,
    intervals.register_end_kwh,
    intervals.method,
    intervals.source,
    intervals.date
from intervals
inner join versions
    on
        intervals.source = versions.source
        and intervals.stream = versions.stream
        and intervals.date = versions.date
        and intervals.source_session_id = versions.source_session_id
