-- One row per transaction start whose tag the central system refused: an attempt to charge, no session.
{{ config(materialized='view') }}

select
    {{ surrogate_key(['source', 'start_key']) }} as id_refused_start,
    source || ':' || charging_point_id as id_cp,
    coalesce(source || ':' || connector_id, 'unknown') as id_connector,
    case
        when id_tag is null then {{ unknown_station() }}
        else {{ surrogate_key(['source', 'id_tag']) }}
    end as id_driver,
    event_at as requested_at,
    refusal as status,
    reason,
    stop_event_at as stopped_at,
    source,
    date
from {{ ref('int_ocpp_refused_starts') }}
