-- One row per operator and hour of UTC: the utilisation of its charging points together.
{{ config(materialized='view') }}

{{ utilisation_by(['operator_name'], 'hour') }}
