-- One row per touched transaction and stretch between two readings of its meter, start and stop
-- included.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_anew(this) }}'
) }}

with moments as (

    select
        source,
        source_session_id,
        date,
        read_at,
        max(register_kwh) as register_kwh
    from {{ ref('int_ocpp_session_readings') }}
    group by source, source_session_id, date, read_at

),

stretches as (

    select
        *,
        lag(read_at) over (partition by source, source_session_id order by read_at) as from_at,
        lag(register_kwh) over (partition by source, source_session_id order by read_at) as from_kwh
    from moments

)

-- A meter that falls was exchanged: of that stretch the energy is not known.
select
    source,
    source_session_id,
    from_at as interval_start_at,
    read_at as interval_end_at,
    cast(register_kwh - from_kwh as numeric(16, 6)) as energy_kwh,
    cast(register_kwh as numeric(16, 6)) as register_end_kwh,
    'register' as method,
    date
from stretches
where register_kwh >= from_kwh
