-- Charging and idle minutes are known together, and add up to the connected ones.
select
    id_session,
    connected_minutes,
    charging_minutes,
    idle_minutes
from {{ ref('sessions') }}
where
    {{ in_partitions('date') }}
    and (
        charging_minutes + idle_minutes <> connected_minutes
        or (charging_minutes is null and idle_minutes is not null)
        or (charging_minutes is not null and idle_minutes is null)
    )
