"""What a vendor says about itself: plain data, from which everything generic is derived.

Each `extract/vendors/<name>/about.py` holds one `ABOUT` and one `Settings`. DAG files read them, so
an about.py imports nothing heavy (no pyarrow, pandas or requests).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Stream:
    """One kind of answers that is polled, landed and loaded as a unit.

    `every` is the pace of the source's DAG. `samples` says that one poll samples for a whole
    window of time; its poller then takes `once=True` for a single sample.
    """

    name: str
    every: timedelta
    meaning: str
    samples: bool = False


@dataclass(frozen=True)
class Pool:
    """Airflow's pool of the source, named like it: how many of its tasks may run at once."""

    slots: int
    meaning: str


@dataclass(frozen=True)
class Connection:
    """Airflow's connection of the source, named like it, and the settings that it fills.

    `login` names the setting that takes the connection's login; the password then goes to
    `password`. `has_url`: host, port and schema make the setting `url`. `extras` are settings that
    the connection's extra JSON may hold.
    """

    login: str = ""
    has_url: bool = True
    extras: tuple[str, ...] = ()

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that the connection can fill."""
        url = ("url",) if self.has_url else ()
        login = (self.login, "password") if self.login else ()
        return (*url, *login, *self.extras)


@dataclass(frozen=True)
class StatusWord:
    """A status as the vendor writes it (in upper case), and what it means.

    `status` is OCPI's word: AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED
    RESERVED UNKNOWN. The three flags are None where the word does not say.
    """

    source_status: str
    status: str
    is_occupied: bool | None = None
    is_charging: bool | None = None
    is_operational: bool | None = None


@dataclass(frozen=True)
class Demo:
    """What `wattstar run` does with the vendor's sandbox.

    `settings` are what it needs beside the address: the sandbox's own credentials, or a folder
    (`{home}` is `WATTSTAR_HOME`). `every`: poll so often over the days of the demonstration, and at
    the end through the vendor's DAG. `backfill`: fetch that much history. `streams`: poll these
    once, with a single sample where a window is sampled.
    """

    settings: tuple[tuple[str, str], ...] = ()
    every: timedelta | None = None
    backfill: timedelta | None = None
    streams: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """One vendor.

    `name`: its folder, the first part of its settings' names, and `source` in every table; a word
    of small letters and digits. `what`, `real_time`, `credentials` and `state` are its row in the
    README. `licence`: of the data, None where it is not known. `in_use_by`: the source is in use
    when one of these settings is set. `is_public`: it can be polled with no setting at all.
    `is_event`: statuses arrive as events at their own time; else they are observed by polling.
    """

    name: str
    title: str
    what: str
    site: str
    licence: str | None
    real_time: str
    credentials: str
    state: str
    streams: tuple[Stream, ...]
    pool: Pool
    connection: Connection
    in_use_by: tuple[str, ...]
    statuses: tuple[StatusWord, ...]
    demo: Demo = Demo()
    is_event: bool = False
    is_public: bool = False
