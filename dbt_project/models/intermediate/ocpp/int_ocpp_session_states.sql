-- One row per touched OCPP 2.0.1 transaction that ended and whose events say its chargingState: how long
-- it was Charging. A state holds until the next event with one, or the end. Events of one moment are in
-- the order of their seqNo.
with transactions as (

    select * from {{ ref('int_ocpp_transactions') }}
    where
        is_touched
        and transaction_id is not null

),

times as (

    select * from {{ ref('int_ocpp_session_times') }}
    where ended_at is not null

),

messages as (

    select * from {{ source('typed', 'ocpp_messages') }}
    where
        action = 'TransactionEvent'
        and message_type = 2
        and charging_state is not null
        and date >= (select min(transactions.first_date) from transactions)

),

states as (

    select
        times.source,
        times.source_session_id,
        times.ended_at,
        messages.charging_state,
        greatest(coalesce(messages.event_time, messages.message_time), times.began_at) as state_at,
        lead(coalesce(messages.event_time, messages.message_time)) over (
            partition by times.source, times.source_session_id
            order by
                coalesce(messages.event_time, messages.message_time), messages.seq_no, messages.message_time,
                messages.message_id, messages.copy
        ) as next_state_at
    from messages
    inner join transactions
        on
            messages.source = transactions.source
            and messages.charge_point_id = transactions.charging_point_id
            and messages.transaction_id = transactions.transaction_id
    inner join times
        on
            transactions.source = times.source
            and transactions.source_session_id = times.source_session_id
    where
        coalesce(messages.event_time, messages.message_time) between times.began_at and times.ended_at

)

select
    source,
    source_session_id,
    cast(sum(
        case
            when charging_state = 'Charging'
                then {{ seconds_between('state_at', 'coalesce(next_state_at, ended_at)') }}
            else 0
        end
    ) / 60 as numeric(14, 4)) as charging_minutes
from states
group by source, source_session_id
