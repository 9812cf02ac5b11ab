-- One row per charge point with transactions whose registers say, beside the meter at the start, on
-- which scale they count: from zero in each transaction (below the start by more than 1 kWh, the
-- coarsest register) or for the life of the meter (not below a start of 20 kWh or more).
select
    source,
    charging_point_id,
    sum(case when first_register_wh < start_wh - 1000 then 1 else 0 end) as from_zero,
    sum(case when first_register_wh >= start_wh - 1000 and start_wh >= 20000 then 1 else 0 end) as lifetime
from {{ ref('int_ocpp_merged_transactions') }}
where
    first_register_wh is not null
    and start_wh is not null
group by source, charging_point_id
