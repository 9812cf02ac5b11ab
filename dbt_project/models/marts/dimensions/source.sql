-- One row per source: a vendor, or the OCPP log, as its own description says.
select
    source,
    is_event,
    name,
    public_site,
    licence
from {{ source('reference', 'sources') }}
