-- One row per run of equal settings that begins at a connector, and per change that was asked for.
{{ config(partition_by='date', indexes=indexes(['date'], ['id_connector', 'changed_at'])) }}

select
    {{ surrogate_key([
        'source', 'stream', 'kind', epoch_microseconds('changed_at'), 'cast(date as varchar)', 'connector_id'
    ]) }} as id_setting,
    source || ':' || connector_id as id_connector,
    source || ':' || charging_point_id as id_cp,
    changed_at,
    kind,
    mode,
    max_current_a,
    rfid_lock,
    cable_lock,
    outcome,
    requested_by,
    reason,
    source,
    date
from {{ ref('stg_connector_settings') }}
where {{ in_partitions('date') }}
