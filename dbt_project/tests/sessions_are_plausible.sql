-- Sessions that cannot be as they are: look at quality_flags, and have the charge point mended.
{{ config(severity='warn') }}

select
    id_session,
    id_cp,
    started_at,
    energy_kwh,
    quality_flags
from {{ ref('sessions') }}
where
    {{ in_partitions('date') }}
    and (
        {% for flag in [
            'impossible_times', 'ends_before_start', 'overlaps', 'id_used_again', 'stop_meter_not_believed',
            'register_fell', 'meter_fell', 'energy_negative', 'energy_unknown', 'energy_beyond_power',
            'energy_differs_from_power', 'kwh_as_wh'
        ] -%}
        quality_flags like '%{{ flag }}%' {{ 'or' if not loop.last }}
        {% endfor -%}
    )
