-- One row per city and hour of UTC: the utilisation of its charging points together.
{{ config(materialized='view') }}

{{ utilisation_by(['city'], 'hour') }}
