-- One row per charging point and stretch of time in which its status is known and the same.
{{ config(
    partition_by='date',
    indexes=indexes(['date'], ['id_chargingpoint']),
    pre_hook='{{ join_as_written() }}'
) }}

select
    id_unit as id_chargingpoint,
    date,
    status as status_cp,
    is_occupied,
    is_charging,
    is_operational,
    source_status,
    parking_sensor as status_parkingsensor,
    started_at,
    ended_at,
    {{ minutes_between('started_at', 'ended_at') }} as minutes,
    polls,
    source
from {{ ref('int_status_spans') }}
where unit = 'chargingpoint'
