"""JSON lines: an object, or several, in each line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import IO

from extract.vendors.ocpp.poll import batch
from extract.vendors.ocpp.poll.batch import Batch, Collector
from extract.vendors.ocpp.poll.forms import Hints, Reader
from extract.vendors.ocpp.poll.forms.records import NotJsonError, Records, choose
from extract.vendors.ocpp.poll.forms.values import Objects, take
from extract.vendors.ocpp.poll.names import Naming
from extract.vendors.ocpp.poll.sources import lines_of

_SAMPLE = 200  # lines


def sniff(head: bytes, hints: Hints) -> Reader | None:
    lines = [line.strip(_MARKS) for line in head.split(b"\n", _SAMPLE)[:_SAMPLE]]
    lines = [line for line in lines if line]
    in_json = [line for line in lines if line[:1] == b"{"]
    if len(in_json) * 2 < len(lines):
        return None
    objects = [text for line in in_json for text in _objects(line)[0]]
    if b"\n" not in head.strip() and len(objects) > 1:
        return None  # all in one line, which may be as long as the file
    naming = choose([text for text in objects if text is not None], hints)
    return None if naming is None else partial(_read, naming)


_MARKS = b" \t\r\n\x1e"


def _objects(line: bytes) -> tuple[list[bytes | None], bool]:
    """The objects of a line, and whether it holds nothing else."""
    objects = Objects(0)
    found = list(objects.feed(line))
    return found, objects.is_closed and None not in found


def _read(naming: Naming, content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    found, records = Collector(), Records(naming)
    line, number = b"", 0
    for number, line in lines_of(content):
        text = line.strip(_MARKS)
        if text.strip(b"[],"):  # all there is of some lines of an array
            _line(found, number, text, records)
        if len(found) >= batch.SIZE:
            yield found.batch(), False
    ends_early = bool(found.bad) and found.bad[-1][0] == number and not line.endswith(b"\n")
    if ends_early:
        found.bad.pop()
    yield found.batch(), ends_early


def _line(found: Collector, number: int, text: bytes, records: Records) -> None:
    try:
        record = records.read(text)
    except NotJsonError:
        objects, is_all = _objects(text)
        if not objects or not is_all:
            found.bad.append((number, "is no JSON"))
            return
        for one in objects:
            take(found, number, one, records)
        return
    if record:
        found.add(number, record)
