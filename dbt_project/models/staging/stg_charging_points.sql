-- One row per run of equal answers about a charging point within one scope and UTC date; all sources.
select
    source,
    stream,
    scope,
    date,
    charging_point_id as source_id,
    first_query_time,
    last_query_time,
    station_id,
    {{ clean_text('station_position') }} as charging_station_position,
    {{ clean_text('"position"') }} as cp_position,
    {{ clean_text('vehicle_type') }} as vehicle_type,
    {{ clean_text('floor_level') }} as floor_level,
    {{ clean_text('uid') }} as uid,
    {{ clean_text('physical_reference') }} as physical_reference,
    {{ clean_text('capabilities') }} as capabilities,
    {{ clean_text('parking_space_numbers') }} as parking_space_numbers,
    {{ clean_text('public_comment') }} as public_comment,
    roaming,
    reservable
from {{ source('typed', 'charging_points') }}
