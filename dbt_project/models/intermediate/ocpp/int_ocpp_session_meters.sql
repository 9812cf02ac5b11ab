-- One row per touched transaction with samples: when the first and the last were taken, and the first
-- and the last register.
with samples as (

    select
        *,
        row_number() over (
            partition by source, source_session_id
            order by case when register_kwh is null then 1 else 0 end, sample_at
        ) as from_first,
        row_number() over (
            partition by source, source_session_id
            order by case when register_kwh is null then 1 else 0 end, sample_at desc
        ) as from_last
    from {{ ref('int_ocpp_session_samples') }}

)

select
    source,
    source_session_id,
    min(sample_at) as first_sample_at,
    max(sample_at) as last_sample_at,
    max(case when from_first = 1 then register_kwh end) as first_kwh,
    max(case when from_last = 1 then register_kwh end) as last_kwh
from samples
group by source, source_session_id
