-- One row per connector, pair of samples that follow each other without a gap, and minute of UTC: the
-- energy between them, by the trapezoid under their power, and whether a car was drawing current at
-- the first of them. A coarse register is not looked at.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    partition_by='date', indexes=indexes(['date'], ['id_connector', 'minute_start_at'])
) }}

-- Samples that arrived on a later date than they were measured have no neighbours in their partition.
with samples as (

    select
        source,
        id_connector,
        measured_at,
        date,
        coalesce(
            sum(case when phase <> 'total' then current_a end),
            max(case when phase = 'total' then current_a end)
        ) as current_a,
        coalesce(
            max(case when phase = 'total' then power_w end),
            sum(case when phase <> 'total' then power_w end)
        ) as power_w,
        sum(case when phase = 'total' then null when current_a > 0.5 then 1 else 0 end) as phases
    from {{ ref('measurements') }}
    where
        {{ in_partitions('date', before=1) }}
        and date = {{ utc_date('measured_at') }}
    group by source, id_connector, measured_at, date

),

pairs as (

    select
        source,
        id_connector,
        measured_at as from_at,
        power_w as from_power_w,
        coalesce(current_a, power_w / 230) as current_a,
        phases,
        lead(measured_at) over (partition by id_connector order by measured_at) as to_at,
        lead(power_w) over (partition by id_connector order by measured_at) as to_power_w,
        lead(date) over (partition by id_connector order by measured_at) as date
    from samples

),

segments as (

    select
        *,
        {{ utc_minute('from_at') }} as first_minute_at,
        {{ seconds_between('from_at', 'to_at') }} as seconds
    from pairs
    where
        {{ seconds_between('from_at', 'to_at') }} <= {{ sample_gap_seconds() }}
        and {{ in_partitions('date') }}

),

numbers as (

    {{ numbers(sample_gap_seconds() | int // 60 + 1) }}

),

minutes as (

    select
        segments.*,
        {{ minutes_after('segments.first_minute_at', 'numbers.n') }} as minute_start_at,
        greatest(
            segments.from_at, {{ minutes_after('segments.first_minute_at', 'numbers.n') }}
        ) as piece_start_at,
        least(
            segments.to_at, {{ minutes_after('segments.first_minute_at', 'numbers.n + 1') }}
        ) as piece_end_at
    from segments
    inner join numbers
        on {{ minutes_after('segments.first_minute_at', 'numbers.n') }} < segments.to_at

),

powers as (

    select
        *,
        {{ seconds_between('piece_start_at', 'piece_end_at') }} as piece_seconds,
        from_power_w + (to_power_w - from_power_w)
        * {{ seconds_between('from_at', 'piece_start_at') }} / seconds as start_power_w,
        from_power_w + (to_power_w - from_power_w)
        * {{ seconds_between('from_at', 'piece_end_at') }} / seconds as end_power_w
    from minutes

)

select
    id_connector,
    minute_start_at,
    piece_start_at,
    piece_end_at,
    cast(piece_seconds as numeric(12, 6)) as seconds,
    cast((start_power_w + end_power_w) / 2 * piece_seconds / 3600 as numeric(16, 6)) as energy_wh,
    cast(greatest(start_power_w, end_power_w) as numeric(12, 3)) as max_power_w,
    coalesce(
        coalesce(from_power_w, current_a * 230) >= {{ charging_threshold_w() }}, false
    ) as is_charging,
    cast(phases as integer) as phases,
    source,
    date
from powers
