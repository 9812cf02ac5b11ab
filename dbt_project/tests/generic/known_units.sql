{# Units that were observed have a row in their dimension. A fact never waits for it: this warns. #}
{% test known_units(model, unit, dimension, key, partition_by=none) %}
{{ config(severity='warn') }}

with facts as (

    select * from {{ model }}
    where {{ in_partitions(partition_by) }}

),

members as (

    select * from {{ dimension }}

)

select distinct facts.{{ unit }}
from facts
left join members
    on facts.{{ unit }} = members.{{ key }}
where members.{{ key }} is null

{% endtest %}
