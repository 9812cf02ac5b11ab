{#-
    The master data of all sources: staging models stg_stations, stg_charging_points and
    stg_connectors have the columns below.
-#}

{#- The columns that say which run of answers a row is. -#}
{% macro run_columns() -%}
    {{- return(['source', 'stream', 'scope', 'date', 'source_id', 'first_query_time', 'last_query_time']) -}}
{%- endmacro %}


{#- What a vendor says about a station, charging point or connector: column → kind. A change of
    any of them is a new version in the history. -#}
{% macro attributes(entity) -%}
    {{- return({
        'stations': {
            'name': 'text', 'address': 'text', 'city': 'text', 'postal_code': 'text',
            'country': 'text', 'owner': 'text', 'roaming': 'boolean', 'longitude': 'number',
            'latitude': 'number', 'operator_name': 'text', 'operator_hotline': 'text',
            'open_24_7': 'boolean', 'opening_hours': 'text', 'directions': 'text',
            'operator_id': 'text', 'comment': 'text',
        },
        'charging_points': {
            'station_id': 'text', 'charging_station_position': 'text', 'cp_position': 'text',
            'vehicle_type': 'text', 'floor_level': 'text', 'uid': 'text',
            'physical_reference': 'text', 'capabilities': 'text',
            'parking_space_numbers': 'text', 'public_comment': 'text', 'roaming': 'boolean',
            'reservable': 'boolean',
        },
        'connectors': {
            'charging_point_id': 'text', 'format': 'text', 'power_type': 'text',
            'ampere': 'number', 'voltage': 'number', 'max_power': 'number', 'standard': 'text',
            'tariff_id': 'text',
        },
    }[entity]) -}}
{%- endmacro %}
