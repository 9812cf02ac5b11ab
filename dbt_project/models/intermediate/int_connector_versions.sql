-- One row per version of a connector: what was answered, from when to when.
{{ versions('connectors', ref('int_connector_runs')) }}
