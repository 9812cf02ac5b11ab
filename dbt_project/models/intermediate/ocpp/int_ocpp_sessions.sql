-- One row per OCPP transaction that the dates to build touch, as a session: what `sessions` replaces.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_anew(this) }}'
) }}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

intervals as (

    select
        source,
        source_session_id,
        sum(energy_kwh) as energy_kwh
    from {{ ref('int_ocpp_session_intervals') }}
    group by source, source_session_id

),

power as (

    select * from {{ ref('int_ocpp_session_power') }}

),

meters as (

    select * from {{ ref('int_ocpp_session_meters') }}

),

measured as (

    select
        transactions.*,
        power.max_power_kw,
        power.idle_minutes,
        intervals.energy_kwh as intervals_energy_kwh,
        coalesce(
            transactions.started_at, meters.first_sample_at, transactions.first_message_time
        ) as began_at,
        case
            when transactions.stopped_at is not null
                then greatest(transactions.stopped_at, transactions.started_at)
            when transactions.proven_at is not null
                then greatest(
                    coalesce(meters.last_sample_at, transactions.last_message_time), transactions.started_at
                )
        end as ended_at,
        case
            when transactions.stop_kwh >= transactions.start_kwh
                then transactions.stop_kwh - transactions.start_kwh
            when meters.last_kwh >= transactions.start_kwh then meters.last_kwh - transactions.start_kwh
            when transactions.stop_kwh >= meters.first_kwh then transactions.stop_kwh - meters.first_kwh
            when meters.last_kwh >= meters.first_kwh then meters.last_kwh - meters.first_kwh
        end as energy_kwh
    from transactions
    left join power
        on
            transactions.source = power.source
            and transactions.source_session_id = power.source_session_id
    left join meters
        on
            transactions.source = meters.source
            and transactions.source_session_id = meters.source_session_id
    left join intervals
        on
            transactions.source = intervals.source
            and transactions.source_session_id = intervals.source_session_id

)

select
    source,
    source_session_id,
    charging_point_id,
    connector_id,
    id_tag as driver,
    id_tag as token,
    began_at as started_at,
    ended_at,
    cast(energy_kwh as numeric(16, 6)) as energy_kwh,
    cast(start_kwh as numeric(16, 6)) as meter_start_kwh,
    cast(stop_kwh as numeric(16, 6)) as meter_stop_kwh,
    case when start_message_time is null then 'start not seen' end as session_type,
    case when stopped_at is null and proven_at is not null then 'inferred' else reason end as end_reason,
    false as is_void,
    {{ nothing('boolean') }} as is_aborted,
    {{ nothing('boolean') }} as is_signed,
    is_offline,
    has_reliable_clock,
    {{ nothing('text') }} as replaced_by,
    {{ nothing('text') }} as external_id,
    cast(intervals_energy_kwh as numeric(16, 6)) as intervals_energy_kwh,
    case
        when idle_minutes < {{ minutes_between('began_at', 'ended_at') }}
            then cast({{ minutes_between('began_at', 'ended_at') }} - idle_minutes as numeric(14, 4))
        when idle_minutes is not null and ended_at is not null then cast(0 as numeric(14, 4))
    end as charging_minutes,
    max_power_kw,
    last_message_time as query_time,
    date
from measured
