-- One row per sample and transaction that it is of: by the id that it names, where that was given
-- once; else the latest transaction before it, of its id on its connector, or of its id; of a sample
-- that names none, the latest one on its connector.
with samples as (

    select
        *,
        regexp_replace(connector_id, ':[0-9]+$', '') as charging_point_id,
        coalesce(session_id, '') || '|' || connector_id || '|' || {{ epoch_microseconds('measured_at') }}
            as sample_key
    from {{ ref('int_ocpp_phase_sums') }}

),

transactions as (

    select * from {{ ref('int_ocpp_transactions') }}

),

id_uses as (

    select * from {{ ref('int_ocpp_id_uses') }}

),

-- Every id of a transaction: a start that was sent twice may have two.
ids as (

    select
        transactions.source,
        transactions.charging_point_id,
        transactions.charging_point_id || ':' || uses.transaction_id as session_id,
        transactions.connector_id,
        transactions.use_key,
        transactions.first_event_at
    from transactions
    inner join id_uses as uses
        on
            transactions.source = uses.source
            and transactions.use_key = uses.start_key

    union

    select
        source,
        charging_point_id,
        charging_point_id || ':' || transaction_id as session_id,
        connector_id,
        use_key,
        first_event_at
    from transactions
    where transaction_id is not null

),

counted as (

    select
        *,
        count(*) over (partition by source, session_id) as uses
    from ids

),

single as (

    select
        samples.source,
        samples.sample_key,
        counted.charging_point_id,
        counted.use_key
    from samples
    inner join counted
        on
            samples.source = counted.source
            and samples.session_id = counted.session_id
    where counted.uses = 1

),

again as (

    select distinct
        source,
        session_id
    from counted
    where uses > 1

),

timeline as (

    select
        source,
        charging_point_id,
        session_id || '|' || coalesce(connector_id, '') as track,
        first_event_at as happened_at,
        use_key as start_key,
        {{ nothing('text') }} as sample_key,
        1 as is_start
    from counted
    where uses > 1

    union

    select
        source,
        charging_point_id,
        session_id || '|' as track,
        first_event_at as happened_at,
        use_key as start_key,
        {{ nothing('text') }} as sample_key,
        1 as is_start
    from counted
    where uses > 1

    union all

    select
        source,
        charging_point_id,
        '|' || connector_id as track,
        first_event_at as happened_at,
        use_key as start_key,
        {{ nothing('text') }} as sample_key,
        1 as is_start
    from transactions
    where
        connector_id is not null
        and started_at is not null

    union all

    select
        samples.source,
        samples.charging_point_id,
        samples.session_id || '|' || samples.connector_id as track,
        samples.measured_at as happened_at,
        {{ nothing('text') }} as start_key,
        samples.sample_key,
        0 as is_start
    from samples
    inner join again
        on
            samples.source = again.source
            and samples.session_id = again.session_id

    union all

    select
        samples.source,
        samples.charging_point_id,
        samples.session_id || '|' as track,
        samples.measured_at as happened_at,
        {{ nothing('text') }} as start_key,
        samples.sample_key,
        0 as is_start
    from samples
    inner join again
        on
            samples.source = again.source
            and samples.session_id = again.session_id

    union all

    select
        source,
        charging_point_id,
        '|' || connector_id as track,
        measured_at as happened_at,
        {{ nothing('text') }} as start_key,
        sample_key,
        0 as is_start
    from samples
    where session_id is null

),

timed as (

    select
        *,
        happened_at as message_time
    from timeline

),

{{ latest_starts('timed', 'sample_key') }},

placed as (

    select
        source,
        charging_point_id,
        sample_key,
        coalesce(
            max(case when substr(track, length(track), 1) <> '|' then latest_start_key end),
            max(latest_start_key),
            max(case when substr(track, 1, 1) <> '|' then first_start_key end)
        ) as use_key
    from latest_starts
    group by source, charging_point_id, sample_key

),

owners as (

    select
        source,
        charging_point_id,
        sample_key,
        use_key
    from single

    union all

    select
        source,
        charging_point_id,
        sample_key,
        use_key
    from placed
    where use_key is not null

)

select
    samples.source,
    samples.session_id,
    owners.charging_point_id,
    owners.use_key,
    samples.measured_at,
    samples.power_w,
    samples.register_kwh,
    samples.interval_kwh
from samples
inner join owners
    on
        samples.source = owners.source
        and samples.sample_key = owners.sample_key
