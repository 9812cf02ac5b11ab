-- One row per session that the dates to build touch: an answer of these dates tells of it, did so at
-- the last build, or samples of these dates may lie in it. Rebuilt with every run, and read by all
-- that is made of sessions: rows of these sessions are replaced, whatever their date.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

with touched as (

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

    {{ sessions_touched_before() }}

)

select
    {{ surrogate_key(['source', 'source_session_id']) }} as id_session,
    source,
    source_session_id
from touched
