-- One row per OCPP message, with the action of a response also where its request is of the day before.
with messages as (

    select * from {{ source('typed', 'ocpp_messages') }}

),

midnight_responses as (

    select * from {{ ref('stg_ocpp_midnight_responses') }}

)

select
    messages.source,
    messages.stream,
    messages.scope,
    messages.date,
    messages.charge_point_id,
    messages.message_time,
    messages.message_id,
    messages.message_type,
    messages.copy,
    coalesce(messages.action, midnight_responses.action) as action,
    messages.charge_point_id || ':' || cast(messages.connector_id as varchar) as connector_id,
    messages.transaction_id,
    messages.id_tag,
    messages.event_time,
    messages.status,
    messages.error_code,
    messages.meter_wh,
    messages.reason,
    messages.heartbeat_interval_s,
    messages.power_w,
    messages.register_wh,
    messages.vendor,
    messages.model,
    messages.firmware_version,
    messages.body
from messages
left join midnight_responses
    on
        messages.source = midnight_responses.source
        and messages.date = midnight_responses.date
        and messages.charge_point_id = midnight_responses.charge_point_id
        and messages.message_time = midnight_responses.message_time
        and messages.message_id = midnight_responses.message_id
        and messages.message_type = midnight_responses.message_type
        and messages.copy = midnight_responses.copy
