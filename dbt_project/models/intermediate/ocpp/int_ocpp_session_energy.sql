-- One row per touched transaction: its energy, the way by which it is known, and between which readings
-- of the meter. The first way counts whose energy is possible: not negative, not more than var
-- max_power_kw gives in that time, not less than a hundredth of the integral of power.
with candidates as (

    select * from {{ ref('int_ocpp_energy_candidates') }}

),

judged as (

    select
        *,
        case when power_kwh >= 0.5 then power_kwh / 100 else 0 end as least_kwh,
        case when stop_is_believed then meter_kwh end as believed_meter_kwh,
        case when stop_is_believed then register_to_stop_kwh end as believed_register_to_stop_kwh
    from candidates

),

chosen as (

    select
        *,
        case
            when believed_meter_kwh between least_kwh and possible_kwh then 'meter'
            when start_to_register_kwh between least_kwh and possible_kwh then 'start to register'
            when believed_register_to_stop_kwh between least_kwh and possible_kwh then 'register to stop'
            when progress_kwh between least_kwh and possible_kwh then 'register'
            when intervals_kwh between least_kwh and possible_kwh then 'interval'
            when power_kwh is not null and measured_seconds > 0 then 'power'
            when believed_meter_kwh >= 0 then 'meter'
            when start_to_register_kwh >= 0 then 'start to register'
            when believed_register_to_stop_kwh >= 0 then 'register to stop'
            when progress_kwh >= 0 then 'register'
            when intervals_kwh >= 0 then 'interval'
        end as way
    from judged

),

measured as (

    select
        *,
        case way
            when 'meter' then meter_kwh
            when 'start to register' then start_to_register_kwh
            when 'register to stop' then register_to_stop_kwh
            when 'register' then progress_kwh
            when 'interval' then intervals_kwh
            when 'power' then power_kwh
        end as chosen_kwh,
        case
            when way in ('meter', 'start to register') then start_kwh
            when way in ('register to stop', 'register') then first_kwh
        end as begin_kwh
    from chosen

)

select
    source,
    source_session_id,
    began_at,
    ended_at,
    case when way in ('start to register', 'register to stop') then 'register' else way end as method,
    cast(chosen_kwh as numeric(16, 6)) as energy_kwh,
    cast(begin_kwh as numeric(16, 6)) as begin_kwh,
    cast(begin_kwh + chosen_kwh as numeric(16, 6)) as end_kwh,
    case
        when way in ('meter', 'start to register') then began_at
        when way in ('register to stop', 'register') then first_register_at
    end as begin_at,
    case
        when way in ('meter', 'register to stop') then ended_at
        when way in ('start to register', 'register') then last_register_at
    end as end_at,
    (has_fallen and way in ('start to register', 'register')) as is_sum_of_rises,
    has_fallen,
    offset_kwh > 0 as has_register_from_zero,
    (stop_kwh is not null and not stop_is_believed) as has_unbelieved_stop,
    coalesce(chosen_kwh > limit_kwh, false) as is_beyond_power,
    coalesce(
        power_kwh >= 0.5 and meter_kwh * 1000 between power_kwh / 2 and power_kwh * 2
        and meter_kwh < power_kwh / 100, false
    ) as has_kwh_as_wh,
    coalesce(
        measured_seconds >= 0.8 * seconds
        and way <> 'power'
        and (chosen_kwh > power_kwh * 2 + 0.5 or chosen_kwh < power_kwh / 2 - 0.5), false
    ) as differs_from_power
from measured
