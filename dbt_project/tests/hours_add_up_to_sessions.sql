-- The hours of a session that counts add up to its energy, exactly; void sessions have none.
with hours as (

    select
        id_session,
        sum(energy_kwh) as energy_kwh
    from {{ ref('session_energy_hours') }}
    where {{ in_partitions('date') }}
    group by id_session

),

sessions as (

    select
        id_session,
        case when is_void then 0 else coalesce(energy_kwh, 0) end as energy_kwh
    from {{ ref('sessions') }}
    where {{ in_partitions('date') }}

)

select
    coalesce(sessions.id_session, hours.id_session) as id_session,
    sessions.energy_kwh,
    hours.energy_kwh as hours_energy_kwh
from sessions
full outer join hours
    on sessions.id_session = hours.id_session
where
    sessions.id_session is null
    or sessions.energy_kwh <> coalesce(hours.energy_kwh, 0)
