-- One row per status event of a connector, with the time until which the status holds: the next
-- status, a reboot, the last message of its charge point on that date or the next, and at most
-- event_hold_hours. Where the charge point is silent, its status is not known.
with event_sources as (

    select * from {{ ref('source') }}
    where is_event

),

events as (

    select
        source,
        stream,
        scope,
        date,
        query_time,
        regexp_replace(scope, ':[0-9]+$', '') as charging_point_id,
        {{ days_after('date', 1) }} as next_date,
        lead(query_time) over (
            partition by source, stream, scope order by query_time
        ) as next_query_time
    from {{ ref('stg_polls') }}
    where
        source in (select event_sources.source from event_sources)
        and outcome = 'ok'
        and {{ in_partitions('date', after=2) }}

),

-- Read backwards, the earliest boot so far is the next one.
timeline as (

    select
        source,
        stream,
        scope,
        date,
        query_time,
        charging_point_id,
        next_date,
        next_query_time,
        query_time as happened_at,
        {{ nothing('timestamp with time zone') }} as booted_at,
        1 as is_status
    from events

    union all

    select
        source,
        {{ nothing('text') }} as stream,
        {{ nothing('text') }} as scope,
        {{ nothing('date') }} as date,
        {{ nothing('timestamp with time zone') }} as query_time,
        charging_point_id,
        {{ nothing('date') }} as next_date,
        {{ nothing('timestamp with time zone') }} as next_query_time,
        first_message_time as happened_at,
        first_message_time as booted_at,
        0 as is_status
    from {{ ref('int_ocpp_events') }}
    where
        kind = 'boot'
        and {{ in_partitions('date', after=2) }}

),

rebooted as (

    select
        *,
        min(booted_at) over (
            partition by source, charging_point_id order by happened_at desc, is_status desc
            rows unbounded preceding
        ) as next_booted_at
    from timeline

),

contacts as (

    select
        source,
        charge_point_id as charging_point_id,
        date,
        max(last_contact_at) as last_contact_at
    from {{ ref('ocpp_active_spans') }}
    where {{ in_partitions('date', after=2) }}
    group by source, charge_point_id, date

)

select
    events.source,
    events.stream,
    events.scope,
    events.date,
    events.query_time,
    greatest(
        events.query_time,
        least(
            events.next_query_time,
            events.next_booted_at,
            {{ hours_after('events.query_time', event_hold_hours()) }},
            coalesce(tomorrow.last_contact_at, today.last_contact_at, events.query_time)
        )
    ) as holds_until
from rebooted as events
left join contacts as today
    on
        events.source = today.source
        and events.charging_point_id = today.charging_point_id
        and events.date = today.date
left join contacts as tomorrow
    on
        events.source = tomorrow.source
        and events.charging_point_id = tomorrow.charging_point_id
        and events.next_date = tomorrow.date
where events.is_status = 1
