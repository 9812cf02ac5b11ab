-- One row per charge point and stretch of time in which it was active, cut at UTC midnight: each
-- message is followed by another within the heartbeat interval it was given, with some tolerance.
{{ config(
    partition_by='date', onwards=true, indexes=indexes(['date'], ['id_cp', 'active_from']),
    pre_hook='{{ join_as_written() }}'
) }}

{%- set log_order -%}
    partition by charge_points.number order by messages.message_time, messages.message_type, messages.action
{%- endset %}

-- The intervals that charge points were given, each with when the next one was.
with intervals as (

    select
        source,
        charging_point_id,
        heartbeat_interval_s,
        first_message_time as given_at,
        lead(first_message_time) over (
            partition by source, charging_point_id order by first_message_time, message_id
        ) as next_given_at
    from {{ ref('int_ocpp_events') }}
    where kind = 'heartbeat'

),

shortest_intervals as (

    select
        source,
        charging_point_id,
        min(heartbeat_interval_s) as heartbeat_interval_s
    from intervals
    group by source, charging_point_id

),

names as (

    select distinct
        source,
        charge_point_id
    from {{ source('typed', 'ocpp_messages') }}
    where {{ in_partitions('date') }}

),

-- A million messages are sorted by a number in a quarter of the time that long names take.
charge_points as (

    select
        *,
        row_number() over (order by source, charge_point_id) as number
    from names

),

messages as (

    select * from {{ source('typed', 'ocpp_messages') }}
    where
        {{ in_partitions('date') }}
        and not (message_type = 2 and coalesce(action, '') in ({{ ocpp_central_actions() }}))

),

ordered as (

    select
        charge_points.number,
        messages.message_time,
        messages.action,
        messages.date,
        lag(messages.message_time) over ({{ log_order }}) as previous_message_time,
        lead(messages.message_time) over ({{ log_order }}) as next_message_time,
        lead(messages.date) over ({{ log_order }}) as next_date
    from messages
    inner join charge_points
        on
            messages.source = charge_points.source
            and messages.charge_point_id = charge_points.charge_point_id

),

shortest as (

    select
        charge_points.number,
        charge_points.source,
        charge_points.charge_point_id,
        least(
            shortest_intervals.heartbeat_interval_s, {{ var('ocpp_heartbeat_seconds') }}
        ) * {{ var('ocpp_heartbeat_tolerance') }} as seconds
    from charge_points
    left join shortest_intervals
        on
            charge_points.source = shortest_intervals.source
            and charge_points.charge_point_id = shortest_intervals.charging_point_id

),

-- Most messages are followed too soon to matter, whatever interval is in force.
candidates as (

    select
        ordered.*,
        shortest.source,
        shortest.charge_point_id
    from ordered
    inner join shortest
        on ordered.number = shortest.number
    where
        ordered.previous_message_time is null
        or ordered.next_message_time is null
        or ordered.next_date > ordered.date
        or {{ seconds_between('ordered.message_time', 'ordered.next_message_time') }} > shortest.seconds

),

held as (

    select
        candidates.*,
        min(candidates.message_time) over (
            partition by candidates.source, candidates.charge_point_id
        ) as first_message_time,
        coalesce(
            intervals.heartbeat_interval_s, {{ var('ocpp_heartbeat_seconds') }}
        ) as heartbeat_seconds
    from candidates
    left join intervals
        on
            candidates.source = intervals.source
            and candidates.charge_point_id = intervals.charging_point_id
            and candidates.message_time >= intervals.given_at
            and candidates.message_time < coalesce(
                intervals.next_given_at, cast('9999-12-31' as timestamptz)
            )

),

due as (

    select
        *,
        {{ seconds_after(
            'message_time', 'cast(heartbeat_seconds * ' ~ var('ocpp_heartbeat_tolerance') ~ ' as bigint)'
        ) }} as overdue_at
    from held

),

ends as (

    select
        *,
        lag(next_message_time) over (
            partition by source, charge_point_id order by message_time, next_message_time
        ) as started_at
    from due
    where
        next_message_time is null
        or next_message_time > overdue_at
        or next_date > date

),

midnight_responses as (

    select
        source,
        charge_point_id,
        message_time,
        max(action) as action
    from {{ ref('stg_ocpp_midnight_responses') }}
    group by source, charge_point_id, message_time

)

select
    ends.source || ':' || ends.charge_point_id as id_cp,
    coalesce(ends.started_at, ends.first_message_time) as active_from,
    least(ends.overdue_at, ends.next_message_time) as active_until,
    ends.message_time as last_contact_at,
    coalesce(ends.action, midnight_responses.action) as last_action,
    cast(ends.heartbeat_seconds as bigint) as heartbeat_seconds,
    ends.charge_point_id,
    ends.source,
    ends.date
from ends
left join midnight_responses
    on
        ends.source = midnight_responses.source
        and ends.charge_point_id = midnight_responses.charge_point_id
        and ends.message_time = midnight_responses.message_time
