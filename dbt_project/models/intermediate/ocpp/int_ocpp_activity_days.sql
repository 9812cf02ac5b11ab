-- One row per transaction id (also none), connector and date with meter values: the first and the last
-- message, and the first and the last register.
with messages as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, connector_id, transaction_id, date
            order by case when register_wh is null then 1 else 0 end, message_time desc, copy desc
        ) as from_last,
        row_number() over (
            partition by source, charging_point_id, connector_id, transaction_id, date
            order by case when register_wh is null then 1 else 0 end, message_time, copy
        ) as from_first
    from {{ ref('int_ocpp_transaction_messages') }}
    where
        kind = 'activity'
        and {{ in_partitions('date') }}

)

select
    source,
    charging_point_id,
    connector_id,
    transaction_id,
    min(message_time) as first_message_time,
    max(message_time) as last_message_time,
    max(case when from_last = 1 then event_at end) as event_at,
    max(case when from_last = 1 then register_wh end) as last_register_wh,
    max(case when from_first = 1 then register_wh end) as first_register_wh,
    date
from messages
group by source, charging_point_id, connector_id, transaction_id, date
