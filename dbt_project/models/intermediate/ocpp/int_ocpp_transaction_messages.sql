-- One row per OCPP message that says something about a transaction, a boot or a heartbeat interval,
-- with its kind: start, stop, activity, boot or response. Of the dates to build and the day after,
-- where the response to a message of the last date may be.
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
                'StartTransaction', 'StopTransaction', 'MeterValues', 'TransactionEvent', 'BootNotification'
            )
        )
        or (message_type = 3 and transaction_id is not null)
        or (message_type = 3 and heartbeat_interval_s is not null)
    )
