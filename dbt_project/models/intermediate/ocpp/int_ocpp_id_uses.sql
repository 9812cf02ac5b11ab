-- One row per start that counts and transaction id that it was given: by an answer, or known from
-- meter values. An id that is given again is used again.
with starts as (

    select * from {{ ref('int_ocpp_starts') }}

),

given as (

    select distinct
        source,
        start_key,
        transaction_id
    from {{ ref('int_ocpp_sent_starts') }}
    where transaction_id is not null

    union

    select
        source,
        start_key,
        transaction_id
    from {{ ref('int_ocpp_adopted_ids') }}

)

select
    starts.source,
    starts.charging_point_id,
    starts.connector_id,
    starts.start_key,
    given.transaction_id,
    starts.event_at,
    starts.first_message_time
from given
inner join starts
    on
        given.source = starts.source
        and given.start_key = starts.start_key
