-- One row per touched session and hour of UTC in which its connector was sampled: what was measured
-- between the session's start and its end. Rebuilt with every run.
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions', on_schema_change='fail',
    post_hook='{{ analyze_anew(this) }}'
) }}

with versions as (

    select * from {{ ref('int_session_versions') }}

),

pieces as (

    select * from {{ ref('int_power_pieces') }}

),

-- A piece is of one minute: the minutes of a session are found by an index.
parts as (

    select
        versions.id_session,
        pieces.minute_start_at,
        pieces.max_power_w,
        pieces.is_charging,
        pieces.phases,
        pieces.energy_wh,
        pieces.seconds,
        {{ seconds_between(
            'greatest(pieces.piece_start_at, versions.began_at)',
            'least(pieces.piece_end_at, versions.known_until)'
        ) }} as seconds_within
    from versions
    inner join pieces
        on
            versions.id_connector = pieces.id_connector
            and {{ utc_minute('versions.began_at') }} <= pieces.minute_start_at
            and versions.known_until >= pieces.minute_start_at
    where
        pieces.piece_start_at < versions.known_until
        and pieces.piece_end_at > versions.began_at

)

select
    id_session,
    {{ utc_hour('minute_start_at') }} as hour_start_at,
    cast(sum(energy_wh * seconds_within / seconds) as numeric(20, 6)) as energy_wh,
    cast(sum(seconds_within) as numeric(12, 6)) as measured_seconds,
    cast(sum(case when is_charging then seconds_within else 0 end) as numeric(12, 6)) as charging_seconds,
    cast(sum(
        case when is_charging and phases is not null then seconds_within else 0 end
    ) as numeric(12, 6)) as phased_seconds,
    cast(sum(
        case when is_charging and phases >= 2 then seconds_within else 0 end
    ) as numeric(12, 6)) as three_phase_seconds,
    max(max_power_w) as max_power_w
from parts
group by id_session, {{ utc_hour('minute_start_at') }}
