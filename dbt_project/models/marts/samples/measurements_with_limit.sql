-- One row per connector, moment and phase that was measured, beside the limit that was set then.
{{ config(materialized='view') }}

with measurements as (

    select * from {{ ref('measurements') }}

),

limits as (

    select * from {{ ref('connector_current_limits') }}

)

select
    measurements.id_connector,
    measurements.measured_at,
    measurements.phase,
    measurements.current_a,
    measurements.voltage_v,
    measurements.power_w,
    limits.max_current_a,
    limits.mode,
    cast(measurements.current_a / nullif(limits.max_current_a, 0) as numeric(12, 4)) as share_of_limit,
    measurements.id_session,
    measurements.source,
    measurements.date
from measurements
left join limits
    on
        measurements.id_connector = limits.id_connector
        and measurements.measured_at >= limits.valid_from
        and (limits.valid_to is null or measurements.measured_at < limits.valid_to)
