-- One row per piece of time in which a touched session that counts took energy, with its weight: its
-- metered intervals or, where it has neither intervals nor samples, its whole duration (estimated).
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
        metered.energy_kwh as weight,
        false as is_estimated
    from metered
    inner join versions
        on metered.id_session = versions.id_session

),

shaped as (

    select id_session from intervals

    union

    select id_session from {{ ref('int_session_sampled_hours') }}

),

durations as (

    select
        versions.id_session,
        versions.began_at as piece_start_at,
        versions.known_until as piece_end_at,
        cast(1 as numeric(16, 6)) as weight,
        true as is_estimated
    from versions
    left join shaped
        on versions.id_session = shaped.id_session
    where shaped.id_session is null

),

pieces as (

    select * from intervals

    union all

    select * from durations

)

select
    id_session,
    piece_start_at,
    piece_end_at,
    weight,
    is_estimated,
    {{ utc_hour('piece_start_at') }} as first_hour_at
from pieces
