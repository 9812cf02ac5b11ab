"""`wattstar forget`: sever one person from everything that is kept, and prove it.

Their sessions stay, for the energy was sold; nobody can tell any more whose they were. Pseudonyms
that stand for the same person (an id, an address, a card) are found where they stand together. In
raw they become null, the warehouse is loaded and built from that, and the lake, the warehouse,
Airflow's database and every file below `WATTSTAR_HOME` are searched for what must be gone. From
then on a poll that brings the person again lands them as nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psycopg2
import pyarrow as pa
from psycopg2 import sql

from extract.lake import pseudonyms, raw
from extract.lake.files import Lake, LakeFile
from extract.lake.pseudonyms import PersonFields, Pseudonyms
from extract.settings import Settings
from extract.steps import build, load
from extract.vendors import person_fields
from extract.warehouse.database import open_warehouse
from extract.warehouse.embedded.postgres import EmbeddedPostgres

Say = Callable[[str], None]
LEAST = 8  # characters of what a person is told by, for it to be searched for as it is told


@dataclass
class Forgotten:
    """What was done. `left`: the places where something of the person still stands."""

    pseudonyms: int = 0
    files: int = 0  # raw files that were rewritten
    searched: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # of the load and build that followed

    @property
    def ok(self) -> bool:
        """Whether nothing is left, and the warehouse is built without the person."""
        return not self.left and not self.failures

    def as_dict(self) -> dict:
        """For JSON."""
        return {"ok": self.ok, **self.__dict__}


def forget(settings: Settings, source: str, user: str, say: Say = lambda text: None) -> Forgotten:
    """Forget `user`, told as the vendor tells them (an id, an address, a card) or by pseudonym.

    Told again after a crash it goes on. PseudonymKeyError where the key is not the lake's.
    """
    lake = Lake(settings.lake_url)
    asked = Pseudonyms(settings, source).any_of(user)
    if asked is None:
        raise ValueError("say who: an id, an address, a card or a pseudonym")
    names = _linked(lake, source, asked)
    pseudonyms.forget(lake, names)  # first: a poll that runs now must not bring them back
    result = Forgotten(len(names))
    for file in _files(lake, source):
        if _rewrite(lake, file, names):
            result.files += 1
            say(f"rewritten: {file.path}")
    _rebuild(settings, result, say)
    sought = [*names, *_written(user)]
    result.searched, result.left = _search(settings, lake, sought)
    return result


def _written(user: str) -> set[str]:
    """How the person may be written where they have been overlooked. A short text stands in times
    and numbers as well and would prove nothing."""
    if pseudonyms.is_pseudonym(user) or (len(user) < LEAST and "@" not in user):
        return set()
    return {user, user.lower(), user.upper()}


# --- raw ---------------------------------------------------------------------------------------


def _files(lake: Lake, source: str) -> Iterator[LakeFile]:
    for files in raw.partitions(lake, source).values():
        yield from files


def _linked(lake: Lake, source: str, asked: str) -> list[str]:
    """All pseudonyms of the person with this one: those that stand beside it, and on from those
    that are nobody else's. What two people may share is severed, but leads to nobody."""
    fields = person_fields(source)
    persons: set[tuple[frozenset[str], frozenset[str]]] = set()
    for file in _files(lake, source):
        for body in lake.read(file.path, ["body"])["body"].to_pylist():
            persons.update(_persons(body, fields))
    own, shared, before = {asked}, set[str](), set[str]()
    while own != before:
        before = set(own)
        for identify, describe in persons:
            if own & (identify | describe):
                own |= identify
                shared |= describe
    return sorted(own | shared)


def _persons(
    body: bytes | str | None, fields: PersonFields
) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """For every object of a body, the pseudonyms that identify the person in it, and those that
    describe them."""
    text = body.encode() if isinstance(body, str) else body
    if text is None or b"p_" not in text:
        return
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:  # an answer that broke on the way: no field of it can be told
        return
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            waiting += [inner for text in value.values() for inner in _inner(text, "{")]
            items = _opened(value, fields.identify)
            identify, describe = (_names(items, wanted) for wanted in fields)
            if identify or describe:
                yield identify, describe


def _names(items: list[tuple[str, Any]], wanted: frozenset[str]) -> frozenset[str]:
    """The pseudonyms in the fields that are wanted."""
    found = (inner for name, inner in items if name.lower() in wanted)
    return frozenset(filter(pseudonyms.is_pseudonym, _texts(found)))


def _opened(record: dict[str, Any], wanted: frozenset[str]) -> list[tuple[str, Any]]:
    """The fields of an object, with those of an object that tells of the person in their midst."""
    items: list[tuple[str, Any]] = []
    for name, inner in record.items():
        is_person = isinstance(inner, dict) and name.lower() in wanted
        items += inner.items() if is_person else [(name, inner)]
        for told in _inner(inner, "OCMF|{"):  # signed by a meter: it names who charged, as ID
            items += [(f"ocmf.{key}", value) for key, value in told.items()]
    return items


def _inner(text: Any, start: str) -> Iterator[dict[str, Any]]:
    """The JSON object in a text that begins so, if it holds a pseudonym."""
    if not isinstance(text, str) or not text.startswith(start) or "p_" not in text:
        return
    try:
        yield json.JSONDecoder().raw_decode(text, len(start) - 1)[0]
    except ValueError:  # cut off: no field of it can be told
        return


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list):
            yield from _texts(value)


def _rewrite(lake: Lake, file: LakeFile, names: list[str]) -> bool:
    """Replace a raw file that holds any of the names by one that doesn't; whether it did."""
    table = lake.read(file.path)
    columns = [_severed(column, names) for column in table.columns]
    if all(new is old for new, old in zip(columns, table.columns, strict=True)):
        return False
    raw.replace(lake, file, pa.table(columns, schema=table.schema))
    return True


def _severed(column: pa.ChunkedArray, names: list[str]) -> pa.ChunkedArray:
    """The column with null, as JSON writes it, in place of the names; itself where none is."""
    if column.type not in (pa.string(), pa.binary()):
        return column
    values = column.to_pylist()
    cleaned = [value if value is None else _without(value, names) for value in values]
    if cleaned == values:
        return column
    return pa.chunked_array([pa.array(cleaned, column.type)])


def _without(value: Any, names: list[str]) -> Any:
    encode = (lambda text: text) if isinstance(value, str) else str.encode
    for name in names:
        if encode(name) not in value:
            continue
        for text in (f'"{name}"', f'\\"{name}\\"'):  # a value, and one of a JSON text in a value
            value = value.replace(encode(text), encode("null"))
        value = value.replace(encode(name), b"" if isinstance(value, bytes) else "")
    return value


# --- afterwards --------------------------------------------------------------------------------


def _rebuild(settings: Settings, result: Forgotten, say: Say) -> None:
    loaded = load.load(settings, say=say)
    built = build.build(settings, say=say)
    result.failures += [
        f"{entry.partition} is quarantined: {entry.reason}"
        for entry in loaded.partitions
        if entry.status == "quarantined"
    ]
    result.failures += built.failures


def _search(settings: Settings, lake: Lake, sought: list[str]) -> tuple[list[str], list[str]]:
    """The places that were searched, and those where something was found."""
    searched, left = [], []
    for name, found in (
        ("the lake", in_lake(lake, sought)),
        ("the warehouse", in_databases(settings, sought)),
        (f"files below {settings.home}", in_files(settings, lake, sought)),
    ):
        places = list(found)
        searched.append(f"{name}: {len(places)} places")
        left += places
    return searched, left


def in_lake(lake: Lake, sought: list[str]) -> Iterator[str]:
    """Parquet files with any of the texts in any column, and other files."""
    for file in lake.files("", suffix=""):
        if not file.path.endswith(".parquet"):
            with lake.filesystem.open_input_stream(lake.absolute(file.path)) as stream:
                texts: list[Any] = [bytes(stream.readall())]
        else:
            columns = [column for column in lake.read(file.path).columns if _is_text(column.type)]
            texts = [value for column in columns for value in column.to_pylist() if value]
        if any(_holds(text, sought) for text in texts):
            yield lake.absolute(file.path)


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.binary())


def _holds(text: Any, sought: list[str]) -> bool:
    if isinstance(text, bytes):
        return any(name.encode() in text for name in sought)
    return any(name in text for name in sought)


def in_databases(settings: Settings, sought: list[str]) -> Iterator[str]:
    """Tables of the warehouse with any of the texts, and of Airflow's database where it is ours."""
    if settings.warehouse is not None:
        with open_warehouse(settings) as warehouse:
            yield from _in_database(warehouse.loader, sought)
        return
    with EmbeddedPostgres(settings.home, settings.postgres_bin).running() as urls:
        yield from _in_database(urls.loader, sought)
        yield from _in_database(urls.airflow, sought)


def _in_database(url: str, sought: list[str]) -> Iterator[str]:
    patterns = ["%" + name.replace("\\", r"\\").replace("%", r"\%") + "%" for name in sought]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema') "
            "and table_type = 'BASE TABLE' order by 1, 2"
        )
        for schema, name in cursor.fetchall():
            table = sql.Identifier(schema, name)
            cursor.execute(
                sql.SQL("select count(*) from {} as t where t::text like any (%s)").format(table),
                [patterns],
            )
            (rows,) = cursor.fetchone() or (0,)
            if rows:
                yield f"{schema}.{name}: {rows} rows"


def in_files(settings: Settings, lake: Lake, sought: list[str]) -> Iterator[str]:
    """Other files below the home: logs, pages, dbt's; not the lake's or the server's own."""
    skipped = [Path(lake.root)] if lake.is_local else []
    skipped += [settings.home / "postgres" / "data"]
    for path in sorted(settings.home.rglob("*")):
        ours = path.is_file() and not any(path.is_relative_to(folder) for folder in skipped)
        if ours and _holds(path.read_bytes(), sought):
            yield str(path)
