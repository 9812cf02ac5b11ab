-- One row per transaction that has a stop: its first stop by the time at which it happened.
with stops as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, use_key
            order by event_at, first_message_time, stop_key
        ) as number_of_use
    from {{ ref('int_ocpp_placed_stops') }}
    where use_key is not null

)

select
    source,
    charging_point_id,
    use_key,
    connector_id,
    transaction_id,
    first_message_time,
    event_at,
    meter_wh,
    reason,
    id_tag,
    has_reliable_clock,
    is_offline,
    date
from stops
where number_of_use = 1
