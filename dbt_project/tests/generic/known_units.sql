{# Units that were observed have a row in their dimension. A fact never waits for it: this warns. #}
{% test known_units(model, unit, dimension, key, partition_by=none) %}
{{ config(severity='warn') }}

select distinct facts.{{ unit }}
from {{ model }} as facts
left join {{ dimension }} as members
    on facts.{{ unit }} = members.{{ key }}
where
    members.{{ key }} is null
    and {{ in_partitions('facts.' ~ partition_by) }}

{% endtest %}
