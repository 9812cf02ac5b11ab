-- One row per city and business date: the utilisation of its charging points together.
{{ config(materialized='view') }}

{{ utilisation_by(['city'], 'day') }}
