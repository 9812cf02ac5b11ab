-- One row per start and stop of a transaction, boot and heartbeat interval in the OCPP log, and one
-- per transaction, connector, date and stretch (see int_ocpp_activity_days) with meter values: all of
-- the log that makes up transactions. The id of a 1.6 transaction is in the response to its start.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    partition_by='date', indexes=indexes(['date']),
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_all([this]) }}'
) }}

with messages as (

    select * from {{ ref('int_ocpp_transaction_messages') }}

),

answers as (

    select * from {{ ref('int_ocpp_start_answers') }}

)

select
    messages.source,
    messages.charging_point_id,
    messages.connector_id,
    messages.kind,
    messages.action,
    coalesce(messages.transaction_id, answers.transaction_id) as transaction_id,
    messages.message_id,
    messages.copy,
    messages.message_time as first_message_time,
    messages.message_time as last_message_time,
    messages.event_at as first_event_at,
    messages.event_at as last_event_at,
    messages.sent_at,
    messages.event_at,
    messages.skew_seconds,
    messages.has_reliable_clock,
    messages.is_offline,
    coalesce(messages.meter_wh, messages.register_wh) as meter_wh,
    {{ nothing('double precision') }} as first_meter_wh,
    messages.id_tag,
    answers.id_status,
    messages.reason,
    {{ nothing('bigint') }} as heartbeat_interval_s,
    messages.date
from messages
left join answers
    on
        messages.source = answers.source
        and messages.charging_point_id = answers.charging_point_id
        and messages.message_id = answers.message_id
        and messages.message_time = answers.message_time
        and messages.copy = answers.copy
        and messages.action = 'StartTransaction'
where
    messages.kind in ('start', 'stop', 'boot')
    and {{ in_partitions('messages.date') }}

union all

select
    source,
    charging_point_id,
    connector_id,
    'activity' as kind,
    {{ nothing('text') }} as action,
    transaction_id,
    cast(stretch as varchar) as message_id,
    cast(0 as bigint) as copy,
    first_message_time,
    last_message_time,
    first_event_at,
    last_event_at,
    register_at as sent_at,
    register_at as event_at,
    cast(0 as bigint) as skew_seconds,
    has_reliable_clock,
    is_offline,
    last_register_wh as meter_wh,
    first_register_wh as first_meter_wh,
    id_tag,
    {{ nothing('text') }} as id_status,
    {{ nothing('text') }} as reason,
    {{ nothing('bigint') }} as heartbeat_interval_s,
    date
from {{ ref('int_ocpp_activity_days') }}

union all

select
    source,
    charging_point_id,
    {{ nothing('text') }} as connector_id,
    'heartbeat' as kind,
    action,
    {{ nothing('text') }} as transaction_id,
    message_id,
    copy,
    message_time as first_message_time,
    message_time as last_message_time,
    event_at as first_event_at,
    event_at as last_event_at,
    sent_at,
    event_at,
    skew_seconds,
    has_reliable_clock,
    is_offline,
    {{ nothing('double precision') }} as meter_wh,
    {{ nothing('double precision') }} as first_meter_wh,
    {{ nothing('text') }} as id_tag,
    {{ nothing('text') }} as id_status,
    {{ nothing('text') }} as reason,
    heartbeat_interval_s,
    date
from messages
where
    kind = 'response'
    and heartbeat_interval_s > 0
    and coalesce(status, 'Accepted') = 'Accepted'
    and {{ in_partitions('date') }}
