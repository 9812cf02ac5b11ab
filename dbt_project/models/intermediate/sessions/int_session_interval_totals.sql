-- One row per touched session with metered intervals: their energy, most power, and the time within the
-- session in which their average power was one of charging. An interval shorter than a minute says
-- nothing about the most power.
with versions as (

    select * from {{ ref('int_session_versions') }}

),

metered as (

    select * from {{ ref('session_energy_intervals') }}

)

select
    versions.id_session,
    sum(metered.energy_kwh) as energy_kwh,
    max(case
        when
            {{ seconds_between('metered.interval_start_at', 'metered.interval_end_at') }} >= 60
            then metered.avg_power_kw
    end) as max_power_kw,
    sum(case
        when
            metered.avg_power_kw * 1000 >= {{ charging_threshold_w() }}
            and metered.interval_start_at < versions.known_until
            and metered.interval_end_at > versions.began_at
            then {{ seconds_between(
                'greatest(metered.interval_start_at, versions.began_at)',
                'least(metered.interval_end_at, versions.known_until)'
            ) }}
        else 0
    end) as charging_seconds
from metered
inner join versions
    on metered.id_session = versions.id_session
group by versions.id_session
