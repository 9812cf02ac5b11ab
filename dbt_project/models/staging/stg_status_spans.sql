-- One row per run of equal answers about a unit in consecutive polls of its scope within one UTC
-- date, with the status conformed to OCPI's words; all sources.
with spans as (

    select * from {{ source('typed', 'status_spans') }}

),

status_map as (

    select * from {{ ref('status_map') }}

)

select
    spans.source,
    spans.stream,
    spans.scope,
    spans.date,
    spans.unit,
    spans.unit_id,
    spans.source || ':' || spans.unit_id as id_unit,
    coalesce(status_map.status, 'UNKNOWN') as status,
    status_map.is_occupied,
    status_map.is_charging,
    status_map.is_operational,
    spans.status as source_status,
    upper({{ clean_text('spans.parking_sensor') }}) as parking_sensor,
    spans.first_query_time,
    spans.last_query_time,
    spans.polls
from spans
left join status_map
    on
        spans.source = status_map.source
        and upper({{ clean_text('spans.status') }}) = status_map.source_status
