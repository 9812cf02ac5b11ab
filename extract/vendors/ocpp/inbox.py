"""The inbox: which files have arrived, and their messages as raw rows.

A file is known by its content: the same one delivered again, under whatever name, is not read
twice. One that has grown is read anew, and what it repeats is recognised when it is flattened. A
file that ends in the middle is taken when the rest has arrived, and every poll says so. Hidden and
unfinished ones (`.x`, `x.tmp`, `x.part`, `x.crdownload`) are left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs

from extract.http import AccessError
from extract.lake.files import Lake
from extract.lake.pseudonyms import Pseudonyms
from extract.lake.raw import Partition, Rows
from extract.lake.schemas import TIME
from extract.settings import Settings
from extract.vendors.ocpp.messages import RAW_MESSAGES, UNREADABLE
from extract.vendors.ocpp.private import PERSONAL, cleaned
from extract.vendors.ocpp.readers import Batch, FormatError, IncompleteError, read, utc

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
SEEN = "progress/ocpp/files.json"  # path → size, time of change and digest, when it was taken
DAY_US = 86_400_000_000
UNDATED = "unreadable"
"""The charge point of a line that could not be read."""


def poll(settings: Settings, streams: Collection[str]) -> Iterator[Rows | str]:
    """The messages of every file that is new. A text tells of a file that could not be taken.

    AccessError where no inbox is set or it is not there, PseudonymKeyError before anything lands.
    """
    if "messages" not in streams:
        return
    if not settings.ocpp_inbox:
        raise AccessError("no inbox is set: say where the logs arrive in WATTSTAR_OCPP_INBOX")
    inbox, lake = Lake(settings.ocpp_inbox), Lake(settings.lake_url)
    if inbox.filesystem.get_file_info(inbox.root).type != fs.FileType.Directory:
        raise AccessError(f"the inbox {settings.ocpp_inbox} (WATTSTAR_OCPP_INBOX) is not there")
    pseudonyms = Pseudonyms(settings, "ocpp")
    seen: dict[str, list] = json.loads(_content(lake, SEEN) or b"{}")
    for info in _arrived(inbox):
        name, mark = info.path, [info.size, info.mtime_ns or 0]
        if seen.get(name, [])[:2] == mark:
            continue
        digest = _digest(inbox, name)
        if not _is_there(lake, marker(digest)):
            try:
                yield from _file(inbox, name, pseudonyms)
            except (IncompleteError, FormatError) as error:
                yield f"{name}: {error}; it will be read again when it has changed"
                continue
            lake.write(marker(digest), json.dumps({"file": name, "size": info.size}).encode())
        seen[name] = [*mark, digest]
        lake.write(SEEN, json.dumps(seen).encode())


def marker(digest: str) -> str:
    """What in the lake says that a content has landed."""
    return f"progress/ocpp/{digest}.json"


def _arrived(inbox: Lake) -> Iterator[fs.FileInfo]:
    selector = fs.FileSelector(inbox.root, recursive=True)
    for info in sorted(inbox.filesystem.get_file_info(selector), key=lambda info: info.path):
        hidden = any(part.startswith(".") for part in info.path[len(inbox.root) :].split("/"))
        if info.type == fs.FileType.File and not hidden and not info.path.endswith(UNFINISHED):
            yield info


def _digest(inbox: Lake, name: str) -> str:
    digest = hashlib.sha256()
    with inbox.filesystem.open_input_stream(name) as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _is_there(lake: Lake, path: str) -> bool:
    return bool(lake.filesystem.get_file_info(lake.absolute(path)).type != fs.FileType.NotFound)


def _content(lake: Lake, path: str) -> bytes | None:
    if not _is_there(lake, path):
        return None
    with lake.filesystem.open_input_stream(lake.absolute(path)) as stream:
        return bytes(stream.readall())


# --- a file --------------------------------------------------------------------------------------


def _file(inbox: Lake, name: str, pseudonyms: Pseudonyms) -> Iterator[Rows]:
    """Its messages, batch by batch and by UTC date. A file that turns out to end in the middle
    has landed up to there: what comes again with the rest is recognised."""
    found = None
    with inbox.filesystem.open_input_file(name) as stream:
        for batch in read(name, stream):
            table, bad = _table(batch, pseudonyms)
            yield from _by_date(table)
            found = table if table.num_rows else found
            if bad:
                day = _first_time(found)
                yield from _by_date(_unreadable(bad, name.rsplit("/", 1)[-1], day))


def _first_time(table: pa.Table | None) -> datetime:
    """The date under which unreadable lines of a file are kept: of a message beside them."""
    if table is None:
        return datetime(1970, 1, 1, tzinfo=UTC)
    at: datetime = table["message_time"][0].as_py()
    return at


def _table(batch: Batch, pseudonyms: Pseudonyms) -> tuple[pa.Table, list[tuple[int, str]]]:
    """The batch as raw rows without personal data, and the lines that are none."""
    bad = list(batch.bad)
    times, wrong = _times(batch.time)
    bad += [(batch.line[row], "has a time that cannot be read") for row in wrong]
    bodies = pa.array(batch.body, pa.string())
    personal = np.flatnonzero(
        pc.match_substring_regex(bodies, PERSONAL).to_numpy(zero_copy_only=False)
    )
    if len(personal):
        texts = list(batch.body)
        for row in personal.tolist():
            try:
                texts[row] = cleaned(pseudonyms, texts[row])
            except msgspec.DecodeError:
                wrong.add(row)
                bad.append((batch.line[row], "has a body that is no JSON"))
        bodies = pa.array(texts, pa.string())
    size = len(batch.body)
    table = pa.table(
        [
            pa.array(["ocpp"] * size, pa.string()),
            pa.array(["messages"] * size, pa.string()),
            pa.array(batch.charge_point_id, pa.string()),
            times,
            pa.array(batch.message_id, pa.string()),
            pa.array(batch.message_type, pa.int32()),
            pa.array(batch.action, pa.string()),
            bodies,
            pa.nulls(size, pa.string()),
            pa.nulls(size, pa.string()),
        ],
        schema=RAW_MESSAGES,
    )
    if wrong:
        good = np.setdiff1d(np.arange(size), np.fromiter(wrong, int, len(wrong)))
        table = table.take(good)
    return table, bad


def _times(values: list[Any]) -> tuple[pa.Array, set[int]]:
    """Times of a column, all at once where they are alike, and the rows where there is none."""
    try:
        return pa.array(values, pa.string()).cast(TIME), set()
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    times, wrong = [], set()
    for row, value in enumerate(values):
        try:
            times.append(utc(value))
        except (ValueError, OverflowError):
            times.append(datetime(1970, 1, 1, tzinfo=UTC))
            wrong.add(row)
    return pa.array(times, TIME), wrong


def _unreadable(bad: list[tuple[int, str]], name: str, day: datetime) -> pa.Table:
    """Rows for lines that could not be read: where they are and why, but nothing of their text,
    which could name somebody."""
    rows = [
        {
            **{"source": "ocpp", "stream": "messages", "scope": UNDATED, "message_time": day},
            **{"message_id": f"{name}:{line}", "message_type": UNREADABLE, "body": ""},
            **{"place": f"{name}, line {line}", "error": why},
        }
        for line, why in sorted(bad)
    ]
    return pa.Table.from_pylist(rows, schema=RAW_MESSAGES)


def _by_date(table: pa.Table) -> Iterator[Rows]:
    """The rows of each UTC date, in the order in which they stand."""
    if not table.num_rows:
        return
    times = table["message_time"].cast(pa.int64()).to_numpy()
    days = times // DAY_US
    for day in np.unique(days).tolist():
        where = np.flatnonzero(days == day)
        part = table if len(where) == table.num_rows else table.take(where)
        first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(times[where].min()))
        partition = Partition("ocpp", "messages", date(1970, 1, 1) + timedelta(days=day))
        yield Rows(partition, first, part)
