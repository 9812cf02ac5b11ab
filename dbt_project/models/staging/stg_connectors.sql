-- One row per run of equal answers about a connector within one scope and UTC date; all sources.
select
    source,
    stream,
    scope,
    date,
    connector_id as source_id,
    first_query_time,
    last_query_time,
    charging_point_id,
    {{ clean_text('"format"') }} as format,
    {{ clean_text('power_type') }} as power_type,
    {{ clean_quantity('ampere') }} as ampere,
    {{ clean_quantity('voltage') }} as voltage,
    {{ clean_quantity('max_power_kw') }} as max_power,
    {{ clean_text('standard') }} as standard,
    {{ clean_text('tariff_id') }} as tariff_id
from {{ source('typed', 'connectors') }}
