-- One row per stop, however often it was sent, by its first message: also without a usable id.
select
    source,
    charging_point_id,
    md5(
        coalesce(connector_id, '') || '|' || coalesce(transaction_id, '') || '|'
        || {{ epoch_microseconds('sent_at') }} || '|' || coalesce(cast(meter_wh as varchar), '') || '|'
        || coalesce(reason, '') || '|' || coalesce(id_tag, '')
    ) as stop_key,
    connector_id,
    transaction_id,
    min(first_message_time) as first_message_time,
    min(event_at) as event_at,
    meter_wh,
    reason,
    id_tag,
    min(case when has_reliable_clock then 1 else 0 end) = 1 as has_reliable_clock,
    max(case when is_offline then 1 else 0 end) = 1 as is_offline,
    min(date) as date
from {{ ref('int_ocpp_events') }}
where kind = 'stop'
group by source, charging_point_id, connector_id, transaction_id, sent_at, meter_wh, reason, id_tag
