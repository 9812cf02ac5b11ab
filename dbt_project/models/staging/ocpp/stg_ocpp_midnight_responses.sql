-- One row per response whose request was written before midnight UTC, in the partition before: only
-- both together say what it answers. Ids repeat: the nearest request before it counts.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    partition_by='date', indexes=indexes(['date']), pre_hook='{{ join_as_written() }}'
) }}

with responses as (

    select * from {{ source('typed', 'ocpp_messages') }}
    where
        message_type in (3, 4)
        and action is null
        and {{ in_partitions('date') }}

),

requests as (

    select
        *,
        {{ days_after('date', 1) }} as next_date
    from {{ source('typed', 'ocpp_messages') }}
    where
        message_type = 2
        and action is not null
        and {{ utc_date(seconds_after('message_time', ocpp_response_seconds())) }} > date
        and {{ in_partitions('date', before=1) }}

),

paired as (

    select
        responses.source,
        responses.charge_point_id,
        responses.message_time,
        responses.message_id,
        responses.message_type,
        responses.copy,
        responses.date,
        requests.action,
        row_number() over (
            partition by
                responses.source, responses.charge_point_id, responses.message_time,
                responses.message_id, responses.message_type, responses.copy
            order by requests.message_time desc, requests.copy desc
        ) as distance
    from responses
    inner join requests
        on
            responses.source = requests.source
            and responses.charge_point_id = requests.charge_point_id
            and responses.message_id = requests.message_id
            and responses.date = requests.next_date
            and {{ seconds_between('requests.message_time', 'responses.message_time') }}
            <= {{ ocpp_response_seconds() }}

)

select
    source,
    charge_point_id,
    message_time,
    message_id,
    message_type,
    copy,
    action,
    date
from paired
where distance = 1
