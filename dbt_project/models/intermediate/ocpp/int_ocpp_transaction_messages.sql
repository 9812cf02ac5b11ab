-- One row per OCPP message that says something about a transaction, a boot or a heartbeat interval,
-- with its kind: start, stop, activity, boot or response. Of the dates to build and the day after,
-- where the response to a message of the last date may be.
with messages as (

    select
        *,
        coalesce(event_time, register_at, message_time) as sent_at,
        case
            when message_type = 3 then 'response'
            when action = 'StartTransaction' then 'start'
            when action = 'StopTransaction' then 'stop'
            when action = 'BootNotification' then 'boot'
            when action = 'MeterValues' then 'activity'
            when action = 'TransactionEvent' and status = 'Started' then 'start'
            when action = 'TransactionEvent' and status = 'Ended' then 'stop'
            when action = 'TransactionEvent' then 'activity'
        end as kind
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
            or (
                message_type = 3
                and id_status is not null
                and coalesce(action, 'StartTransaction') = 'StartTransaction'
            )
        )

),

clocked as (

    select
        *,
        {{ ocpp_is_plausible('sent_at', 'message_time') }} as has_plausible_time
    from messages

)

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
    sent_at,
    case when has_plausible_time then sent_at else message_time end as event_at,
    case
        when has_plausible_time then 0
        else cast({{ seconds_between('sent_at', 'message_time') }} as bigint)
    end as skew_seconds,
    has_plausible_time and time_correction_s is null as has_reliable_clock,
    coalesce(is_offline, false)
    or (has_plausible_time and {{ seconds_between('sent_at', 'message_time') }} > 300) as is_offline,
    status,
    id_status,
    {{ possible_wh('meter_wh') }} as meter_wh,
    {{ possible_wh('register_wh') }} as register_wh,
    reason,
    heartbeat_interval_s,
    kind,
    date
from clocked
