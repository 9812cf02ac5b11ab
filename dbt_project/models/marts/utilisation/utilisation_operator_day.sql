-- One row per operator and business date: the utilisation of its charging points together.
{{ config(materialized='view') }}

{{ utilisation_by(['operator_name'], 'day') }}
