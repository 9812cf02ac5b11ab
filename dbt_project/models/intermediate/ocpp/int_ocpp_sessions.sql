-- One row per OCPP transaction that the dates to build touch, as a session: what `sessions` replaces.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_anew(this) }}'
) }}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

energies as (

    select * from {{ ref('int_ocpp_session_energy') }}

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

states as (

    select * from {{ ref('int_ocpp_session_states') }}

),

measured as (

    select
        transactions.*,
        states.charging_minutes as state_minutes,
        energies.began_at,
        energies.ended_at,
        energies.method,
        energies.energy_kwh,
        energies.begin_kwh,
        energies.end_kwh,
        energies.has_fallen,
        energies.has_register_from_zero,
        energies.has_unbelieved_stop,
        energies.is_beyond_power,
        energies.has_kwh_as_wh,
        energies.differs_from_power,
        power.max_power_kw,
        power.idle_minutes,
        intervals.energy_kwh as intervals_energy_kwh,
        {{ minutes_between('energies.began_at', 'energies.ended_at') }} as connected_minutes
    from transactions
    inner join energies
        on
            transactions.source = energies.source
            and transactions.source_session_id = energies.source_session_id
    left join power
        on
            transactions.source = power.source
            and transactions.source_session_id = power.source_session_id
    left join intervals
        on
            transactions.source = intervals.source
            and transactions.source_session_id = intervals.source_session_id
    left join states
        on
            transactions.source = states.source
            and transactions.source_session_id = states.source_session_id

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
    energy_kwh,
    cast(start_kwh as numeric(16, 6)) as meter_start_kwh,
    cast(stop_kwh as numeric(16, 6)) as meter_stop_kwh,
    begin_kwh as register_start_kwh,
    end_kwh as register_end_kwh,
    method as energy_method,
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
    cast(case
        when idle_minutes < connected_minutes then connected_minutes - idle_minutes
        when idle_minutes is not null and connected_minutes is not null then 0
        when idle_minutes is null then state_minutes
    end as numeric(14, 4)) as charging_minutes,
    case
        when idle_minutes is not null then 'power'
        when state_minutes is not null then 'charging_state'
    end as charging_minutes_method,
    max_power_kw,
    {{ true_names({
        'id_used_again': 'use_number > 1',
        'start_not_seen': 'start_message_time is null',
        'end_inferred': 'stopped_at is null and proven_at is not null',
        'clock_not_reliable': 'not has_reliable_clock',
        'ends_before_start': 'ends_before_start',
        'overlaps': 'has_overlap',
        'stop_meter_not_believed': 'has_unbelieved_stop',
        'register_from_zero': 'has_register_from_zero',
        'register_fell': 'has_fallen',
        'kwh_as_wh': 'has_kwh_as_wh',
        'energy_beyond_power': 'is_beyond_power',
        'energy_differs_from_power': 'differs_from_power',
        'energy_unknown': 'energy_kwh is null and ended_at is not null',
    }) }} as quality_flags,
    last_message_time as query_time,
    date
from measured
