{#- What OCPP messages mean. -#}

{#- A response comes at most so many seconds after its request. -#}
{% macro ocpp_response_seconds() -%}
    900
{%- endmacro %}


{#- Whether a charge point's own timestamp can be believed: not more than 5 minutes after the message
    was written to the log (its clock is fast), nor more than 7 days before (its clock was never set;
    a shorter lag is what a charge point that was offline has to send later). -#}
{% macro ocpp_is_plausible(event_at, message_time) -%}
    ({{ seconds_between(message_time, event_at) }} between -604800 and 300)
{%- endmacro %}


{#- Requests that the central system sends: they don't show that the charge point is there. -#}
{% macro ocpp_central_actions() -%}
    'CancelReservation', 'ChangeAvailability', 'ChangeConfiguration', 'ClearCache',
    'ClearChargingProfile', 'GetCompositeSchedule', 'GetConfiguration', 'GetDiagnostics',
    'GetLocalListVersion', 'RemoteStartTransaction', 'RemoteStopTransaction', 'ReserveNow',
    'Reset', 'SendLocalList', 'SetChargingProfile', 'TriggerMessage', 'UnlockConnector',
    'UpdateFirmware', 'GetBaseReport', 'GetReport', 'GetTransactionStatus', 'GetVariables',
    'RequestStartTransaction', 'RequestStopTransaction', 'SetNetworkProfile', 'SetVariables'
{%- endmacro %}


{#- Whether days from `first` to `last` meet the dates to build. -#}
{% macro spans_partitions(first, last) -%}
    {%- set wanted = partition_dates('partitions') | sort -%}
    {%- if wanted -%}
        ({{ first }} <= cast('{{ wanted[-1] }}' as date) and {{ last }} >= cast('{{ wanted[0] }}' as date))
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{#- Var event_hold_hours: beyond a day a status would reach past its neighbours. -#}
{% macro event_hold_hours() -%}
    {%- set hours = var('event_hold_hours') | int -%}
    {%- if not 0 < hours <= 24 -%}
        {%- do exceptions.raise_compiler_error('event_hold_hours must be 1 to 24, not ' ~ hours) -%}
    {%- endif -%}
    {{- hours -}}
{%- endmacro %}


{#- A meter in Wh; NULL where no charge point counts so far (a thousand GWh). -#}
{% macro possible_wh(column) -%}
    case when abs({{ column }}) < 1000000000000 then {{ column }} end
{%- endmacro %}


{#- The CTE latest_starts: of each row of the CTE `timeline` that is no start, with its `key`, the
    latest start before it on its track, and the first one of the track. `timeline` has source,
    charging_point_id, track, happened_at, message_time, start_key, is_start and the key. Starts are
    counted in the order of time, so that it costs one sort. -#}
{% macro latest_starts(timeline, key) -%}
numbered as (

    select
        *,
        sum(is_start) over (
            partition by source, charging_point_id, track
            order by happened_at asc, is_start desc, start_key asc, {{ key }} asc
            rows unbounded preceding
        ) as start_number
    from {{ timeline }}

),

started as (

    select
        *,
        max(case when is_start = 1 then start_key end) over (
            partition by source, charging_point_id, track, start_number
        ) as latest_start_key,
        max(case when is_start = 1 and start_number = 1 then start_key end) over (
            partition by source, charging_point_id, track
        ) as first_start_key,
        max(case when is_start = 1 and start_number = 1 then message_time end) over (
            partition by source, charging_point_id, track
        ) as first_start_message_time
    from numbered

),

latest_starts as (

    select * from started
    where is_start = 0

)
{%- endmacro %}
