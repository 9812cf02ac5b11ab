{#- Schemas are called what the project calls them: staging, intermediate, marts. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}


{#- Marts can be read only by a role that may enter their schema. -#}
{% macro grant_marts_usage() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed') -%}
        {{ adapter.dispatch('grant_usage', 'wattstar')('marts', var('analyst_role')) }}
    {%- endif -%}
{%- endmacro %}


{% macro default__grant_usage(schema, role) -%}
    {%- set known = run_query("select 1 from pg_roles where rolname = '" ~ role ~ "'") -%}
    {%- if known.rows and adapter.check_schema_exists(target.database, schema) -%}
        grant usage on schema {{ schema }} to {{ adapter.quote(role) }}
    {%- endif -%}
{%- endmacro %}


{#- On Redshift the analyst is a user or, written 'role:name' or 'group:name', one of these. -#}
{% macro redshift__grant_usage(schema, role) -%}
    {%- set kind, _, name = role.rpartition(':') -%}
    grant usage on schema {{ schema }} to {{ kind }} {{ adapter.quote(name) }}
{%- endmacro %}


{#- In a contract `text` means text of any length; Redshift would make varchar(256) of it. -#}
{% macro redshift__get_table_columns_and_constraints() -%}
    {%- set columns = {} -%}
    {%- for name, column in model['columns'].items() -%}
        {%- set type = 'varchar(65535)' if column['data_type'] == 'text' else column['data_type'] -%}
        {%- do columns.update({name: dict(column, data_type=type)}) -%}
    {%- endfor -%}
    ({{ adapter.render_raw_columns_constraints(raw_columns=columns) | join(', ') }})
{%- endmacro %}
