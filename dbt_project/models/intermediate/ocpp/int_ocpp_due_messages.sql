-- One row per message that may be the last before a silence, with the heartbeat interval that was in
-- force and the time by which the next message was due.
{{ config(onwards=true) }}

-- Each with the interval given before it, found by counting intervals in the order of the log.
with timeline as (

    select
        source,
        charge_point_id,
        message_time,
        {{ nothing('text') }} as message_id,
        action,
        date,
        next_message_time,
        next_date,
        {{ nothing('bigint') }} as heartbeat_interval_s,
        0 as is_interval
    from {{ ref('int_ocpp_silences') }}

    union all

    select
        source,
        charging_point_id as charge_point_id,
        first_message_time as message_time,
        message_id,
        {{ nothing('text') }} as action,
        {{ nothing('date') }} as date,
        {{ nothing('timestamp with time zone') }} as next_message_time,
        {{ nothing('date') }} as next_date,
        heartbeat_interval_s,
        1 as is_interval
    from {{ ref('int_ocpp_events') }}
    where kind = 'heartbeat'

),

numbered as (

    select
        *,
        sum(is_interval) over (
            partition by source, charge_point_id
            order by message_time asc, is_interval desc, message_id asc
            rows unbounded preceding
        ) as interval_number
    from timeline

),

given as (

    select
        *,
        coalesce(
            max(heartbeat_interval_s) over (partition by source, charge_point_id, interval_number),
            {{ var('ocpp_heartbeat_seconds') }}
        ) as heartbeat_seconds
    from numbered

)

select
    source,
    charge_point_id,
    message_time,
    action,
    date,
    next_message_time,
    next_date,
    heartbeat_seconds,
    {{ seconds_after(
        'message_time', 'cast(heartbeat_seconds * ' ~ var('ocpp_heartbeat_tolerance') ~ ' as bigint)'
    ) }} as due_at
from given
where is_interval = 0
