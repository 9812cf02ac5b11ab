-- One row per tariff, source, driver and month in which the driver began a session. Guests, who may be
-- many, are one row and pay no monthly fee.
{{ config(materialized='view') }}

with costs as (

    select
        *,
        cast(date_trunc('month', business_date) as date) as month_date
    from {{ ref('session_costs') }}

),

tariffs as (

    select
        tariff,
        cast(
            round(fee_per_month * (100 + vat_percent) * cast(0.01 as numeric(3, 2)), 2) as numeric(16, 2)
        ) as monthly_fee
    from {{ source('tariffs', 'tariffs') }}

),

sums as (

    select
        tariff,
        source,
        id_driver,
        month_date,
        currency,
        count(*) as sessions,
        sum(energy_kwh) as energy_kwh,
        sum(priced_kwh) as priced_kwh,
        sum(cost) as sessions_cost
    from costs
    group by tariff, source, id_driver, month_date, currency

),

with_fee as (

    select
        sums.*,
        case
            when sums.id_driver = {{ unknown_station() }} then cast(0 as numeric(16, 2))
            else tariffs.monthly_fee
        end as monthly_fee
    from sums
    inner join tariffs
        on sums.tariff = tariffs.tariff

)

select
    tariff,
    source,
    id_driver,
    month_date,
    sessions,
    cast(energy_kwh as numeric(16, 6)) as energy_kwh,
    cast(priced_kwh as numeric(16, 6)) as priced_kwh,
    cast(sessions_cost as numeric(16, 2)) as sessions_cost,
    monthly_fee,
    cast(sessions_cost + monthly_fee as numeric(16, 2)) as total_cost,
    currency
from with_fee
