{#- Arithmetic with times, the same on Postgres and Redshift. Times are timestamptz. -#}

{#- Microseconds since 1970 UTC, as text: for keys. -#}
{% macro epoch_microseconds(moment) -%}
    {{- adapter.dispatch('epoch_microseconds', 'wattstar')(moment) -}}
{%- endmacro %}


{% macro default__epoch_microseconds(moment) -%}
    cast(cast(extract(epoch from {{ moment }}) * 1000000 as bigint) as varchar)
{%- endmacro %}


{% macro redshift__epoch_microseconds(moment) -%}
    cast(datediff(
        microsecond, cast('1970-01-01' as timestamp), {{ moment }} at time zone 'UTC'
    ) as varchar)
{%- endmacro %}


{% macro seconds_between(earlier, later) -%}
    {{- adapter.dispatch('seconds_between', 'wattstar')(earlier, later) -}}
{%- endmacro %}


{% macro default__seconds_between(earlier, later) -%}
    extract(epoch from {{ later }} - {{ earlier }})
{%- endmacro %}


{% macro redshift__seconds_between(earlier, later) -%}
    (cast(datediff(microsecond, {{ earlier }}, {{ later }}) as numeric(20, 6)) / 1000000)
{%- endmacro %}


{% macro minutes_between(earlier, later) -%}
    cast({{ seconds_between(earlier, later) }} / 60 as numeric(14, 4))
{%- endmacro %}


{% macro hours_after(moment, hours) -%}
    {{ dbt.dateadd('hour', hours, moment) }}
{%- endmacro %}


{% macro seconds_after(moment, seconds) -%}
    ({{ dbt.dateadd('second', seconds, moment) }})
{%- endmacro %}


{% macro minutes_after(moment, minutes) -%}
    {{ dbt.dateadd('minute', minutes, moment) }}
{%- endmacro %}


{% macro days_after(day, days) -%}
    cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}


{#- The present moment. -#}
{% macro now_at() -%}
    cast({{ dbt.current_timestamp() }} as timestamptz)
{%- endmacro %}


{#- The full hour of UTC in which a moment lies, whatever the session's time zone. -#}
{% macro utc_hour(moment) -%}
    date_trunc('hour', {{ moment }} at time zone 'UTC') at time zone 'UTC'
{%- endmacro %}


{% macro utc_minute(moment) -%}
    date_trunc('minute', {{ moment }} at time zone 'UTC') at time zone 'UTC'
{%- endmacro %}


{% macro utc_date(moment) -%}
    cast({{ moment }} at time zone 'UTC' as date)
{%- endmacro %}


{#- The clock on the wall in the business time zone: a timestamp without time zone. -#}
{% macro business_time(moment) -%}
    {{ moment }} at time zone '{{ var("timezone") }}'
{%- endmacro %}


{% macro business_date(moment) -%}
    cast({{ business_time(moment) }} as date)
{%- endmacro %}


{#- When a business date begins: 23, 24 or 25 hours before the next one does. -#}
{% macro business_day_start(day) -%}
    cast({{ day }} as timestamp) at time zone '{{ var("timezone") }}'
{%- endmacro %}


{#- The numbers 0 to `last`, a row each. -#}
{% macro numbers(last) -%}
    {%- for number in range(last + 1) -%}
        select cast({{ number }} as integer) as n{{ ' union all ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- For every number `spans` from 0 to `last`, a row (spans, n) for each n from 0 to it: joined by
    equality, which is fast, it repeats a row as often as is wanted. -#}
{% macro steps(last) -%}
    select
        spans.n as spans,
        steps.n
    from ({{ numbers(last) }}) as spans
    inner join ({{ numbers(last) }}) as steps
        on spans.n >= steps.n
{%- endmacro %}


{#- Var poll_gap_minutes in seconds. Beyond half a day an answer would reach past its neighbours. -#}
{% macro poll_gap_seconds() -%}
    {%- set minutes = var('poll_gap_minutes') | int -%}
    {%- if not 0 < minutes <= 720 -%}
        {%- do exceptions.raise_compiler_error('poll_gap_minutes must be 1 to 720, not ' ~ minutes) -%}
    {%- endif -%}
    {{- minutes * 60 -}}
{%- endmacro %}
