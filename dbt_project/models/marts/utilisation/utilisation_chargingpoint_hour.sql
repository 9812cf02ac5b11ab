-- One row per charging point and hour of UTC in which some of its time is covered by answers.
{{ config(partition_by='date', indexes=indexes(['date'])) }}

-- A span may reach past midnight, so the hours of a date need the spans of the day before.
with spans as (

    select
        *,
        {{ utc_hour('started_at') }} as first_hour_at
    from {{ ref('status_spans_chargingpoints') }}
    where
        ended_at > started_at
        and {{ in_partitions('date', before=1) }}

),

numbers as (

    {{ numbers(36) }}

),

hours as (

    select
        spans.*,
        {{ hours_after('spans.first_hour_at', 'numbers.n') }} as hour_start_at,
        {{ hours_after('spans.first_hour_at', 'numbers.n + 1') }} as hour_end_at
    from spans
    inner join numbers
        on {{ hours_after('spans.first_hour_at', 'numbers.n') }} < spans.ended_at

),

pieces as (

    select
        *,
        {{ utc_date('hour_start_at') }} as hour_date,
        {{ seconds_between(
            'greatest(started_at, hour_start_at)', 'least(ended_at, hour_end_at)'
        ) }} as seconds
    from hours

)

select
    id_chargingpoint,
    hour_start_at,
    hour_date as date,
    {{ utilisation_of_seconds() }}
from pieces
where {{ in_partitions('hour_date') }}
group by id_chargingpoint, hour_start_at, hour_date
