-- One row per person who charged, known by a pseudonym alone, and one for guests and the unknown.
{{ config(indexes=indexes(['id_driver'])) }}

with sessions as (

    select * from {{ ref('sessions') }}

),

stations as (

    select
        id_driver,
        id_cs,
        row_number() over (partition by id_driver order by count(*) desc, id_cs) as usual
    from sessions
    where not is_void
    group by id_driver, id_cs

),

drivers as (

    select
        id_driver,
        max(driver) as pseudonym,
        max(source) as source,
        min(coalesce(started_at, ended_at, query_time)) as first_seen_at,
        max(coalesce(ended_at, query_time)) as last_seen_at,
        cast(sum(case when is_void then 0 else 1 end) as bigint) as sessions,
        cast(sum(case when is_void then 0 else coalesce(energy_kwh, 0) end) as numeric(16, 6)) as energy_kwh
    from sessions
    group by id_driver

),

known as (

    select
        drivers.*,
        stations.id_cs
    from drivers
    left join stations
        on
            drivers.id_driver = stations.id_driver
            and stations.usual = 1

),

members as (

    select
        id_driver,
        pseudonym,
        source
    from known
    where id_driver <> {{ unknown_station() }}

    union all

    select
        {{ unknown_station() }} as id_driver,
        'unknown' as pseudonym,
        'unknown' as source

)

select
    members.id_driver,
    members.pseudonym,
    members.source,
    members.pseudonym as source_id,
    known.first_seen_at,
    known.last_seen_at,
    coalesce(known.sessions, cast(0 as bigint)) as sessions,
    coalesce(known.energy_kwh, cast(0 as numeric(16, 6))) as energy_kwh,
    coalesce(known.id_cs, {{ unknown_station() }}) as usual_id_cs
from members
left join known
    on members.id_driver = known.id_driver
