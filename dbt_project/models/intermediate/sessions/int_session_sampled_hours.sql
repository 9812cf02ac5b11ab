-- One row per touched session that counts, has no metered intervals and was sampled, and hour of UTC:
-- the energy of its samples, as the weight of the hour.
with versions as (

    select * from {{ ref('int_session_versions') }}
    where
        not is_void
        and energy_kwh <> 0

),

with_intervals as (

    select distinct id_session
    from {{ ref('session_energy_intervals') }}
    where energy_kwh > 0

),

measured as (

    select * from {{ ref('int_session_power') }}
    where energy_wh > 0

)

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
