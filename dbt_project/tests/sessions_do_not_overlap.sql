-- Two sessions of one connector at one time, of any source: one of them is not where it says.
{{ config(severity='warn') }}

with sessions as (

    select
        id_session,
        id_connector,
        started_at,
        date,
        max(coalesce(ended_at, started_at)) over (
            partition by id_connector order by started_at, id_session
            rows between unbounded preceding and 1 preceding
        ) as previous_ended_at
    from {{ ref('sessions') }}
    where
        not is_void
        and id_connector <> 'unknown'
        and started_at >= cast('2010-01-01 00:00:00+00' as timestamptz)

)

select
    id_session,
    id_connector,
    started_at,
    previous_ended_at
from sessions
where
    previous_ended_at > started_at
    and {{ in_partitions('date') }}
