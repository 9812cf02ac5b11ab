"""The typed tables: fixed Arrow schemas, the same for every vendor.

One Parquet file per table and partition (source, stream, UTC date). Columns are only ever
appended, because Redshift's COPY of Parquet is positional. `SCHEMA_VERSION` rises with every
change of a schema or of what flattening means: all partitions are then dirty and are loaded anew.

All timestamps are UTC with microseconds; `date` is the UTC date of the query time.
"""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 3

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


def _event(
    *columns: tuple[str, pa.DataType, bool], appended: tuple[tuple[str, pa.DataType], ...] = ()
) -> pa.Schema:
    """Where a row is from, its own columns (name, type, nullable), the stream, and nullable columns
    that later versions appended."""
    return pa.schema(
        [
            pa.field("source", pa.string(), nullable=False),
            pa.field("scope", pa.string(), nullable=False),
            pa.field("date", pa.date32(), nullable=False),
            *(pa.field(name, kind, nullable) for name, kind, nullable in columns),
            pa.field("stream", pa.string(), nullable=False),
            *(pa.field(name, kind) for name, kind in appended),
        ]
    )


# One row per vendor session in a partition's answers: its last version on that date. A vendor
# reports a session again until it is final, and after a correction; of all partitions the row with
# the latest query_time counts.
SESSIONS = _event(
    ("session_id", pa.string(), False),  # the vendor's id
    ("query_time", TIME, False),  # of the last answer of the date that has it
    ("charging_point_id", pa.string(), True),
    ("connector_id", pa.string(), True),
    ("driver", pa.string(), True),  # pseudonym of the person; NULL: a guest
    ("token", pa.string(), True),  # pseudonym of the card or tag
    ("started_at", TIME, True),
    ("ended_at", TIME, True),  # NULL while it is open
    ("energy_kwh", pa.float64(), True),  # as the vendor reports it
    ("meter_start_kwh", pa.float64(), True),
    ("meter_stop_kwh", pa.float64(), True),
    ("session_type", pa.string(), True),  # the vendor's word
    ("end_reason", pa.string(), True),  # the vendor's word(s)
    ("is_void", pa.bool_(), True),
    ("is_aborted", pa.bool_(), True),
    ("is_signed", pa.bool_(), True),
    ("is_offline", pa.bool_(), True),  # reported later than it happened
    ("has_reliable_clock", pa.bool_(), True),
    ("replaced_by", pa.string(), True),  # the id of the session that corrects this one
    ("external_id", pa.string(), True),
    ("intervals_energy_kwh", pa.float64(), True),  # sum of its energy intervals; NULL: none
    ("signed_difference_kwh", pa.float64(), True),  # largest, plain intervals against signed ones
)

# The metered energy of a session, interval by interval; of the same answer as the session's row.
SESSION_ENERGY_INTERVALS = _event(
    ("session_id", pa.string(), False),
    ("interval_start_at", TIME, False),
    ("interval_end_at", TIME, False),
    ("energy_kwh", pa.float64(), False),
    ("register_end_kwh", pa.float64(), True),  # the meter at the end, where it was reported
    ("method", pa.string(), False),  # signed | amounts | register
)

# What was measured at a connector at a moment, per phase; samples of different sessions stay apart.
MEASUREMENTS = _event(
    ("connector_id", pa.string(), False),
    ("measured_at", TIME, False),
    ("phase", pa.string(), False),  # L1 | L2 | L3 | total
    ("current_a", pa.float64(), True),
    ("voltage_v", pa.float64(), True),
    ("power_w", pa.float64(), True),  # as reported; NULL where it would have to be computed
    ("register_kwh", pa.float64(), True),  # a meter that only rises, or the session's energy
    ("session_id", pa.string(), True),
    ("observed_at", TIME, True),  # the oldest of the values, where the vendor dates each
    # The rest are OCPP's.
    appended=(
        ("message_time", TIME),  # of the first message with these values
        # What register_kwh is: register (a plain number), signed (from signed data), phases (the
        # sum of registers per phase of a charge point that sends no total).
        ("register_kind", pa.string()),
        ("register_unit", pa.string()),  # as sent: Wh, kWh, MWh, other; NULL: none, so Wh
        ("begin_register_kwh", pa.float64()),  # the meter at the transaction's begin
        ("interval_kwh", pa.float64()),  # Energy.Active.Import.Interval: since the sample before
        ("net_kwh", pa.float64()),  # the register Energy.Active.Net: import without export
        # Seconds that were added to the charge point's time; NULL: it is believed.
        ("time_correction_s", pa.float64()),
    ),
)

# What a connector's settings are (`observed`: a run begins) and what somebody wanted of them.
CONNECTOR_SETTINGS = _event(
    ("charging_point_id", pa.string(), False),
    ("connector_id", pa.string(), False),
    ("changed_at", TIME, False),
    ("kind", pa.string(), False),  # observed | requested
    ("mode", pa.string(), True),
    ("max_current_a", pa.float64(), True),
    ("rfid_lock", pa.bool_(), True),
    ("cable_lock", pa.bool_(), True),
    ("outcome", pa.string(), True),  # of a request: taken | delayed | ignored | altered | failed
    ("requested_by", pa.string(), True),
    ("reason", pa.string(), True),
)

# One row per OCPP message.
OCPP_MESSAGES = _event(
    ("charge_point_id", pa.string(), False),
    ("message_time", TIME, False),  # when it was written to the log
    ("message_id", pa.string(), False),
    ("message_type", pa.int64(), False),  # 2 CALL, 3 CALLRESULT, 4 CALLERROR
    ("copy", pa.int64(), False),  # 0, or more where all of the above repeats with another body
    ("action", pa.string(), True),  # NULL: a response whose request is not known
    ("connector_id", pa.int64(), True),  # of 2.0.1 the EVSE
    ("transaction_id", pa.string(), True),  # NULL where none is named: see sent_transaction_id
    ("id_tag", pa.string(), True),  # pseudonym
    # When it happened, by the message's own timestamp, put onto the log's clock where the charge
    # point's is wrong: time_correction_s has been added.
    ("event_time", TIME, True),
    ("status", pa.string(), True),  # of a StatusNotification or of a response
    ("error_code", pa.string(), True),
    ("meter_wh", pa.float64(), True),  # meterStart, meterStop; of 2.0.1's Started, its begin
    ("reason", pa.string(), True),  # why a transaction ended
    ("heartbeat_interval_s", pa.int64(), True),  # given in the response to a BootNotification
    ("power_w", pa.float64(), True),  # total Power.Active.Import, of its latest moment
    ("register_wh", pa.float64(), True),  # total Energy.Active.Import.Register, likewise
    # JSON, as it came but for pseudonyms; NULL of heartbeats and of meter values, whose content is
    # in measurements: they are nine tenths of a log.
    ("body", pa.string(), True),
    ("vendor", pa.string(), True),  # of a BootNotification
    ("model", pa.string(), True),
    ("firmware_version", pa.string(), True),
    appended=(
        # As it came. Not in transaction_id: 0, negative and all-zero ids, which name none, and the
        # id in the response to a start that was refused (id_status is not Accepted).
        ("sent_transaction_id", pa.string()),
        # Of idTagInfo or idTokenInfo: Accepted, Blocked, Expired, Invalid, ConcurrentTx, …
        ("id_status", pa.string()),
        ("group_id_tag", pa.string()),  # pseudonym: parentIdTag, groupIdToken
        ("id_token_type", pa.string()),  # 2.0.1: ISO14443, eMAID, NoAuthorization, …
        ("reservation_id", pa.int64()),
        ("remote_start_id", pa.int64()),  # 2.0.1: links RequestStartTransaction with its events
        # 2.0.1: of a TransactionEvent without one, what the date's other events of the id say.
        ("evse_id", pa.int64()),
        ("evse_connector_id", pa.int64()),  # 2.0.1: the connector within its EVSE
        ("seq_no", pa.int64()),  # 2.0.1: counts the events of a transaction from 0
        ("trigger_reason", pa.string()),  # 2.0.1
        ("charging_state", pa.string()),  # 2.0.1: Charging, EVConnected, SuspendedEV, …
        ("is_offline", pa.bool_()),  # 2.0.1: it happened without a connection
        ("begin_register_wh", pa.float64()),  # of context Transaction.Begin
        ("net_wh", pa.float64()),  # the total register Energy.Active.Net, of its latest moment
        ("register_at", TIME),  # the moment of register_wh, on the log's clock
        # Seconds that were added to the message's own times; NULL: they are believed.
        ("time_correction_s", pa.float64()),
    ),
)

# What a person gave: one row per version of a file. The newest of a name (scope) counts.
REFERENCE_FILES = _event(
    ("given_at", TIME, False),
    ("file", pa.string(), False),  # its name, without the folder
    ("content", pa.string(), False),
    ("companions", pa.string(), False),  # JSON: files that it names → their content
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
    "sessions": SESSIONS,
    "session_energy_intervals": SESSION_ENERGY_INTERVALS,
    "measurements": MEASUREMENTS,
    "connector_settings": CONNECTOR_SETTINGS,
    "ocpp_messages": OCPP_MESSAGES,
    "reference_files": REFERENCE_FILES,
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
    "sessions": ("source", "stream", "session_id"),
    "session_energy_intervals": ("source", "stream", "session_id", "interval_end_at"),
    "measurements": ("source", "stream", "connector_id", "measured_at", "phase", "session_id"),
    "connector_settings": ("source", "stream", "connector_id", "changed_at", "kind"),
    "ocpp_messages": (
        *("source", "stream", "charge_point_id", "message_time", "message_id", "message_type"),
        "copy",
    ),
    "reference_files": ("source", "stream", "scope", "given_at"),
}
"""What makes a row of a table unique."""
