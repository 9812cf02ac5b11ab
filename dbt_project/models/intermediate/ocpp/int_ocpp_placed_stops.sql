-- One row per stop, with the transaction that it ends (`use_key`; NULL: none is found): of the starts
-- that it may be of, by tag, connector, meter and time. A stop without a usable id is not one of a
-- transaction that a stop with its id had ended.
with stops as (

    select * from {{ ref('int_ocpp_distinct_stops') }}

),

candidates as (

    select * from {{ ref('int_ocpp_stop_candidates') }}

),

adopted as (

    select * from {{ ref('int_ocpp_adopted_ids') }}

),

ranked as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.source, candidates.charging_point_id, candidates.stop_key
            order by
                candidates.connector_rank asc, candidates.tag_rank asc, candidates.meter_rank asc,
                candidates.progress_wh asc, candidates.start_event_at desc, candidates.start_key asc
        ) as choice
    from candidates
    where candidates.has_id = 1

),

ended as (

    select
        source,
        charging_point_id,
        start_key,
        min(event_at) as event_at
    from ranked
    where choice = 1
    group by source, charging_point_id, start_key

),

nameless as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.source, candidates.charging_point_id, candidates.stop_key
            order by
                candidates.connector_rank asc, candidates.tag_rank asc, candidates.meter_rank asc,
                candidates.progress_wh asc, candidates.start_event_at desc, candidates.start_key asc
        ) as choice
    from candidates
    left join ended
        on
            candidates.source = ended.source
            and candidates.charging_point_id = ended.charging_point_id
            and candidates.start_key = ended.start_key
    inner join stops
        on
            candidates.source = stops.source
            and candidates.charging_point_id = stops.charging_point_id
            and candidates.stop_key = stops.stop_key
    left join adopted
        on
            candidates.source = adopted.source
            and candidates.start_key = adopted.start_key
    where
        candidates.has_id = 0
        and candidates.meter_rank < 2
        and candidates.connector_rank < 2
        and (ended.event_at is null or ended.event_at >= candidates.event_at)
        and (stops.transaction_id is null or adopted.start_key is null)

),

chosen as (

    select
        source,
        charging_point_id,
        stop_key,
        start_key
    from ranked
    where choice = 1

    union all

    select
        source,
        charging_point_id,
        stop_key,
        start_key
    from nameless
    where choice = 1

)

select
    stops.source,
    stops.charging_point_id,
    stops.stop_key,
    stops.connector_id,
    stops.transaction_id,
    stops.first_message_time,
    stops.event_at,
    stops.meter_wh,
    stops.reason,
    stops.id_tag,
    stops.has_reliable_clock,
    stops.is_offline,
    stops.date,
    coalesce(chosen.start_key, 'id:' || stops.transaction_id) as use_key
from stops
left join chosen
    on
        stops.source = chosen.source
        and stops.charging_point_id = chosen.charging_point_id
        and stops.stop_key = chosen.stop_key
