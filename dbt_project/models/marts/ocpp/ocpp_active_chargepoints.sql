-- One row per charge point that is active now.
{{ config(materialized='view') }}

select
    id_cp,
    last_contact_at,
    last_action,
    heartbeat_seconds,
    active_until,
    charge_point_id,
    source
from {{ ref('ocpp_last_contact') }}
where active_until > {{ now_at() }}
