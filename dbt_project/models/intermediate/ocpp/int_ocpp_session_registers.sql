-- One row per register of a touched transaction, without those that the reading before and the one
-- after show to be wrong: a single fall or rise of more than 1 kWh that the next reading takes back.
with samples as (

    select
        source,
        source_session_id,
        sample_at,
        register_kwh,
        lag(register_kwh) over (partition by source, source_session_id order by sample_at) as previous_kwh,
        lead(register_kwh) over (partition by source, source_session_id order by sample_at) as next_kwh
    from {{ ref('int_ocpp_session_samples') }}
    where register_kwh is not null

)

select
    source,
    source_session_id,
    sample_at,
    register_kwh
from samples
where
    previous_kwh is null
    or next_kwh is null
    or not (
        next_kwh >= previous_kwh - 1
        and (register_kwh < previous_kwh - 1 or register_kwh > next_kwh + 1)
    )
