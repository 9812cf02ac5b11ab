-- One row per session and hour of UTC in which it took energy. The shape is that of its intervals, or
-- of its samples where it has no intervals, else even over its duration; the sum is its energy.
{{ config(
    partition_by='date', replace_key='id_session', touched='int_touched_sessions',
    indexes=indexes(['date'], ['id_session']),
    pre_hook='{{ join_as_written() }}'
) }}

-- depends_on: {{ ref('int_touched_sessions') }}
with versions as (

    select * from {{ ref('int_session_versions') }}

),

running as (

    select
        *,
        sum(weight) over (
            partition by id_session order by hour_start_at rows unbounded preceding
        ) as weight_until,
        sum(weight) over (partition by id_session) as weight_of_all
    from {{ ref('int_session_hour_weights') }}

),

-- The energy up to the end of each hour is rounded, and the hour's is the difference to the hour
-- before: so the hours add up to the session.
energies as (

    select
        running.id_session,
        running.hour_start_at,
        running.is_estimated,
        cast(
            round(versions.energy_kwh * running.weight_until / running.weight_of_all, 6)
            - round(
                versions.energy_kwh * (running.weight_until - running.weight) / running.weight_of_all, 6
            ) as numeric(16, 6)
        ) as energy_kwh,
        versions.source,
        versions.date
    from running
    inner join versions
        on running.id_session = versions.id_session

)

select
    id_session,
    hour_start_at,
    energy_kwh,
    is_estimated,
    {{ business_date('hour_start_at') }} as business_date,
    cast(extract(hour from {{ business_time('hour_start_at') }}) as integer) as hour,
    source,
    date
from energies
where energy_kwh <> 0
