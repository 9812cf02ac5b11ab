-- One row per touched transaction and stretch between two readings of its meter, or between two samples
-- where energies are sent as such. They add up to the energy of the transaction.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_anew(this) }}'
) }}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

energies as (

    select * from {{ ref('int_ocpp_session_energy') }}

),

samples as (

    select * from {{ ref('int_ocpp_session_samples') }}

),

-- A reading above a later one is rounded otherwise, or wrong: the later one counts.
readings as (

    select
        source,
        source_session_id,
        read_at,
        case
            when is_sum_of_rises then register_kwh
            else min(register_kwh) over (
                partition by source, source_session_id order by read_at desc rows unbounded preceding
            )
        end as register_kwh
    from {{ ref('int_ocpp_session_readings') }}

),

amounts as (

    select
        energies.source,
        energies.source_session_id,
        energies.began_at,
        samples.sample_at,
        samples.interval_kwh
    from samples
    inner join energies
        on
            samples.source = energies.source
            and samples.source_session_id = energies.source_session_id
    where
        energies.method = 'interval'
        and samples.interval_kwh >= 0

),

stretches as (

    select
        source,
        source_session_id,
        lag(read_at) over (partition by source, source_session_id order by read_at) as from_at,
        read_at,
        register_kwh - lag(register_kwh) over (
            partition by source, source_session_id order by read_at
        ) as energy_kwh,
        register_kwh,
        'register' as method
    from readings

    union all

    select
        source,
        source_session_id,
        coalesce(
            lag(sample_at) over (partition by source, source_session_id order by sample_at), began_at
        ) as from_at,
        sample_at as read_at,
        interval_kwh as energy_kwh,
        {{ nothing('numeric(16, 6)') }} as register_kwh,
        'amounts' as method
    from amounts

)

-- A meter that falls was exchanged: of that stretch the energy is not known.
select
    stretches.source,
    stretches.source_session_id,
    stretches.from_at as interval_start_at,
    stretches.read_at as interval_end_at,
    cast(stretches.energy_kwh as numeric(16, 6)) as energy_kwh,
    cast(stretches.register_kwh as numeric(16, 6)) as register_end_kwh,
    stretches.method,
    transactions.date
from stretches
inner join transactions
    on
        stretches.source = transactions.source
        and stretches.source_session_id = transactions.source_session_id
where stretches.energy_kwh >= 0
