-- One row per moment at which a touched transaction was sampled, between its start and its end: total
-- power, register on the scale of the meter at the start, and the energy since the sample before.
-- Samples that name no transaction count where it has none of its own.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_anew(this) }}'
) }}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

samples as (

    select * from {{ ref('int_ocpp_sample_owners') }}

),

owned as (

    select
        transactions.source,
        transactions.source_session_id,
        transactions.started_at,
        transactions.stopped_at,
        transactions.proven_at,
        transactions.offset_kwh,
        samples.power_w,
        samples.register_kwh,
        samples.interval_kwh,
        case when samples.session_id is null then 1 else 0 end as is_nameless,
        {{ seconds_after('samples.measured_at', 'transactions.skew_seconds') }} as sample_at
    from samples
    inner join transactions
        on
            samples.source = transactions.source
            and samples.charging_point_id = transactions.charging_point_id
            and samples.use_key = transactions.use_key

),

-- A closing sample may have a fraction of a second more than its stop.
within as (

    select
        *,
        min(is_nameless) over (partition by source, source_session_id) as is_all_nameless
    from owned
    where
        (stopped_at is null or sample_at < {{ seconds_after('greatest(stopped_at, started_at)', 1) }})
        and (is_nameless = 0 or (
            sample_at >= started_at and (stopped_at is not null or proven_at is null or sample_at < proven_at)
        ))

)

select
    source,
    source_session_id,
    greatest(least(sample_at, stopped_at), started_at) as sample_at,
    max(power_w) as power_w,
    cast(max(register_kwh + offset_kwh) as numeric(20, 6)) as register_kwh,
    sum(interval_kwh) as interval_kwh
from within
where is_nameless = is_all_nameless
group by source, source_session_id, greatest(least(sample_at, stopped_at), started_at)
