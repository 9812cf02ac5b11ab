-- One row per touched transaction with samples: when the first and the last were taken, the first and
-- the last register, what the register rose in between, and the sum of the energies that were sent as
-- such. A register that falls by more than 1 kWh was exchanged or set back.
with registers as (

    select
        *,
        lag(register_kwh) over (partition by source, source_session_id order by sample_at) as previous_kwh,
        row_number() over (partition by source, source_session_id order by sample_at) as from_first,
        row_number() over (partition by source, source_session_id order by sample_at desc) as from_last
    from {{ ref('int_ocpp_session_registers') }}

),

metered as (

    select
        source,
        source_session_id,
        min(sample_at) as first_register_at,
        max(sample_at) as last_register_at,
        max(case when from_first = 1 then register_kwh end) as first_kwh,
        max(case when from_last = 1 then register_kwh end) as last_kwh,
        sum(case when register_kwh > previous_kwh then register_kwh - previous_kwh else 0 end) as rises_kwh,
        max(case when register_kwh < previous_kwh - 1 then 1 else 0 end) = 1 as has_fallen
    from registers
    group by source, source_session_id

),

sampled as (

    select
        source,
        source_session_id,
        min(sample_at) as first_sample_at,
        max(sample_at) as last_sample_at,
        sum(case when interval_kwh >= 0 then interval_kwh end) as intervals_kwh
    from {{ ref('int_ocpp_session_samples') }}
    group by source, source_session_id

)

select
    sampled.source,
    sampled.source_session_id,
    sampled.first_sample_at,
    sampled.last_sample_at,
    sampled.intervals_kwh,
    metered.first_register_at,
    metered.last_register_at,
    metered.first_kwh,
    metered.last_kwh,
    metered.rises_kwh,
    metered.has_fallen
from sampled
left join metered
    on
        sampled.source = metered.source
        and sampled.source_session_id = metered.source_session_id
