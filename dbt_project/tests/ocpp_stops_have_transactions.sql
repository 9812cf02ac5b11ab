-- A stop without a usable transaction id fits no transaction that was started. Its energy, where the
-- meter says so, is in ocpp_unexplained_energy.
{{ config(severity='warn') }}

select
    charging_point_id,
    event_at,
    meter_wh,
    reason
from {{ ref('int_ocpp_unattached_stops') }}
where {{ in_partitions('date') }}
