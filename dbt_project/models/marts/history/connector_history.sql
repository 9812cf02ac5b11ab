-- One row per version of a connector (type 2): what its vendor answered, from when to when.
with versions as (

    select
        *,
        source || ':' || charging_point_id as id_charging_point
    from {{ ref('int_connector_versions') }}

),

charging_points as (

    select id_cp from {{ ref('charging_point') }}

)

select
    versions.source || ':' || versions.source_id as id_connector,
    versions.version,
    versions.valid_from,
    versions.valid_to,
    versions.is_current,
    coalesce(charging_points.id_cp, 'unknown') as id_cp,
    versions.format,
    versions.power_type,
    versions.ampere,
    versions.voltage,
    versions.max_power,
    versions.standard,
    versions.tariff_id,
    versions.source,
    versions.source_id,
    versions.first_seen_at,
    versions.last_seen_at
from versions
left join charging_points
    on versions.id_charging_point = charging_points.id_cp
