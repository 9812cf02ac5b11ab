-- One row per OCPP transaction that was started and stopped, with its final time and energy.
{{ config(materialized='view') }}

with sessions as (

    select * from {{ ref('sessions') }}

),

transactions as (

    select * from {{ ref('int_ocpp_transactions') }}

)

select
    sessions.id_session,
    sessions.id_cp,
    sessions.id_connector,
    transactions.transaction_id,
    sessions.started_at,
    sessions.ended_at,
    cast(date_trunc('month', {{ business_time('sessions.ended_at') }}) as date) as month,
    cast(sessions.connected_minutes / 60 as numeric(14, 6)) as total_hours,
    cast(sessions.charging_minutes / 60 as numeric(14, 6)) as charging_hours,
    cast(sessions.idle_minutes / 60 as numeric(14, 6)) as parking_hours,
    sessions.energy_kwh,
    sessions.end_reason,
    sessions.source
from sessions
inner join transactions
    on
        sessions.source = transactions.source
        and sessions.source_session_id = transactions.source_session_id
where
    transactions.start_message_time is not null
    and transactions.stopped_at is not null
