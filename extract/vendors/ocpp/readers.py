"""Files of a log, in batches of columns: CSV, Parquet, JSON lines and text, also compressed.

The forms that are read, with names in any case and with or without underscores:

- the columns message_id, message_type, charge_point_id, action, write_timestamp, body;
- charge point, time and a frame: `{"charge_point_id": …, "timestamp": …, "message": [2, …]}`;
- text lines: `2023-01-01T08:01:29Z CP-7 [2,"id","Heartbeat",{}]`.

Times without an offset are UTC. A file that ends in the middle is an IncompleteError: nothing of it
is taken until the rest has arrived.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from extract.vendors.ocpp.frames import FrameError, read_frame

BATCH = 50_000  # messages

_NAMES = {
    "message_id": ("messageid", "uniqueid", "msgid", "id"),
    "message_type": ("messagetype", "messagetypeid", "type"),
    "charge_point_id": (
        *("chargepointid", "chargepoint", "chargeboxid", "chargeboxidentity", "cpid", "cp"),
        *("chargingstationid", "chargingstation", "stationid", "identity"),
    ),
    "action": ("action",),
    "time": ("writetimestamp", "timestamp", "time", "messagetime", "loggedat", "ts"),
    "body": ("body",),
    "frame": ("frame", "message", "msg", "payload", "ocppmessage"),
}
_COLUMN = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
_TEXT = re.compile(r"^\s*(\S+(?: \d\S*)?)\s+(\S+)\s+(?:[<>=-]+\s*)?(\[.*\])\s*$")


class IncompleteError(Exception):
    """The file ends in the middle; the rest may be on its way."""


class FormatError(Exception):
    """The file is of no form that is known."""


@dataclass
class Batch:
    """Messages as columns; times as ISO text or datetime. `bad`: (line, why) of what is none."""

    charge_point_id: list[str] = field(default_factory=list)
    time: list[Any] = field(default_factory=list)
    message_id: list[str] = field(default_factory=list)
    message_type: list[int] = field(default_factory=list)
    action: list[str | None] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, record: dict[str, Any]) -> None:
        """Take a record with the names of `_NAMES`; what is no message is noted as bad."""
        try:
            key, kind, action, body = _message(record)
        except FrameError as error:
            self.bad.append((line, str(error)))
            return
        point, time = record.get("charge_point_id"), record.get("time")
        if point in (None, "") or time in (None, ""):
            self.bad.append((line, f"has no {'time' if point else 'charge point'}"))
            return
        self.charge_point_id.append(str(point))
        self.time.append(time)
        self.message_id.append(key)
        self.message_type.append(kind)
        self.action.append(action)
        self.body.append(body)
        self.line.append(line)


def _message(record: dict[str, Any]) -> tuple[str, int, str | None, str]:
    """(message id, type, action, body) of a record in either form."""
    if record.get("frame") not in (None, "") and record.get("message_type") in (None, ""):
        frame = record["frame"]
        return read_frame(frame if isinstance(frame, str) else msgspec.json.encode(frame))
    body = record.get("body", record.get("frame"))
    if body is None or record.get("message_id") in (None, ""):
        raise FrameError("has no message id" if body is not None else "has no body")
    try:
        kind = int(record["message_type"])
    except (KeyError, TypeError, ValueError):
        raise FrameError("has no message type") from None
    if kind not in (2, 3, 4):
        raise FrameError(f"is of message type {kind}, not 2, 3 or 4")
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    return str(record["message_id"]), kind, record.get("action") or None, text


def column(name: str) -> str | None:
    """Which of our columns a name in a file means."""
    return _COLUMN.get(re.sub(r"[^a-z]", "", name.lower()))


def read(name: str, stream: IO[bytes]) -> Iterator[Batch]:
    """The messages of a file, by its name's ending. IncompleteError, FormatError."""
    plain = name.lower()
    if plain.endswith((".parquet", ".pq")):
        yield from _parquet(stream)
        return
    try:
        content: Any = gzip.GzipFile(fileobj=stream) if plain.endswith(".gz") else stream
        if plain.removesuffix(".gz").endswith(".csv"):
            yield from _csv(content)
        else:
            yield from _lines(content)
    except (EOFError, zlib.error) as error:
        raise IncompleteError("the compressed file ends in the middle") from error


def _parquet(stream: IO[bytes]) -> Iterator[Batch]:
    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowInvalid, OSError) as error:
        raise IncompleteError("the Parquet file has no readable end") from error
    names = {name: known for name in file.schema_arrow.names if (known := column(name))}
    # Two columns may mean the same (a time as text and as a number): the first one counts.
    names = {name: known for known, name in {v: k for k, v in reversed(names.items())}.items()}
    _require(names)
    number = 1
    for part in file.iter_batches(BATCH, columns=list(names)):
        yield _columns(part.rename_columns([names[n] for n in part.schema.names]), number)
        number += part.num_rows


def _csv(content: IO[bytes]) -> Iterator[Batch]:
    """CSV with a header. Arrow reads it; rows with too few columns are told as bad, and the last
    one as a file that is not complete."""
    source = _buffered(content)
    bad: list[tuple[int, str]] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        bad.append(
            (row.number or 0, f"has {row.actual_columns} columns, not {row.expected_columns}")
        )
        return "skip"

    first = source.readline()
    header = next(csv.reader([first.decode("utf-8-sig")]), [])
    names = {name: known for name in reversed(header) if (known := column(name))}
    names = {name: known for known, name in {v: k for k, v in names.items()}.items()}
    _require(names)
    try:
        reader = pa_csv.open_csv(
            source,
            read_options=pa_csv.ReadOptions(
                column_names=header, use_threads=False, block_size=16 << 20
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(names),
                column_types=dict.fromkeys(header, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise IncompleteError(f"the CSV cannot be read to its end ({error})") from error
    yield from _csv_batches(reader, names, bad)


def _buffered(content: Any) -> io.BufferedReader:
    """Something that can be read by lines; Arrow's files cannot."""
    return io.BufferedReader(content, 1 << 20)


def _csv_batches(
    reader: pa_csv.CSVStreamingReader, names: dict[str, str], bad: list[tuple[int, str]]
) -> Iterator[Batch]:
    number, last = 2, None
    try:
        for part in reader:
            for start in range(0, part.num_rows, BATCH):
                if last is not None:
                    yield last
                piece = part.slice(start, BATCH)
                last = _columns(
                    piece.rename_columns([names[n] for n in piece.schema.names]), number
                )
                number += piece.num_rows
            if last is not None:
                last.bad += bad
                bad.clear()
    except pa.ArrowInvalid as error:
        raise IncompleteError(f"the CSV cannot be read to its end ({error})") from error
    if last is not None:
        _check_end(last)
        yield last


def _columns(part: pa.RecordBatch, number: int) -> Batch:
    """A batch of columns in the training data's form without looking at each row; else by row."""
    names = set(part.schema.names)
    lists = {name: part.column(name).to_pylist() for name in part.schema.names}
    batch = Batch()
    plain = names >= {"charge_point_id", "time", "message_id", "message_type", "body"}
    if plain and not any(None in lists[name] or "" in lists[name] for name in names - {"action"}):
        kinds = [str(kind) for kind in lists["message_type"]]
        if set(kinds) <= {"2", "3", "4"}:
            batch.charge_point_id = list(map(str, lists["charge_point_id"]))
            batch.time, batch.message_id = lists["time"], list(map(str, lists["message_id"]))
            batch.message_type = list(map(int, kinds))
            batch.action = [name or None for name in lists.get("action", [None] * len(kinds))]
            batch.body = lists["body"]
            batch.line = list(range(number, number + len(kinds)))
            return batch
    for line, values in enumerate(zip(*lists.values(), strict=True), number):
        batch.add(line, dict(zip(lists, values, strict=True)))
    return batch


def _lines(content: IO[bytes]) -> Iterator[Batch]:
    """JSON lines, or text with a frame at the end of each line."""
    batch, number, text = Batch(), 0, b""
    for number, text in enumerate(_buffered(content), 1):
        if text.strip():
            _line(batch, number, text)
        if len(batch.line) >= BATCH:
            yield batch
            batch = Batch()
    if batch.bad and batch.bad[-1][0] == number and not text.endswith(b"\n"):
        raise IncompleteError(f"line {number} ends in the middle")
    if batch.line or batch.bad:
        yield batch


_row = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _line(batch: Batch, number: int, text: bytes) -> None:
    if not text.lstrip().startswith(b"{"):
        found = _TEXT.match(text.decode("utf-8", "replace"))
        if not found:
            batch.bad.append((number, "is neither JSON nor `<time> <charge point> [frame]`"))
            return
        time, point, frame = found.groups()
        batch.add(number, {"time": time, "charge_point_id": point, "frame": frame})
        return
    try:
        record: dict[str, Any] = {}
        for name, raw in _row.decode(text).items():
            known = column(name)
            if known is not None and known not in record:
                record[known] = _value(known, raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        batch.bad.append((number, "is no JSON"))
        return
    batch.add(number, record)


def _value(name: str, raw: msgspec.Raw) -> Any:
    """A field's value; a body that is an object stays the text it is."""
    text = bytes(raw)
    if name in ("body", "frame") and text[:1] != b'"':
        return None if text == b"null" else text.decode()
    return msgspec.json.decode(text)


def _require(names: dict[str, str]) -> None:
    known = set(names.values())
    if not ({"charge_point_id", "time"} <= known and known & {"body", "frame"}):
        raise FormatError(
            f"the columns are {', '.join(names) or 'unknown'}: needed are a charge point, a time, "
            "and a body (with message_id and message_type) or a frame"
        )


def _check_end(batch: Batch) -> None:
    """A file that was cut off shows at its end: a row too short, or a body that stops."""
    if batch.body and (not batch.bad or batch.bad[-1][0] < batch.line[-1]):
        try:
            msgspec.json.decode(batch.body[-1])
        except msgspec.DecodeError as error:
            raise IncompleteError(f"row {batch.line[-1]} ends in the middle") from error


def utc(value: Any) -> datetime:
    """A time as UTC: ISO text, a datetime, or seconds since 1970. ValueError otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
