-- No observation is lost or made up: per source and UTC date, the rows of the two status facts, the
-- polls counted in typed.status_spans and the records that good answers held are the same number.
-- Of the dates that are built; of all where everything is. One date at a time, because = is passed
-- on to both sides of the facts' join and IN is not.
{%- set filters = [] -%}
{%- for day in partition_dates('partitions') -%}
    {%- do filters.append("date = cast('" ~ day.isoformat() ~ "' as date)") -%}
{%- endfor %}

with facts as (

    {% for fact in [ref('status_chargingpoints'), ref('status_connectors')] -%}
    {%- set last_fact = loop.last -%}
    {%- for filter in filters or ['true'] -%}
    select
        source,
        date,
        count(*) as observations
    from {{ fact }}
    where {{ filter }}
    group by source, date
    {{ 'union all' if not (last_fact and loop.last) }}
    {% endfor -%}
    {%- endfor %}

),

counts as (

    select
        source,
        date,
        observations as in_marts,
        cast(0 as bigint) as in_spans,
        cast(0 as bigint) as in_answers
    from facts

    union all

    select
        source,
        date,
        cast(0 as bigint) as in_marts,
        polls as in_spans,
        cast(0 as bigint) as in_answers
    from {{ source('typed', 'status_spans') }}
    where {{ in_partitions('date') }}

    union all

    select
        source,
        date,
        cast(0 as bigint) as in_marts,
        cast(0 as bigint) as in_spans,
        records - unreadable_records - duplicate_records as in_answers
    from {{ source('typed', 'polls') }}
    where
        outcome = 'ok'
        and {{ in_partitions('date') }}

)

select
    source,
    date,
    sum(in_marts) as in_marts,
    sum(in_spans) as in_spans,
    sum(in_answers) as in_answers
from counts
group by source, date
having
    sum(in_marts) <> sum(in_spans)
    or sum(in_spans) <> sum(in_answers)
