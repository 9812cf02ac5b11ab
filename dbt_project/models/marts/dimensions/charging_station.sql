-- One row per charging station as it was answered last, and one for the unknown station.
{{ config(indexes=indexes(['id_cs'])) }}

with known as (

    select * from {{ ref('charging_station_history') }}
    where is_current

)

select
    id_cs,
    name,
    address,
    city,
    postal_code,
    country,
    owner,
    roaming,
    longitude,
    latitude,
    operator_name,
    operator_hotline,
    open_24_7,
    source,
    source_id,
    first_seen_at,
    last_seen_at,
    opening_hours,
    directions,
    operator_id,
    comment
from known

union all

select
    {{ unknown_station() }} as id_cs,
    'unknown' as name,
    {{ nothing('text') }} as address,
    {{ nothing('text') }} as city,
    {{ nothing('text') }} as postal_code,
    {{ nothing('text') }} as country,
    {{ nothing('text') }} as owner,
    {{ nothing('boolean') }} as roaming,
    {{ nothing('double precision') }} as longitude,
    {{ nothing('double precision') }} as latitude,
    'unknown' as operator_name,
    {{ nothing('text') }} as operator_hotline,
    {{ nothing('boolean') }} as open_24_7,
    'unknown' as source,
    'unknown' as source_id,
    {{ nothing('timestamptz') }} as first_seen_at,
    {{ nothing('timestamptz') }} as last_seen_at,
    {{ nothing('text') }} as opening_hours,
    {{ nothing('text') }} as directions,
    {{ nothing('text') }} as operator_id,
    {{ nothing('text') }} as comment
