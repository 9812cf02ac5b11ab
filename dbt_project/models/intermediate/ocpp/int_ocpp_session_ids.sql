-- One row per use of a transaction id that is not simply named by it: an id that was used again, or one
-- of several that a start was given. From when until when it is that session's, on its connector, and
-- (`connector_id` NULL) for messages that name no connector.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    pre_hook='{{ join_as_written() }}'
) }}

{%- set connector_order -%}
    partition by source, charging_point_id, transaction_id, connector_id order by first_event_at, source_session_id
{%- endset %}
{%- set id_order -%}
    partition by source, charging_point_id, transaction_id order by first_event_at, source_session_id
{%- endset %}

with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}

),

id_uses as (

    select * from {{ ref('int_ocpp_id_uses') }}

),

given as (

    select
        transactions.source,
        transactions.charging_point_id,
        uses.transaction_id,
        transactions.connector_id,
        transactions.first_event_at,
        transactions.source_session_id
    from transactions
    inner join id_uses as uses
        on
            transactions.source = uses.source
            and transactions.use_key = uses.start_key

    union

    select
        source,
        charging_point_id,
        transaction_id,
        connector_id,
        first_event_at,
        source_session_id
    from transactions
    where transaction_id is not null

),

counted as (

    select
        *,
        count(*) over (partition by source, charging_point_id, transaction_id) as uses
    from given

),

named as (

    select * from counted
    where
        uses > 1
        or source_session_id <> charging_point_id || ':' || transaction_id

),

ranges as (

    select
        source,
        charging_point_id,
        transaction_id,
        connector_id,
        source_session_id,
        first_event_at,
        lag(first_event_at) over ({{ connector_order }}) as previous_event_at,
        lead(first_event_at) over ({{ connector_order }}) as until_at
    from named
    where connector_id is not null

    union all

    select
        source,
        charging_point_id,
        transaction_id,
        {{ nothing('text') }} as connector_id,
        source_session_id,
        first_event_at,
        lag(first_event_at) over ({{ id_order }}) as previous_event_at,
        lead(first_event_at) over ({{ id_order }}) as until_at
    from named

)

select
    source,
    charging_point_id,
    transaction_id,
    connector_id,
    case
        when previous_event_at is null then cast('1900-01-01 00:00:00+00' as timestamptz)
        else first_event_at
    end as from_at,
    coalesce(until_at, cast('9999-12-31 00:00:00+00' as timestamptz)) as until_at,
    source_session_id
from ranges
