-- One row per touched transaction whose samples have power: the most of it, its integral, and how long
-- it was below the threshold of charging (var charging_threshold_w). A stretch between two samples is
-- idle where both are below; where one is, or the start or the end of the transaction is one of them,
-- if the meter rose by less than the threshold; where the meter is not known, if the sample beside the
-- start or the end is below.
with samples as (

    select
        source,
        source_session_id,
        max(power_w) as max_power_w,
        count(*) as samples
    from {{ ref('int_ocpp_session_samples') }}
    where power_w is not null
    group by source, source_session_id

),

gaps as (

    select
        *,
        coalesce(from_power_w < {{ charging_threshold_w() }}, to_power_w < {{ charging_threshold_w() }})
            as is_from_idle,
        coalesce(to_power_w < {{ charging_threshold_w() }}, from_power_w < {{ charging_threshold_w() }})
            as is_to_idle,
        from_power_w is null or to_power_w is null as is_at_end,
        rise_wh * 3600 / seconds < {{ charging_threshold_w() }} as is_flat
    from {{ ref('int_ocpp_power_gaps') }}

),

totals as (

    select
        source,
        source_session_id,
        sum(
            case
                when is_from_idle and is_to_idle and is_at_end and coalesce(is_flat, true) then seconds
                when is_from_idle and is_to_idle and not is_at_end then seconds
                when is_from_idle <> is_to_idle and is_flat then seconds
                else 0
            end
        ) as idle_seconds,
        -- Power that is not sampled for half an hour is not known.
        sum(case when seconds <= 1800 then (from_power_w + to_power_w) / 2 * seconds / 3600 end) as energy_wh,
        sum(case when seconds <= 1800 and not is_at_end then seconds else 0 end) as measured_seconds
    from gaps
    group by source, source_session_id

)

select
    samples.source,
    samples.source_session_id,
    samples.samples,
    cast(samples.max_power_w / 1000 as numeric(12, 3)) as max_power_kw,
    cast(coalesce(totals.idle_seconds, 0) / 60 as numeric(14, 4)) as idle_minutes,
    cast(totals.energy_wh / 1000 as numeric(16, 6)) as energy_kwh,
    coalesce(totals.measured_seconds, 0) as measured_seconds
from samples
left join totals
    on
        samples.source = totals.source
        and samples.source_session_id = totals.source_session_id
