-- One row per transaction id that a stop names: its first stop.
with stops as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, transaction_id
            order by first_message_time, message_id
        ) as number_of_id
    from {{ ref('int_ocpp_events') }}
    where
        kind = 'stop'
        and transaction_id is not null

)

select
    source,
    charging_point_id,
    connector_id,
    transaction_id,
    first_message_time,
    event_at,
    meter_wh,
    reason,
    id_tag,
    date
from stops
where number_of_id = 1
