{# Values lie between two numbers, both included; NULL is allowed. #}
{% test in_range(model, column_name, least, most, partition_by=none) %}

select *
from {{ model }}
where
    {{ in_partitions(partition_by) }}
    and ({{ column_name }} < {{ least }} or {{ column_name }} > {{ most }})

{% endtest %}
