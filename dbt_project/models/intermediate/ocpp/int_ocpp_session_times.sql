-- One row per touched transaction: from when to when it lasted, and when it is known to.
with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where is_touched

),

meters as (

    select * from {{ ref('int_ocpp_session_meters') }}

)

select
    transactions.source,
    transactions.source_session_id,
    coalesce(
        transactions.started_at,
        meters.first_sample_at,
        transactions.stopped_at,
        transactions.first_message_time
    ) as began_at,
    case
        when transactions.stopped_at is not null
            then greatest(transactions.stopped_at, transactions.started_at)
        when transactions.proven_at is not null
            then greatest(
                coalesce(meters.last_sample_at, transactions.last_message_time), transactions.started_at
            )
    end as ended_at,
    coalesce(transactions.stopped_at, meters.last_sample_at, transactions.last_message_time) as known_until
from transactions
left join meters
    on
        transactions.source = meters.source
        and transactions.source_session_id = meters.source_session_id
