-- One row per transaction start that counts, answered or not. Of several starts with one transaction
-- id the first counts. A start without an answer that was sent again, with the same connector and
-- timestamp, counts once, and not at all if one of its repetitions was answered.
with starts as (

    select * from {{ ref('int_ocpp_events') }}
    where kind = 'start'

),

numbered as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by first_message_time, message_id
        ) as number_of_id,
        row_number() over (
            partition by source, charging_point_id, connector_id, event_at, transaction_id
            order by first_message_time, message_id
        ) as number_of_moment,
        max(case when transaction_id is null then 0 else 1 end) over (
            partition by source, charging_point_id, connector_id, event_at
        ) as is_answered
    from starts

)

select
    source,
    charging_point_id,
    connector_id,
    transaction_id,
    message_id,
    first_message_time,
    event_at,
    meter_wh,
    id_tag,
    date
from numbered
where
    (transaction_id is not null and number_of_id = 1)
    or (transaction_id is null and is_answered = 0 and number_of_moment = 1)
