-- One row per reading of the meter that shapes the energy of a touched transaction: the two between
-- which it is, and the registers in between. Registers are rounded otherwise than the meter at start
-- and stop, so they stay between these; what lies outside by more than 1 kWh is no reading of it.
with energies as (

    select * from {{ ref('int_ocpp_session_energy') }}
    where begin_kwh is not null

),

registers as (

    select * from {{ ref('int_ocpp_session_registers') }}

),

readings as (

    select
        energies.source,
        energies.source_session_id,
        registers.sample_at,
        registers.register_kwh,
        energies.begin_at,
        energies.end_at,
        energies.begin_kwh,
        energies.end_kwh,
        energies.is_sum_of_rises
    from registers
    inner join energies
        on
            registers.source = energies.source
            and registers.source_session_id = energies.source_session_id
    where
        energies.is_sum_of_rises
        or registers.register_kwh between energies.begin_kwh - 1 and energies.end_kwh + 1

),

limits as (

    select distinct
        source,
        source_session_id,
        begin_at,
        end_at,
        begin_kwh,
        end_kwh,
        is_sum_of_rises
    from readings

)

select
    source,
    source_session_id,
    sample_at as read_at,
    case
        when is_sum_of_rises then register_kwh else least(greatest(register_kwh, begin_kwh), end_kwh)
    end as register_kwh,
    is_sum_of_rises
from readings
where
    sample_at > begin_at
    and (end_at is null or sample_at < end_at or (is_sum_of_rises and sample_at = end_at))

union all

select
    source,
    source_session_id,
    begin_at as read_at,
    begin_kwh as register_kwh,
    is_sum_of_rises
from limits

union all

select
    source,
    source_session_id,
    end_at as read_at,
    end_kwh as register_kwh,
    is_sum_of_rises
from limits
where
    end_at > begin_at
    and not is_sum_of_rises
