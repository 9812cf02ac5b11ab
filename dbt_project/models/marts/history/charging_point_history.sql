-- One row per version of a charging point (type 2): what its vendor answered, from when to when.
with versions as (

    select
        *,
        {{ surrogate_key(['source', 'station_id']) }} as id_station
    from {{ ref('int_charging_point_versions') }}

),

stations as (

    select id_cs from {{ ref('charging_station') }}

)

select
    versions.source || ':' || versions.source_id as id_cp,
    versions.version,
    versions.valid_from,
    versions.valid_to,
    versions.is_current,
    coalesce(stations.id_cs, {{ unknown_station() }}) as id_cs,
    versions.charging_station_position,
    versions.cp_position,
    versions.vehicle_type,
    versions.floor_level,
    versions.uid,
    versions.physical_reference,
    versions.capabilities,
    versions.parking_space_numbers,
    versions.public_comment,
    versions.roaming,
    versions.reservable,
    versions.source,
    versions.source_id,
    versions.first_seen_at,
    versions.last_seen_at
from versions
left join stations
    on versions.id_station = stations.id_cs
