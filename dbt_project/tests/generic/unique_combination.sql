{# The columns together name a row; `partition_by`: looked at only where partitions are built. #}
{% test unique_combination(model, columns, partition_by=none) %}

select
    {{ columns | join(', ') }},
    count(*) as copies
from {{ model }}
where {{ in_partitions(partition_by) }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
