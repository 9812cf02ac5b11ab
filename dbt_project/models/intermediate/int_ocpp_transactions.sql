-- One row per transaction in the OCPP log, all of them: when and how it started and stopped, what
-- proves that it ended where nobody said so, and whether the dates that are built touch it.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

with events as (

    select * from {{ ref('int_ocpp_events') }}

),

-- Of a start that is told twice the first counts; one that was sent again for want of an answer
-- tells of the same moment.
told_starts as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by first_message_time, message_id
        ) as telling,
        row_number() over (
            partition by source, charging_point_id, connector_id, event_at, transaction_id
            order by first_message_time, message_id
        ) as repetition,
        max(case when transaction_id is null then 0 else 1 end) over (
            partition by source, charging_point_id, connector_id, event_at
        ) as is_answered
    from events
    where kind = 'start'

),

starts as (

    select
        *,
        lead(first_message_time) over (
            partition by source, charging_point_id, connector_id order by first_message_time, message_id
        ) as next_start_at
    from told_starts
    where
        (transaction_id is not null and telling = 1)
        or (transaction_id is null and is_answered = 0 and repetition = 1)

),

activity as (

    select
        source,
        charging_point_id,
        connector_id,
        transaction_id,
        first_message_time,
        last_message_time,
        event_at,
        meter_wh,
        first_meter_wh,
        date,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by
                case when meter_wh is null then 0 else 1 end desc, last_message_time desc, connector_id desc
        ) as from_last,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by case when meter_wh is null then 1 else 0 end, first_message_time, connector_id
        ) as from_first
    from events
    where
        kind = 'activity'
        and transaction_id is not null

),

active as (

    select
        source,
        charging_point_id,
        transaction_id,
        min(connector_id) as connector_id,
        min(first_message_time) as first_message_time,
        max(last_message_time) as last_message_time,
        max(case when from_last = 1 then event_at end) as register_at,
        max(case when from_last = 1 then meter_wh end) as register_wh,
        max(case when from_first = 1 then first_meter_wh end) as first_register_wh,
        min(date) as first_date,
        max(date) as last_date
    from activity
    group by source, charging_point_id, transaction_id

),

-- Where a start was never answered, the meter values of its connector tell the id.
adopted as (

    select
        starts.source,
        starts.charging_point_id,
        starts.message_id,
        starts.first_message_time,
        active.transaction_id,
        row_number() over (
            partition by
                starts.source, starts.charging_point_id, starts.message_id, starts.first_message_time
            order by active.first_message_time, active.transaction_id
        ) as candidate
    from starts
    inner join active
        on
            starts.source = active.source
            and starts.charging_point_id = active.charging_point_id
            and starts.connector_id = active.connector_id
            and starts.first_message_time <= active.first_message_time
            and active.first_message_time < coalesce(
                starts.next_start_at, cast('9999-12-31' as timestamptz)
            )
    left join starts as started
        on
            active.source = started.source
            and active.charging_point_id = started.charging_point_id
            and active.transaction_id = started.transaction_id
    where
        starts.transaction_id is null
        and started.transaction_id is null

),

identified_starts as (

    select
        starts.source,
        starts.charging_point_id,
        starts.connector_id,
        starts.message_id,
        starts.first_message_time,
        starts.event_at,
        starts.meter_wh,
        starts.id_tag,
        starts.date,
        coalesce(starts.transaction_id, adopted.transaction_id) as transaction_id
    from starts
    left join adopted
        on
            starts.source = adopted.source
            and starts.charging_point_id = adopted.charging_point_id
            and starts.message_id = adopted.message_id
            and starts.first_message_time = adopted.first_message_time
            and adopted.candidate = 1

),

stops as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by first_message_time, message_id
        ) as telling
    from events
    where
        kind = 'stop'
        and transaction_id is not null

),

first_stops as (

    select * from stops
    where telling = 1

),

-- What is known of a transaction by its id.
known as (

    select
        coalesce(active.source, stops.source) as source,
        coalesce(active.charging_point_id, stops.charging_point_id) as charging_point_id,
        coalesce(active.transaction_id, stops.transaction_id) as transaction_id,
        coalesce(active.connector_id, stops.connector_id) as connector_id,
        active.register_at,
        active.register_wh,
        active.first_register_wh,
        stops.event_at as stop_event_at,
        stops.first_message_time as stop_message_time,
        stops.meter_wh as stop_wh,
        stops.reason,
        stops.id_tag,
        least(active.first_message_time, stops.first_message_time) as first_message_time,
        greatest(active.last_message_time, stops.first_message_time) as last_message_time,
        least(active.first_date, stops.date) as first_date,
        greatest(active.last_date, stops.date) as last_date
    from active
    full outer join first_stops as stops
        on
            active.source = stops.source
            and active.charging_point_id = stops.charging_point_id
            and active.transaction_id = stops.transaction_id

),

paired as (

    select
        coalesce(starts.source, known.source) as source,
        coalesce(starts.charging_point_id, known.charging_point_id) as charging_point_id,
        coalesce(starts.connector_id, known.connector_id) as connector_id,
        coalesce(starts.transaction_id, known.transaction_id) as transaction_id,
        coalesce(starts.id_tag, known.id_tag) as id_tag,
        starts.message_id as start_message_id,
        starts.first_message_time as start_message_time,
        starts.event_at as start_event_at,
        {{ ocpp_is_plausible('starts.event_at', 'starts.first_message_time') }} as has_start_clock,
        starts.meter_wh as start_wh,
        known.stop_message_time,
        known.stop_event_at,
        {{ ocpp_is_plausible('known.stop_event_at', 'known.stop_message_time') }} as has_stop_clock,
        known.stop_wh,
        known.reason,
        known.register_at,
        known.register_wh,
        known.first_register_wh,
        least(starts.first_message_time, known.first_message_time) as first_message_time,
        greatest(starts.first_message_time, known.last_message_time) as last_message_time,
        least(starts.date, known.first_date) as first_date,
        greatest(starts.date, known.last_date) as last_date
    from identified_starts as starts
    full outer join known
        on
            starts.source = known.source
            and starts.charging_point_id = known.charging_point_id
            and starts.transaction_id = known.transaction_id

),

transactions as (

    select
        *,
        charging_point_id || ':' || coalesce(
            transaction_id,
            start_message_id || '@' || {{ epoch_microseconds('start_message_time') }}
        ) as source_session_id,
        lead(first_message_time) over (
            partition by source, charging_point_id, connector_id
            order by first_message_time, transaction_id, start_message_id
        ) as next_first_message_time
    from paired

),

-- A reboot ends a transaction of which nothing was heard afterwards.
reboots as (

    select
        transactions.source,
        transactions.source_session_id,
        min(events.first_message_time) as rebooted_at
    from transactions
    inner join events
        on
            transactions.source = events.source
            and transactions.charging_point_id = events.charging_point_id
            and transactions.last_message_time < events.first_message_time
    where
        transactions.stop_message_time is null
        and events.kind = 'boot'
    group by transactions.source, transactions.source_session_id

),

ended as (

    select
        transactions.*,
        case
            when transactions.stop_message_time is null
                then least(
                    case
                        when transactions.connector_id is not null
                            then transactions.next_first_message_time
                    end,
                    reboots.rebooted_at
                )
        end as proven_at
    from transactions
    left join reboots
        on
            transactions.source = reboots.source
            and transactions.source_session_id = reboots.source_session_id

),

dated as (

    select
        *,
        -- A register that begins below the meter at the start counts from the start on.
        case when first_register_wh < start_wh then start_wh else 0 end as offset_wh,
        case
            when transaction_id is null then first_date
            else greatest(last_date, {{ utc_date('proven_at') }})
        end as date
    from ended

)

select
    source,
    source_session_id,
    charging_point_id,
    connector_id,
    transaction_id,
    id_tag,
    start_message_id,
    start_message_time,
    case when has_start_clock then start_event_at else start_message_time end as started_at,
    case when has_stop_clock then stop_event_at else stop_message_time end as stopped_at,
    case
        when has_start_clock or start_message_time is null then 0
        else cast({{ seconds_between('start_event_at', 'start_message_time') }} as bigint)
    end as skew_seconds,
    coalesce(has_start_clock, true) and coalesce(has_stop_clock, true) as has_reliable_clock,
    (
        coalesce({{ seconds_between('start_event_at', 'start_message_time') }} > 300, false)
        or coalesce({{ seconds_between('stop_event_at', 'stop_message_time') }} > 300, false)
    ) as is_offline,
    cast(start_wh as numeric(20, 6)) / 1000 as start_kwh,
    cast(stop_wh as numeric(20, 6)) / 1000 as stop_kwh,
    reason,
    register_at,
    cast(register_wh + offset_wh as numeric(20, 6)) / 1000 as register_kwh,
    cast(offset_wh as numeric(20, 6)) / 1000 as offset_kwh,
    first_message_time,
    last_message_time,
    proven_at,
    first_date,
    date,
    -- A start or a stop that is missing may have been there at the last build.
    (
        start_message_time is null
        or stop_message_time is null
        or {{ spans_partitions('first_date', 'date') }}
        or {{ was_of_partitions('ocpp', 'source_session_id') }}
    ) as is_touched
from dated
