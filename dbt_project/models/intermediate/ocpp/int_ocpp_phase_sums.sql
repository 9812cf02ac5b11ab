-- One row per connector, session and moment that was sampled, on the dates of touched transactions:
-- total power, or the sum of the phases where there is no total; the register of the meter; and the
-- energy since the sample before, where it is sent so.
with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

events as (

    select * from {{ ref('int_ocpp_events') }}

),

measurements as (

    select * from {{ source('typed', 'measurements') }}
    where
        power_w is not null
        or register_kwh is not null
        or interval_kwh is not null

),

sample_dates as (

    select distinct
        events.source,
        events.date
    from events
    inner join transactions
        on
            events.source = transactions.source
            and events.charging_point_id = transactions.charging_point_id
            and events.date between transactions.first_date and transactions.date

)

select
    measurements.source,
    measurements.connector_id,
    measurements.session_id,
    measurements.measured_at,
    {{ clean_quantity("coalesce(
        max(case when measurements.phase = 'total' then measurements.power_w end),
        sum(case when measurements.phase <> 'total' then measurements.power_w end)
    )") }} as power_w,
    {{ clean_energy("max(case when measurements.phase = 'total' then measurements.register_kwh end)") }}
        as register_kwh,
    {{ clean_energy("max(case when measurements.phase = 'total' then measurements.interval_kwh end)") }}
        as interval_kwh
from measurements
inner join sample_dates
    on
        measurements.source = sample_dates.source
        and measurements.date = sample_dates.date
group by
    measurements.source, measurements.connector_id, measurements.session_id, measurements.measured_at
