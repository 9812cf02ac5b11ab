-- One row per start that counts and track on which it is looked for: `<id>|<connector>` and `<id>|` for
-- what names a transaction, `|<connector>` for what names none. On the latter also the boots of the
-- charge point, without a start: what names no transaction is not one's of before a boot.
with uses as (

    select * from {{ ref('int_ocpp_id_uses') }}

),

starts as (

    select * from {{ ref('int_ocpp_starts') }}
    where connector_id is not null

),

boots as (

    select * from {{ ref('int_ocpp_events') }}
    where kind = 'boot'

),

connectors as (

    select distinct
        source,
        charging_point_id,
        connector_id
    from starts

)

select
    source,
    charging_point_id,
    transaction_id || '|' || coalesce(connector_id, '') as track,
    start_key,
    event_at,
    first_message_time,
    0 as is_boot
from uses

union

select
    source,
    charging_point_id,
    transaction_id || '|' as track,
    start_key,
    event_at,
    first_message_time,
    0 as is_boot
from uses

union all

select
    source,
    charging_point_id,
    '|' || connector_id as track,
    start_key,
    event_at,
    first_message_time,
    0 as is_boot
from starts

union all

select
    boots.source,
    boots.charging_point_id,
    '|' || connectors.connector_id as track,
    {{ nothing('text') }} as start_key,
    boots.event_at,
    boots.first_message_time,
    1 as is_boot
from boots
inner join connectors
    on
        boots.source = connectors.source
        and boots.charging_point_id = connectors.charging_point_id
