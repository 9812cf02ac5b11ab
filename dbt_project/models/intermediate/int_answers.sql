-- One row per good answer of a scope, with the time until which it holds: until the next poll of
-- the scope if that is good and soon enough; else it says nothing beyond its own moment. Failed
-- polls are "not known", the last answer of all holds for its own moment until the next one arrives.
-- A source of events has a rule of its own: int_event_holds.
with event_sources as (

    select * from {{ ref('source') }}
    where is_event

),

polls as (

    select
        source,
        stream,
        scope,
        date,
        query_time,
        outcome,
        lead(query_time) over (
            partition by source, stream, scope order by query_time
        ) as next_query_time,
        lead(outcome) over (
            partition by source, stream, scope order by query_time
        ) as next_outcome
    from {{ ref('stg_polls') }}
    where
        source not in (select event_sources.source from event_sources)
        and {{ in_partitions('date', after=2) }}

),

held as (

    select
        source,
        stream,
        scope,
        date,
        query_time,
        case
            when
                next_outcome = 'ok'
                and {{ seconds_between('query_time', 'next_query_time') }} <= {{ poll_gap_seconds() }}
                then next_query_time
            else query_time
        end as holds_until
    from polls
    where outcome = 'ok'

    union all

    select
        source,
        stream,
        scope,
        date,
        query_time,
        holds_until
    from {{ ref('int_event_holds') }}

),

linked as (

    select
        *,
        lag(holds_until) over (
            partition by source, stream, scope, date order by query_time
        ) as held_before_until
    from held

)

select
    source,
    stream,
    scope,
    date,
    query_time,
    holds_until,
    sum(case when held_before_until = query_time then 0 else 1 end) over (
        partition by source, stream, scope, date order by query_time
        rows unbounded preceding
    ) as block,
    row_number() over (
        partition by source, stream, scope, date order by query_time
    ) as answer
from linked
