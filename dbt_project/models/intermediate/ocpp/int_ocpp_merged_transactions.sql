-- One row per transaction: its start, its stop and its meter values side by side, each NULL where the
-- log has none. The first use of an id is named by the id, a later one also by the time of its start.
with starts as (

    select * from {{ ref('int_ocpp_starts') }}
    where refusal is null

),

refused as (

    select * from {{ ref('int_ocpp_starts') }}
    where refusal is not null

),

adopted as (

    select * from {{ ref('int_ocpp_adopted_ids') }}

),

activity as (

    select * from {{ ref('int_ocpp_activity') }}

),

stops as (

    select * from {{ ref('int_ocpp_stops') }}

),

without_start as (

    select
        coalesce(activity.source, stops.source) as source,
        coalesce(activity.charging_point_id, stops.charging_point_id) as charging_point_id,
        coalesce(activity.use_key, stops.use_key) as use_key,
        coalesce(activity.transaction_id, stops.transaction_id) as transaction_id,
        coalesce(activity.connector_id, stops.connector_id) as connector_id,
        activity.register_at,
        activity.register_wh,
        activity.first_register_wh,
        activity.first_event_at as activity_event_at,
        stops.event_at as stop_event_at,
        stops.first_message_time as stop_message_time,
        stops.meter_wh as stop_wh,
        stops.reason,
        coalesce(activity.id_tag, stops.id_tag) as id_tag,
        stops.has_reliable_clock as has_reliable_stop,
        (coalesce(stops.is_offline, false) or coalesce(activity.is_offline, false)) as is_offline,
        least(activity.first_message_time, stops.first_message_time) as first_message_time,
        greatest(activity.last_message_time, stops.first_message_time) as last_message_time,
        least(activity.first_date, stops.date) as first_date,
        greatest(activity.last_date, stops.date) as last_date
    from activity
    full outer join stops
        on
            activity.source = stops.source
            and activity.charging_point_id = stops.charging_point_id
            and activity.use_key = stops.use_key

),

merged as (

    select
        coalesce(starts.source, without_start.source) as source,
        coalesce(starts.charging_point_id, without_start.charging_point_id) as charging_point_id,
        coalesce(starts.start_key, without_start.use_key) as use_key,
        coalesce(starts.connector_id, without_start.connector_id) as connector_id,
        coalesce(
            starts.transaction_id, adopted.transaction_id, without_start.transaction_id
        ) as transaction_id,
        coalesce(starts.id_tag, without_start.id_tag) as id_tag,
        starts.message_id as start_message_id,
        starts.first_message_time as start_message_time,
        starts.event_at as start_event_at,
        starts.skew_seconds,
        starts.meter_wh as start_wh,
        without_start.stop_message_time,
        without_start.stop_event_at,
        without_start.stop_wh,
        without_start.reason,
        without_start.register_at,
        without_start.register_wh,
        without_start.first_register_wh,
        coalesce(starts.has_reliable_clock, true)
        and coalesce(without_start.has_reliable_stop, true) as has_reliable_clock,
        coalesce(starts.is_offline, false) or coalesce(without_start.is_offline, false) as is_offline,
        coalesce(
            starts.event_at, least(without_start.activity_event_at, without_start.stop_event_at)
        ) as first_event_at,
        least(starts.first_message_time, without_start.first_message_time) as first_message_time,
        greatest(starts.first_message_time, without_start.last_message_time) as last_message_time,
        least(starts.date, without_start.first_date) as first_date,
        greatest(starts.date, without_start.last_date) as last_date
    from starts
    full outer join without_start
        on
            starts.source = without_start.source
            and starts.charging_point_id = without_start.charging_point_id
            and starts.start_key = without_start.use_key
    left join adopted
        on
            starts.source = adopted.source
            and starts.start_key = adopted.start_key

),

ranked as (

    select
        merged.*,
        row_number() over (
            partition by merged.source, merged.charging_point_id, merged.transaction_id
            order by merged.first_event_at, merged.use_key
        ) as use_number
    from merged
    left join refused
        on
            merged.source = refused.source
            and merged.use_key = refused.start_key
    where refused.start_key is null

),

named as (

    select
        *,
        charging_point_id || ':' || case
            when transaction_id is null
                then start_message_id || '@' || {{ epoch_microseconds('start_message_time') }}
            when use_number = 1 then transaction_id
            else transaction_id || '@' || {{ epoch_microseconds('first_event_at') }}
        end as name
    from ranked

),

numbered as (

    select
        *,
        row_number() over (partition by source, name order by use_key) as number_of_name
    from named

)

select
    source,
    charging_point_id,
    use_key,
    connector_id,
    transaction_id,
    use_number,
    id_tag,
    start_message_id,
    start_message_time,
    start_event_at,
    skew_seconds,
    start_wh,
    stop_message_time,
    stop_event_at,
    stop_wh,
    reason,
    register_at,
    register_wh,
    first_register_wh,
    has_reliable_clock,
    is_offline,
    first_event_at,
    first_message_time,
    last_message_time,
    first_date,
    last_date,
    name || case when number_of_name > 1 then '~' || cast(number_of_name as varchar) else '' end
        as source_session_id
from numbered
