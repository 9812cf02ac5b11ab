-- One row per status event of a connector, with the time until which the status holds: the next
-- status, a reboot, or the end of the time in which its charge point is active, and at most
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
        lead(query_time) over (
            partition by source, stream, scope order by query_time
        ) as next_query_time
    from {{ ref('stg_polls') }}
    where
        source in (select event_sources.source from event_sources)
        and outcome = 'ok'
        and {{ in_partitions('date', after=2) }}

),

-- A charge point is active over midnight where one stretch ends as the next one begins.
stretches as (

    select
        source,
        charge_point_id as charging_point_id,
        active_from,
        active_until,
        lag(active_until) over (
            partition by source, charge_point_id order by active_from
        ) as previous_active_until
    from {{ ref('ocpp_active_spans') }}
    where {{ in_partitions('date', after=2) }}

),

chained as (

    select
        *,
        sum(case when active_from <= previous_active_until then 0 else 1 end) over (
            partition by source, charging_point_id order by active_from rows unbounded preceding
        ) as chain
    from stretches

),

contacts as (

    select
        source,
        charging_point_id,
        active_from,
        max(active_until) over (partition by source, charging_point_id, chain) as active_until
    from chained

),

-- Read backwards, the earliest boot so far is the next one; forwards, each status is of the stretch
-- that was counted last.
timeline as (

    select
        source,
        stream,
        scope,
        date,
        query_time,
        charging_point_id,
        next_query_time,
        query_time as happened_at,
        {{ nothing('timestamp with time zone') }} as booted_at,
        {{ nothing('timestamp with time zone') }} as active_until,
        1 as is_status,
        0 as is_stretch
    from events

    union all

    select
        source,
        {{ nothing('text') }} as stream,
        {{ nothing('text') }} as scope,
        {{ nothing('date') }} as date,
        {{ nothing('timestamp with time zone') }} as query_time,
        charging_point_id,
        {{ nothing('timestamp with time zone') }} as next_query_time,
        first_message_time as happened_at,
        first_message_time as booted_at,
        {{ nothing('timestamp with time zone') }} as active_until,
        0 as is_status,
        0 as is_stretch
    from {{ ref('int_ocpp_events') }}
    where
        kind = 'boot'
        and {{ in_partitions('date', after=2) }}

    union all

    select
        source,
        {{ nothing('text') }} as stream,
        {{ nothing('text') }} as scope,
        {{ nothing('date') }} as date,
        {{ nothing('timestamp with time zone') }} as query_time,
        charging_point_id,
        {{ nothing('timestamp with time zone') }} as next_query_time,
        active_from as happened_at,
        {{ nothing('timestamp with time zone') }} as booted_at,
        active_until,
        0 as is_status,
        1 as is_stretch
    from contacts

),

numbered as (

    select
        *,
        min(booted_at) over (
            partition by source, charging_point_id order by happened_at desc, is_status desc
            rows unbounded preceding
        ) as next_booted_at,
        sum(is_stretch) over (
            partition by source, charging_point_id order by happened_at asc, is_stretch desc
            rows unbounded preceding
        ) as stretch
    from timeline

),

known as (

    select
        *,
        max(active_until) over (partition by source, charging_point_id, stretch) as known_until
    from numbered

)

select
    source,
    stream,
    scope,
    date,
    query_time,
    greatest(
        query_time,
        least(
            next_query_time,
            next_booted_at,
            {{ hours_after('query_time', event_hold_hours()) }},
            coalesce(known_until, query_time)
        )
    ) as holds_until
from known
where is_status = 1
