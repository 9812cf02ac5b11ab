{#-
    Which partitions a run builds, and how they are replaced.

    A model with a predicate from here is incremental, or ephemeral and used by incremental ones
    alone. In a view it is true: a view shows everything.
-#}

{#- Whether `column` (a date) is of a partition to build; true where all are.
    `dates`: the var with the dates, for a column `business_date` business_dates.
    `before`, `after`: also so many days before and after each of them.
    A model with config(onwards=true) builds every date from the first of them on: what it says of
    a date depends on all before. -#}
{% macro in_partitions(column, before=0, after=0, dates=none) -%}
    {%- set wanted = partition_dates(dates or dates_var(column)) -%}
    {%- if not column or not wanted or config.get('materialized') == 'view' -%}
        true
    {%- elif config.get('onwards') -%}
        {{ column }} >= cast('{{ (wanted | min) - modules.datetime.timedelta(days=before) }}' as date)
    {%- else -%}
        {%- set days = [] -%}
        {%- for day in wanted -%}
            {%- for step in range(-before, after + 1) -%}
                {%- do days.append((day + modules.datetime.timedelta(days=step)).isoformat()) -%}
            {%- endfor -%}
        {%- endfor -%}
        {{ column }} in (
            {%- for day in days | unique | sort -%}
                cast('{{ day }}' as date){{ ', ' if not loop.last }}
            {%- endfor -%}
        )
    {%- endif -%}
{%- endmacro %}


{% macro dates_var(column) -%}
    {{- return('business_dates' if column and column.endswith('business_date') else 'partitions') -}}
{%- endmacro %}


{#- The dates of a var as dates; none of them with --full-refresh, which builds everything. -#}
{% macro partition_dates(name) -%}
    {%- set days = [] -%}
    {%- if not flags.FULL_REFRESH -%}
        {%- for day in var(name) or [] -%}
            {%- do days.append(modules.datetime.date.fromisoformat(day | string)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(days) -}}
{%- endmacro %}


{#- The incremental strategy: delete the partitions that are built and insert them anew, also
    where nothing is left to insert. Without config(partition_by=…) the whole table.
    Where a row's partition can change (a session's is that of its latest version), the rows with a
    key that was touched go too, whatever their partition: config(replace_key=…, touched=…), a
    column and the model with the keys. -#}
{% macro get_incremental_replace_partitions_sql(arg_dict) -%}
    {{- return(adapter.dispatch('replace_partitions_sql', 'wattstar')(arg_dict)) -}}
{%- endmacro %}


{% macro default__replace_partitions_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set key = config.get('replace_key') -%}
    delete from {{ arg_dict['target_relation'] }}
    where
        {{ in_partitions(config.get('partition_by')) }}
        {% if key -%}
            or {{ key }} in (select {{ key }} from {{ ref(config.get('touched')) }})
        {%- endif %};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{%- endmacro %}


{#- Whether the time from one moment to another meets the dates to build (UTC); true where all are. -#}
{% macro overlaps_partitions(first, last) -%}
    {%- set conditions = [] -%}
    {%- for day in partition_dates('partitions') -%}
        {%- set following = day + modules.datetime.timedelta(days=1) -%}
        {%- do conditions.append(
            "(" ~ first ~ " < cast('" ~ following ~ " 00:00:00+00' as timestamptz) and "
            ~ last ~ " >= cast('" ~ day ~ " 00:00:00+00' as timestamptz))"
        ) -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') or 'true' }})
{%- endmacro %}


{#- A table that is not there yet cannot be built from some partitions alone. -#}
{% macro refuse_partial_first_build() -%}
    {%- if execute and config.get('materialized') == 'incremental' -%}
        {%- set column = config.get('partition_by') -%}
        {%- set relation = load_cached_relation(this) -%}
        {%- set is_there = relation is not none and relation.type == 'table' -%}
        {%- if column and partition_dates(dates_var(column)) and not is_there -%}
            {%- do exceptions.raise_compiler_error(
                this ~ ' does not exist yet: build everything once, with --full-refresh'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
