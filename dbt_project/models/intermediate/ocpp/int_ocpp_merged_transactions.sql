-- One row per transaction: its start, its stop and its meter values side by side, each NULL where the
-- log has none.
with starts as (

    select * from {{ ref('int_ocpp_identified_starts') }}

),

activity as (

    select * from {{ ref('int_ocpp_activity') }}

),

stops as (

    select * from {{ ref('int_ocpp_stops') }}

),

by_id as (

    select
        coalesce(activity.source, stops.source) as source,
        coalesce(activity.charging_point_id, stops.charging_point_id) as charging_point_id,
        coalesce(activity.transaction_id, stops.transaction_id) as transaction_id,
        coalesce(activity.connector_id, stops.connector_id) as connector_id,
        activity.register_at,
        activity.register_wh,
        activity.first_register_wh,
        stops.event_at as stop_event_at,
        stops.first_message_time as stop_message_time,
        stops.meter_wh as stop_wh,
        stops.reason,
        stops.id_tag,
        least(activity.first_message_time, stops.first_message_time) as first_message_time,
        greatest(activity.last_message_time, stops.first_message_time) as last_message_time,
        least(activity.first_date, stops.date) as first_date,
        greatest(activity.last_date, stops.date) as last_date
    from activity
    full outer join stops
        on
            activity.source = stops.source
            and activity.charging_point_id = stops.charging_point_id
            and activity.transaction_id = stops.transaction_id

),

merged as (

    select
        coalesce(starts.source, by_id.source) as source,
        coalesce(starts.charging_point_id, by_id.charging_point_id) as charging_point_id,
        coalesce(starts.connector_id, by_id.connector_id) as connector_id,
        coalesce(starts.transaction_id, by_id.transaction_id) as transaction_id,
        coalesce(starts.id_tag, by_id.id_tag) as id_tag,
        starts.message_id as start_message_id,
        starts.first_message_time as start_message_time,
        starts.event_at as start_event_at,
        starts.meter_wh as start_wh,
        by_id.stop_message_time,
        by_id.stop_event_at,
        by_id.stop_wh,
        by_id.reason,
        by_id.register_at,
        by_id.register_wh,
        by_id.first_register_wh,
        least(starts.first_message_time, by_id.first_message_time) as first_message_time,
        greatest(starts.first_message_time, by_id.last_message_time) as last_message_time,
        least(starts.date, by_id.first_date) as first_date,
        greatest(starts.date, by_id.last_date) as last_date
    from starts
    full outer join by_id
        on
            starts.source = by_id.source
            and starts.charging_point_id = by_id.charging_point_id
            and starts.transaction_id = by_id.transaction_id

)

select
    *,
    charging_point_id || ':' || coalesce(
        transaction_id,
        start_message_id || '@' || {{ epoch_microseconds('start_message_time') }}
    ) as source_session_id
from merged
