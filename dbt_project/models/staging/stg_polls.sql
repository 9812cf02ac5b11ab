-- One row per poll of a scope (a city, an installation), also the failed ones; all sources.
select
    source,
    stream,
    scope,
    date,
    query_time,
    outcome,
    records,
    unreadable_records,
    duplicate_records,
    requested_at,
    error
from {{ source('typed', 'polls') }}
