-- One row per touched transaction whose samples have power: the most of it, and how long there was
-- none. Idle is, for each run of samples without power, the time from the first to the last of them.
with powers as (

    select
        source,
        source_session_id,
        sample_at,
        power_w,
        case when power_w > 0 then 1 else 0 end as is_charging,
        lag(case when power_w > 0 then 1 else 0 end) over (
            partition by source, source_session_id order by sample_at
        ) as was_charging
    from {{ ref('int_ocpp_session_samples') }}
    where power_w is not null

),

numbered as (

    select
        *,
        sum(case when is_charging = was_charging then 0 else 1 end) over (
            partition by source, source_session_id order by sample_at
            rows unbounded preceding
        ) as run
    from powers

),

runs as (

    select
        source,
        source_session_id,
        max(power_w) as max_power_w,
        case
            when max(is_charging) = 0 then {{ seconds_between('min(sample_at)', 'max(sample_at)') }}
            else 0
        end as idle_seconds
    from numbered
    group by source, source_session_id, run

)

select
    source,
    source_session_id,
    cast(max(max_power_w) / 1000 as numeric(12, 3)) as max_power_kw,
    cast(sum(idle_seconds) / 60 as numeric(14, 4)) as idle_minutes
from runs
group by source, source_session_id
