-- One row per StartTransaction that was answered: the transaction id, which OCPP 1.6 gives in the
-- response, and whether the tag was accepted. Message ids repeat: a response belongs to the nearest
-- start before it, and the first response counts.
with messages as (

    select * from {{ ref('int_ocpp_transaction_messages') }}

),

pairs as (

    select
        responses.source,
        responses.charging_point_id,
        responses.message_id,
        responses.message_time as answered_at,
        responses.copy as answer_copy,
        responses.transaction_id,
        responses.id_status,
        starts.message_time,
        starts.copy,
        row_number() over (
            partition by
                responses.source, responses.charging_point_id, responses.message_id,
                responses.message_time, responses.copy
            order by starts.message_time desc, starts.copy asc
        ) as distance
    from messages as responses
    inner join messages as starts
        on
            responses.source = starts.source
            and responses.charging_point_id = starts.charging_point_id
            and responses.message_id = starts.message_id
            and {{ seconds_between('starts.message_time', 'responses.message_time') }}
            between 0 and {{ ocpp_response_seconds() }}
    where
        responses.kind = 'response'
        and (responses.transaction_id is not null or responses.id_status is not null)
        and starts.action = 'StartTransaction'
        and starts.kind = 'start'

),

answers as (

    select
        *,
        row_number() over (
            partition by source, charging_point_id, message_id, message_time, copy
            order by answered_at, answer_copy
        ) as answer
    from pairs
    where distance = 1

)

select
    source,
    charging_point_id,
    message_id,
    message_time,
    copy,
    transaction_id,
    id_status
from answers
where answer = 1
