-- One row per run of equal settings of a connector that begins, and per change that was asked for.
select
    source,
    stream,
    scope,
    date,
    charging_point_id,
    connector_id,
    changed_at,
    kind,
    {{ clean_text('mode') }} as mode,
    {{ clean_quantity('max_current_a') }} as max_current_a,
    rfid_lock,
    cable_lock,
    outcome,
    {{ clean_text('requested_by') }} as requested_by,
    {{ clean_text('reason') }} as reason
from {{ source('typed', 'connector_settings') }}
