-- One row per connector, moment and phase that was measured; all sources.
select
    source,
    stream,
    scope,
    date,
    connector_id,
    source || ':' || connector_id as id_connector,
    measured_at,
    phase,
    {{ clean_quantity('current_a') }} as current_a,
    {{ clean_quantity('voltage_v') }} as voltage_v,
    {{ clean_quantity('power_w') }} as power_w,
    {{ clean_energy('register_kwh') }} as register_kwh,
    {{ clean_text('session_id') }} as source_session_id,
    observed_at
from {{ source('typed', 'measurements') }}
