-- One row per session of a vendor, by its latest answer. Built last of what is made of sessions: until
-- it is, int_touched_sessions finds again what has to be replaced.
{{ config(
    partition_by='date', replace_key='id_session', touched='int_touched_sessions',
    indexes=indexes(['date'], ['id_session'], ['started_at'], ['id_connector']),
    pre_hook='{{ join_as_written() }}',
    post_hook="{{ follow_stations(this, ref('charging_point')) }}"
) }}

-- depends_on: {{ ref('session_energy_hours') }} {{ ref('int_touched_sessions') }}
with versions as (

    select * from {{ ref('int_session_versions') }}

),

charging_points as (

    select * from {{ ref('charging_point') }}

),

intervals as (

    select * from {{ ref('int_session_interval_totals') }}

),

samples as (

    select * from {{ ref('int_session_sample_totals') }}

),

worked_out as (

    select
        versions.*,
        coalesce(versions.intervals_energy_kwh, intervals.energy_kwh) as intervals_kwh,
        samples.energy_kwh as samples_energy_kwh,
        samples.measured_seconds,
        samples.phased_seconds,
        samples.three_phase_seconds,
        cast(case
            when not versions.has_impossible_times
                then {{ minutes_between('versions.started_at', 'versions.known_until') }}
        end as numeric(14, 4)) as connected_minutes,
        coalesce(
            versions.charging_minutes, intervals.charging_seconds / 60, samples.charging_seconds / 60
        ) as flowing_minutes,
        case
            when versions.charging_minutes is not null then versions.charging_minutes_method
            when intervals.charging_seconds is not null then 'intervals'
            when samples.charging_seconds is not null then 'samples'
        end as method_of_minutes,
        coalesce(
            versions.max_power_kw, greatest(intervals.max_power_kw, samples.max_power_kw)
        ) as most_power_kw,
        {{ phases_of_word('versions.session_type') }} as vendor_phases
    from versions
    left join intervals
        on versions.id_session = intervals.id_session
    left join samples
        on versions.id_session = samples.id_session

),

timed as (

    select
        *,
        cast(case
            when flowing_minutes <= connected_minutes then flowing_minutes
            when flowing_minutes > connected_minutes then connected_minutes
        end as numeric(14, 4)) as minutes_of_charging,
        case
            when vendor_phases is not null then vendor_phases
            when phased_seconds > 0 and three_phase_seconds * 2 > phased_seconds then 'three_phase'
            when phased_seconds > 0 then 'one_phase'
        end as phases,
        greatest(coalesce(connected_minutes, 0), 1) / 60
        * case when most_power_kw >= 1 then most_power_kw * 2 else {{ var('max_power_kw') }} end
        + 1 as limit_kwh,
        coalesce(measured_seconds / 60 >= connected_minutes * 0.8, false) as is_measured
    from worked_out

)

select
    timed.id_session,
    timed.source,
    timed.source_session_id,
    coalesce(timed.id_connector, 'unknown') as id_connector,
    coalesce(timed.id_cp, 'unknown') as id_cp,
    coalesce(charging_points.id_cs, {{ unknown_station() }}) as id_cs,
    case
        when timed.driver is null then {{ unknown_station() }}
        else {{ surrogate_key(['timed.source', 'timed.driver']) }}
    end as id_driver,
    timed.driver,
    timed.token,
    timed.started_at,
    timed.ended_at,
    timed.ended_at is null as is_open,
    timed.energy_kwh,
    timed.connected_minutes,
    timed.minutes_of_charging as charging_minutes,
    cast(timed.connected_minutes - timed.minutes_of_charging as numeric(14, 4)) as idle_minutes,
    {{ clean_quantity('(timed.energy_kwh * 60 / nullif(timed.minutes_of_charging, 0))') }} as avg_power_kw,
    cast(timed.most_power_kw as numeric(12, 3)) as max_power_kw,
    timed.end_reason,
    timed.is_void,
    timed.is_signed,
    timed.phases as session_type,
    timed.session_type as source_session_type,
    timed.is_aborted,
    timed.is_offline,
    timed.has_reliable_clock,
    timed.replaced_by,
    timed.external_id,
    abs(timed.intervals_kwh - timed.energy_kwh) <= 0.001 as intervals_add_up,
    cast(timed.intervals_kwh as numeric(16, 6)) as intervals_energy_kwh,
    timed.signed_difference_kwh,
    timed.meter_start_kwh,
    timed.meter_stop_kwh,
    cast(timed.samples_energy_kwh as numeric(16, 6)) as measured_energy_kwh,
    cast(timed.samples_energy_kwh - timed.energy_kwh as numeric(16, 6)) as measured_difference_kwh,
    cast(timed.measured_seconds / 60 as numeric(14, 4)) as measured_minutes,
    {{ business_date('timed.began_at') }} as business_date,
    timed.query_time,
    timed.date,
    coalesce(timed.energy_method, case
        when abs(timed.meter_stop_kwh - timed.meter_start_kwh - timed.energy_kwh) <= 0.001 then 'meter'
        when abs(timed.intervals_kwh - timed.energy_kwh) <= 0.001 then 'interval'
    end) as energy_method,
    case when timed.minutes_of_charging is not null then timed.method_of_minutes end
        as charging_minutes_method,
    timed.register_start_kwh,
    timed.register_end_kwh,
    -- The models of OCPP judge its energies by themselves.
    nullif(btrim(
        coalesce(timed.source_quality_flags, '') || ',' || coalesce({{ true_names({
            'impossible_times': 'timed.has_impossible_times',
        }) }}, '') || ',' || coalesce(case when timed.stream <> 'messages' then {{ true_names({
            'clock_not_reliable': 'not timed.has_reliable_clock',
            'ends_before_start': 'timed.ended_at < timed.started_at',
            'energy_negative': 'timed.energy_kwh < 0',
            'meter_fell': 'timed.meter_stop_kwh < timed.meter_start_kwh',
            'intervals_differ': 'abs(timed.intervals_kwh - timed.energy_kwh) > 0.001',
            'kwh_as_wh': 'timed.samples_energy_kwh >= 0.5 and timed.energy_kwh < timed.samples_energy_kwh / 100'
                ~ ' and timed.energy_kwh * 1000 between timed.samples_energy_kwh / 2'
                ~ ' and timed.samples_energy_kwh * 2',
            'energy_beyond_power': 'timed.energy_kwh > timed.limit_kwh',
            'energy_differs_from_power': 'timed.is_measured and ('
                ~ 'timed.energy_kwh > timed.samples_energy_kwh * 2 + 0.5'
                ~ ' or timed.energy_kwh < timed.samples_energy_kwh / 2 - 0.5)',
        }) }} end, ''), ','
    ), '') as quality_flags
from timed
left join charging_points
    on timed.id_cp = charging_points.id_cp
