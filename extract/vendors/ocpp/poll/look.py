"""What a file that cannot be read looks like, in words that quote nothing of it."""

from __future__ import annotations

from extract.vendors.ocpp.poll.forms import Hints
from extract.vendors.ocpp.poll.forms.dialect import DELIMITERS, first_line, header_of
from extract.vendors.ocpp.poll.forms.prefix import Default, LineError, message_in
from extract.vendors.ocpp.poll.forms.records import NotJsonError, fields_of
from extract.vendors.ocpp.poll.forms.values import Objects
from extract.vendors.ocpp.poll.frames import FrameError, frame_start, read_frame_in
from extract.vendors.ocpp.poll.names import missing

REMEDY = (
    "describe its form in a layout.toml beside it (see docs/ocpp-logs.md), try that with "
    "`wattstar poll ocpp --try FILE`, or move it out of the inbox"
)
_KINDS = {
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF document",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"\x0a\x0d\x0d\x0a": "a network capture",
    b"\xd4\xc3\xb2\xa1": "a network capture",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet file",
}
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def describe(head: bytes, hints: Hints) -> str:
    """What a file that begins like this looks like, and what is missing to read it."""
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            return f"it looks like {kind}"
    if head.count(b"\0") > len(head) // 50:
        return "it looks like binary data of no known kind"
    if hints.pattern is not None:
        return "no line of it matches the pattern in layout.toml"
    if head.lstrip()[:1] in (b"{", b"["):
        return _json(head, hints)
    if any(_has_frame(line) for line in _lines(head)[:200]):
        return _text(head, hints)
    return _table(head, hints) or _text(head, hints)


def _lines(head: bytes) -> list[str]:
    return [line for line in head.decode("utf-8", "replace").splitlines() if line.strip()]


def _has_frame(line: str) -> bool:
    if (start := frame_start(line)) < 0:
        return False
    try:
        read_frame_in(line[start:])
    except FrameError:
        return False
    return True


def _json(head: bytes, hints: Hints) -> str:
    for depth in range(4):
        for text in Objects(depth).feed(head):
            try:
                names = list(fields_of(text or b""))
            except NotJsonError:
                continue
            if len(names) > 1:
                fields = missing(names, hints.naming)
                return f"it looks like JSON, of which no object can be read as a message; {fields}"
    return "it looks like JSON without objects"


def _table(head: bytes, hints: Hints) -> str:
    line, second = (*head.decode("utf-8", "replace").splitlines(), "", "")[:2]
    line = first_line(head)
    rows = {mark: header_of(line, mark) for mark in DELIMITERS}
    mark, header = max(rows.items(), key=lambda row: len(row[1]))
    width = len(header_of(second, mark))
    if len(header) < 2 or (frame_start(line) >= 0 and '"' not in line) or (second and width < 2):
        return ""
    if any(not name or name[0].isdigit() or set(name) & set("[]{}") for name in header):
        return (
            f"it looks like a table of {len(header)} columns between {_DELIMITERS[mark]}, without "
            "a first line that names them"
        )
    return f"it looks like a table with {_DELIMITERS[mark]}; {missing(header, hints.naming)}"


def _text(head: bytes, hints: Hints) -> str:
    lines = _lines(head)
    framed = [line for line in lines if frame_start(line) >= 0]
    if not framed:
        return f"it looks like text; none of its first {len(lines)} lines holds an OCPP-J frame"
    whys = {_why(line, hints) for line in framed[:100]}
    return (
        f"it looks like text; {len(framed)} of its first {len(lines)} lines hold an OCPP-J frame, "
        f"but no line can be read: one {sorted(whys)[0]}"
    )


def _why(line: str, hints: Hints) -> str:
    try:
        found = message_in(line, frame_start(line), Default(hints.charge_point))
    except LineError as error:
        return str(error)
    return "has no time" if found.time is None else "has a time that cannot be read without doubt"
