{#- Minutes and utilisation of pieces of time with columns seconds, status_cp and the flags of
    status_map, to be grouped. Time in which the vendor says UNKNOWN is observed but not known. -#}
{% macro utilisation_of_seconds() -%}
    {%- set conditions = {
        'observed': 'true',
        'known': "status_cp <> 'UNKNOWN'",
        'occupied': 'is_occupied',
        'charging': 'is_charging',
        'out_of_order': "status_cp in ('OUTOFORDER', 'INOPERATIVE')",
    } -%}
    {%- for name, condition in conditions.items() -%}
    cast(sum(case when {{ condition }} then seconds else 0 end) / 60 as numeric(14, 4)) as {{ name }}_minutes,
    {% endfor -%}
    cast(
        sum(case when is_occupied then seconds else 0 end)
        / nullif(sum(case when status_cp <> 'UNKNOWN' then seconds else 0 end), 0)
        as numeric(6, 4)
    ) as utilisation
{%- endmacro %}


{#- The utilisation of charging points, taken together by columns of their station (as it is now)
    and by 'hour' or 'day'. -#}
{% macro utilisation_by(columns, period) -%}
{%- set period_columns = {
    'hour': ['hour_start_at', 'date', 'business_date', 'hour'], 'day': ['business_date']
}[period] -%}
with minutes as (

    select
        *
        {%- if period == 'hour' %},
        {{ business_date('hour_start_at') }} as business_date,
        cast(extract(hour from {{ business_time('hour_start_at') }}) as integer) as hour
        {%- endif %}
    from {{ ref('utilisation_chargingpoint_' ~ period) }}

),

charging_points as (

    select * from {{ ref('charging_point') }}

),

stations as (

    select * from {{ ref('charging_station') }}

),

places as (

    select
        charging_points.id_cp,
        stations.id_cs,
        stations.name as station_name,
        stations.city,
        stations.operator_name
    from charging_points
    inner join stations
        on charging_points.id_cs = stations.id_cs

),

placed as (

    select
        minutes.*,
        coalesce(places.id_cs, {{ unknown_station() }}) as id_cs,
        coalesce(places.station_name, 'unknown') as station_name,
        coalesce(places.city, 'unknown') as city,
        coalesce(places.operator_name, 'unknown') as operator_name
    from minutes
    left join places
        on minutes.id_chargingpoint = places.id_cp

)

select
    {{ (columns + period_columns) | join(',\n    ') }},
    sum(case when known_minutes > 0 then 1 else 0 end) as charging_points,
    {%- for name in ['observed', 'known', 'occupied', 'charging', 'out_of_order'] %}
    cast(sum({{ name }}_minutes) as numeric(18, 4)) as {{ name }}_minutes,
    {%- endfor %}
    cast(sum(occupied_minutes) / nullif(sum(known_minutes), 0) as numeric(6, 4)) as utilisation
from placed
group by {{ (columns + period_columns) | join(', ') }}
{%- endmacro %}
