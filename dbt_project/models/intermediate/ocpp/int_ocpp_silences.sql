-- One row per message of a charge point that may be the last before a silence: the next message comes
-- later than its shortest heartbeat interval allows, or on a later UTC date, or not at all. Also its
-- first message. Most messages are followed sooner, whatever interval is in force.
{{ config(onwards=true) }}

{%- set log_order -%}
    partition by charge_points.number order by messages.message_time, messages.message_type, messages.action
{%- endset %}

with shortest_intervals as (

    select
        source,
        charging_point_id,
        min(heartbeat_interval_s) as heartbeat_interval_s
    from {{ ref('int_ocpp_events') }}
    where kind = 'heartbeat'
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
        names.source,
        names.charge_point_id,
        row_number() over (order by names.source, names.charge_point_id) as number,
        least(
            shortest_intervals.heartbeat_interval_s, {{ var('ocpp_heartbeat_seconds') }}
        ) * {{ var('ocpp_heartbeat_tolerance') }} as shortest_seconds
    from names
    left join shortest_intervals
        on
            names.source = shortest_intervals.source
            and names.charge_point_id = shortest_intervals.charging_point_id

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

)

select
    charge_points.source,
    charge_points.charge_point_id,
    ordered.message_time,
    ordered.action,
    ordered.date,
    ordered.next_message_time,
    ordered.next_date
from ordered
inner join charge_points
    on ordered.number = charge_points.number
where
    ordered.previous_message_time is null
    or ordered.next_message_time is null
    or ordered.next_date > ordered.date
    or {{ seconds_between('ordered.message_time', 'ordered.next_message_time') }}
    > charge_points.shortest_seconds
