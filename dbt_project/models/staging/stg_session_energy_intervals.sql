-- One row per metered interval of a session, session by session and partition; all sources.
select
    source,
    stream,
    scope,
    date,
    session_id as source_session_id,
    interval_start_at,
    interval_end_at,
    {{ clean_energy('energy_kwh') }} as energy_kwh,
    {{ clean_energy('register_end_kwh') }} as register_end_kwh,
    method
from {{ source('typed', 'session_energy_intervals') }}
