-- One row per run of equal answers about a charging point, from one scope per date,
-- with a number for what it says.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    partition_by='date', indexes=indexes(['date'])
) }}

{{ runs('charging_points') }}
