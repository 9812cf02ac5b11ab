-- One row per session and partition whose answers tell of it, of the sessions that are touched; of
-- the OCPP log, which tells of a session in many messages, the one row that int_ocpp_sessions makes.
with told as (

    select * from {{ ref('stg_sessions') }}

),

touched as (

    select * from {{ ref('int_touched_sessions') }}

)

select
    touched.id_session,
    told.source,
    told.stream,
    told.date,
    told.source_session_id,
    told.query_time,
    told.charging_point_id,
    told.connector_id,
    told.driver,
    told.token,
    told.started_at,
    told.ended_at,
    told.energy_kwh,
    told.meter_start_kwh,
    told.meter_stop_kwh,
    told.session_type,
    told.end_reason,
    told.is_void,
    told.is_aborted,
    told.is_signed,
    told.is_offline,
    told.has_reliable_clock,
    told.replaced_by,
    told.external_id,
    told.intervals_energy_kwh,
    told.signed_difference_kwh,
    {{ nothing('numeric(14, 4)') }} as charging_minutes,
    {{ nothing('numeric(12, 3)') }} as max_power_kw
from told
inner join touched
    on
        told.source = touched.source
        and told.source_session_id = touched.source_session_id

union all

select
    {{ surrogate_key(['source', 'source_session_id']) }} as id_session,
    source,
    'messages' as stream,
    date,
    source_session_id,
    query_time,
    charging_point_id,
    connector_id,
    driver,
    token,
    started_at,
    ended_at,
    energy_kwh,
    meter_start_kwh,
    meter_stop_kwh,
    session_type,
    end_reason,
    is_void,
    is_aborted,
    is_signed,
    is_offline,
    has_reliable_clock,
    replaced_by,
    external_id,
    intervals_energy_kwh,
    {{ nothing('numeric(16, 6)') }} as signed_difference_kwh,
    charging_minutes,
    max_power_kw
from {{ ref('int_ocpp_sessions') }}
