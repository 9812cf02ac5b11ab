-- One row per stretch of meter values, with the start that it follows: the latest one with its id on
-- its connector, else with its id; where it names no transaction, the latest one on its connector.
-- Without a start the id alone makes the transaction (`use_key`).
with activity as (

    select
        *,
        coalesce(connector_id, '') || '|' || coalesce(transaction_id, '') || '|'
        || cast(date as varchar) || '|' || message_id as activity_key
    from {{ ref('int_ocpp_events') }}
    where
        kind = 'activity'
        and (transaction_id is not null or connector_id is not null)

),

timeline as (

    select
        source,
        charging_point_id,
        track,
        event_at as happened_at,
        first_message_time as message_time,
        start_key,
        {{ nothing('text') }} as activity_key,
        1 as is_start
    from {{ ref('int_ocpp_tracks') }}

    union all

    select
        source,
        charging_point_id,
        coalesce(transaction_id, '') || '|' || coalesce(connector_id, '') as track,
        last_event_at as happened_at,
        last_message_time as message_time,
        {{ nothing('text') }} as start_key,
        activity_key,
        0 as is_start
    from activity

    union all

    select
        source,
        charging_point_id,
        transaction_id || '|' as track,
        last_event_at as happened_at,
        last_message_time as message_time,
        {{ nothing('text') }} as start_key,
        activity_key,
        0 as is_start
    from activity
    where
        transaction_id is not null
        and connector_id is not null

),

{{ latest_starts('timeline', 'activity_key') }},

places as (

    select
        source,
        charging_point_id,
        activity_key,
        max(case when substr(track, length(track), 1) <> '|' then latest_start_key end) as own_start_key,
        max(latest_start_key) as any_start_key,
        max(case when message_time >= first_start_message_time then first_start_key end) as later_start_key
    from latest_starts
    group by source, charging_point_id, activity_key

)

select
    activity.source,
    activity.charging_point_id,
    activity.connector_id,
    activity.transaction_id,
    activity.first_message_time,
    activity.last_message_time,
    activity.first_event_at,
    activity.last_event_at,
    activity.event_at,
    activity.meter_wh,
    activity.first_meter_wh,
    activity.id_tag,
    activity.has_reliable_clock,
    activity.is_offline,
    activity.date,
    coalesce(
        places.own_start_key,
        places.any_start_key,
        case when activity.transaction_id is not null then places.later_start_key end,
        'id:' || activity.transaction_id
    ) as use_key
from activity
inner join places
    on
        activity.source = places.source
        and activity.charging_point_id = places.charging_point_id
        and activity.activity_key = places.activity_key
