"""The same messages, in whatever order and files they are delivered, give the same tables."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.lake.files import Lake, parquet_bytes
from extract.lake.raw import Partition, partitions
from extract.vendors import flattener
from extract.vendors.ocpp.messages import RAW_MESSAGES
from tests.ocpp_feed import later

PARTITION = Partition("ocpp", "messages", date(2023, 1, 1))
SECONDS = st.sampled_from([0, 0, 0, 0, 60, 1800])
OFFSETS = st.sampled_from([0] * 12 + [3600, -3600, 400, -400, 1_700_000_000])
POINTS = st.sampled_from(["A", "A", "A", "B"])
IDS = st.sampled_from([0, 1, 1, 1, 2])
CONNECTORS = st.sampled_from([0, 1, 2])


def stamp(second: float, offset: float) -> str:
    return later(second - offset).isoformat()


SAMPLES = st.fixed_dictionaries(
    {"value": st.sampled_from(["5", "5.0", "7.1", 7.1, "0.1", "0.2", "x"])},
    optional={
        "measurand": st.sampled_from(
            [
                "Energy.Active.Import.Register",
                "Energy.Active.Import.Interval",
                "Energy.Active.Net",
                "Power.Active.Import",
            ]
        ),
        "phase": st.sampled_from(["L1", "L2", "L3", "N"]),
        "context": st.sampled_from(["Sample.Periodic", "Transaction.Begin", "Other"]),
        "location": st.sampled_from(["Outlet", "Inlet", "EV"]),
        "unit": st.sampled_from(["Wh", "kWh"]),
    },
)


@st.composite
def meters(draw: st.DrawFn) -> list[dict[str, Any]]:
    times = st.builds(stamp, SECONDS, OFFSETS)
    meter = st.fixed_dictionaries(
        {"timestamp": times, "sampledValue": st.lists(SAMPLES, min_size=1, max_size=4)}
    )
    return draw(st.lists(meter, min_size=1, max_size=3))


@st.composite
def messages(draw: st.DrawFn) -> tuple[Any, ...]:
    second, own = draw(SECONDS), stamp(draw(SECONDS), draw(OFFSETS))
    kinds: list[tuple[int, str | None, dict[str, Any]]] = [
        (2, "BootNotification", {"chargePointModel": "M"}),
        (2, "StatusNotification", {"connectorId": draw(CONNECTORS), "timestamp": own}),
        (2, "StartTransaction", {"connectorId": draw(CONNECTORS), "timestamp": own}),
        (3, None, {"transactionId": draw(IDS), "idTagInfo": {"status": "Accepted"}}),
        *[(2, "MeterValues", {"connectorId": 1, "transactionId": draw(IDS)})] * 6,
        (2, "StopTransaction", {"transactionId": draw(IDS), "timestamp": own}),
        (2, "TransactionEvent", {"eventType": "Started", "timestamp": own}),
    ]
    kind, action, body = draw(st.sampled_from(kinds))
    body = dict(body)
    if action == "StatusNotification":
        body["status"] = draw(st.sampled_from(["Available", "Charging"]))
    if action == "TransactionEvent":
        body["transactionInfo"] = {"transactionId": f"t{draw(IDS)}"}
        body |= {"evse": {"id": 1}} if draw(st.booleans()) else {}
    name = "transactionData" if action == "StopTransaction" else "meterValue"
    body |= {name: draw(meters())} if kind == 2 else {}
    key = draw(st.sampled_from(["m1", "m2"]))
    row = ("ocpp", "messages", draw(POINTS), later(second), key, kind, action, json.dumps(body))
    return (*row, None, None)


def flat(lake: Lake, pieces: list[list[tuple[Any, ...]]]) -> dict[str, list[str]]:
    for number, rows in enumerate(pieces):
        columns = zip(*rows, strict=True)
        arrays = [pa.array(values, f.type) for values, f in zip(columns, RAW_MESSAGES, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=RAW_MESSAGES)
        lake.write(f"raw/{PARTITION.folder}/{number}.parquet", parquet_bytes(table))
    (files,) = partitions(lake).values()
    tables = flattener("ocpp").flatten(lake, PARTITION, files)
    return {name: sorted(map(repr, table.to_pylist())) for name, table in tables.items()}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(messages(), min_size=2, max_size=14), st.data())
def test_order_repetition_and_files_never_matter(tmp_path_factory, rows, data):
    whole = flat(Lake(str(tmp_path_factory.mktemp("whole"))), [rows])
    again = rows + data.draw(st.lists(st.sampled_from(rows), max_size=3))
    order = data.draw(st.permutations(again))
    cut = data.draw(st.integers(0, len(order)))
    pieces = [piece for piece in (order[:cut], order[cut:]) if piece]
    assert flat(Lake(str(tmp_path_factory.mktemp("pieces"))), pieces) == whole
