"""`wattstar forget`: remove persons from everything that is stored, and prove it.

1. Find all pseudonyms of each person: those that stand beside the given one in raw answers.
2. Note them as forgotten: from now on no poll lands them, also one that is running.
3. Take them out of the raw files and the state files of the lake, and delete what killed commands
   and emptied partitions left there. A lock keeps others from loading, building and compacting.
4. Load and build the warehouse from the rewritten files.
5. Take them out of `ops`, of Airflow's database and of other files below `WATTSTAR_HOME`, and
   delete the data folders of other PostgreSQL versions that were set aside.
6. Search all of that for what must be gone (`forget_search`).

The sessions stay, because the energy was sold; nothing stored says any more whose they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from extract import vendors
from extract.errors import WattstarError
from extract.lake import compact, forgotten, raw, typed
from extract.lake.files import Lake, LakeFile
from extract.lake.forgotten import Sought
from extract.lake.persons import linked
from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.steps import build, load
from extract.steps.forget_search import home_files, read_file, search, spellings
from extract.warehouse import personal
from extract.warehouse.database import (
    Warehouse,
    delete_set_aside,
    exclusive,
    open_warehouse,
    prepare,
)

Say = Callable[[str], None]
LOGS = ("logs/", "airflow/logs/", "dbt/", "docs/", "postgres/server.log")
ROUNDS = 2  # a command that ran meanwhile may have written the person again


class NobodyError(WattstarError):
    """Nobody was named."""


@dataclass
class Forgotten:
    """The result. `pseudonyms`: how many were removed. `files`: how many raw files were rewritten.
    `searched`: what was searched. `left`: places that still hold something of a person. `unknown`:
    the numbers of the given identifiers that were found nowhere (1 is the first). `repeated`: how
    many were forgotten before. `failures`: of the load and the build that followed; the search
    covers also what they left out."""

    pseudonyms: int = 0
    files: int = 0
    searched: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    repeated: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everybody was found, now or at an earlier call, and nothing of them is left."""
        return not self.left and not self.unknown


def forget(settings: Settings, source: str, *users: str, say: Say = lambda text: None) -> Forgotten:
    """Forget these persons, each given by an id, an address or a card as the vendor writes it, or
    by a pseudonym.

    After a crash the same call completes the work. Raises NobodyError where an identifier is empty
    or there is none, PseudonymKeyError where the key is not the lake's, WarehouseError where the
    server cannot be used (nothing has been changed then), UnknownNameError where there is no source
    of that name.
    """
    vendors.about(source)
    pseudonyms = Pseudonyms(settings, source)
    asked = [pseudonyms.any_of(user) for user in users]
    if not asked or None in asked:
        raise NobodyError("say who: an id, an address, a card or a pseudonym")
    with open_warehouse(settings) as warehouse:
        work = _Forgetting(settings, warehouse, source, users, say)
        return work.run([name for name in asked if name])


class _Forgetting:
    """One call: where everything is, and what has been found and done."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        source: str,
        users: tuple[str, ...],
        say: Say,
    ) -> None:
        self.settings, self.warehouse, self.source, self.say = settings, warehouse, source, say
        self.lake = Lake(settings.lake_url)
        self.sought = Sought(texts=spellings(*users))
        self.result = Forgotten()

    def run(self, asked: list[str]) -> Forgotten:
        """Take the steps of the module's docstring; those after the lock twice where needed."""
        with self._alone():
            is_known = self._note(asked)
        for folder in delete_set_aside(self.settings):
            self.say(f"deleted: {folder}, the data of another PostgreSQL version")
        for _ in range(ROUNDS if is_known else 0):
            with self._alone():
                self._sever_lake()
            self._load_and_build()
            self._sever_others()
            if not self._search():
                return self.result
        if not is_known:
            self._search()
        return self.result

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock: no other command loads, builds, compacts or forgets."""
        with closing(self.warehouse.connect()) as connection:
            prepare(connection)
            with exclusive(connection, self.say):
                yield

    def _search(self) -> list[str]:
        self.result.searched, self.result.left = search(self.settings, self.lake, self.sought)
        return self.result.left

    # --- whom --------------------------------------------------------------------------------

    def _note(self, asked: list[str]) -> bool:
        """Note all pseudonyms of these persons as forgotten; returns whether there are any. A
        pseudonym that is found nowhere is not noted: a typing error would else make a person who
        comes later vanish."""
        before = forgotten.read(self.lake)
        files = [file for own in raw.partitions(self.lake, self.source).values() for file in own]
        names, seen = linked(self.lake, files, asked, vendors.person_fields(self.source))
        unknown = set()
        for number, name in enumerate(asked, 1):
            if forgotten.trace(name) in before:
                self.result.repeated += 1
            elif name not in seen and not self._is_elsewhere(name):
                self.result.unknown.append(number)
                unknown.add(name)
        names -= unknown
        self.result.pseudonyms = len(names)
        if names:
            traces = forgotten.add(self.lake, names)
            keys = personal.id_drivers(self.warehouse.loader, traces)
            self.sought = replace(self.sought, traces=traces, id_drivers=keys)
        return bool(names)

    def _is_elsewhere(self, name: str) -> bool:
        """Whether a pseudonym stands anywhere but in raw files, such as samples not landed yet."""
        one = Sought(frozenset([forgotten.trace(name)]))
        return bool(search(self.settings, self.lake, one)[1])

    # --- severing ----------------------------------------------------------------------------

    def _sever_lake(self) -> None:
        """The raw files, state files and leftovers of the lake."""
        compact.finish(self.lake)
        self.lake.sweep()
        for files in raw.partitions(self.lake).values():
            for file in files:
                self._sever_raw(file)
        for file in self.lake.files("", suffix=".json"):
            content = read_file(self.lake, file.path)
            severed = forgotten.without(content, self.sought.traces)
            if severed != content:
                self.lake.write(file.path, severed)
        typed.delete_stale(self.lake, raw.partitions(self.lake))

    def _sever_raw(self, file: LakeFile) -> None:
        """Replace a raw file that names anybody by one that does not."""
        try:
            table = self.lake.read(file.path)
        except (pa.ArrowException, OSError):  # the search names it
            return
        severed = forgotten.without_forgotten(table, self.sought.traces)
        if severed is not table:
            raw.replace(self.lake, file, severed)
            self.result.files += 1
            self.say(f"rewritten: {file.path}")

    def _load_and_build(self) -> None:
        loaded = load.load(self.settings, say=self.say)
        built = build.build(self.settings, say=self.say)
        self.result.failures = loaded.failures + built.failures

    def _sever_others(self) -> None:
        """Blank what no load and no build makes anew: `ops`, Airflow's database, other files."""
        traces = self.sought.traces
        personal.blank(self.warehouse.loader, traces, ["ops"])
        if self.warehouse.airflow:
            personal.blank(self.warehouse.airflow, traces, [])
        for path in home_files(self.settings, self.lake):
            is_log = path.relative_to(self.settings.home).as_posix().startswith(LOGS)
            with suppress(OSError):  # the search names it
                _blank(path, self.sought if is_log else Sought(traces))


def _blank(path: Path, sought: Sought) -> None:
    """Overwrite pseudonyms and addresses in a file, in place: a running program may append to it.
    Other identifiers are left, because the same text may mean something else; the search finds
    them."""
    content = path.read_bytes()
    made = forgotten.without(content, sought.traces, same_length=True)
    for text in (text.encode() for text in sought.texts if "@" in text or "%40" in text):
        made = re.sub(re.escape(text), b" " * len(text), made, flags=re.IGNORECASE)
    if made != content:
        with path.open("r+b") as file:
            file.write(made)
