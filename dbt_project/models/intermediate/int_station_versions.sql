-- One row per version of a station: what was answered, from when to when.
{{ versions('stations', ref('int_station_runs')) }}
