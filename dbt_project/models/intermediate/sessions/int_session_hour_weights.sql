-- One row per touched session that counts and hour of UTC in which it took energy, with the share of
-- the hour as a weight: of its intervals, of its samples where it has no intervals, else even over its
-- duration.
with shares as (

    select
        id_session,
        hour_start_at,
        is_estimated,
        weight * {{ seconds_between(
            'greatest(piece_start_at, hour_start_at)', 'least(piece_end_at, hour_end_at)'
        ) }} / seconds as weight
    from {{ ref('int_session_long_piece_hours') }}

    union all

    select
        id_session,
        first_hour_at as hour_start_at,
        is_estimated,
        weight
    from {{ ref('int_session_energy_pieces') }}
    where {{ hours_after('first_hour_at', 1) }} >= piece_end_at

    union all

    select
        id_session,
        hour_start_at,
        false as is_estimated,
        weight
    from {{ ref('int_session_sampled_hours') }}

)

select
    id_session,
    hour_start_at,
    is_estimated,
    cast(sum(weight) as numeric(24, 9)) as weight
from shares
group by id_session, hour_start_at, is_estimated
