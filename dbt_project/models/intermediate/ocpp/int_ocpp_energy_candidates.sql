-- One row per touched transaction: what its energy may be, by each way to know it; the most that is
-- possible; and the most that its samples make likely. `stop_is_believed`: the meter at the stop is not
-- -1 or 0, nor below the start, nor below the registers by more than 1 kWh, nor where it started though
-- the registers rose.
with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

times as (

    select * from {{ ref('int_ocpp_session_times') }}

),

meters as (

    select * from {{ ref('int_ocpp_session_meters') }}

),

power as (

    select * from {{ ref('int_ocpp_session_power') }}

),

joined as (

    select
        transactions.source,
        transactions.source_session_id,
        transactions.start_kwh,
        transactions.stop_kwh,
        transactions.offset_kwh,
        times.began_at,
        times.ended_at,
        meters.first_kwh,
        meters.last_kwh,
        meters.first_register_at,
        meters.last_register_at,
        coalesce(meters.has_fallen, false) as has_fallen,
        case when meters.has_fallen then meters.rises_kwh else meters.last_kwh - meters.first_kwh end
            as progress_kwh,
        meters.intervals_kwh,
        power.energy_kwh as power_kwh,
        power.measured_seconds,
        {{ seconds_between('times.began_at', 'coalesce(times.ended_at, times.known_until)') }} as seconds,
        case
            when power.samples >= 3 and power.max_power_kw >= 1 then power.max_power_kw * 2
            else {{ var('max_power_kw') }}
        end as limit_kw
    from transactions
    inner join times
        on
            transactions.source = times.source
            and transactions.source_session_id = times.source_session_id
    left join meters
        on
            transactions.source = meters.source
            and transactions.source_session_id = meters.source_session_id
    left join power
        on
            transactions.source = power.source
            and transactions.source_session_id = power.source_session_id

)

select
    *,
    greatest(seconds, 60) / 3600 * limit_kw + 1 as limit_kwh,
    greatest(seconds, 60) / 3600 * {{ var('max_power_kw') }} + 1 as possible_kwh,
    coalesce(
        stop_kwh is not null
        and not (stop_kwh <= 0 and (start_kwh > 0 or coalesce(last_kwh, 0) > 0))
        and not coalesce(stop_kwh < start_kwh, false)
        and not coalesce(last_kwh - stop_kwh > 1, false)
        and not coalesce(stop_kwh = start_kwh and last_kwh > start_kwh and progress_kwh > 0, false), false
    ) as stop_is_believed,
    stop_kwh - start_kwh as meter_kwh,
    case when first_kwh >= start_kwh - 1 then greatest(first_kwh - start_kwh + progress_kwh, 0) end
        as start_to_register_kwh,
    stop_kwh - first_kwh as register_to_stop_kwh
from joined
