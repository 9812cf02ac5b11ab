"""Any payload costs its own message at most: hostile values in every field, and any JSON at all.

The rows are written to raw as they are, without the poll's redaction, which keeps most of it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.lake.files import Lake, parquet_bytes
from extract.lake.raw import Partition, partitions
from extract.lake.schemas import KEYS
from extract.vendors import flattener
from extract.vendors.ocpp.messages import RAW_MESSAGES
from tests.hostile import ANYTHING, HOSTILE, Path, check_tables, encode, put
from tests.ocpp_feed import later, meter, sample

NOON = later(4 * 3600)
PARTITION = Partition("ocpp", "messages", date(2023, 1, 1))
SAMPLES = [
    sample("7.4", "Power.Active.Import", unit="kW", phase="L1", context="Other", location="Inlet"),
    sample(1000, format="SignedData"),
    sample(5, unitOfMeasure={"unit": "Wh", "multiplier": 3}),
]
METERS = [meter(*SAMPLES)]
STAMP = {"timestamp": later(0).isoformat()}
BODIES: list[tuple[int, str, dict[str, Any]]] = [
    (2, "MeterValues", {"connectorId": 1, "transactionId": 3, "meterValue": METERS}),
    (2, "MeterValues", {"evseId": 1, "meterValue": METERS}),
    (2, "StartTransaction", STAMP | {"connectorId": 1, "idTag": "t", "meterStart": 0}),
    (2, "StopTransaction", STAMP | {"transactionId": 3, "meterStop": 5, "transactionData": METERS}),
    (2, "StatusNotification", STAMP | {"connectorId": 1, "status": "Available"}),
    (2, "StatusNotification", STAMP | {"evseId": 1, "connectorId": 1, "connectorStatus": "x"}),
    (2, "BootNotification", {"chargingStation": {"model": "M", "vendorName": "V"}}),
    (2, "Authorize", {"idToken": {"idToken": "t", "type": "ISO14443"}}),
    (
        2,
        "TransactionEvent",
        STAMP
        | {"eventType": "Started", "seqNo": 0, "offline": True, "triggerReason": "Authorized"}
        | {"transactionInfo": {"transactionId": "s", "chargingState": "Charging"}}
        | {"evse": {"id": 1, "connectorId": 1}, "idToken": {"idToken": "t"}, "meterValue": METERS},
    ),
    (3, "StartTransaction", {"transactionId": 3, "idTagInfo": {"status": "Accepted"}}),
    (3, "BootNotification", {"status": "Accepted", "interval": 300}),
    (4, "Authorize", {"errorCode": "InternalError"}),
]
GOOD = (2, "MeterValues", '{"connectorId":2,"meterValue":[{"sampledValue":[{"value":"5000"}]}]}')


def places(body: Any, start: Path = ()) -> list[Path]:
    """Every place in a body."""
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(body, dict):
        inner = body.items()
    elif isinstance(body, list):
        inner = enumerate(body)
    return [start, *(place for at, one in inner for place in places(one, (*start, at)))]


EVERYWHERE = [
    (kind, action, body, place) for kind, action, body in BODIES for place in places(body)
]


def flat(path: Any, messages: list[tuple[int, str, str]]) -> dict[str, pa.Table]:
    """The typed tables of messages, after checking that the good one among them is as ever."""
    lake = Lake(str(path))
    rows = [
        ("ocpp", "messages", "CP-7", NOON, f"m{n}", kind, action, body, None, None)
        for n, (kind, action, body) in enumerate([*messages, GOOD])
    ]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(values, f.type) for values, f in zip(columns, RAW_MESSAGES, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=RAW_MESSAGES)
    lake.write(f"raw/{PARTITION.folder}/a.parquet", parquet_bytes(table))
    (files,) = partitions(lake).values()
    tables = dict(flattener("ocpp").flatten(lake, PARTITION, files))
    check_tables(tables)
    assert len(tables["ocpp_messages"]) == len(rows)
    for name, key in KEYS.items():
        if name in tables:
            found = [tuple(row.values()) for row in tables[name].select(key).to_pylist()]
            assert len(set(found)) == len(found), name
    good = [row for row in tables["measurements"].to_pylist() if row["connector_id"] == "CP-7:2"]
    assert [row["register_kwh"] for row in good] == [5]
    return tables


def _landable(messages: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Without NUL characters, with which no message lands."""
    return [message for message in messages if "\0" not in message[2]]


@pytest.mark.parametrize("name", [name for name in HOSTILE if "latin-1" not in name])
def test_a_hostile_value_in_any_field_costs_no_other_message(tmp_path, name):
    messages = [
        (kind, action, encode(put(body, place, HOSTILE[name])).decode())
        for kind, action, body, place in EVERYWHERE
    ]
    flat(tmp_path, _landable(messages))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(EVERYWHERE), ANYTHING | st.sampled_from(list(HOSTILE.values()))),
        min_size=1,
        max_size=6,
    )
)
def test_any_value_in_any_field_costs_no_other_message(tmp_path, chosen):
    messages = []
    for (kind, action, body, place), value in chosen:
        try:
            messages.append((kind, action, encode(put(body, place, value)).decode()))
        except (UnicodeError, ValueError):
            continue
    flat(tmp_path, _landable(messages))
