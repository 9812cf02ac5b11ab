-- One row per transaction start that counts, answered or not, and refused. A start that is repeated
-- with a new time (same connector, tag and meter) counts once: where it has the same id and neither a
-- stop of that id nor a boot lies between, and where the earlier one was never answered.

{%- set connector_order -%}
    partition by starts.source, starts.charging_point_id, starts.connector_id order by starts.event_at, starts.start_key
{%- endset %}

with starts as (

    select * from {{ ref('int_ocpp_distinct_starts') }}

),

timeline as (

    select
        source,
        charging_point_id,
        transaction_id,
        event_at,
        start_key,
        2 as place
    from starts

    union all

    select
        source,
        charging_point_id,
        transaction_id,
        event_at,
        {{ nothing('text') }} as start_key,
        case kind when 'stop' then 0 else 1 end as place
    from {{ ref('int_ocpp_events') }}
    where kind in ('stop', 'boot')

),

counted as (

    select
        source,
        start_key,
        place,
        sum(case when place = 1 then 1 else 0 end) over (
            partition by source, charging_point_id
            order by event_at, place, start_key rows unbounded preceding
        ) as boots_before,
        sum(case when place = 0 then 1 else 0 end) over (
            partition by source, charging_point_id, transaction_id
            order by event_at, place, start_key rows unbounded preceding
        ) as stops_before
    from timeline

),

numbered as (

    select
        starts.*,
        row_number() over (
            partition by
                starts.source, starts.charging_point_id, starts.transaction_id, starts.connector_id,
                starts.id_tag, starts.meter_wh, counted.boots_before, counted.stops_before
            order by starts.event_at, starts.start_key
        ) as repetition,
        lead(starts.meter_wh) over ({{ connector_order }}) as next_meter_wh,
        lead(starts.id_tag) over ({{ connector_order }}) as next_id_tag
    from starts
    inner join counted
        on
            starts.source = counted.source
            and starts.start_key = counted.start_key
            and counted.place = 2

)

select
    source,
    charging_point_id,
    start_key,
    connector_id,
    transaction_id,
    message_id,
    first_message_time,
    event_at,
    skew_seconds,
    has_reliable_clock,
    is_offline,
    meter_wh,
    id_tag,
    refusal,
    date
from numbered
where
    (transaction_id is not null and repetition = 1)
    or refusal is not null
    or (
        transaction_id is null
        and not coalesce(meter_wh = next_meter_wh and coalesce(id_tag, '') = coalesce(next_id_tag, ''), false)
    )
