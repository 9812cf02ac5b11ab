"""An inbox with the lake that it is read into, and a log in many forms, for tests."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import poll
from extract.vendors import flattener

Tables = dict[str, list[dict[str, Any]]]
MORNING = datetime(2026, 3, 10, 8, tzinfo=UTC)
COLUMNS = ("message_id", "message_type", "charge_point_id", "action", "write_timestamp", "body")
CARD = "04A2C8D19F3B80"


class Home:
    """An inbox, and the lake that it is read into."""

    def __init__(self, path: Path) -> None:
        self.inbox, self.lake = path / "inbox", Lake(str(path / "lake"))
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.settings = Settings(_env_file=None, home=path, ocpp_inbox=str(self.inbox))

    def deliver(self, name: str, content: bytes) -> list[str]:
        """Put a file into the inbox and poll; what could not be taken."""
        (self.inbox / name).write_bytes(content)
        return self.poll()

    def poll(self) -> list[str]:
        return poll.poll(self.settings, "ocpp").failed

    def typed(self) -> Tables:
        """All typed rows, sorted; without the names of raw files, which differ with deliveries."""
        rows: Tables = defaultdict(list)
        for partition, files in raw.partitions(self.lake, "ocpp").items():
            for name, table in flattener("ocpp").flatten(self.lake, partition, files).items():
                rows[name] += table.to_pylist()
        return {name: sorted(found, key=repr) for name, found in rows.items()}

    def messages(self) -> list[dict[str, Any]]:
        found = self.typed()["ocpp_messages"]
        return sorted(found, key=lambda row: (row["message_time"], row["message_type"]))

    def landed(self) -> int:
        """How many rows have landed."""
        parts = raw.partitions(self.lake, "ocpp").values()
        return sum(self.lake.read(file.path).num_rows for files in parts for file in files)

    def raw_text(self) -> str:
        """All that has landed, as text."""
        return "".join(
            json.dumps(self.lake.read(file.path).to_pylist(), default=str)
            for files in raw.partitions(self.lake, "ocpp").values()
            for file in files
        )


def row(  # the columns of a log
    body: Any,
    action: str = "",
    kind: int = 2,
    key: str = "m1",
    second: float = 0,
    *,
    cp: str = "CP-7",
) -> tuple:
    """A row in the training data's form."""
    at = (MORNING + timedelta(seconds=second)).isoformat()
    return key, kind, cp, action, at, body if isinstance(body, str) else json.dumps(body)


def csv_of(*rows: tuple, header: tuple = COLUMNS) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([header, *rows])
    return text.getvalue().encode()


def parquet_of(*rows: tuple) -> bytes:
    sink = io.BytesIO()
    columns = [list(column) for column in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, names=COLUMNS), sink)
    return sink.getvalue()


def lines_of(*records: Any) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def frame(found: tuple) -> list:
    """A row as an OCPP-J frame."""
    key, kind, _, action, _, text = found
    return [kind, key, action, json.loads(text)] if kind == 2 else [kind, key, json.loads(text)]


START = {"connectorId": 1, "idTag": CARD, "meterStart": 120, "timestamp": "2026-03-10T08:00:00Z"}
SAMPLE = {
    "timestamp": "2026-03-10T08:01:00Z",
    "sampledValue": [
        {"value": "11040.5", "measurand": "Power.Active.Import", "unit": "W"},
        {"value": "304", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
    ],
}
LOG = [
    row({"chargePointVendor": "ACME", "chargePointModel": "W1"}, "BootNotification", 2, "b", 1),
    row({"status": "Accepted", "interval": 300}, "BootNotification", 3, "b", 2),
    row(START, "StartTransaction", 2, "s", 3),
    row({"transactionId": 9, "idTagInfo": {"status": "Accepted"}}, "StartTransaction", 3, "s", 4),
    row({"connectorId": 1, "transactionId": 9, "meterValue": [SAMPLE]}, "MeterValues", 2, "v", 60),
    row({}, "MeterValues", 3, "v", 61),
]
RECORDS = [dict(zip(COLUMNS, found, strict=True)) for found in LOG]
FRAMES = [
    {"chargePointId": found[2], "timestamp": found[4], "message": frame(found)} for found in LOG
]
