-- One row per charge point and stretch of time in which it was active, cut at UTC midnight: each
-- message is followed by another within the heartbeat interval it was given, with some tolerance.
{{ config(
    partition_by='date', onwards=true, indexes=indexes(['date'], ['id_cp', 'active_from']),
    pre_hook='{{ join_as_written() }}'
) }}

with messages as (

    select
        *,
        min(message_time) over (partition by source, charge_point_id) as first_message_time
    from {{ ref('int_ocpp_due_messages') }}

),

ends as (

    select
        *,
        lag(next_message_time) over (
            partition by source, charge_point_id order by message_time, next_message_time
        ) as started_at
    from messages
    where
        next_message_time is null
        or next_message_time > due_at
        or next_date > date

),

midnight_responses as (

    select
        source,
        charge_point_id,
        message_time,
        max(action) as action
    from {{ ref('stg_ocpp_midnight_responses') }}
    group by source, charge_point_id, message_time

)

select
    ends.source || ':' || ends.charge_point_id as id_cp,
    coalesce(ends.started_at, ends.first_message_time) as active_from,
    least(ends.due_at, ends.next_message_time) as active_until,
    ends.message_time as last_contact_at,
    coalesce(ends.action, midnight_responses.action) as last_action,
    cast(ends.heartbeat_seconds as bigint) as heartbeat_seconds,
    ends.charge_point_id,
    ends.source,
    ends.date
from ends
left join midnight_responses
    on
        ends.source = midnight_responses.source
        and ends.charge_point_id = midnight_responses.charge_point_id
        and ends.message_time = midnight_responses.message_time
