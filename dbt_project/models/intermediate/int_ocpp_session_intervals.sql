-- One row per transaction and stretch between two readings of its meter, start and stop included. Of
-- the transactions that the dates to build touch.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_anew(this) }}'
) }}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

samples as (

    select * from {{ ref('int_ocpp_session_samples') }}
    where register_kwh is not null

),

-- A meter is not read above where it stood at the stop: samples are rounded otherwise.
readings as (

    select
        transactions.source,
        transactions.source_session_id,
        transactions.date,
        least(greatest(samples.sample_at, transactions.started_at), transactions.stopped_at) as read_at,
        case
            when transactions.stop_kwh >= transactions.start_kwh
                then least(samples.register_kwh, transactions.stop_kwh)
            else samples.register_kwh
        end as register_kwh
    from samples
    inner join transactions
        on
            samples.source = transactions.source
            and samples.source_session_id = transactions.source_session_id

),

metered as (

    select distinct
        source,
        source_session_id
    from readings

),

limits as (

    select transactions.*
    from transactions
    inner join metered
        on
            transactions.source = metered.source
            and transactions.source_session_id = metered.source_session_id

),

points as (

    select
        source,
        source_session_id,
        date,
        read_at,
        register_kwh
    from readings

    union all

    select
        source,
        source_session_id,
        date,
        started_at as read_at,
        start_kwh as register_kwh
    from limits
    where
        started_at is not null
        and start_kwh is not null

    union all

    select
        source,
        source_session_id,
        date,
        greatest(stopped_at, started_at) as read_at,
        stop_kwh as register_kwh
    from limits
    where
        stopped_at is not null
        and stop_kwh is not null

),

moments as (

    select
        source,
        source_session_id,
        date,
        read_at,
        max(register_kwh) as register_kwh
    from points
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
