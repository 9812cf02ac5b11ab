-- One row per OCPP transaction that was started and stopped, with its final time and energy.
{{ config(materialized='view') }}

select
    id_session,
    id_cp,
    id_connector,
    substr(source_session_id, length(id_cp) - length(source) + 1) as transaction_id,
    started_at,
    ended_at,
    cast(date_trunc('month', {{ business_time('ended_at') }}) as date) as month,
    cast(connected_minutes / 60 as numeric(14, 6)) as total_hours,
    cast(charging_minutes / 60 as numeric(14, 6)) as charging_hours,
    cast(idle_minutes / 60 as numeric(14, 6)) as parking_hours,
    energy_kwh,
    end_reason,
    source
from {{ ref('sessions') }}
where
    source = 'ocpp'
    and ended_at is not null
    and coalesce(end_reason, '') <> 'inferred'
    and source_session_type is null
