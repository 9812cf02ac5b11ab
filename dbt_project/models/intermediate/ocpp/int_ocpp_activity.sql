-- One row per transaction with meter values (or TransactionEvents that are neither start nor end)
-- before its stop: its first and last message, and its first and last register. Meter values that name
-- no transaction count where none do that name it; nothing after the stop counts.
with stops as (

    select * from {{ ref('int_ocpp_stops') }}

),

activity as (

    select * from {{ ref('int_ocpp_placed_activity') }}

),

counted as (

    select
        activity.*,
        case when activity.transaction_id is null then 1 else 0 end as is_nameless,
        min(case when activity.transaction_id is null then 1 else 0 end) over (
            partition by activity.source, activity.charging_point_id, activity.use_key
        ) as is_all_nameless
    from activity
    left join stops
        on
            activity.source = stops.source
            and activity.charging_point_id = stops.charging_point_id
            and activity.use_key = stops.use_key
    where
        activity.use_key is not null
        and (stops.event_at is null or activity.first_event_at <= stops.event_at)

),

days as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, use_key
            order by
                case when meter_wh is null then 0 else 1 end desc, event_at desc, meter_wh desc,
                last_message_time desc, connector_id desc
        ) as from_last,
        row_number() over (
            partition by source, charging_point_id, use_key
            order by
                case when meter_wh is null then 1 else 0 end asc, first_event_at asc, first_meter_wh desc,
                first_message_time asc, connector_id asc
        ) as from_first,
        row_number() over (
            partition by source, charging_point_id, use_key
            order by case when id_tag is null then 1 else 0 end, first_event_at, id_tag
        ) as from_tag
    from counted
    where is_nameless = is_all_nameless

)

select
    source,
    charging_point_id,
    use_key,
    max(transaction_id) as transaction_id,
    min(connector_id) as connector_id,
    min(first_message_time) as first_message_time,
    max(last_message_time) as last_message_time,
    min(first_event_at) as first_event_at,
    max(case when from_last = 1 then event_at end) as register_at,
    max(case when from_last = 1 then meter_wh end) as register_wh,
    max(case when from_first = 1 then first_meter_wh end) as first_register_wh,
    max(case when from_tag = 1 then id_tag end) as id_tag,
    max(case when is_offline then 1 else 0 end) = 1 as is_offline,
    min(date) as first_date,
    max(date) as last_date
from days
group by source, charging_point_id, use_key
