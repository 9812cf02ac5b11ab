"""The typed tables: fixed Arrow schemas, the same for every vendor.

One Parquet file per table and partition (source, stream, UTC date). Columns are only ever
appended, because Redshift's COPY of Parquet is positional. `SCHEMA_VERSION` rises with every
change of a schema or of what flattening means: all partitions are then dirty and are loaded anew.

All timestamps are UTC with microseconds; `date` is the UTC date of the query time.
"""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 1

TIME = pa.timestamp("us", tz="UTC")

# One row per request that was meant to give an answer: also the failed ones.
POLLS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),  # what one answer covers: a city, …
        pa.field("query_time", TIME, nullable=False),  # the answer's own time, else requested_at
        pa.field("date", pa.date32(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),  # ok http_error no_answer unreadable
        pa.field("records", pa.int64(), nullable=False),  # units the answer itself holds
        pa.field("unreadable_records", pa.int64(), nullable=False),  # of these, quarantined
        pa.field("duplicate_records", pa.int64(), nullable=False),  # of these, repeated
        pa.field("requested_at", TIME, nullable=False),
        pa.field("error", pa.string()),
        pa.field("stream", pa.string(), nullable=False),
    ]
)

# One row per run of equal answers in consecutive polls of the scope within the date.
STATUS_SPANS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),  # chargingpoint | connector
        pa.field("unit_id", pa.string(), nullable=False),  # the vendor's id
        pa.field("date", pa.date32(), nullable=False),
        pa.field("status", pa.string()),  # the vendor's word; NULL where it sent none
        pa.field("parking_sensor", pa.string()),
        pa.field("first_query_time", TIME, nullable=False),
        pa.field("last_query_time", TIME, nullable=False),
        pa.field("polls", pa.int64(), nullable=False),  # observations in the run
        pa.field("stream", pa.string(), nullable=False),
    ]
)


def _master(key: str, columns: list[tuple[str, pa.DataType]]) -> pa.Schema:
    """A run of equal master data: the key, when it was first and last answered, the rest."""
    return pa.schema(
        [
            pa.field("source", pa.string(), nullable=False),
            pa.field("scope", pa.string(), nullable=False),
            pa.field(key, pa.string(), nullable=False),
            pa.field("date", pa.date32(), nullable=False),
            pa.field("first_query_time", TIME, nullable=False),
            pa.field("last_query_time", TIME, nullable=False),
            *(pa.field(name, kind) for name, kind in columns),
            pa.field("stream", pa.string(), nullable=False),
        ]
    )


STATIONS = _master(
    "station_id",
    [
        ("name", pa.string()),
        ("address", pa.string()),
        ("city", pa.string()),
        ("postal_code", pa.string()),
        ("country", pa.string()),
        ("directions", pa.string()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("operator_id", pa.string()),
        ("operator_name", pa.string()),
        ("operator_hotline", pa.string()),
        ("owner", pa.string()),
        ("roaming", pa.bool_()),
        ("open_24_7", pa.bool_()),
        ("opening_hours", pa.string()),  # JSON: [{weekday, period_begin, period_end}]
        ("comment", pa.string()),
    ],
)

CHARGING_POINTS = _master(
    "charging_point_id",
    [
        ("station_id", pa.string()),
        ("uid", pa.string()),
        ("position", pa.string()),  # of the point on its station: "links", "rechts"
        ("station_position", pa.string()),
        ("physical_reference", pa.string()),
        ("floor_level", pa.string()),
        ("vehicle_type", pa.string()),
        ("capabilities", pa.string()),  # distinct, sorted, joined by a space
        ("parking_space_numbers", pa.string()),
        ("public_comment", pa.string()),
        ("roaming", pa.bool_()),
        ("reservable", pa.bool_()),
    ],
)

CONNECTORS = _master(
    "connector_id",
    [
        ("charging_point_id", pa.string()),
        ("standard", pa.string()),
        ("format", pa.string()),
        ("power_type", pa.string()),
        ("ampere", pa.float64()),
        ("voltage", pa.float64()),
        ("max_power_kw", pa.float64()),
        ("tariff_id", pa.string()),
    ],
)

# Records that could not be read, each with what to look at; a run-length like the spans.
QUARANTINE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),
        pa.field("date", pa.date32(), nullable=False),
        pa.field("first_query_time", TIME, nullable=False),
        pa.field("last_query_time", TIME, nullable=False),
        pa.field("polls", pa.int64(), nullable=False),  # answers that held the record
        pa.field("file", pa.string(), nullable=False),  # the first raw file with it
        pa.field("record", pa.string(), nullable=False),  # its path in the answer
        pa.field("field", pa.string()),
        pa.field("value", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("stream", pa.string(), nullable=False),
    ]
)

# Fields that this version does not know: ignored, and counted by distinct record.
UNKNOWN_FIELDS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("date", pa.date32(), nullable=False),
        pa.field("record", pa.string(), nullable=False),  # location, evse, connector, answer …
        pa.field("field", pa.string(), nullable=False),
        pa.field("records", pa.int64(), nullable=False),
        pa.field("stream", pa.string(), nullable=False),
    ]
)

TABLES: dict[str, pa.Schema] = {
    "polls": POLLS,
    "status_spans": STATUS_SPANS,
    "stations": STATIONS,
    "charging_points": CHARGING_POINTS,
    "connectors": CONNECTORS,
    "quarantine": QUARANTINE,
    "unknown_fields": UNKNOWN_FIELDS,
}
"""Every typed table by name: the file's folder in the lake and the table in schema `typed`."""

KEYS: dict[str, tuple[str, ...]] = {
    "polls": ("source", "stream", "scope", "query_time"),
    "status_spans": ("source", "stream", "scope", "unit", "unit_id", "first_query_time"),
    "stations": ("source", "stream", "scope", "station_id", "first_query_time"),
    "charging_points": ("source", "stream", "scope", "charging_point_id", "first_query_time"),
    "connectors": ("source", "stream", "scope", "connector_id", "first_query_time"),
}
"""What makes a row of a table unique."""
