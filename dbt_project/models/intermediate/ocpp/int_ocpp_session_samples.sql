-- One row per moment at which the meter of a touched transaction was read: total power and register.
-- Samples that name no transaction belong to the one that runs on their connector, unless that has
-- samples of its own.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

samples as (

    select * from {{ ref('int_ocpp_phase_sums') }}

),

own as (

    select
        transactions.source,
        transactions.source_session_id,
        {{ seconds_after('samples.measured_at', 'transactions.skew_seconds') }} as sample_at,
        samples.power_w,
        samples.register_kwh + transactions.offset_kwh as register_kwh
    from samples
    inner join transactions
        on
            samples.source = transactions.source
            and samples.session_id = transactions.source_session_id

),

owners as (

    select distinct
        source,
        source_session_id
    from own

),

without_own as (

    select transactions.*
    from transactions
    left join owners
        on
            transactions.source = owners.source
            and transactions.source_session_id = owners.source_session_id
    where
        owners.source_session_id is null
        and transactions.started_at is not null

),

unnamed as (

    select
        without_own.source,
        without_own.source_session_id,
        {{ seconds_after('samples.measured_at', 'without_own.skew_seconds') }} as sample_at,
        samples.power_w,
        samples.register_kwh + without_own.offset_kwh as register_kwh
    from samples
    inner join without_own
        on
            samples.source = without_own.source
            and samples.connector_id = without_own.connector_id
            and {{ seconds_after('samples.measured_at', 'without_own.skew_seconds') }}
            between without_own.started_at and coalesce(
                without_own.stopped_at, without_own.proven_at, cast('9999-12-31' as timestamptz)
            )
    where samples.session_id is null

),

together as (

    select * from own

    union all

    select * from unnamed

)

select
    source,
    source_session_id,
    sample_at,
    cast(power_w as numeric(16, 3)) as power_w,
    cast(register_kwh as numeric(20, 6)) as register_kwh
from together
