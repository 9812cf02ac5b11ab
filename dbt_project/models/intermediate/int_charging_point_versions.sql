-- One row per version of a charging point: what was answered, from when to when.
{{ versions('charging_points', ref('int_charging_point_runs')) }}
