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
    where
        not is_void
        and energy_kwh <> 0

),

metered as (

    select * from {{ ref('session_energy_intervals') }}
    where energy_kwh > 0

),

intervals as (

    select
        versions.id_session,
        metered.interval_start_at as piece_start_at,
        metered.interval_end_at as piece_end_at,
        metered.energy_kwh as weight
    from metered
    inner join versions
        on metered.id_session = versions.id_session

),

with_intervals as (

    select distinct id_session from intervals

),

measured as (

    select * from {{ ref('int_session_power') }}
    where energy_wh > 0

),

sampled_hours as (

    select
        versions.id_session,
        measured.hour_start_at,
        measured.energy_wh as weight
    from measured
    inner join versions
        on measured.id_session = versions.id_session
    left join with_intervals
        on measured.id_session = with_intervals.id_session
    where with_intervals.id_session is null

),

with_samples as (

    select distinct id_session from sampled_hours

),

durations as (

    select
        versions.id_session,
        versions.began_at as piece_start_at,
        versions.known_until as piece_end_at,
        cast(1 as numeric(16, 6)) as weight
    from versions
    left join with_intervals
        on versions.id_session = with_intervals.id_session
    left join with_samples
        on versions.id_session = with_samples.id_session
    where
        with_intervals.id_session is null
        and with_samples.id_session is null

),

pieces as (

    select
        id_session,
        piece_start_at,
        piece_end_at,
        weight,
        false as is_estimated,
        {{ utc_hour('piece_start_at') }} as first_hour_at
    from intervals

    union all

    select
        id_session,
        piece_start_at,
        piece_end_at,
        weight,
        true as is_estimated,
        {{ utc_hour('piece_start_at') }} as first_hour_at
    from durations

),

-- Hours after the first one that a piece reaches; what lasts longer than 32,768 hours is cut there.
-- Most intervals lie within an hour and need none of this.
long_pieces as (

    select
        *,
        {{ seconds_between('piece_start_at', 'piece_end_at') }} as seconds,
        cast(least(
            ceil({{ seconds_between('first_hour_at', 'piece_end_at') }} / 3600) - 1, 32767
        ) as integer) as last_hour
    from pieces
    where {{ hours_after('first_hour_at', 1) }} < piece_end_at

),

steps as (

    {{ steps(31) }}

),

-- Unfolded by 1,024, by 32 and by one hour.
thousands as (

    select
        long_pieces.*,
        steps.n * 1024 as hours_before,
        case when steps.n = steps.spans then mod(long_pieces.last_hour, 1024) else 1023 end as last_here
    from long_pieces
    inner join steps
        on floor(long_pieces.last_hour / 1024) = steps.spans

),

days as (

    select
        thousands.id_session,
        thousands.piece_start_at,
        thousands.piece_end_at,
        thousands.weight,
        thousands.is_estimated,
        thousands.first_hour_at,
        thousands.seconds,
        thousands.hours_before + steps.n * 32 as hours_before,
        case when steps.n = steps.spans then mod(thousands.last_here, 32) else 31 end as last_here
    from thousands
    inner join steps
        on floor(thousands.last_here / 32) = steps.spans

),

hours as (

    select
        days.*,
        {{ hours_after('days.first_hour_at', 'days.hours_before + steps.n') }} as hour_start_at,
        {{ hours_after('days.first_hour_at', 'days.hours_before + steps.n + 1') }} as hour_end_at
    from days
    inner join steps
        on days.last_here = steps.spans

),

shares as (

    select
        id_session,
        hour_start_at,
        is_estimated,
        weight * {{ seconds_between(
            'greatest(piece_start_at, hour_start_at)', 'least(piece_end_at, hour_end_at)'
        ) }} / seconds as weight
    from hours

    union all

    select
        id_session,
        first_hour_at as hour_start_at,
        is_estimated,
        weight
    from pieces
    where {{ hours_after('first_hour_at', 1) }} >= piece_end_at

    union all

    select
        id_session,
        hour_start_at,
        false as is_estimated,
        weight
    from sampled_hours

),

weights as (

    select
        id_session,
        hour_start_at,
        is_estimated,
        cast(sum(weight) as numeric(24, 9)) as weight
    from shares
    group by id_session, hour_start_at, is_estimated

),

running as (

    select
        *,
        sum(weight) over (
            partition by id_session order by hour_start_at rows unbounded preceding
        ) as weight_until,
        sum(weight) over (partition by id_session) as weight_of_all
    from weights

),

-- What is rounded is the energy up to the end of an hour, less that up to its start: nothing is lost or
-- made up.
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
