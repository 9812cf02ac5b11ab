-- One row per run of equal answers about a station within one scope and UTC date; all sources.
with stations as (

    select * from {{ source('typed', 'stations') }}

),

countries as (

    select * from {{ ref('countries') }}

)

select
    stations.source,
    stations.stream,
    stations.scope,
    stations.date,
    stations.station_id as source_id,
    stations.first_query_time,
    stations.last_query_time,
    {{ clean_text('stations.name') }} as name,
    {{ clean_text('stations.address') }} as address,
    {{ clean_text('stations.city') }} as city,
    {{ clean_text('stations.postal_code') }} as postal_code,
    coalesce(countries.alpha_2, upper({{ clean_text('stations.country') }})) as country,
    {{ clean_text('stations.owner') }} as owner,
    stations.roaming,
    stations.longitude,
    stations.latitude,
    {{ clean_text('stations.operator_name') }} as operator_name,
    {{ clean_text('stations.operator_hotline') }} as operator_hotline,
    stations.open_24_7,
    {{ clean_text('stations.opening_hours') }} as opening_hours,
    {{ clean_text('stations.directions') }} as directions,
    {{ clean_text('stations.operator_id') }} as operator_id,
    {{ clean_text('stations.comment') }} as comment
from stations
left join countries
    on upper({{ clean_text('stations.country') }}) = countries.alpha_3
