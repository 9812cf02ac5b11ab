-- One row per observation of a charging point: what a good answer said about it.
{{ config(
    materialized=status_facts_materialized(), partition_by='date', indexes=indexes(['date'])
) }}

select
    id_observation as id_status_cp,
    id_unit as id_chargingpoint,
    query_time,
    status as status_cp,
    parking_sensor as status_parkingsensor,
    source,
    source_status,
    date
from {{ ref('int_observations') }}
where
    unit = 'chargingpoint'
    and {{ in_partitions('date') }}
