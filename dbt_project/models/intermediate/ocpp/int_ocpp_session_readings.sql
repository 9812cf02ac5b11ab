-- One row per reading of the meter of a touched transaction that was sampled: its samples, and the
-- meter at the start and at the stop.
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

)

select
    source,
    source_session_id,
    date,
    read_at,
    cast(register_kwh as numeric(20, 9)) as register_kwh
from readings

union all

select
    source,
    source_session_id,
    date,
    started_at as read_at,
    cast(start_kwh as numeric(20, 9)) as register_kwh
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
    cast(stop_kwh as numeric(20, 9)) as register_kwh
from limits
where
    stopped_at is not null
    and stop_kwh is not null
