-- One row per connector, session and moment that was sampled, on the dates of touched transactions:
-- total power and register, or the sum of the phases where there is no total.
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
    coalesce(
        max(case when measurements.phase = 'total' then measurements.power_w end),
        max(case when measurements.phase = 'L1' then measurements.power_w end)
        + coalesce(max(case when measurements.phase = 'L2' then measurements.power_w end), 0)
        + coalesce(max(case when measurements.phase = 'L3' then measurements.power_w end), 0)
    ) as power_w,
    coalesce(
        max(case when measurements.phase = 'total' then measurements.register_kwh end),
        max(case when measurements.phase = 'L1' then measurements.register_kwh end)
        + coalesce(max(case when measurements.phase = 'L2' then measurements.register_kwh end), 0)
        + coalesce(max(case when measurements.phase = 'L3' then measurements.register_kwh end), 0)
    ) as register_kwh
from measurements
inner join sample_dates
    on
        measurements.source = sample_dates.source
        and measurements.date = sample_dates.date
group by
    measurements.source, measurements.connector_id, measurements.session_id, measurements.measured_at
