-- Driver by driver and month by month the costs are those of the sessions and the monthly fee, and no
-- session has more energy with a price than it has. Looked at when everything is built: costs are
-- views, which change with the project alone.
with months as (

    select
        tariff,
        sum(total_cost) as cost,
        sum(monthly_fee) as fees
    from {{ ref('driver_month_costs') }}
    where {{ 'false' if partition_dates('partitions') else 'true' }}
    group by tariff

),

sessions as (

    select
        tariff,
        sum(cost) as cost,
        sum(case when abs(priced_kwh) > abs(energy_kwh) then 1 else 0 end) as overpriced
    from {{ ref('session_costs') }}
    where {{ 'false' if partition_dates('partitions') else 'true' }}
    group by tariff

)

select
    sessions.tariff,
    sessions.cost,
    months.cost as months_cost,
    months.fees
from sessions
left join months
    on sessions.tariff = months.tariff
where
    sessions.overpriced > 0
    or months.cost is null
    or months.cost <> sessions.cost + months.fees
