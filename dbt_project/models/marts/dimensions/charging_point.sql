-- One row per charging point as it was answered last, and one for the unknown charging point.
{{ config(indexes=indexes(['id_cp'])) }}

with known as (

    select * from {{ ref('charging_point_history') }}
    where is_current

)

select
    id_cp,
    id_cs,
    charging_station_position,
    cp_position,
    vehicle_type,
    floor_level,
    source,
    source_id,
    first_seen_at,
    last_seen_at,
    uid,
    physical_reference,
    capabilities,
    parking_space_numbers,
    public_comment,
    roaming,
    reservable
from known

union all

select
    'unknown' as id_cp,
    {{ unknown_station() }} as id_cs,
    {{ nothing('text') }} as charging_station_position,
    {{ nothing('text') }} as cp_position,
    {{ nothing('text') }} as vehicle_type,
    {{ nothing('text') }} as floor_level,
    'unknown' as source,
    'unknown' as source_id,
    {{ nothing('timestamptz') }} as first_seen_at,
    {{ nothing('timestamptz') }} as last_seen_at,
    {{ nothing('text') }} as uid,
    {{ nothing('text') }} as physical_reference,
    {{ nothing('text') }} as capabilities,
    {{ nothing('text') }} as parking_space_numbers,
    {{ nothing('text') }} as public_comment,
    {{ nothing('boolean') }} as roaming,
    {{ nothing('boolean') }} as reservable
