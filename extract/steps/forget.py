"""`wattstar forget`: remove one person from everything that is stored, and prove it.

1. Find all pseudonyms of the person: those that stand beside the given one in raw answers.
2. Note them as forgotten: a later poll that brings the person again lands null instead.
3. Rewrite the raw files that hold them, with null in their place.
4. Load and build the warehouse from the rewritten files, and delete the data folders of other
   PostgreSQL versions that were set aside.
5. Search the lake, the warehouse, Airflow's database and all files below `WATTSTAR_HOME` for what
   must be gone (`forget_search`).

The sessions stay, because the energy was sold; nobody can say any more whose they were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from extract.errors import WattstarError
from extract.lake import pseudonyms, raw
from extract.lake.files import Lake, LakeFile
from extract.lake.pseudonyms import PersonFields, Pseudonyms
from extract.settings import Settings
from extract.steps import build, load
from extract.steps.forget_search import search, spellings
from extract.vendors import person_fields
from extract.warehouse.database import delete_set_aside

Say = Callable[[str], None]


class NobodyError(WattstarError):
    """Nobody was named."""


@dataclass
class Forgotten:
    """The result. `pseudonyms`: how many were severed. `files`: how many raw files were rewritten.
    `searched`: what was searched. `left`: places that still hold something of the person.
    `failures`: of the load and the build that followed."""

    pseudonyms: int = 0
    files: int = 0
    searched: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is left, and the warehouse is built without the person."""
        return not self.left and not self.failures


def forget(settings: Settings, source: str, user: str, say: Say = lambda text: None) -> Forgotten:
    """Forget `user`: an id, an address or a card as the vendor writes it, or a pseudonym.

    After a crash the same call completes the work. Raises NobodyError for an empty `user`,
    PseudonymKeyError where the key is not the lake's, WarehouseError where the server cannot be
    used, UnknownNameError where there is no source of that name.
    """
    fields = person_fields(source)
    lake = Lake(settings.lake_url)
    asked = Pseudonyms(settings, source).any_of(user)
    if asked is None:
        raise NobodyError("say who: an id, an address, a card or a pseudonym")
    names = linked(lake, source, asked, fields)
    pseudonyms.forget(lake, names)  # first: a poll that runs now must not bring them back
    result = Forgotten(len(names))
    for file in _files(lake, source):
        if _rewrite(lake, file, names):
            result.files += 1
            say(f"rewritten: {file.path}")
    loaded, built = load.load(settings, say=say), build.build(settings, say=say)
    result.failures = loaded.failures + built.failures
    for folder in delete_set_aside(settings):  # after the load, which may have set it aside
        say(f"deleted: {folder}, the data of another PostgreSQL version")
    result.searched, result.left = search(settings, lake, [*names, *spellings(user)])
    return result


# --- whose pseudonyms ----------------------------------------------------------------------------


def _files(lake: Lake, source: str) -> Iterator[LakeFile]:
    for files in raw.partitions(lake, source).values():
        yield from files


def linked(lake: Lake, source: str, asked: str, fields: PersonFields) -> list[str]:
    """All pseudonyms of the person with this one, sorted.

    Followed from object to object are pseudonyms that identify one person (an id). Those that two
    people may share (a card, a name) are severed as well, but lead to nobody else.
    """
    persons: set[tuple[frozenset[str], frozenset[str]]] = set()
    for file in _files(lake, source):
        for body in lake.read(file.path, ["body"])["body"].to_pylist():
            persons.update(persons_in(body, fields))
    own, shared, before = {asked}, set[str](), set[str]()
    while own != before:
        before = set(own)
        for identify, describe in persons:
            if own & (identify | describe):
                own |= identify
                shared |= describe
    return sorted(own | shared)


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
    except msgspec.DecodeError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            waiting += [inner for text in value.values() for inner in _inner(text, "{")]
            items = _flat(value, fields.identify)
            identify, describe = (_names(items, wanted) for wanted in fields)
            if identify or describe:
                yield identify, describe


def _names(items: list[tuple[str, Any]], wanted: frozenset[str]) -> frozenset[str]:
    """The pseudonyms in the wanted fields."""
    found = (inner for name, inner in items if name.lower() in wanted)
    return frozenset(filter(pseudonyms.is_pseudonym, _texts(found)))


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
    except ValueError:  # cut off
        return


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list):
            yield from _texts(value)


# --- raw -----------------------------------------------------------------------------------------


def _rewrite(lake: Lake, file: LakeFile, names: list[str]) -> bool:
    """Replace a raw file that holds any of the names by one that does not; whether it did."""
    table = lake.read(file.path)
    columns = [_severed(column, names) for column in table.columns]
    if all(new is old for new, old in zip(columns, table.columns, strict=True)):
        return False
    raw.replace(lake, file, pa.table(columns, schema=table.schema))
    return True


def _severed(column: pa.ChunkedArray, names: list[str]) -> pa.ChunkedArray:
    """The column with JSON's null in place of the names; the same object where it holds none."""
    if column.type not in (pa.string(), pa.binary()):
        return column
    values = column.to_pylist()
    severed = [value if value is None else _without(value, names) for value in values]
    if severed == values:
        return column
    return pa.chunked_array([pa.array(severed, column.type)])


def _without(value: Any, names: list[str]) -> Any:
    encode = (lambda text: text) if isinstance(value, str) else str.encode
    for name in names:
        if encode(name) not in value:
            continue
        for text in (f'"{name}"', f'\\"{name}\\"'):  # a value, and one of a JSON text in a value
            value = value.replace(encode(text), encode("null"))
        value = value.replace(encode(name), b"" if isinstance(value, bytes) else "")
    return value
