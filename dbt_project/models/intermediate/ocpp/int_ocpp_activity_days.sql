-- One row per transaction id (also none), connector, date and stretch between starts, stops and boots
-- of the charge point, with meter values: their first and last message, and first and last register.
with messages as (

    select
        *,
        case kind when 'stop' then 2 when 'activity' then 1 else 0 end as place
    from {{ ref('int_ocpp_transaction_messages') }}
    where
        kind <> 'response'
        and {{ in_partitions('date') }}

),

-- A sample of the very moment of a stop comes before it, one of the moment of a start after it.
numbered as (

    select
        *,
        sum(case when kind = 'activity' then 0 else 1 end) over (
            partition by source, charging_point_id, date
            order by event_at, place, message_time, message_id, copy
            rows unbounded preceding
        ) as stretch
    from messages

),

ranked as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, connector_id, transaction_id, date, stretch
            order by
                case when register_wh is null then 1 else 0 end asc, event_at desc, register_wh desc,
                message_time desc, message_id asc, copy asc
        ) as from_last,
        row_number() over (
            partition by source, charging_point_id, connector_id, transaction_id, date, stretch
            order by
                case when register_wh is null then 1 else 0 end asc, event_at asc, register_wh desc,
                message_time asc, message_id asc, copy asc
        ) as from_first,
        row_number() over (
            partition by source, charging_point_id, connector_id, transaction_id, date, stretch
            order by case when id_tag is null then 1 else 0 end, event_at, id_tag
        ) as from_tag
    from numbered
    where kind = 'activity'

)

select
    source,
    charging_point_id,
    connector_id,
    transaction_id,
    stretch,
    min(message_time) as first_message_time,
    max(message_time) as last_message_time,
    min(event_at) as first_event_at,
    max(event_at) as last_event_at,
    max(case when from_last = 1 then event_at end) as register_at,
    max(case when from_last = 1 then register_wh end) as last_register_wh,
    max(case when from_first = 1 then register_wh end) as first_register_wh,
    max(case when from_tag = 1 then id_tag end) as id_tag,
    max(case when is_offline then 1 else 0 end) = 1 as is_offline,
    min(case when has_reliable_clock then 1 else 0 end) = 1 as has_reliable_clock,
    date
from ranked
group by source, charging_point_id, connector_id, transaction_id, date, stretch
