-- One row per charge point: when it was last heard of, and by which action.
{{ config(materialized='view') }}

with spans as (

    select
        *,
        row_number() over (partition by id_cp order by last_contact_at desc) as from_last
    from {{ ref('ocpp_active_spans') }}

)

select
    id_cp,
    last_contact_at,
    last_action,
    heartbeat_seconds,
    active_until,
    charge_point_id,
    source
from spans
where from_last = 1
