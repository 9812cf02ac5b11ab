-- One row per observation: a unit in a good answer. Spans joined with polls give them all back.
with spans as (

    select * from {{ ref('stg_status_spans') }}

),

polls as (

    select * from {{ ref('stg_polls') }}
    where outcome = 'ok'

)

select
    {{ surrogate_key([
        'spans.source', 'spans.scope', 'spans.unit_id', epoch_microseconds('polls.query_time')
    ]) }} as id_observation,
    spans.id_unit,
    spans.unit,
    polls.query_time,
    spans.status,
    spans.parking_sensor,
    spans.source,
    spans.source_status,
    spans.date
from spans
inner join polls
    on
        spans.source = polls.source
        and spans.stream = polls.stream
        and spans.scope = polls.scope
        and spans.date = polls.date
        and polls.query_time between spans.first_query_time and spans.last_query_time
