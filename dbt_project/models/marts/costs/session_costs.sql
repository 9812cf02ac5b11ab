-- One row per tariff and session: what its energy costs, hour by hour, with fee and VAT, in cents
-- rounded once. Amounts before that are exact.
{{ config(materialized='view') }}

with sessions as (

    select * from {{ ref('sessions') }}
    where not is_void

),

tariffs as (

    select * from {{ source('tariffs', 'tariffs') }}

),

hours as (

    select * from {{ ref('session_energy_hours') }}

),

prices as (

    select * from {{ source('tariffs', 'tariff_hours') }}

),

priced as (

    select
        prices.tariff,
        hours.id_session,
        sum(hours.energy_kwh) as energy_kwh,
        sum(hours.energy_kwh * prices.price_per_kwh) as cost
    from hours
    inner join prices
        on hours.hour_start_at = prices.hour_start_at
    group by prices.tariff, hours.id_session

),

sums as (

    select
        tariffs.tariff,
        tariffs.currency,
        sessions.id_session,
        sessions.id_driver,
        sessions.id_cs,
        sessions.id_cp,
        sessions.source,
        sessions.business_date,
        coalesce(sessions.energy_kwh, 0) as energy_kwh,
        coalesce(priced.energy_kwh, 0) as priced_kwh,
        coalesce(priced.cost, 0) as energy_cost,
        tariffs.fee_per_session as session_fee,
        (coalesce(priced.cost, 0) + tariffs.fee_per_session) * tariffs.vat_percent
        * cast(0.01 as numeric(3, 2)) as vat
    from sessions
    cross join tariffs
    left join priced
        on
            tariffs.tariff = priced.tariff
            and sessions.id_session = priced.id_session

)

select
    tariff,
    id_session,
    cast(energy_kwh as numeric(16, 6)) as energy_kwh,
    cast(priced_kwh as numeric(16, 6)) as priced_kwh,
    cast(energy_cost as numeric(38, 20)) as energy_cost,
    cast(session_fee as numeric(38, 20)) as session_fee,
    cast(vat as numeric(38, 20)) as vat,
    cast(round(energy_cost + session_fee + vat, 2) as numeric(16, 2)) as cost,
    currency,
    id_driver,
    id_cs,
    id_cp,
    business_date,
    source
from sums
