-- One row per transaction in the OCPP log, all of them: when and how it started and stopped, what
-- proves that it ended where it has no stop, and whether this build has to make its session anew.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

-- depends_on: {{ source('previous_build', 'sessions') }}
with transactions as (

    select * from {{ ref('int_ocpp_merged_transactions') }}

),

proven_ends as (

    select * from {{ ref('int_ocpp_proven_ends') }}

),

previous as (

    {{ sessions_previously_in_partitions() }}

),

dated as (

    select
        transactions.*,
        proven_ends.proven_at,
        {{ ocpp_is_plausible('transactions.start_event_at', 'transactions.start_message_time') }}
            as has_start_clock,
        {{ ocpp_is_plausible('transactions.stop_event_at', 'transactions.stop_message_time') }}
            as has_stop_clock,
        -- A register that begins below the meter at the start counts from the start on.
        case
            when transactions.first_register_wh < transactions.start_wh then transactions.start_wh
            else 0
        end as offset_wh,
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
    left join previous
        on
            transactions.source = previous.source
            and transactions.source_session_id = previous.source_session_id

)

select
    source,
    source_session_id,
    charging_point_id,
    connector_id,
    transaction_id,
    id_tag,
    start_message_id,
    start_message_time,
    case when has_start_clock then start_event_at else start_message_time end as started_at,
    case when has_stop_clock then stop_event_at else stop_message_time end as stopped_at,
    case
        when has_start_clock or start_message_time is null then 0
        else cast({{ seconds_between('start_event_at', 'start_message_time') }} as bigint)
    end as skew_seconds,
    coalesce(has_start_clock, true) and coalesce(has_stop_clock, true) as has_reliable_clock,
    (
        coalesce({{ seconds_between('start_event_at', 'start_message_time') }} > 300, false)
        or coalesce({{ seconds_between('stop_event_at', 'stop_message_time') }} > 300, false)
    ) as is_offline,
    cast(cast(start_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as start_kwh,
    cast(cast(stop_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as stop_kwh,
    reason,
    register_at,
    cast(cast(register_wh + offset_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as register_kwh,
    cast(cast(offset_wh as numeric(20, 6)) / 1000 as numeric(20, 9)) as offset_kwh,
    first_message_time,
    last_message_time,
    proven_at,
    first_date,
    date,
    -- A start or a stop that is missing may have been there at the last build.
    (
        start_message_time is null
        or stop_message_time is null
        or {{ spans_partitions('first_date', 'date') }}
        or was_in_partitions
    ) as is_touched
from dated
