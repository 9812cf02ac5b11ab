-- One row per OCPP message, as it came but for pseudonyms.
{{ config(materialized='view') }}

with messages as (

    select * from {{ ref('stg_ocpp_messages') }}

),

-- A 1.6 start has its id in the response.
starts as (

    select * from {{ ref('int_ocpp_events') }}
    where
        kind = 'start'
        and transaction_id is not null

),

identified as (

    select
        messages.*,
        coalesce(messages.transaction_id, starts.transaction_id) as known_transaction_id
    from messages
    left join starts
        on
            messages.source = starts.source
            and messages.date = starts.date
            and messages.charge_point_id = starts.charging_point_id
            and messages.message_id = starts.message_id
            and messages.message_time = starts.first_message_time
            and messages.copy = starts.copy
            and messages.message_type = 2

),

-- An id that was used again, or one of several of a start, is a session's for a time.
session_ids as (

    select * from {{ ref('int_ocpp_session_ids') }}

),

named as (

    select
        identified.*,
        coalesce(
            session_ids.source_session_id,
            identified.charge_point_id || ':' || identified.known_transaction_id
        ) as source_session_id
    from identified
    left join session_ids
        on
            identified.source = session_ids.source
            and identified.charge_point_id = session_ids.charging_point_id
            and identified.known_transaction_id = session_ids.transaction_id
            and coalesce(identified.connector_id, '') = coalesce(session_ids.connector_id, '')
            and coalesce(identified.event_time, identified.message_time) >= session_ids.from_at
            and coalesce(identified.event_time, identified.message_time) < session_ids.until_at

)

select
    {{ surrogate_key([
        'source', 'charge_point_id', epoch_microseconds('message_time'), 'cast(message_type as varchar)',
        'cast(copy as varchar)', 'md5(message_id)'
    ]) }} as id_message,
    source || ':' || charge_point_id as id_cp,
    source || ':' || connector_id as id_connector,
    case
        when known_transaction_id is not null then {{ surrogate_key(['source', 'source_session_id']) }}
    end as id_session,
    message_time,
    message_id,
    message_type,
    action,
    known_transaction_id as transaction_id,
    id_tag as token,
    event_time,
    status,
    error_code,
    reason,
    heartbeat_interval_s as heartbeat_seconds,
    cast(meter_wh as numeric(20, 3)) as meter_wh,
    cast(power_w as numeric(16, 3)) as power_w,
    cast(register_wh as numeric(20, 3)) as register_wh,
    vendor,
    model,
    firmware_version,
    body,
    source,
    date
from named
