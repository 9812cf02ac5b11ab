-- One row per piece of energy that reaches beyond its first hour of UTC, and hour that it reaches; what
-- lasts longer than 32,768 hours is cut there. Most pieces lie within an hour and need none of this.
with long_pieces as (

    select
        *,
        {{ seconds_between('piece_start_at', 'piece_end_at') }} as seconds,
        cast(least(
            ceil({{ seconds_between('first_hour_at', 'piece_end_at') }} / 3600) - 1, 32767
        ) as integer) as last_hour
    from {{ ref('int_session_energy_pieces') }}
    where {{ hours_after('first_hour_at', 1) }} < piece_end_at

),

steps as (

    {{ steps(31) }}

),

-- Unfolded by 1,024, by 32 and by one hour.
thousands as (

    select
        long_pieces.*,
        steps.n * 1024 as hours_before,
        case when steps.n = steps.spans then mod(long_pieces.last_hour, 1024) else 1023 end as last_here
    from long_pieces
    inner join steps
        on floor(long_pieces.last_hour / 1024) = steps.spans

),

days as (

    select
        thousands.id_session,
        thousands.piece_start_at,
        thousands.piece_end_at,
        thousands.weight,
        thousands.is_estimated,
        thousands.first_hour_at,
        thousands.seconds,
        thousands.hours_before + steps.n * 32 as hours_before,
        case when steps.n = steps.spans then mod(thousands.last_here, 32) else 31 end as last_here
    from thousands
    inner join steps
        on floor(thousands.last_here / 32) = steps.spans

)

select
    days.id_session,
    days.piece_start_at,
    days.piece_end_at,
    days.weight,
    days.is_estimated,
    days.seconds,
    {{ hours_after('days.first_hour_at', 'days.hours_before + steps.n') }} as hour_start_at,
    {{ hours_after('days.first_hour_at', 'days.hours_before + steps.n + 1') }} as hour_end_at
from days
inner join steps
    on days.last_here = steps.spans
