-- One row per start whose answer is not in the log and whose transaction id is known from meter
-- values: the first id, without a start of its own, that its connector names before the next start.
with starts as (

    select * from {{ ref('int_ocpp_starts') }}

),

activity as (

    select * from {{ ref('int_ocpp_activity') }}

),

-- Each with the start before it, found by counting starts in the order of the log.
timeline as (

    select
        source,
        charging_point_id,
        connector_id,
        first_message_time,
        message_id,
        transaction_id,
        1 as is_start
    from starts
    where connector_id is not null

    union all

    select
        activity.source,
        activity.charging_point_id,
        activity.connector_id,
        activity.first_message_time,
        {{ nothing('text') }} as message_id,
        activity.transaction_id,
        0 as is_start
    from activity
    left join starts
        on
            activity.source = starts.source
            and activity.charging_point_id = starts.charging_point_id
            and activity.transaction_id = starts.transaction_id
    where
        activity.connector_id is not null
        and starts.transaction_id is null

),

numbered as (

    select
        *,
        sum(is_start) over (
            partition by source, charging_point_id, connector_id
            order by first_message_time asc, is_start desc, message_id asc
            rows unbounded preceding
        ) as start_number
    from timeline

),

started as (

    select
        *,
        max(case when is_start = 1 then message_id end) over (
            partition by source, charging_point_id, connector_id, start_number
        ) as start_message_id,
        max(case when is_start = 1 then first_message_time end) over (
            partition by source, charging_point_id, connector_id, start_number
        ) as start_message_time,
        max(case when is_start = 1 then transaction_id end) over (
            partition by source, charging_point_id, connector_id, start_number
        ) as start_transaction_id
    from numbered

),

candidates as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, start_message_id, start_message_time
            order by first_message_time, transaction_id
        ) as candidate
    from started
    where
        is_start = 0
        and start_message_id is not null
        and start_transaction_id is null

)

select
    source,
    charging_point_id,
    start_message_id,
    start_message_time,
    transaction_id
from candidates
where candidate = 1
