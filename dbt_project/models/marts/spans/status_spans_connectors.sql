-- One row per connector and stretch of time in which its status is known and the same.
{{ config(
    partition_by='date',
    indexes=indexes(['date'], ['id_connector']),
    pre_hook='{{ join_as_written() }}'
) }}

select
    id_unit as id_connector,
    date,
    status as status_connector,
    is_occupied,
    is_charging,
    is_operational,
    source_status,
    started_at,
    ended_at,
    {{ minutes_between('started_at', 'ended_at') }} as minutes,
    polls,
    source
from {{ ref('int_status_spans') }}
where unit = 'connector'
