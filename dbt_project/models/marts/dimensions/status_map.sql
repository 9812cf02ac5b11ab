-- One row per source and status word, with OCPI's word for it.
select
    source,
    source_status,
    status,
    is_occupied,
    is_charging,
    is_operational
from {{ source('reference', 'status_words') }}
