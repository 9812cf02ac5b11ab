-- One row per transaction id that meter values (or TransactionEvents that are neither start nor end)
-- name: its first and last message, and its first and last register.
with days as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by
                case when meter_wh is null then 0 else 1 end desc, last_message_time desc, connector_id desc
        ) as from_last,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by case when meter_wh is null then 1 else 0 end, first_message_time, connector_id
        ) as from_first
    from {{ ref('int_ocpp_events') }}
    where
        kind = 'activity'
        and transaction_id is not null

)

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
from days
group by source, charging_point_id, transaction_id
