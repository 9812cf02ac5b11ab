-- One row per charge point, connector and business date with readings of its meter: what the meter
-- rose, what of it sessions took, and the rest. The connector is `unknown` where no message names it.
{{ config(materialized='view') }}

with event_sources as (

    select * from {{ ref('source') }}
    where is_event

),

sessions as (

    select
        *,
        coalesce(ended_at, query_time) as until_at
    from {{ ref('sessions') }}
    where source in (select event_sources.source from event_sources)

),

-- Registers that count from zero in each transaction are not those of the meter.
from_zero as (

    select distinct id_cp
    from sessions
    where quality_flags like '%register_from_zero%'

),

activity as (

    select
        *,
        source || ':' || charging_point_id as id_cp,
        source || ':' || connector_id as id_connector
    from {{ ref('int_ocpp_events') }}
    where
        kind = 'activity'
        and connector_id is not null
        and meter_wh is not null

),

readings as (

    select
        id_cp,
        id_connector,
        started_at as read_at,
        register_start_kwh as register_kwh,
        1 as step,
        source
    from sessions
    where register_start_kwh is not null

    union all

    select
        id_cp,
        id_connector,
        until_at as read_at,
        register_end_kwh as register_kwh,
        -1 as step,
        source
    from sessions
    where register_start_kwh is not null

    union all

    select
        id_cp,
        id_connector,
        started_at as read_at,
        meter_start_kwh as register_kwh,
        0 as step,
        source
    from sessions
    where
        register_start_kwh is null
        and meter_start_kwh is not null
        and energy_kwh is null

    union all

    select
        activity.id_cp,
        activity.id_connector,
        activity.first_event_at as read_at,
        activity.first_meter_wh / 1000 as register_kwh,
        0 as step,
        activity.source
    from activity
    left join from_zero
        on activity.id_cp = from_zero.id_cp
    where from_zero.id_cp is null

    union all

    select
        activity.id_cp,
        activity.id_connector,
        activity.event_at as read_at,
        activity.meter_wh / 1000 as register_kwh,
        0 as step,
        activity.source
    from activity
    left join from_zero
        on activity.id_cp = from_zero.id_cp
    where from_zero.id_cp is null

    union all

    select
        source || ':' || charging_point_id as id_cp,
        source || ':' || connector_id as id_connector,
        event_at as read_at,
        meter_wh / 1000 as register_kwh,
        0 as step,
        source
    from {{ ref('int_ocpp_unattached_stops') }}
    where
        connector_id is not null
        and meter_wh > 0

    union all

    select
        source || ':' || charging_point_id as id_cp,
        source || ':' || connector_id as id_connector,
        event_at as read_at,
        start_wh / 1000 as register_kwh,
        0 as step,
        source
    from {{ ref('int_ocpp_refused_starts') }}
    where
        connector_id is not null
        and start_wh is not null

    union all

    select
        source || ':' || charging_point_id as id_cp,
        source || ':' || connector_id as id_connector,
        stop_event_at as read_at,
        stop_wh / 1000 as register_kwh,
        0 as step,
        source
    from {{ ref('int_ocpp_refused_starts') }}
    where
        connector_id is not null
        and stop_wh > 0

),

-- Readings at the very moment of a session's start or end are within it.
counted as (

    select
        *,
        sum(step) over (
            partition by id_cp, id_connector
            order by read_at asc, step desc, register_kwh asc rows unbounded preceding
        ) as sessions_running
    from readings

),

bounds as (

    select
        *,
        row_number() over (
            partition by id_cp, id_connector order by read_at, register_kwh, step
        ) as place
    from counted
    where
        step <> 0
        or sessions_running = 0

),

-- A meter that falls by more than 1 kWh, or to zero, was exchanged or set back.
following as (

    select
        *,
        lag(register_kwh) over (partition by id_cp, id_connector order by place) as previous_kwh
    from bounds

),

numbered as (

    select
        *,
        sum(case
            when register_kwh < previous_kwh - 1 or (register_kwh <= 0 and previous_kwh > 0) then 1
            else 0
        end) over (partition by id_cp, id_connector order by place rows unbounded preceding) as meter
    from following

),

highest as (

    select
        *,
        max(register_kwh) over (
            partition by id_cp, id_connector, meter order by place rows unbounded preceding
        ) as highest_kwh
    from numbered

),

rises as (

    select
        id_cp,
        id_connector,
        source,
        {{ business_date('read_at') }} as business_date,
        highest_kwh - lag(highest_kwh) over (partition by id_cp, id_connector, meter order by place)
            as register_kwh,
        0 as sessions_kwh
    from highest

    union all

    select
        id_cp,
        id_connector,
        source,
        {{ business_date('until_at') }} as business_date,
        0 as register_kwh,
        energy_kwh as sessions_kwh
    from sessions
    where energy_kwh is not null

)

select
    id_cp,
    id_connector,
    business_date,
    cast(coalesce(sum(register_kwh), 0) as numeric(16, 6)) as register_kwh,
    cast(coalesce(sum(sessions_kwh), 0) as numeric(16, 6)) as sessions_kwh,
    cast(coalesce(sum(register_kwh), 0) - coalesce(sum(sessions_kwh), 0) as numeric(16, 6))
        as unexplained_kwh,
    source
from rises
group by id_cp, id_connector, business_date, source
