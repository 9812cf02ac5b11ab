"""The logs as files: one per way of writing and UTC date."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.vendors.ocpp.sandbox.fleet import Options, charge_points
from extract.vendors.ocpp.sandbox.ground_truth import written
from extract.vendors.ocpp.sandbox.talk import CALL, ERROR, Logged, Message

COLUMNS = ("message_id", "message_type", "charge_point_id", "action", "write_timestamp", "body")
NAMES = {"rows": "csv.gz", "table": "parquet", "frames": "jsonl.gz", "text": "log"}


def write(folder: Path, options: Options, start: datetime, end: datetime) -> list[Path]:
    """Write the fleet's logs between two moments (UTC, `end` excluded) into a folder. A file
    appears when it is whole; the same log is the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    logs: dict[tuple[str, str], list[Logged]] = defaultdict(list)
    for point in charge_points(options):
        for entry in written(options, point, start, end):
            logs[f"{entry.place:%Y-%m-%d}", point.dialect].append(entry)
    paths = []
    for (day, dialect), entries in sorted(logs.items()):
        entries.sort(key=lambda entry: (entry.place, entry.message[:4]))
        path = folder / f"ocpp-{day}-{dialect}.{NAMES[dialect]}"
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(_CONTENT[dialect]([entry.message for entry in entries]))
        unfinished.rename(path)
        paths.append(path)
    return paths


def _row(message: Message) -> tuple:
    """In the training data's form."""
    at, point, key, kind, action, body = message
    return key, kind, point, action or None, at.isoformat(), json.dumps(_snake(body))


def _rows(messages: list[Message]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(map(_row, messages))
    return gzip.compress(text.getvalue().encode(), 6, mtime=0)


def _table(messages: list[Message]) -> bytes:
    columns = zip(*map(_row, messages), strict=True)
    sink = io.BytesIO()
    pq.write_table(pa.table(list(map(list, columns)), names=COLUMNS), sink, compression="zstd")
    return sink.getvalue()


def _frame(message: Message) -> list:
    """As it goes over the wire, OCPP-J."""
    kind, key, body = message.message_type, message.message_id, message.body
    if kind == CALL:
        return [kind, key, message.action, body]
    return [kind, key, *body.values()] if kind == ERROR else [kind, key, body]


def _frames(messages: list[Message]) -> bytes:
    lines = [
        json.dumps(
            {
                "timestamp": message.written_at.isoformat(),
                "chargePointId": message.charge_point_id,
                "message": _frame(message),
            }
        )
        for message in messages
    ]
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), 6, mtime=0)


def _text(messages: list[Message]) -> bytes:
    lines = (
        f"{at.isoformat()} {point} {json.dumps(_frame(message))}\n"
        for message in messages
        for at, point in [message[:2]]
    )
    return "".join(lines).encode()


_CONTENT = {"rows": _rows, "table": _table, "frames": _frames, "text": _text}


def _snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake(inner) for inner in value]
    if isinstance(value, dict):
        return {_snake_name(name): _snake(inner) for name, inner in value.items()}
    return value


def _snake_name(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)
