-- One row per distinct time of a good answer, with its parts in the business time zone.
{{ config(partition_by='date', indexes=indexes(['date'], ['query_time'])) }}

with moments as (

    select distinct
        query_time,
        date
    from {{ ref('stg_polls') }}
    where
        outcome = 'ok'
        and {{ in_partitions('date') }}

),

local_moments as (

    select
        query_time,
        date,
        {{ business_time('query_time') }} as local_time,
        {{ business_date('query_time') }} as business_date
    from moments

)

select
    query_time,
    cast(extract(hour from local_time) as integer) as hour,
    cast(extract(day from local_time) as integer) as day,
    cast(extract(week from local_time) as integer) as week,
    cast(extract(month from local_time) as integer) as month,
    cast(extract(year from local_time) as integer) as year,
    cast(case
        when extract(dow from local_time) = 0 then 7
        else extract(dow from local_time)
    end as integer) as weekday,
    business_date,
    date
from local_moments
