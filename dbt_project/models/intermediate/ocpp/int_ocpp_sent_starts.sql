-- One row per start message, with the key of the start that it is a copy of: a charge point sends a
-- start again until it is answered, with the same connector, time, tag and meter. Each answer may give
-- it another id.
select
    source,
    charging_point_id,
    connector_id,
    action,
    transaction_id,
    message_id,
    copy,
    first_message_time,
    sent_at,
    event_at,
    skew_seconds,
    has_reliable_clock,
    is_offline,
    meter_wh,
    id_tag,
    id_status,
    date,
    md5(
        charging_point_id || '|' || coalesce(connector_id, '') || '|' || {{ epoch_microseconds('sent_at') }}
        || '|' || coalesce(id_tag, '') || '|' || coalesce(cast(meter_wh as varchar), '')
        || '|' || case when action = 'TransactionEvent' then coalesce(transaction_id, '') else '' end
    ) as start_key
from {{ ref('int_ocpp_events') }}
where kind = 'start'
