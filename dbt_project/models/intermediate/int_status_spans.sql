-- One row per unit and stretch of time in which its status is known and the same. A run of equal
-- answers is cut where polls are missing; of several scopes that answer for a unit, the first by
-- name counts on a date. So no minute of a unit is counted twice.
with spans as (

    select
        *,
        rank() over (
            partition by source, unit, unit_id, date order by scope, stream
        ) as scope_rank
    from {{ ref('stg_status_spans') }}
    where {{ in_partitions('date', after=1) }}

),

coverage as (

    select * from {{ ref('int_coverage') }}

),

answers as (

    select * from {{ ref('int_answers') }}

),

pieces as (

    select
        spans.*,
        greatest(spans.first_query_time, coverage.covered_from) as started_at,
        least(spans.last_query_time, coverage.last_answer_at) as last_answer_at
    from spans
    inner join coverage
        on
            spans.source = coverage.source
            and spans.stream = coverage.stream
            and spans.scope = coverage.scope
            and spans.date = coverage.date
            and spans.first_query_time <= coverage.last_answer_at
            and spans.last_query_time >= coverage.covered_from
    where spans.scope_rank = 1

),

measured as (

    select
        pieces.*,
        last_answers.holds_until,
        last_answers.answer - first_answers.answer + 1 as observations,
        lead(pieces.started_at) over (
            partition by pieces.source, pieces.unit, pieces.unit_id order by pieces.started_at
        ) as next_started_at
    from pieces
    inner join answers as first_answers
        on
            pieces.source = first_answers.source
            and pieces.stream = first_answers.stream
            and pieces.scope = first_answers.scope
            and pieces.date = first_answers.date
            and pieces.started_at = first_answers.query_time
    inner join answers as last_answers
        on
            pieces.source = last_answers.source
            and pieces.stream = last_answers.stream
            and pieces.scope = last_answers.scope
            and pieces.date = last_answers.date
            and pieces.last_answer_at = last_answers.query_time

)

select
    source,
    scope,
    unit,
    id_unit,
    date,
    status,
    is_occupied,
    is_charging,
    is_operational,
    source_status,
    parking_sensor,
    started_at,
    least(holds_until, coalesce(next_started_at, holds_until)) as ended_at,
    cast(observations as bigint) as polls
from measured
where {{ in_partitions('date') }}
