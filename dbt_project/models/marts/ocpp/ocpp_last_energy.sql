-- One row per OCPP transaction: its last known energy and meter, also while it runs.
{{ config(materialized='view') }}

-- A meter of -1 or 0 at the stop, or one below the registers by more than 1 kWh, is not believed.
with transactions as (

    select
        *,
        stop_kwh is not null
        and not (stop_kwh <= 0 and (coalesce(start_kwh, 0) > 0 or coalesce(register_kwh, 0) > 0))
        and not coalesce(stop_kwh < start_kwh, false)
        and not coalesce(register_kwh - stop_kwh > 1, false)
        and not coalesce(stop_kwh = start_kwh and register_kwh > start_kwh, false) as stop_is_believed
    from {{ ref('int_ocpp_transactions') }}

),

observed as (

    select
        *,
        case when stop_is_believed then stopped_at else register_at end as observed_at,
        case when stop_is_believed then stop_kwh else register_kwh end as last_kwh
    from transactions

)

select
    {{ surrogate_key(['source', 'source_session_id']) }} as id_session,
    source || ':' || charging_point_id as id_cp,
    source || ':' || connector_id as id_connector,
    transaction_id,
    observed_at,
    cast(last_kwh as numeric(16, 6)) as register_kwh,
    cast(case when last_kwh >= start_kwh then last_kwh - start_kwh end as numeric(16, 6)) as energy_kwh,
    stopped_at is null and proven_at is null as is_open,
    row_number() over (
        partition by source, charging_point_id order by last_message_time desc, source_session_id desc
    ) = 1 as is_last_of_cp,
    source
from observed
