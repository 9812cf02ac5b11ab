-- One row per connector, moment and phase that was measured.
{{ config(
    partition_by='date', indexes=indexes(['date'], ['id_connector', 'measured_at'])
) }}

select
    {{ surrogate_key([
        'source', 'stream', epoch_microseconds('measured_at'), 'cast(date as varchar)', 'phase', 'connector_id',
        "coalesce(source_session_id, '')"
    ]) }} as id_measurement,
    id_connector,
    measured_at,
    phase,
    current_a,
    voltage_v,
    -- A current without a phase may be of one or of three: no power is computed from it.
    cast(coalesce(
        power_w, case when phase <> 'total' then current_a * voltage_v end
    ) as numeric(12, 3)) as power_w,
    (
        power_w is null
        and phase <> 'total'
        and current_a is not null
        and voltage_v is not null
    ) as is_power_computed,
    register_kwh,
    case
        when source_session_id is not null
            then {{ surrogate_key(['source', 'source_session_id']) }}
    end as id_session,
    observed_at,
    source,
    date
from {{ ref('stg_measurements') }}
where {{ in_partitions('date') }}
