-- One row per touched transaction and stretch between two samples of its power, from its start to its
-- end: with the power at both ends (NULL at the start and the end of the transaction), and what the
-- meter rose, where both readings are known.

{%- set session_order -%}
    partition by source, source_session_id order by sample_at, place
{%- endset %}

with times as (

    select * from {{ ref('int_ocpp_session_times') }}

),

transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

samples as (

    select
        source,
        source_session_id,
        sample_at,
        power_w,
        register_kwh
    from {{ ref('int_ocpp_session_samples') }}
    where power_w is not null

),

sampled as (

    select distinct
        source,
        source_session_id
    from samples

),

limits as (

    select
        times.source,
        times.source_session_id,
        times.began_at,
        times.ended_at,
        transactions.start_kwh,
        transactions.stop_kwh,
        transactions.started_at,
        transactions.stopped_at
    from times
    inner join sampled
        on
            times.source = sampled.source
            and times.source_session_id = sampled.source_session_id
    inner join transactions
        on
            times.source = transactions.source
            and times.source_session_id = transactions.source_session_id

),

points as (

    select
        source,
        source_session_id,
        sample_at,
        1 as place,
        power_w,
        register_kwh
    from samples

    union all

    select
        source,
        source_session_id,
        began_at as sample_at,
        0 as place,
        {{ nothing('numeric(12, 3)') }} as power_w,
        case when started_at is not null then start_kwh end as register_kwh
    from limits

    union all

    select
        source,
        source_session_id,
        ended_at as sample_at,
        2 as place,
        {{ nothing('numeric(12, 3)') }} as power_w,
        case when stopped_at is not null and stop_kwh > 0 then stop_kwh end as register_kwh
    from limits
    where ended_at is not null

),

gaps as (

    select
        source,
        source_session_id,
        sample_at as from_at,
        power_w as from_power_w,
        register_kwh as from_kwh,
        lead(sample_at) over ({{ session_order }}) as to_at,
        lead(power_w) over ({{ session_order }}) as to_power_w,
        lead(register_kwh) over ({{ session_order }}) as to_kwh
    from points

)

select
    *,
    {{ seconds_between('from_at', 'to_at') }} as seconds,
    case when to_kwh >= from_kwh then (to_kwh - from_kwh) * 1000 end as rise_wh
from gaps
where to_at > from_at
