-- One row per OCPP transaction: its last known energy and meter, also while it runs.
{{ config(materialized='view') }}

with transactions as (

    select
        *,
        case when stop_kwh is not null then stopped_at else register_at end as observed_at,
        coalesce(stop_kwh, register_kwh) as last_kwh
    from {{ ref('int_ocpp_transactions') }}

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
from transactions
