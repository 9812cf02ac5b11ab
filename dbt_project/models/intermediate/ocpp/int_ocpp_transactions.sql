-- One row per transaction in the OCPP log, all of them: when and how it started and stopped, what
-- proves that it ended where it has no stop, and whether this build has to make its session anew.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}', post_hook='{{ analyze_anew(this) }}'
) }}

-- depends_on: {{ source('previous_build', 'sessions') }}

{%- set connector_order -%}
    partition by source, connector_id order by first_event_at, source_session_id
{%- endset %}

with transactions as (

    select * from {{ ref('int_ocpp_merged_transactions') }}

),

proven_ends as (

    select * from {{ ref('int_ocpp_proven_ends') }}

),

scales as (

    select * from {{ ref('int_ocpp_register_scales') }}

),

previous as (

    {{ sessions_previously_in_partitions() }}

),

dated as (

    select
        transactions.*,
        proven_ends.proven_at,
        -- Registers below the start by more than 1 kWh, the coarsest register, count from zero in each
        -- transaction. Near a small start they may be either: the charge point's others say it.
        coalesce(
            transactions.start_wh > 0
            and transactions.start_wh < 20000
            and transactions.first_register_wh >= transactions.start_wh - 1000, false
        ) as is_scale_of_charge_point,
        case
            when transactions.first_register_wh < transactions.start_wh - 1000 then true
            when transactions.start_wh >= 20000 then false
            else coalesce(scales.from_zero > scales.lifetime, false)
        end as is_from_zero,
        case
            when transactions.transaction_id is null then transactions.first_date
            else greatest(transactions.last_date, {{ utc_date('proven_ends.proven_at') }})
        end as date,
        previous.source_session_id is not null as was_in_partitions
    from transactions
    left join proven_ends
        on
            transactions.source = proven_ends.source
            and transactions.source_session_id = proven_ends.source_session_id
    left join scales
        on
            transactions.source = scales.source
            and transactions.charging_point_id = scales.charging_point_id
    left join previous
        on
            transactions.source = previous.source
            and transactions.source_session_id = previous.source_session_id

),

offset_of as (

    select
        *,
        case when is_from_zero and start_wh > 0 and first_register_wh is not null then start_wh else 0 end
            as offset_wh,
        coalesce(stop_event_at, proven_at) as until_at,
        (
            start_message_time is null
            or stop_message_time is null
            or is_scale_of_charge_point
            or {{ spans_partitions('first_date', 'date') }}
            or was_in_partitions
        ) as is_own_touched
    from dated

),

neighbours as (

    select
        *,
        lag(stop_event_at) over ({{ connector_order }}) as previous_stop_event_at,
        lead(start_event_at) over ({{ connector_order }}) as next_start_event_at,
        lag(is_own_touched) over ({{ connector_order }}) as is_previous_touched,
        lead(is_own_touched) over ({{ connector_order }}) as is_next_touched
    from offset_of

)

select
    source,
    source_session_id,
    charging_point_id,
    connector_id,
    transaction_id,
    use_key,
    use_number,
    id_tag,
    start_message_id,
    start_message_time,
    start_event_at as started_at,
    stop_event_at as stopped_at,
    coalesce(skew_seconds, 0) as skew_seconds,
    has_reliable_clock,
    is_offline,
    cast(cast(start_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as start_kwh,
    cast(cast(stop_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as stop_kwh,
    reason,
    register_at,
    cast(cast(register_wh + offset_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as register_kwh,
    cast(cast(offset_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as offset_kwh,
    first_event_at,
    first_message_time,
    last_message_time,
    proven_at,
    coalesce(stop_event_at < start_event_at, false) as ends_before_start,
    connector_id is not null and (
        coalesce(previous_stop_event_at > first_event_at, false)
        or coalesce(next_start_event_at < stop_event_at, false)
    ) as has_overlap,
    first_date,
    date,
    -- A start or a stop that is missing may have been there at the last build; of a neighbour it
    -- depends whether the two overlap.
    (
        is_own_touched
        or coalesce(connector_id is not null and is_previous_touched, false)
        or coalesce(connector_id is not null and is_next_touched, false)
    ) as is_touched
from neighbours
