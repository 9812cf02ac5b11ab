"""Text logs by the pattern of a layout file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import IO

from extract.vendors.ocpp.poll import batch
from extract.vendors.ocpp.poll.batch import Batch, Collector
from extract.vendors.ocpp.poll.forms import Hints, Reader
from extract.vendors.ocpp.poll.sources import lines_of

_OURS = {"charge_point": "charge_point_id", "payload": "body"}


def sniff(head: bytes, hints: Hints) -> Reader | None:  # noqa: ARG001  the pattern decides
    if hints.pattern is None:
        return None
    return partial(_read, hints.pattern, hints.charge_point)


def _read(pattern: re.Pattern[str], point: str, content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    found, number, line = Collector(), 0, b""
    has_point = bool({"charge_point", "charge_point_id"} & set(pattern.groupindex))
    for number, line in lines_of(content):
        try:
            match = pattern.search(line.decode().rstrip("\r\n"))
        except UnicodeDecodeError:
            found.bad.append((number, "is not UTF-8"))
            continue
        if match is None:
            continue
        record = {_OURS.get(name, name): value for name, value in match.groupdict().items()}
        found.add(number, record if has_point else record | {"charge_point_id": point})
        if len(found) >= batch.SIZE:
            yield found.batch(), False
    ends_early = bool(found.bad) and found.bad[-1][0] == number and not line.endswith(b"\n")
    if ends_early:
        found.bad.pop()
    yield found.batch(), ends_early
