-- One row per run of equal answers about a Zaptec installation within one UTC date.
select
    source,
    stream,
    scope,
    date,
    station_id as source_id,
    first_query_time,
    last_query_time,
    {{ clean_text('name') }} as name,
    {{ clean_text('address') }} as address,
    {{ clean_text('city') }} as city,
    {{ clean_text('postal_code') }} as postal_code,
    upper({{ clean_text('country') }}) as country,
    {{ clean_text('owner') }} as owner,
    roaming,
    longitude,
    latitude,
    {{ clean_text('operator_name') }} as operator_name,
    {{ clean_text('operator_hotline') }} as operator_hotline,
    open_24_7,
    {{ clean_text('opening_hours') }} as opening_hours,
    {{ clean_text('directions') }} as directions,
    {{ clean_text('operator_id') }} as operator_id,
    {{ clean_text('comment') }} as comment
from {{ source('typed', 'stations') }}
where source = 'zaptec'
