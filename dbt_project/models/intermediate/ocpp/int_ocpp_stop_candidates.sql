-- One row per stop and start that it may be the stop of: on each connector the latest start before it,
-- with the stop's id where a start has that id; else of any id, where the stop's meter is not below the
-- start's, and its id may be that of an unanswered start.
with stops as (

    select * from {{ ref('int_ocpp_distinct_stops') }}

),

starts as (

    select * from {{ ref('int_ocpp_starts') }}

),

tracks as (

    select * from {{ ref('int_ocpp_tracks') }}
    where is_boot = 0

),

ids as (

    select
        source,
        charging_point_id,
        transaction_id,
        max(is_of_start) as is_of_start
    from (
        select
            source,
            charging_point_id,
            transaction_id,
            1 as is_of_start
        from {{ ref('int_ocpp_id_uses') }}

        union all

        select
            source,
            charging_point_id,
            transaction_id,
            0 as is_of_start
        from {{ ref('int_ocpp_placed_activity') }}
        where substr(use_key, 1, 3) = 'id:'
    ) as known
    group by source, charging_point_id, transaction_id

),

named as (

    select
        stops.*,
        case when ids.is_of_start = 1 then stops.transaction_id else '' end as looked_for
    from stops
    left join ids
        on
            stops.source = ids.source
            and stops.charging_point_id = ids.charging_point_id
            and stops.transaction_id = ids.transaction_id
    where coalesce(ids.is_of_start, 1) = 1

),

connectors as (

    select distinct
        source,
        charging_point_id,
        coalesce(transaction_id, '') as looked_for,
        coalesce(connector_id, '') as connector
    from {{ ref('int_ocpp_id_uses') }}

    union

    select
        source,
        charging_point_id,
        '' as looked_for,
        connector_id as connector
    from starts
    where connector_id is not null

),

timeline as (

    select
        source,
        charging_point_id,
        track,
        event_at as happened_at,
        first_message_time as message_time,
        start_key,
        {{ nothing('text') }} as stop_key,
        1 as is_start
    from tracks

    union all

    select
        named.source,
        named.charging_point_id,
        named.looked_for || '|' || connectors.connector as track,
        named.event_at as happened_at,
        named.first_message_time as message_time,
        {{ nothing('text') }} as start_key,
        named.stop_key,
        0 as is_start
    from named
    inner join connectors
        on
            named.source = connectors.source
            and named.charging_point_id = connectors.charging_point_id
            and named.looked_for = connectors.looked_for

),

{{ latest_starts('timeline', 'stop_key') }},

found as (

    select
        source,
        charging_point_id,
        stop_key,
        case when substr(track, 1, 1) = '|' then 0 else 1 end as has_id,
        coalesce(
            latest_start_key,
            case
                when substr(track, 1, 1) <> '|' and message_time >= first_start_message_time
                    then first_start_key
            end
        ) as start_key
    from latest_starts

)

select
    found.source,
    found.charging_point_id,
    found.stop_key,
    found.start_key,
    found.has_id,
    named.event_at,
    starts.event_at as start_event_at,
    case
        when named.id_tag = starts.id_tag then 0
        when named.id_tag is null or starts.id_tag is null then 1
        else 2
    end as tag_rank,
    case
        when named.connector_id = starts.connector_id then 0
        when named.connector_id is null or starts.connector_id is null then 1
        else 2
    end as connector_rank,
    case
        when named.meter_wh > 0 and named.meter_wh >= starts.meter_wh then 0
        when coalesce(named.meter_wh, 0) <= 0 or starts.meter_wh is null then 1
        else 2
    end as meter_rank,
    named.meter_wh - starts.meter_wh as progress_wh
from found
inner join named
    on
        found.source = named.source
        and found.charging_point_id = named.charging_point_id
        and found.stop_key = named.stop_key
inner join starts
    on
        found.source = starts.source
        and found.start_key = starts.start_key
where
    found.has_id = 1
    or named.transaction_id is null
    or (starts.transaction_id is null and starts.refusal is null)
