-- One row per touched session and partition with an answer about it, the last of its date. A
-- transaction of the OCPP log, which is many messages, has the one row that int_ocpp_sessions makes.
with answers as (

    select * from {{ ref('stg_sessions') }}

),

touched as (

    select * from {{ ref('int_touched_sessions') }}

)

select
    touched.id_session,
    answers.source,
    answers.stream,
    answers.date,
    answers.source_session_id,
    answers.query_time,
    answers.charging_point_id,
    answers.connector_id,
    answers.driver,
    answers.token,
    answers.started_at,
    answers.ended_at,
    answers.energy_kwh,
    answers.meter_start_kwh,
    answers.meter_stop_kwh,
    answers.session_type,
    answers.end_reason,
    answers.is_void,
    answers.is_aborted,
    answers.is_signed,
    answers.is_offline,
    answers.has_reliable_clock,
    answers.replaced_by,
    answers.external_id,
    answers.intervals_energy_kwh,
    answers.signed_difference_kwh,
    {{ nothing('numeric(14, 4)') }} as charging_minutes,
    {{ nothing('numeric(12, 3)') }} as max_power_kw,
    {{ nothing('numeric(16, 6)') }} as register_start_kwh,
    {{ nothing('numeric(16, 6)') }} as register_end_kwh,
    {{ nothing('text') }} as energy_method,
    {{ nothing('text') }} as charging_minutes_method,
    {{ nothing('text') }} as source_quality_flags
from answers
inner join touched
    on
        answers.source = touched.source
        and answers.source_session_id = touched.source_session_id

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
    max_power_kw,
    register_start_kwh,
    register_end_kwh,
    energy_method,
    charging_minutes_method,
    quality_flags as source_quality_flags
from {{ ref('int_ocpp_sessions') }}
