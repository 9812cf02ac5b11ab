-- One row per session that the dates to build touch: it has an answer of these dates, had one at the
-- last build, or samples of these dates may lie in it. Rebuilt with every run, and read by all
-- that is made of sessions: rows of these sessions are replaced, whatever their date.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

-- depends_on: {{ source('previous_build', 'sessions') }}
with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}

),

-- Samples of these dates may lie in a session of the last build. For the transactions of the OCPP log,
-- which name their samples, int_ocpp_transactions says so; those that have another id by now go.
previous as (

    {{ sessions_previously_in_partitions() }}

    union

    {{ sessions_previously_around_partitions('transactions') }}

),

touched as (

    select
        source,
        source_session_id
    from {{ ref('stg_sessions') }}
    where {{ in_partitions('date') }}

    union

    select
        source,
        source_session_id
    from {{ ref('int_ocpp_sessions') }}

    union

    select
        source,
        source_session_id
    from previous

)

select
    {{ surrogate_key(['source', 'source_session_id']) }} as id_session,
    source,
    source_session_id
from touched
