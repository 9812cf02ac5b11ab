-- One row per charging point and business date (23, 24 or 25 hours) with covered time in it.
{{ config(partition_by='business_date', indexes=indexes(['business_date'])) }}

-- A business date lies in up to three UTC dates.
with spans as (

    select
        *,
        {{ business_date('started_at') }} as first_date
    from {{ ref('status_spans_chargingpoints') }}
    where
        ended_at > started_at
        and {{ in_partitions('date', before=2, after=1, dates='business_dates') }}

),

numbers as (

    {{ numbers(2) }}

),

dates as (

    select
        spans.*,
        {{ days_after('spans.first_date', 'numbers.n') }} as business_date
    from spans
    cross join numbers

),

days as (

    select
        *,
        {{ business_day_start('business_date') }} as day_start_at,
        {{ business_day_start(days_after('business_date', 1)) }} as day_end_at
    from dates

),

pieces as (

    select
        *,
        {{ seconds_between(
            'greatest(started_at, day_start_at)', 'least(ended_at, day_end_at)'
        ) }} as seconds
    from days
    where day_start_at < ended_at

)

select
    id_chargingpoint,
    business_date,
    {{ utilisation_of_seconds() }}
from pieces
where {{ in_partitions('business_date') }}
group by id_chargingpoint, business_date
