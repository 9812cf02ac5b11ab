-- One row per start and stop of a transaction, boot and heartbeat interval in the OCPP log, and one
-- per transaction, connector and date with meter values: all that is needed of the log to tell
-- transactions apart. The id of a 1.6 transaction is in the response to its start.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    partition_by='date', indexes=indexes(['date']),
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_all([this]) }}'
) }}

-- A response may be of the next date.
with messages as (

    select
        source,
        charge_point_id as charging_point_id,
        charge_point_id || ':' || cast(connector_id as varchar) as connector_id,
        message_time,
        message_id,
        message_type,
        copy,
        action,
        transaction_id,
        id_tag,
        coalesce(event_time, message_time) as event_at,
        status,
        meter_wh,
        register_wh,
        reason,
        heartbeat_interval_s,
        case
            when message_type = 3 then 'response'
            when action = 'StartTransaction' then 'start'
            when action = 'StopTransaction' then 'stop'
            when action = 'BootNotification' then 'boot'
            when action = 'MeterValues' then 'activity'
            when action = 'TransactionEvent' and status = 'Started' then 'start'
            when action = 'TransactionEvent' and status = 'Ended' then 'stop'
            when action = 'TransactionEvent' then 'activity'
        end as kind,
        date
    from {{ source('typed', 'ocpp_messages') }}
    where
        {{ in_partitions('date', after=1) }}
        and (
            (
                message_type = 2
                and action in (
                    'StartTransaction', 'StopTransaction', 'MeterValues', 'TransactionEvent',
                    'BootNotification'
                )
            )
            or (message_type = 3 and transaction_id is not null)
            or (message_type = 3 and heartbeat_interval_s is not null)
        )

),

nearest_starts as (

    select
        responses.source,
        responses.charging_point_id,
        responses.message_id,
        responses.message_time as answered_at,
        responses.transaction_id,
        starts.message_time,
        row_number() over (
            partition by
                responses.source, responses.charging_point_id, responses.message_id, responses.message_time
            order by starts.message_time desc
        ) as distance
    from messages as responses
    inner join messages as starts
        on
            responses.source = starts.source
            and responses.charging_point_id = starts.charging_point_id
            and responses.message_id = starts.message_id
            and {{ seconds_between('starts.message_time', 'responses.message_time') }}
            between 0 and {{ ocpp_response_seconds() }}
    where
        responses.kind = 'response'
        and responses.transaction_id is not null
        and starts.action = 'StartTransaction'
        and starts.kind = 'start'

),

answers as (

    select
        source,
        charging_point_id,
        message_id,
        message_time,
        transaction_id,
        row_number() over (
            partition by source, charging_point_id, message_id, message_time
            order by answered_at, transaction_id
        ) as answer
    from nearest_starts
    where distance = 1

),

activity as (

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
    from messages
    where
        kind = 'activity'
        and {{ in_partitions('date') }}

)

select
    messages.source,
    messages.charging_point_id,
    messages.connector_id,
    messages.kind,
    coalesce(messages.transaction_id, answers.transaction_id) as transaction_id,
    messages.message_id,
    messages.message_time as first_message_time,
    messages.message_time as last_message_time,
    messages.event_at,
    coalesce(messages.meter_wh, messages.register_wh) as meter_wh,
    {{ nothing('double precision') }} as first_meter_wh,
    messages.id_tag,
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
        and messages.action = 'StartTransaction'
        and answers.answer = 1
where
    messages.kind in ('start', 'stop', 'boot')
    and {{ in_partitions('messages.date') }}

union all

select
    source,
    charging_point_id,
    connector_id,
    'activity' as kind,
    transaction_id,
    {{ nothing('text') }} as message_id,
    min(message_time) as first_message_time,
    max(message_time) as last_message_time,
    max(case when from_last = 1 then event_at end) as event_at,
    max(case when from_last = 1 then register_wh end) as meter_wh,
    max(case when from_first = 1 then register_wh end) as first_meter_wh,
    {{ nothing('text') }} as id_tag,
    {{ nothing('text') }} as reason,
    {{ nothing('bigint') }} as heartbeat_interval_s,
    date
from activity
group by source, charging_point_id, connector_id, transaction_id, date

union all

select
    source,
    charging_point_id,
    {{ nothing('text') }} as connector_id,
    'heartbeat' as kind,
    {{ nothing('text') }} as transaction_id,
    message_id,
    message_time as first_message_time,
    message_time as last_message_time,
    event_at,
    {{ nothing('double precision') }} as meter_wh,
    {{ nothing('double precision') }} as first_meter_wh,
    {{ nothing('text') }} as id_tag,
    {{ nothing('text') }} as reason,
    heartbeat_interval_s,
    date
from messages
where
    kind = 'response'
    and heartbeat_interval_s > 0
    and coalesce(status, 'Accepted') = 'Accepted'
    and {{ in_partitions('date') }}
