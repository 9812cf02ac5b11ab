"""A JSON object → the fields of a message, by our names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from extract.vendors.ocpp.poll.batch import Collector
from extract.vendors.ocpp.poll.forms import Hints
from extract.vendors.ocpp.poll.forms.prefix import Default, LineError, message_in
from extract.vendors.ocpp.poll.frames import frame_start
from extract.vendors.ocpp.poll.names import WRAPPERS, Naming, named_nowhere

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NotJsonError(Exception):
    """The bytes are not a JSON object."""


def fields_of(text: bytes) -> dict[str, msgspec.Raw]:
    """The fields of an object as they were sent. NotJsonError where the text is not an object."""
    try:
        return _object.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise NotJsonError from error


class Records:
    """Reads the objects of one file, whose names mean what `naming` says."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming
        self._known: dict[tuple[str, ...], tuple[dict[str, str], bool]] = {}

    def read(self, text: bytes) -> dict[str, Any]:
        """The fields of a message that an object holds; none where it holds a line of text that is
        no message. NotJsonError where it is no object."""
        fields = fields_of(text)
        if b'"$' in text:
            fields = _without_types(fields)
        names, is_enough = self._names(tuple(fields))
        record = {ours: _value(ours, fields[theirs]) for theirs, ours in names.items()}
        frame = record.get("frame")
        if not is_enough or (isinstance(frame, str) and frame[:1] == "{"):
            _unwrap(record, fields, self._naming)
        if self._naming.charge_point is not None:
            record.setdefault("charge_point_id", self._naming.charge_point)
        frame = record.get("frame")
        if isinstance(frame, str) and frame[:1] != "{" and frame[2:3] not in (",", " "):
            return _of_line(record, frame)  # `[2,` and `[ 2` begin a frame
        return record

    def _names(self, names: tuple[str, ...]) -> tuple[dict[str, str], bool]:
        known = self._known.get(names)
        if known is None:
            known = self._naming.columns(names), self._naming.is_enough(names)
            if len(self._known) < 1000:
                self._known[names] = known
        return known


def _value(ours: str, raw: msgspec.Raw) -> Any:
    """A field's value; a body that is an object stays JSON text."""
    text = bytes(raw)
    try:
        if ours in ("body", "frame", "request", "response") and text[:1] != b'"':
            return None if text == b"null" else text.decode()
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise NotJsonError from error


def _unwrap(record: dict[str, Any], fields: Mapping[str, msgspec.Raw], naming: Naming) -> None:
    """Fields that stand in an object within the object."""
    for theirs, raw in fields.items():
        text = bytes(raw)
        if theirs.strip("_").lower() not in WRAPPERS or text[:1] != b"{":
            continue
        try:
            inner = fields_of(text)
        except NotJsonError:
            continue
        names = naming.columns(tuple(inner))
        if {"frame", "body", "message_type", "request"} & set(names.values()):
            record.update({ours: _value(ours, inner[name]) for name, ours in names.items()})
            if record.get("frame") == text.decode("utf-8", "replace"):
                del record["frame"]


def _of_line(record: dict[str, Any], line: str) -> dict[str, Any]:
    """A record around a line of text (a container's log, a cloud's); a line without a frame is no
    message, unless the record says it is one."""
    start = frame_start(line)
    if start == 0:
        return record
    if start < 0:
        return record if "charge_point_id" in record or line[:1] in ("{", '"') else {}
    try:
        found = message_in(line, start, Default(str(record.get("charge_point_id") or ""), True))
    except LineError:
        return record
    of_line = {"charge_point_id": found.charge_point, "frame": line[start:], "parts": found.frame}
    return {**record, **of_line, "time": found.time or record.get("time")}


def _without_types(fields: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """MongoDB's extended JSON (`{"$date": …}`, `{"$numberLong": "7"}`) as plain JSON."""
    try:
        return {
            name: msgspec.Raw(msgspec.json.encode(_plain(msgspec.json.decode(raw))))
            if b'"$' in bytes(raw)
            else raw
            for name, raw in fields.items()
        }
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise NotJsonError from error


_NUMBERS = {"$numberInt": int, "$numberLong": int, "$numberDouble": float, "$numberDecimal": float}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name in ("$date", "$oid", "$uuid"):
            return _plain(inner)
        if name in _NUMBERS and isinstance(inner, str):
            try:
                return _NUMBERS[name](inner)
            except ValueError:
                return inner
    return {name: _plain(inner) for name, inner in value.items()}


def choose(sample: Sequence[bytes], hints: Hints) -> Naming | None:
    """What the names mean, by the first objects of a file; None where none of them is a message."""
    for naming in namings(_names_and_ids(sample), hints):
        found, records = Collector(), Records(naming)
        for number, text in enumerate(sample):
            try:
                if record := records.read(text):
                    found.add(number, record)
            except NotJsonError:
                continue
            if len(found):
                return naming
    return None


def _names_and_ids(sample: Sequence[bytes]) -> tuple[list[str], list[str]]:
    """The names in the first objects, and what their `id` says."""
    names, ids = dict[str, None](), list[str]()
    for text in sample:
        try:
            fields = fields_of(text)
        except NotJsonError:
            continue
        names |= dict.fromkeys(fields)
        ids += [bytes(fields[name]).decode("utf-8", "replace").strip('"')
                for name in fields if name.lower() == "id"]  # fmt: skip
    return list(names), ids


def namings(found: tuple[list[str], list[str]], hints: Hints) -> list[Naming]:
    """What the names may mean, the likeliest first: as they stand; `id` as the charge point, where
    its values repeat as no key of rows does; the charge point by the file's path, where no field
    could name one."""
    names, ids = found
    options = [hints.naming]
    if _are_charge_points(ids):
        options.append(replace(hints.naming, id_is_charge_point=True))
    if hints.charge_point and named_nowhere(names):
        options.append(replace(hints.naming, charge_point=hints.charge_point))
    return options


def _are_charge_points(ids: Sequence[str]) -> bool:
    known = [one for one in ids if one]
    if len(set(known)) < len(known):
        return True
    return bool(known) and not any(one.isdigit() or len(one) > 20 for one in known)
