"""Which pseudonyms of the raw zone are of the same person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.files import Lake, LakeFile
from extract.lake.forgotten import is_text
from extract.lake.pseudonyms import PersonFields, is_pseudonym


class Linked(NamedTuple):
    """`names`: all pseudonyms of the persons that were asked for, with those that were asked for.
    `seen`: those of them that stand in the raw zone."""

    names: frozenset[str]
    seen: frozenset[str]


def linked(
    lake: Lake, files: Iterable[LakeFile], asked: Iterable[str], fields: PersonFields
) -> Linked:
    """All pseudonyms of the persons with these ones.

    Pseudonyms that identify one person (an id) are followed from object to object. Those that two
    people may share (a card, a name) belong to the person too, but lead to nobody else. A file is
    read again for each link; only bodies that hold one of the names are decoded. Files that cannot
    be read are left out.
    """
    files, own = list(files), set(asked)
    looked_for, shared, seen = set[str](), set[str](), set[str]()
    persons: set[tuple[frozenset[str], frozenset[str]]] = set()
    decoded = set[int]()
    while own - looked_for:
        new = own - looked_for
        for name, body in _bodies_with(lake, files, new):
            seen.add(name)
            if (mark := hash(body)) not in decoded:
                decoded.add(mark)
                persons.update(persons_in(body, fields))
        looked_for |= new
        before: set[str] = set()
        while own != before:
            before = set(own)
            for identify, describe in persons:
                if own & (identify | describe):
                    own |= identify
                    shared |= describe
    return Linked(frozenset(own | shared), frozenset(seen))


def _bodies_with(
    lake: Lake, files: Iterable[LakeFile], names: Iterable[str]
) -> Iterator[tuple[str, Any]]:
    """(name, body) of each raw row with one of the names in any column."""
    for file in files:
        try:
            table = lake.read(file.path)
        except (pa.ArrowException, OSError):  # the search of all places names it
            continue
        texts = [column for column in table.columns if is_text(column.type)]
        texts = [column for column in texts if pc.any(pc.match_substring(column, "p_")).as_py()]
        for name in names:
            for column in texts:
                rows = pc.indices_nonzero(pc.match_substring(column, name))
                yield from ((name, body) for body in table["body"].take(rows).to_pylist())


def persons_in(
    body: bytes | str | None, fields: PersonFields
) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """For each object of a JSON body that names a person: the pseudonyms that identify them, and
    those that describe them. Nothing for a body that is no JSON: it was cut off on the way."""
    text = body.encode() if isinstance(body, str) else body
    if text is None or b"p_" not in text:
        return
    try:
        waiting = [msgspec.json.decode(text)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += [inner for inner in value if isinstance(inner, dict | list)]
        elif parts := _parts(value):
            waiting += [inner for inner in parts if not isinstance(inner, str)]
            waiting += [inner for text in parts for inner in _inner(text, "{")]
            items = _flat(value, fields.identify)
            identify, describe = (_names(items, wanted) for wanted in fields)
            if identify or describe:
                yield identify, describe


def _parts(value: Any) -> list[Any]:
    """What of an object's values may hold a pseudonym; nothing of most, such as an interval's."""
    values = value.values() if isinstance(value, dict) else ()
    return [
        inner
        for inner in values
        if (isinstance(inner, str) and "p_" in inner) or isinstance(inner, dict | list)
    ]


def _names(items: list[tuple[str, Any]], wanted: frozenset[str]) -> frozenset[str]:
    """The pseudonyms in the wanted fields."""
    found = (inner for name, inner in items if name.lower() in wanted)
    return frozenset(filter(is_pseudonym, _texts(found)))


def _flat(record: dict[str, Any], wanted: frozenset[str]) -> list[tuple[str, Any]]:
    """The fields of an object; an object that describes the person is replaced by its fields."""
    items: list[tuple[str, Any]] = []
    for name, inner in record.items():
        is_person = isinstance(inner, dict) and name.lower() in wanted
        items += inner.items() if is_person else [(name, inner)]
        for signed in _inner(inner, "OCMF|{"):  # signed by a meter: its ID names who charged
            items += [(f"ocmf.{key}", value) for key, value in signed.items()]
    return items


def _inner(text: Any, start: str) -> Iterator[dict[str, Any]]:
    """The JSON object in a text that begins with `start`, if it holds a pseudonym and is whole."""
    if not isinstance(text, str) or not text.startswith(start) or "p_" not in text:
        return
    try:
        yield json.JSONDecoder().raw_decode(text, len(start) - 1)[0]
    except (ValueError, RecursionError):  # cut off, or nested too deep
        return


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list):
            yield from _texts(value)
