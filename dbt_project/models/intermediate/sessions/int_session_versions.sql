-- One row per touched session that has an answer: its latest answer, in whatever partition that is.
-- Rebuilt with every run.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

-- Of two answers of one moment date and stream decide: the choice must always be the same.
with ranked as (

    select
        *,
        row_number() over (
            partition by source, source_session_id
            order by query_time desc, date desc, stream desc
        ) as from_last
    from {{ ref('int_session_answers') }}

),

-- A start before there were charge points of this kind, or more than a year before the end, is that of
-- a clock that was not set.
judged as (

    select
        *,
        coalesce(
            started_at < cast('2010-01-01 00:00:00+00' as timestamptz)
            or {{ seconds_between('query_time', 'started_at') }} > 86400
            or {{ seconds_between('started_at', 'coalesce(ended_at, query_time)') }} > 31622400, false
        ) as has_impossible_times
    from ranked
    where from_last = 1

),

latest as (

    select
        *,
        case
            when has_impossible_times then coalesce(ended_at, query_time)
            else coalesce(started_at, ended_at, query_time)
        end as began_at
    from judged

)

select
    id_session,
    source,
    stream,
    date,
    source_session_id,
    query_time,
    source || ':' || charging_point_id as id_cp,
    source || ':' || connector_id as id_connector,
    driver,
    token,
    started_at,
    ended_at,
    began_at,
    -- An open session is known to last until its latest answer.
    greatest(coalesce(ended_at, query_time), began_at) as known_until,
    energy_kwh,
    meter_start_kwh,
    meter_stop_kwh,
    session_type,
    end_reason,
    (coalesce(is_void, false) or replaced_by is not null) as is_void,
    is_aborted,
    is_signed,
    is_offline,
    has_reliable_clock,
    replaced_by,
    external_id,
    intervals_energy_kwh,
    signed_difference_kwh,
    charging_minutes,
    max_power_kw,
    register_start_kwh,
    register_end_kwh,
    energy_method,
    charging_minutes_method,
    source_quality_flags,
    has_impossible_times
from latest
