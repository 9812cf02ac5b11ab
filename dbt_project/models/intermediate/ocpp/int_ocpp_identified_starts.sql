-- One row per transaction start that counts, with its transaction id from its answer or, where that is
-- not in the log, from meter values; NULL where neither says it.
with starts as (

    select * from {{ ref('int_ocpp_starts') }}

),

adopted as (

    select * from {{ ref('int_ocpp_adopted_ids') }}

)

select
    starts.source,
    starts.charging_point_id,
    starts.connector_id,
    starts.message_id,
    starts.first_message_time,
    starts.event_at,
    starts.meter_wh,
    starts.id_tag,
    starts.date,
    coalesce(starts.transaction_id, adopted.transaction_id) as transaction_id
from starts
left join adopted
    on
        starts.source = adopted.source
        and starts.charging_point_id = adopted.charging_point_id
        and starts.message_id = adopted.start_message_id
        and starts.first_message_time = adopted.start_message_time
        and starts.transaction_id is null
