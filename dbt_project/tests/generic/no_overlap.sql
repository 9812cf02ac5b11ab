{# Rows of one `unit` follow each other: none starts before the one before has ended. NULL is open. #}
{% test no_overlap(model, unit, starts, ends, partition_by=none) %}

with neighbours as (

    select
        {{ unit }},
        {{ starts }},
        {{ ends }},
        lead({{ starts }}) over (partition by {{ unit }} order by {{ starts }}) as next_start
    from {{ model }}
    where {{ in_partitions(partition_by) }}

)

select *
from neighbours
where
    {{ ends }} < {{ starts }}
    or next_start < {{ ends }}
    or (next_start is not null and {{ ends }} is null)

{% endtest %}
