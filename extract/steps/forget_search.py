"""The proof of `wattstar forget`: search everything that is stored for what must be gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from extract import vendors
from extract.lake.files import Lake
from extract.lake.forgotten import Sought
from extract.lake.pseudonyms import is_pseudonym
from extract.settings import Settings
from extract.warehouse import personal
from extract.warehouse.database import open_warehouse

SHORTEST = 8
"""Characters of the shortest identifier that is searched for literally: shorter ones match
unrelated text, such as times and numbers. An address (with an @) is always searched for."""


def spellings(*users: str) -> tuple[str, ...]:
    """How these identifiers may be written where they were overlooked: as they are, in JSON, in a
    URL. A pseudonym is left out, because the search finds it by its trace; so is an identifier that
    is too short."""
    found: set[str] = set()
    for user in map(str.strip, users):
        if not is_pseudonym(user) and (len(user) >= SHORTEST or "@" in user):
            in_json = json.dumps(user)[1:-1], json.dumps(user, ensure_ascii=False)[1:-1]
            found |= {user, *in_json, quote(user)}
    return tuple(sorted(found))


def search(settings: Settings, lake: Lake, sought: Sought) -> tuple[list[str], list[str]]:
    """(What was searched, the places where something was found), as lines for a person."""
    searched, left = [], []
    for name, found in (
        ("the lake", in_lake(lake, sought)),
        ("the warehouse and Airflow's database", in_databases(settings, sought)),
        (f"files below {settings.home}", in_files(settings, lake, sought)),
    ):
        places = list(found)
        searched.append(f"{name}: {len(places)} places")
        left += places
    return searched, left


def in_lake(lake: Lake, sought: Sought) -> Iterator[str]:
    """Files of the lake that hold something of what is sought: in their path, in a column, or in
    the content of a file that is not Parquet. Files that are still being written are not
    searched."""
    for file in lake.files("", suffix=""):
        if file.path.startswith(".tmp/"):
            continue
        try:
            if sought.is_in(file.path.encode()) or _is_in_lake_file(lake, file.path, sought):
                yield lake.absolute(file.path)
        except FileNotFoundError:  # a load or a compaction has replaced it
            continue
        except (pa.ArrowException, OSError) as error:
            yield (
                f"{lake.absolute(file.path)} cannot be read ({type(error).__name__}), so it may "
                "still hold the person: restore it or delete it, and repeat the command"
            )


def _is_in_lake_file(lake: Lake, path: str, sought: Sought) -> bool:
    if not path.endswith(".parquet"):
        return sought.is_in(read_file(lake, path))
    buffers = (
        buffer
        for column in lake.read(path).columns
        for chunk in column.chunks
        for buffer in _texts(chunk)
    )
    return any(sought.is_in(buffer) for buffer in buffers)


def _texts(values: pa.Array) -> list[pa.Buffer]:
    """The memory that holds a column's texts, also those within lists and objects."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    is_number = pa.types.is_primitive(values.type)
    return [] if is_number else [buffer for buffer in values.buffers() if buffer is not None]


def read_file(lake: Lake, path: str) -> bytes:
    """The content of any file of the lake."""
    with lake.filesystem.open_input_stream(lake.absolute(path)) as stream:
        return bytes(stream.readall())


def in_databases(settings: Settings, sought: Sought) -> Iterator[str]:
    """Tables that hold something of what is sought: of the warehouse, and of Airflow's database
    where the embedded server has it. Each place is "schema.table: rows"."""
    with open_warehouse(settings) as warehouse:
        for url in (warehouse.loader, warehouse.airflow):
            if url:
                yield from personal.places(url, sought)


def in_files(settings: Settings, lake: Lake, sought: Sought) -> Iterator[str]:
    """Other files below the home that hold something of what is sought: logs, pages, dbt's."""
    for path in home_files(settings, lake):
        try:
            is_found = sought.is_in(str(path).encode(errors="replace"))
            if is_found or sought.is_in(path.read_bytes()):
                yield str(path)
        except FileNotFoundError:  # deleted meanwhile, such as a lock
            continue


def home_files(settings: Settings, lake: Lake) -> Iterator[Path]:
    """Files below the home, but for the lake's, the database server's own, and those in an inbox,
    which belong to their sender."""
    skipped = [Path(lake.root)] if lake.is_local else []
    inboxes = [folder for folder in vendors.inboxes(settings) if folder != settings.home]
    skipped += [settings.home / "postgres" / "data"]
    skipped += [folder for folder in inboxes if folder.is_relative_to(settings.home)]
    for path in sorted(settings.home.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(folder) for folder in skipped):
            yield path
