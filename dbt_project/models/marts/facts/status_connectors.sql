-- One row per observation of a connector: what a good answer said about it.
{{ config(
    materialized=status_facts_materialized(), partition_by='date', indexes=indexes(['date'])
) }}

select
    id_observation as id_status_connectors,
    id_unit as id_connector,
    query_time,
    status as status_connector,
    source,
    source_status,
    date
from {{ ref('int_observations') }}
where
    unit = 'connector'
    and {{ in_partitions('date') }}
