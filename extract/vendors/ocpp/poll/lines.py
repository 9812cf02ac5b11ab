"""JSON lines, and text with a frame at the end of each line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

import msgspec

from extract.vendors.ocpp.poll.batch import SIZE, Batch, Collector, columns

_TEXT = re.compile(r"^\s*(\S+(?: \d\S*)?)\s+(\S+)\s+(?:[<>=-]+\s*)?(\[.*\])\s*$")
"""`2023-01-01T08:01:29Z CP-7 [2,"id","Heartbeat",{}]`; an arrow may tell the direction."""

_row = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_lines(content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    """The messages, batch by batch, and whether the file ends in the middle of a line: of such a
    last line nothing is told."""
    found, text, number = Collector(), b"", 0
    for number, text in enumerate(content, 1):
        if text.strip():
            _line(found, number, text.removeprefix(b"\xef\xbb\xbf") if number == 1 else text)
        if len(found) >= SIZE:
            yield found.batch(), False
    ends_early = bool(found.bad) and found.bad[-1][0] == number and not text.endswith(b"\n")
    if ends_early:
        found.bad.pop()
    yield found.batch(), ends_early


def _line(found: Collector, number: int, text: bytes) -> None:
    if not text.lstrip().startswith(b"{"):
        match = _TEXT.match(text.decode("utf-8", "replace"))
        if match is None or b"\xef\xbf\xbd" in match.group(3).encode():
            found.bad.append((number, "is neither JSON nor `<time> <charge point> [frame]`"))
            return
        time, point, frame = match.groups()
        found.add(number, {"time": time, "charge_point_id": point, "frame": frame})
        return
    try:
        fields = _row.decode(text)
        names = columns(tuple(fields))
        record = {known: _value(known, fields[name]) for name, known in names.items()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        found.bad.append((number, "is no JSON"))
        return
    found.add(number, record)


def _value(name: str, raw: msgspec.Raw) -> Any:
    """A field's value; a body that is an object stays the text it is."""
    text = bytes(raw)
    if name in ("body", "frame") and text[:1] != b'"':
        return None if text == b"null" else text.decode()
    return msgspec.json.decode(text)
