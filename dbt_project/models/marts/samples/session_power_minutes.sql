-- One row per session and minute of UTC of it that samples cover: its energy, also from the start on.
{{ config(materialized='view') }}

with sessions as (

    select
        id_session,
        id_connector,
        source,
        coalesce(started_at, ended_at, query_time) as began_at,
        greatest(
            coalesce(ended_at, query_time), coalesce(started_at, ended_at, query_time)
        ) as known_until
    from {{ ref('sessions') }}

),

pieces as (

    select * from {{ ref('int_power_pieces') }}

),

parts as (

    select
        sessions.id_session,
        sessions.id_connector,
        sessions.source,
        pieces.minute_start_at,
        pieces.energy_wh / pieces.seconds as wh_per_second,
        {{ seconds_between(
            'greatest(pieces.piece_start_at, sessions.began_at)',
            'least(pieces.piece_end_at, sessions.known_until)'
        ) }} as seconds
    from sessions
    inner join pieces
        on
            sessions.id_connector = pieces.id_connector
            and {{ utc_minute('sessions.began_at') }} <= pieces.minute_start_at
            and sessions.known_until >= pieces.minute_start_at
    where
        sessions.began_at < sessions.known_until
        and pieces.piece_start_at < sessions.known_until
        and pieces.piece_end_at > sessions.began_at

),

minutes as (

    select
        id_session,
        id_connector,
        source,
        minute_start_at,
        sum(wh_per_second * seconds) as energy_wh,
        sum(seconds) as measured_seconds
    from parts
    group by id_session, id_connector, source, minute_start_at

)

select
    id_session,
    id_connector,
    minute_start_at,
    cast(energy_wh * cast(3.6 as numeric(2, 1)) / measured_seconds as numeric(12, 3)) as avg_power_kw,
    cast(energy_wh as numeric(16, 6)) as energy_wh,
    cast(sum(energy_wh) over (
        partition by id_session order by minute_start_at rows unbounded preceding
    ) / 1000 as numeric(16, 6)) as energy_until_kwh,
    cast(measured_seconds as numeric(12, 6)) as measured_seconds,
    source
from minutes
