-- One row per month: the OCPP transactions that were completed in it, together.
{{ config(materialized='view') }}

select
    month,
    count(*) as transactions,
    cast(sum(total_hours) as numeric(18, 6)) as total_hours,
    cast(sum(charging_hours) as numeric(18, 6)) as charging_hours,
    cast(sum(parking_hours) as numeric(18, 6)) as parking_hours,
    cast(sum(energy_kwh) as numeric(18, 6)) as energy_kwh,
    source
from {{ ref('ocpp_completed_transactions') }}
group by month, source
