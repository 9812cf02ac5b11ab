-- One row per status that a connector told, with the time until which it holds: its next status, a
-- reboot, the last message of its charge point on that date or the next, and at most
-- event_hold_hours. Beyond what was heard nothing is assumed.
with events as (

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
        source = 'ocpp'
        and outcome = 'ok'
        and {{ in_partitions('date', after=2) }}

),

boots as (

    select * from {{ ref('int_ocpp_events') }}
    where
        kind = 'boot'
        and {{ in_partitions('date', after=2) }}

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

),

limits as (

    select
        events.source,
        events.stream,
        events.scope,
        events.query_time,
        min(boots.first_message_time) as rebooted_at
    from events
    inner join boots
        on
            events.source = boots.source
            and events.charging_point_id = boots.charging_point_id
            and boots.date between events.date and events.next_date
            and events.query_time < boots.first_message_time
    group by events.source, events.stream, events.scope, events.query_time

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
            limits.rebooted_at,
            {{ hours_after('events.query_time', event_hold_hours()) }},
            coalesce(tomorrow.last_contact_at, today.last_contact_at, events.query_time)
        )
    ) as holds_until
from events
left join limits
    on
        events.source = limits.source
        and events.stream = limits.stream
        and events.scope = limits.scope
        and events.query_time = limits.query_time
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
