-- One row per stretch of time in which the status of a scope's units is known without a gap,
-- cut at UTC midnight; the last stretch of a date may reach to the first answer of the next.
select
    source,
    stream,
    scope,
    date,
    block,
    min(query_time) as covered_from,
    max(query_time) as last_answer_at,
    max(holds_until) as covered_until
from {{ ref('int_answers') }}
group by source, stream, scope, date, block
