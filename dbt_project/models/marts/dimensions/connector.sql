-- One row per connector as it was answered last, and one for the unknown connector.
{{ config(indexes=indexes(['id_connector'])) }}

with known as (

    select * from {{ ref('connector_history') }}
    where is_current

)

select
    id_connector,
    id_cp,
    format,
    power_type,
    ampere,
    voltage,
    max_power,
    standard,
    source,
    source_id,
    first_seen_at,
    last_seen_at,
    tariff_id
from known

union all

select
    'unknown' as id_connector,
    'unknown' as id_cp,
    {{ nothing('text') }} as format,
    {{ nothing('text') }} as power_type,
    {{ nothing('numeric(12, 3)') }} as ampere,
    {{ nothing('numeric(12, 3)') }} as voltage,
    {{ nothing('numeric(12, 3)') }} as max_power,
    {{ nothing('text') }} as standard,
    'unknown' as source,
    'unknown' as source_id,
    {{ nothing('timestamptz') }} as first_seen_at,
    {{ nothing('timestamptz') }} as last_seen_at,
    {{ nothing('text') }} as tariff_id
