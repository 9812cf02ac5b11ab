#!/bin/sh
# Roles and databases, as extract/warehouse/embedded/cluster.py makes them for the embedded server. The postgres
# image runs this once, when its volume is empty. Passwords come from the environment and are on no
# command line.
#
#   wattstar_loader   owns database wattstar
#   wattstar_analyst  may log in to it, and dbt lets it read marts; it can create nothing
#   wattstar_airflow  owns database airflow
set -eu
: "${WATTSTAR_LOADER_PASSWORD:?}" "${WATTSTAR_ANALYST_PASSWORD:?}" "${WATTSTAR_AIRFLOW_PASSWORD:?}"

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
    --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv loader WATTSTAR_LOADER_PASSWORD
\getenv analyst WATTSTAR_ANALYST_PASSWORD
\getenv airflow WATTSTAR_AIRFLOW_PASSWORD
create role wattstar_loader login password :'loader';
create role wattstar_analyst login password :'analyst';
create role wattstar_airflow login password :'airflow';
grant wattstar_analyst to wattstar_loader;  -- `wattstar sql` reads with the analyst's rights

create database wattstar owner wattstar_loader;
create database airflow owner wattstar_airflow;
revoke all on database wattstar, airflow, postgres, template1 from public;
grant connect on database wattstar to wattstar_analyst;

\connect wattstar
-- Large objects are the one thing that everybody may create by default.
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;
grant execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea)
    to wattstar_loader;
SQL
