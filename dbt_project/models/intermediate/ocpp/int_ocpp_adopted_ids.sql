-- One row per start whose answer is not in the log and whose transaction id is known from meter
-- values: the first id, without a start of its own, that its connector names before the next start.
with starts as (

    select * from {{ ref('int_ocpp_starts') }}

),

known_ids as (

    select distinct
        source,
        charging_point_id,
        transaction_id
    from {{ ref('int_ocpp_sent_starts') }}
    where transaction_id is not null

),

activity as (

    select * from {{ ref('int_ocpp_events') }}
    where
        kind = 'activity'
        and transaction_id is not null
        and connector_id is not null

),

unknown_ids as (

    select
        activity.source,
        activity.charging_point_id,
        activity.connector_id,
        activity.transaction_id,
        min(activity.first_event_at) as event_at
    from activity
    left join known_ids
        on
            activity.source = known_ids.source
            and activity.charging_point_id = known_ids.charging_point_id
            and activity.transaction_id = known_ids.transaction_id
    where known_ids.transaction_id is null
    group by
        activity.source, activity.charging_point_id, activity.connector_id, activity.transaction_id

),

-- Each with the start before it, found by counting starts in the order of time.
timeline as (

    select
        source,
        charging_point_id,
        connector_id,
        event_at,
        start_key,
        transaction_id,
        case when transaction_id is null and refusal is null then 1 else 0 end as is_nameless,
        1 as is_start
    from starts
    where connector_id is not null

    union all

    select
        source,
        charging_point_id,
        connector_id,
        event_at,
        {{ nothing('text') }} as start_key,
        transaction_id,
        0 as is_nameless,
        0 as is_start
    from unknown_ids

),

numbered as (

    select
        *,
        sum(is_start) over (
            partition by source, charging_point_id, connector_id
            order by event_at asc, is_start desc, start_key asc
            rows unbounded preceding
        ) as start_number
    from timeline

),

started as (

    select
        *,
        max(case when is_nameless = 1 then start_key end) over (
            partition by source, charging_point_id, connector_id, start_number
        ) as nameless_start_key
    from numbered

),

candidates as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, nameless_start_key
            order by event_at, transaction_id
        ) as candidate
    from started
    where
        is_start = 0
        and nameless_start_key is not null

)

select
    source,
    charging_point_id,
    connector_id,
    nameless_start_key as start_key,
    transaction_id
from candidates
where candidate = 1
