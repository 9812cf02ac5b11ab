"""What is expected of a typed partition, as plain data: read this to know what the gate holds.

Each suite is one table or a frame derived from the tables (see frames.py). A check names a Great
Expectations class; `expectations.py` is what runs it. `_given(name)` is a value of the partition:
partitions (just its own "source/stream/date"), day_start and day_end (UTC), words, least and most.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from extract.lake.schemas import KEYS, TABLES


@dataclass(frozen=True)
class Check:
    """An expectation, and what to say when it fails."""

    expectation: str  # a class of great_expectations.expectations
    columns: tuple[str, ...]
    what: str
    advice: str
    arguments: dict[str, Any] = field(default_factory=dict)
    critical: bool = True
    shown: tuple[str, ...] = ()  # what an example shows beside the identity; else `columns`
    per_row: bool = False  # a row that fails is quarantined alone, and its partition is loaded


@dataclass(frozen=True)
class Suite:
    """The checks of one frame. `identity`: the columns by which a person finds a row."""

    name: str
    identity: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def reported(self) -> tuple[str, ...]:
        """The columns that an example may show."""
        shown = [column for check in self.checks for column in check.shown]
        return tuple(dict.fromkeys((*self.identity, *shown)))

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the frame needs."""
        used = [column for check in self.checks for column in check.columns]
        return tuple(dict.fromkeys((*self.reported, *used)))


RAW = "Look the record up in the lake's raw zone: the vendor's flatten step made this of it."
AGAIN = "The flatten step made this: `wattstar replay` the day, and report it if it stays."
CLOCK = "Compare the answer's own timestamp with the time at which it was requested."
COORDINATE = "Have the vendor correct the station, or read the field differently in flatten."


def _given(name: str) -> dict[str, str]:
    return {"$PARAMETER": name}


def _not_null(column: str, what: str, advice: str, critical: bool = True) -> Check:
    return Check("ExpectColumnValuesToNotBeNull", (column,), what, advice, critical=critical)


def _between(
    column: str,
    what: str,
    advice: str,
    least: Any = None,
    most: Any = None,
    **details: Any,
) -> Check:
    """A value lies between both bounds, which are allowed; NULL passes."""
    strict = {"strict_max": True} if details.pop("strict_max", False) else {}
    bounds = {"min_value": least, "max_value": most}
    arguments = {name: bound for name, bound in bounds.items() if bound is not None} | strict
    return Check("ExpectColumnValuesToBeBetween", (column,), what, advice, arguments, **details)


def _keys(table: str) -> list[Check]:
    """The key is present, where it must be, and unique; its source and stream are the same in all
    rows: `_own`."""
    key = KEYS[table][2:]
    needed = [column for column in key if not TABLES[table].field(column).nullable]
    present = [_not_null(column, "no value in a key column", RAW) for column in needed]
    what = "the same key more than once"
    several = len(key) > 1
    unique = "ExpectCompoundColumnsToBeUnique" if several else "ExpectColumnValuesToBeUnique"
    return [*present, Check(unique, key, what, AGAIN)]


def _own() -> Check:
    """Rows are of this partition. A load replaces its own rows only, so a row of another one would
    never be removed."""
    own = {"value_set": _given("partitions")}
    what = "a row of another partition"
    return Check("ExpectColumnValuesToBeInSet", ("partition",), what, AGAIN, own)


def _inside(time: str) -> Check:
    """A time is within the partition's UTC date."""
    what = "a time outside the partition's UTC date"
    return _between(time, what, CLOCK, _given("day_start"), _given("day_end"), strict_max=True)


def _run() -> list[Check]:
    """A span has an end, does not end before it begins, and lies within the date."""
    order = Check(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        ("last_query_time", "first_query_time"),
        "a run that ends before it begins, or does not end",
        AGAIN,
        {"or_equal": True},
    )
    return [_own(), order, _inside("first_query_time"), _inside("last_query_time")]


def _master(table: str, *more: Check) -> Suite:
    return Suite(table, KEYS[table][2:], (*_keys(table), *_run(), *more))


POLLS = (
    *_keys("polls"),
    _own(),
    _inside("query_time"),
    Check(
        "ExpectColumnValuesToBeInSet",
        ("outcome",),
        "more than half of the polls failed",
        "What these scopes missed is not known: see the errors, and poll again.",
        {"value_set": ["ok"], "mostly": 0.5},
        critical=False,
        shown=("outcome", "error"),
    ),
)

STATUS_SPANS = (
    *_keys("status_spans"),
    *_run(),
    _not_null("polls", "a span without its number of polls", AGAIN),
    _between("polls", "a span of no polls", AGAIN, 1),
    _not_null("status", "no status", "The vendor sent none; it counts as UNKNOWN.", critical=False),
    Check(
        "ExpectColumnValuesToBeInSet",
        ("status_word",),
        "a status word that the status map does not have",
        "It counts as UNKNOWN until the statuses in the about.py of its vendor have it.",
        {"value_set": _given("words")},
        critical=False,
        shown=("status",),
    ),
)

COORDINATES = (
    _between("latitude", "an impossible latitude", COORDINATE, -90, 90, per_row=True),
    _between("longitude", "an impossible longitude", COORDINATE, -180, 180, per_row=True),
)

QUARANTINE = Check(
    "ExpectColumnValuesToBeNull",
    ("reason",),
    "records that could not be read",
    "They are kept in typed.quarantine and the rest is loaded: look at the raw file.",
    critical=False,
    shown=("field", "value", "reason"),
)

ANSWERS = Check(
    "ExpectColumnPairValuesToBeEqual",
    ("answered", "observed"),
    "the answers' own count of records is not the number of observations",
    "Records were lost or invented between the answers and status_spans. " + AGAIN,
    shown=("answered", "observed"),
)

VOLUME = Check(
    "ExpectColumnValuesToBeBetween",
    ("units",),
    "an unusual number of units beside the median of the partitions before",
    "See whether every scope was polled, and whether the network really grew or shrank.",
    {"min_value": _given("least"), "max_value": _given("most")},
    critical=False,
)

EVENTS = (
    Suite(
        "sessions",
        ("session_id",),
        (
            *_keys("sessions"),
            _own(),
            _inside("query_time"),
            Check(
                "ExpectColumnPairValuesAToBeGreaterThanB",
                ("ended_at", "started_at"),
                "a session that ends before it starts",
                "The vendor's clock was wrong: look at has_reliable_clock, and ask the vendor.",
                {"or_equal": True, "ignore_row_if": "either_value_is_missing"},
                critical=False,
            ),
            Check(
                "ExpectColumnValuesToBeBetween",
                ("energy_kwh",),
                "an energy below zero or beyond what a session can take",
                "It counts as it is: have the vendor correct it.",
                {"min_value": 0, "max_value": 2000},
                critical=False,
            ),
            Check(
                "ExpectColumnPairValuesToBeEqual",
                ("energy_reported", "energy_added"),
                "energy intervals that do not add up to the session's energy",
                "The session's energy counts; intervals_add_up in the marts says so.",
                {"ignore_row_if": "either_value_is_missing"},
                critical=False,
                shown=("energy_kwh", "intervals_energy_kwh"),
            ),
            Check(
                "ExpectColumnValuesToBeBetween",
                ("signed_difference_kwh",),
                "plain energy details that are more than 1 Wh off the signed ones",
                "The signed ones count; ask the vendor which is right.",
                {"max_value": 0.001000001},
                critical=False,
            ),
        ),
    ),
    Suite(
        "session_energy_intervals",
        ("session_id", "interval_end_at"),
        (
            *_keys("session_energy_intervals"),
            _own(),
            Check(
                "ExpectColumnPairValuesAToBeGreaterThanB",
                ("interval_end_at", "interval_start_at"),
                "an interval that ends before it starts",
                AGAIN,
                per_row=True,
            ),
        ),
    ),
    Suite(
        "measurements",
        ("connector_id", "measured_at", "phase"),
        (
            *_keys("measurements"),
            _own(),
            Check(
                "ExpectColumnValuesToBeInSet",
                ("phase",),
                "an unknown phase",
                AGAIN,
                {"value_set": ["L1", "L2", "L3", "total"]},
                per_row=True,
            ),
            Check(
                "ExpectColumnValuesToBeBetween",
                ("voltage_v",),
                "a voltage that no charger has",
                "The meter is wrong: have the charger looked at.",
                {"min_value": 0, "max_value": 1500},
                critical=False,
            ),
        ),
    ),
    Suite(
        "connector_settings",
        ("connector_id", "changed_at"),
        (
            *_keys("connector_settings"),
            _own(),
            Check(
                "ExpectColumnValuesToBeInSet",
                ("outcome",),
                "a setting that a charger did not take",
                "See connector_settings: set it again, or have the charger looked at.",
                {"value_set": ["taken", "delayed"]},
                critical=False,
            ),
        ),
    ),
    Suite(
        "reference_files",
        KEYS["reference_files"][2:],
        (*_keys("reference_files"), _own(), _inside("given_at")),
    ),
    Suite(
        "ocpp_messages",
        KEYS["ocpp_messages"][2:],
        (*_keys("ocpp_messages"), _own(), _inside("message_time")),
    ),
)

SUITES = (
    Suite("polls", ("scope", "query_time"), POLLS),
    Suite("status_spans", KEYS["status_spans"][2:], STATUS_SPANS),
    _master("stations", *COORDINATES),
    _master("charging_points"),
    _master("connectors"),
    *EVENTS,
    Suite("quarantine", ("scope", "file", "record"), (QUARANTINE,)),
    Suite("answers", ("scope",), (ANSWERS,)),
    Suite("volume", ("units", "median"), (VOLUME,)),
)
"""The typed tables and two derived frames. `volume` is left out where history is short."""
