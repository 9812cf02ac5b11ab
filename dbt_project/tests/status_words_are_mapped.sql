-- A status word that status_map lacks is loaded as UNKNOWN. Add it to the status words of its vendor.
{{ config(severity='warn') }}

with words as (

    select
        source,
        upper({{ clean_text('source_status') }}) as source_status,
        count(*) as spans
    from {{ ref('stg_status_spans') }}
    where {{ in_partitions('date') }}
    group by source, upper({{ clean_text('source_status') }})

),

status_map as (

    select * from {{ ref('status_map') }}

)

select words.*
from words
left join status_map
    on
        words.source = status_map.source
        and words.source_status = status_map.source_status
where
    words.source_status is not null
    and status_map.source_status is null
