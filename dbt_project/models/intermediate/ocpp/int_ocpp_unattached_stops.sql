-- One row per stop that names no transaction and fits none that was started: its energy is no
-- session's. With its connector where its charge point has only one.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}'
) }}

with stops as (

    select * from {{ ref('int_ocpp_placed_stops') }}
    where use_key is null

),

connectors as (

    select
        source,
        charging_point_id,
        min(connector_id) as connector_id
    from {{ ref('int_ocpp_transactions') }}
    where connector_id is not null
    group by source, charging_point_id
    having min(connector_id) = max(connector_id)

)

select
    stops.source,
    stops.charging_point_id,
    stops.stop_key,
    coalesce(stops.connector_id, connectors.connector_id) as connector_id,
    stops.event_at,
    stops.meter_wh,
    stops.id_tag,
    stops.reason,
    stops.date
from stops
left join connectors
    on
        stops.source = connectors.source
        and stops.charging_point_id = connectors.charging_point_id
