-- Energy that the meters of charge points counted and no session has, or that sessions have twice.
{{ config(severity='warn') }}

select
    id_connector,
    business_date,
    unexplained_kwh
from {{ ref('ocpp_unexplained_energy') }}
where
    {{ in_partitions('business_date') }}
    and abs(unexplained_kwh) > 0.1
