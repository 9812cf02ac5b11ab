-- One row per moment at which the meter of a transaction was read: total power and register. Of the
-- transactions that the dates to build touch, on all of their dates.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

events as (

    select * from {{ ref('int_ocpp_events') }}

),

sample_dates as (

    select distinct events.date
    from events
    inner join transactions
        on
            events.source = transactions.source
            and events.charging_point_id = transactions.charging_point_id
            and events.date between transactions.first_date and transactions.date

),

-- Where no total is told, the phases together are it.
samples as (

    select
        source,
        connector_id,
        session_id,
        measured_at,
        coalesce(
            max(case when phase = 'total' then power_w end),
            max(case when phase = 'L1' then power_w end)
            + coalesce(max(case when phase = 'L2' then power_w end), 0)
            + coalesce(max(case when phase = 'L3' then power_w end), 0)
        ) as power_w,
        coalesce(
            max(case when phase = 'total' then register_kwh end),
            max(case when phase = 'L1' then register_kwh end)
            + coalesce(max(case when phase = 'L2' then register_kwh end), 0)
            + coalesce(max(case when phase = 'L3' then register_kwh end), 0)
        ) as register_kwh
    from {{ source('typed', 'measurements') }}
    where
        source = 'ocpp'
        and date in (select sample_dates.date from sample_dates)
        and (power_w is not null or register_kwh is not null)
    group by source, connector_id, session_id, measured_at

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

-- Meter values that name no transaction are those of the one that runs on their connector, unless
-- that has some of its own.
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

)

select
    source,
    source_session_id,
    sample_at,
    cast(power_w as numeric(16, 3)) as power_w,
    cast(register_kwh as numeric(20, 6)) as register_kwh
from own

union all

select
    source,
    source_session_id,
    sample_at,
    cast(power_w as numeric(16, 3)) as power_w,
    cast(register_kwh as numeric(20, 6)) as register_kwh
from unnamed
