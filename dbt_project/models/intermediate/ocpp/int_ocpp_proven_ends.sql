-- One row per transaction without a stop that something proves to have ended: the first message of the
-- next transaction of its connector, or a reboot of its charge point after its last message.
with transactions as (

    select * from {{ ref('int_ocpp_merged_transactions') }}

),

followed as (

    select
        *,
        case
            when connector_id is not null
                then lead(first_message_time) over (
                    partition by source, charging_point_id, connector_id
                    order by first_message_time, source_session_id
                )
        end as next_first_message_time
    from transactions

),

-- Read backwards, the earliest boot so far is the next one. A boot at the very moment of a
-- transaction's last message does not come after it.
timeline as (

    select
        source,
        charging_point_id,
        source_session_id,
        next_first_message_time,
        last_message_time as happened_at,
        {{ nothing('timestamp with time zone') }} as booted_at,
        1 as is_transaction
    from followed
    where stop_message_time is null

    union all

    select
        source,
        charging_point_id,
        {{ nothing('text') }} as source_session_id,
        {{ nothing('timestamp with time zone') }} as next_first_message_time,
        first_message_time as happened_at,
        first_message_time as booted_at,
        0 as is_transaction
    from {{ ref('int_ocpp_events') }}
    where kind = 'boot'

),

rebooted as (

    select
        *,
        min(booted_at) over (
            partition by source, charging_point_id
            order by happened_at desc, is_transaction desc, source_session_id asc
            rows unbounded preceding
        ) as next_booted_at
    from timeline

)

select
    source,
    source_session_id,
    least(next_first_message_time, next_booted_at) as proven_at
from rebooted
where
    is_transaction = 1
    and (next_first_message_time is not null or next_booted_at is not null)
