"""Messages of an OCPP log, made by hand, in the forms in which logs are delivered, for tests."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import poll
from extract.steps.poll import PollResult
from extract.vendors import flattener

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "ocpp" / "1679387766.parquet"
MORNING = datetime(2023, 1, 1, 8, tzinfo=UTC)
TAG = "2dda074b-6eb6-4dd8-a144-67871a5c89de"


class Message(NamedTuple):
    """A row of a log; `body` in camel case."""

    at: datetime
    point: str
    key: str
    kind: int
    action: str | None
    body: Any

    def row(self) -> dict[str, Any]:
        """In the training data's form: snake case, with the action of a response."""
        return {
            "index": 7,
            "message_id": self.key,
            "message_type": self.kind,
            "charge_point_id": self.point,
            "action": self.action or "",
            "write_timestamp": self.at.isoformat(timespec="microseconds"),
            "body": json.dumps(snake(self.body)),
            "write_timestamp_epoch": self.at.timestamp(),
        }

    def frame(self) -> list[Any]:
        """As it goes over the wire."""
        if self.kind == 2:
            return [2, self.key, self.action, self.body]
        if self.kind == 4:
            return [4, self.key, *self.body.values()]
        return [3, self.key, self.body]


def later(seconds: float) -> datetime:
    """Seconds after the morning of 2023-01-01, UTC."""
    return MORNING + timedelta(seconds=seconds)


def call(
    action: str, body: Any, second: float = 0, key: str = "m1", point: str = "CP-7"
) -> Message:
    """A request of a charge point."""
    return Message(later(second), point, key, 2, action, body)


def result(body: Any, second: float = 1, key: str = "m1", point: str = "CP-7") -> Message:
    """An answer; as a frame it does not say to what."""
    return Message(later(second), point, key, 3, None, body)


def sample(value: Any, measurand: str | None = None, **more: Any) -> dict[str, Any]:
    """A SampledValue; without a measurand it is the energy register."""
    return {"value": value, **({"measurand": measurand} if measurand else {}), **more}


def meter(*samples: dict, second: float = 0) -> dict[str, Any]:
    """A MeterValue."""
    return {"timestamp": later(second).isoformat(), "sampledValue": list(samples)}


def transaction(number: int = 1, point: str = "CP-7", second: float = 0) -> list[Message]:
    """A whole one of OCPP 1.6, with a boot before and a heartbeat within."""
    power = sample("11040.0", "Power.Active.Import", phase=None, unit="W")
    boot = {"chargePointVendor": "ChargeAwesome LLC", "chargePointModel": "BB-0", "iccid": "8949"}
    start = {"connectorId": 2, "idTag": TAG, "meterStart": 0}
    values = {"connectorId": 2, "transactionId": number, "meterValue": [meter(power, second=600)]}
    stop = {"transactionId": number, "meterStop": 1840, "idTag": TAG, "reason": "Local"}
    status = {"connectorId": 2, "status": "Charging", "errorCode": "NoError"}
    accepted = {"idTagInfo": {"status": "Accepted", "parentIdTag": TAG}}
    requests: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("BootNotification", boot, {"status": "Accepted", "interval": 300}),
        ("Authorize", {"idTag": TAG}, accepted),
        ("StartTransaction", start, {"transactionId": number} | accepted),
        ("StatusNotification", status, {}),
        ("Heartbeat", {}, {"currentTime": later(second).isoformat()}),
        ("MeterValues", values, {}),
        ("StopTransaction", stop, accepted),
    ]
    messages = []
    for place, (action, body, answer) in enumerate(requests):
        at = second + 100 * place
        stamped = body | {"timestamp": later(at).isoformat()} if "Transaction" in action else body
        key = f"m{place % 3}"  # ids repeat
        messages.append(call(action, stamped, at, key, point))
        messages.append(result(answer, at + 1, key, point)._replace(action=action))
    return messages


# --- files ---------------------------------------------------------------------------------------


def as_csv(messages: Iterable[Message], delimiter: str = ",") -> bytes:
    """The training data's form."""
    rows = [message.row() for message in messages]
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0], delimiter=delimiter, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def as_gzip(messages: Iterable[Message]) -> bytes:
    """The same, compressed."""
    return gzip.compress(as_csv(messages), mtime=0)


def as_parquet(messages: Iterable[Message]) -> bytes:
    """The same as Parquet, with the time as a time."""
    rows = [message.row() | {"write_timestamp": message.at} for message in messages]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def as_lines(messages: Iterable[Message]) -> bytes:
    """The same as JSON lines."""
    return "".join(json.dumps(message.row()) + "\n" for message in messages).encode()


def as_frames(messages: Iterable[Message]) -> bytes:
    """OCPP-J with charge point and time, in camel case."""
    return "".join(
        json.dumps({"chargePointId": m.point, "timestamp": m.at.isoformat(), "message": m.frame()})
        + "\n"
        for m in messages
    ).encode()


def as_text(messages: Iterable[Message]) -> bytes:
    """A text log."""
    return "".join(
        f"{m.at.isoformat()} {m.point} {json.dumps(m.frame())}\n" for m in messages
    ).encode()


FORMS: dict[str, Callable[[Sequence[Message]], bytes]] = {
    "log.csv": as_csv,
    "log.csv.gz": as_gzip,
    "log.parquet": as_parquet,
    "log.ndjson": as_lines,
    "frames.jsonl": as_frames,
    "console.log": as_text,
}


def snake(value: Any) -> Any:
    """The value with the names of its fields in snake case."""
    if isinstance(value, list):
        return [snake(inner) for inner in value]
    if isinstance(value, dict):
        return {
            re.sub("([A-Z])", lambda m: f"_{m[1].lower()}", name): snake(inner)
            for name, inner in value.items()
        }
    return value


# --- through poll and flatten --------------------------------------------------------------------


def settings(home: Path) -> Settings:
    """With an inbox of its own."""
    (home / "inbox").mkdir(parents=True, exist_ok=True)
    return Settings(
        _env_file=None, home=home, ocpp_inbox=str(home / "inbox"), pseudonym_key="a key for tests"
    )


def deliver(home: Path, **files: bytes) -> PollResult:
    """Files arrive (`a_csv` is a.csv), and the inbox is polled."""
    where = settings(home)
    for name, content in files.items():
        (home / "inbox" / name.replace("_", ".")).write_bytes(content)
    return poll.poll(where, "ocpp")


Typed = dict[str, list[dict[str, Any]]]


def typed(home: Path) -> Typed:
    """Every row of every typed table, of all dates, sorted."""
    lake, found = Lake(str(home / "lake")), Typed()
    for partition, files in raw.partitions(lake, "ocpp").items():
        tables: Mapping[str, pa.Table] = flattener("ocpp").flatten(lake, partition, files)
        for name, table in tables.items():
            found.setdefault(name, []).extend(table.to_pylist())
    return {name: sorted(rows, key=str) for name, rows in found.items() if rows}


def typed_of(home: Path, *messages: Message) -> Typed:
    """The typed rows of some messages that arrive as frames."""
    polled = deliver(home, frames_jsonl=as_frames(messages))
    assert polled.ok, polled.failed
    return typed(home)


def recorded() -> pa.Table:
    """The recorded log; skips the test where it is missing."""
    if not RECORDED.exists():
        pytest.skip(f"no recorded log at {RECORDED}")
    return pq.read_table(RECORDED)
