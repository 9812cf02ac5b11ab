-- One row per charging station and business date: the utilisation of its charging points together.
{{ config(materialized='view') }}

{{ utilisation_by(['id_cs', 'station_name', 'city', 'operator_name'], 'day') }}
