"""A vendor's description: plain data, from which everything generic is derived.

Each `extract/vendors/<name>/about.py` holds one `ABOUT` and one `Settings`. DAG files read them, so
an about.py imports nothing heavy (no pyarrow, pandas or requests).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Stream:
    """One kind of answers that is polled, landed and loaded as a unit.

    `every`: the pace of the source's DAG. `samples`: one poll samples for a whole window of time,
    and its poller takes `once=True` for a single sample.
    """

    name: str
    every: timedelta
    meaning: str
    samples: bool = False


@dataclass(frozen=True)
class Pool:
    """The Airflow pool with the source's name: how many of its tasks may run at the same time."""

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
    """A status as the vendor writes it, in upper case, and what it means.

    `status` is OCPI's word: AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED
    RESERVED UNKNOWN. A flag is None where the vendor's word leaves it open.
    """

    source_status: str
    status: str
    is_occupied: bool | None = None
    is_charging: bool | None = None
    is_operational: bool | None = None


@dataclass(frozen=True)
class Demo:
    """What `wattstar run` does with the vendor's sandbox.

    `settings`: what it needs beside the address: the sandbox's own credentials, or a folder
    (`{home}` is `WATTSTAR_HOME`). `every`: the pace at which the days of the demonstration are
    polled; the last poll goes through the vendor's DAG. `backfill`: how much history is fetched.
    `streams`: these are polled once, with a single sample where a window is sampled.
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
