-- One row per transaction start whose tag every answer refused, with the reason of the stop that the
-- charge point sent for it. Kept from run to run for the mart `ocpp_refused_starts`.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}'
) }}

with starts as (

    select * from {{ ref('int_ocpp_starts') }}
    where refusal is not null

),

stops as (

    select * from {{ ref('int_ocpp_stops') }}

)

select
    starts.source,
    starts.charging_point_id,
    starts.connector_id,
    starts.start_key,
    starts.id_tag,
    starts.event_at,
    starts.refusal,
    starts.meter_wh as start_wh,
    stops.reason,
    stops.event_at as stop_event_at,
    stops.meter_wh as stop_wh,
    starts.date
from starts
left join stops
    on
        starts.source = stops.source
        and starts.charging_point_id = stops.charging_point_id
        and starts.start_key = stops.use_key
