-- One row per start, however often it was sent: by its first message. Of several ids it has the last,
-- which the charge point goes on with. It is refused where every answer refuses its tag.
with ranked as (

    select
        *,
        row_number() over (
            partition by source, start_key order by first_message_time, message_id, copy
        ) as from_first,
        row_number() over (
            partition by source, start_key
            order by
                case when transaction_id is null then 1 else 0 end, first_message_time desc,
                transaction_id desc
        ) as from_last_id,
        max(transaction_id) over (partition by source, start_key) as any_transaction_id,
        max(case when coalesce(id_status, 'Accepted') <> 'Accepted' then id_status end) over (
            partition by source, start_key
        ) as refusal,
        max(case when id_status = 'Accepted' then 1 else 0 end) over (
            partition by source, start_key
        ) as is_accepted
    from {{ ref('int_ocpp_sent_starts') }}

)

select
    source,
    charging_point_id,
    start_key,
    max(case when from_first = 1 then connector_id end) as connector_id,
    max(case when from_last_id = 1 then transaction_id end) as transaction_id,
    max(case when from_first = 1 then message_id end) as message_id,
    max(case when from_first = 1 then first_message_time end) as first_message_time,
    max(case when from_first = 1 then event_at end) as event_at,
    max(case when from_first = 1 then skew_seconds end) as skew_seconds,
    min(case when has_reliable_clock then 1 else 0 end) = 1 as has_reliable_clock,
    max(case when is_offline then 1 else 0 end) = 1 as is_offline,
    max(meter_wh) as meter_wh,
    max(id_tag) as id_tag,
    max(case when any_transaction_id is null and is_accepted = 0 then refusal end) as refusal,
    min(date) as date
from ranked
group by source, charging_point_id, start_key
