-- One row per connector and minute of UTC that samples cover: its energy and average power.
{{ config(materialized='view') }}

select
    id_connector,
    minute_start_at,
    cast(sum(energy_wh) * cast(3.6 as numeric(2, 1)) / sum(seconds) as numeric(12, 3)) as avg_power_kw,
    cast(sum(energy_wh) as numeric(16, 6)) as energy_wh,
    cast(sum(seconds) as numeric(12, 6)) as measured_seconds,
    source,
    date
from {{ ref('int_power_pieces') }}
group by id_connector, minute_start_at, source, date
