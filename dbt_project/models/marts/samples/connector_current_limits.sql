-- One row per connector and stretch of time with the same limit and mode: what was observed, and what
-- was asked for and taken. What a request leaves out stays as it was.
{{ config(materialized='view') }}

with settings as (

    select * from {{ ref('connector_settings') }}
    where
        kind = 'observed'
        or (kind = 'requested' and outcome in ('taken', 'delayed'))

),

ordered as (

    select
        *,
        -- Observed after requested, where both are of one moment.
        row_number() over (
            partition by id_connector order by changed_at asc, kind desc, id_setting asc
        ) as position
    from settings

),

filled as (

    select
        id_connector,
        source,
        changed_at,
        position,
        case
            when kind = 'requested'
                then coalesce(mode, lag(mode) over (partition by id_connector order by position))
            else mode
        end as mode,
        case
            when kind = 'requested'
                then coalesce(
                    max_current_a, lag(max_current_a) over (partition by id_connector order by position)
                )
            else max_current_a
        end as max_current_a
    from ordered

),

marked as (

    select
        *,
        lag(coalesce(cast(max_current_a as varchar), '') || '|' || coalesce(mode, '')) over (
            partition by id_connector order by position
        ) as said_before,
        coalesce(cast(max_current_a as varchar), '') || '|' || coalesce(mode, '') as said
    from filled

)

select
    id_connector,
    changed_at as valid_from,
    lead(changed_at) over (partition by id_connector order by position) as valid_to,
    max_current_a,
    mode,
    source
from marked
where
    said_before is null
    or said_before <> said
