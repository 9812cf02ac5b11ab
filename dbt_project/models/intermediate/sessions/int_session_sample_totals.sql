-- One row per touched session whose connector was sampled: what its hours of samples add up to.
select
    id_session,
    sum(energy_wh) / 1000 as energy_kwh,
    max(max_power_w) / 1000 as max_power_kw,
    sum(measured_seconds) as measured_seconds,
    sum(charging_seconds) as charging_seconds,
    sum(phased_seconds) as phased_seconds,
    sum(three_phase_seconds) as three_phase_seconds
from {{ ref('int_session_power') }}
group by id_session
