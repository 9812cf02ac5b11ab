"""Zaptec: installations with their chargers and users; the live state and every session.

| stream     | endpoint (as it lands)            | scope        | an answer's query_time        |
| ---------- | --------------------------------- | ------------ | ----------------------------- |
| `assets`   | `installations`                   | `*`          | of the request; page by page  |
| `assets`   | `installation`, `hierarchy`       | installation | of the request                |
| `assets`   | `chargers`                        | `*`          | of the request; page by page  |
| `state`    | `chargers`                        | `*`          | the cycle's start; pages      |
| `state`    | `state`                           | charger      | the cycle's start             |
| `sessions` | `installations`                   | `*`          | of the request; page by page  |
| `sessions` | `archived` or `chargehistory`     | installation | of the request; page by page  |

A scope is the vendor's id. All of it lands without personal data, see `private`. An answer with
neither an error nor a body is one that has nothing to tell and is no failure: a hierarchy that the
account may not see (204), an endpoint that the server does not have (404, 501).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from extract.http import Exchange
from extract.settings import Settings
from extract.vendors.zaptec import client, history
from extract.vendors.zaptec.flatten import flatten
from extract.vendors.zaptec.private import PERSON_FIELDS

__all__ = ["PERSON_FIELDS", "backfill", "flatten", "poll"]


def poll(settings: Settings, streams: Collection[str]) -> Iterator[list[Exchange]]:
    """Ask for these streams. AccessError where the login is refused, PseudonymKeyError where the
    key has changed: then nothing has been asked for and nothing has landed."""
    asking = client.Client(settings)
    asking.log_in()
    if "state" in streams:
        yield from client.state(asking)
    if "assets" in streams:
        yield from client.assets(asking)
    if "sessions" in streams:
        yield from history.recent(asking)


def backfill(settings: Settings, start: date, end: date) -> Iterator[list[Exchange]]:
    """Fetch the sessions between two UTC dates, both included. Errors as of `poll`."""
    asking = client.Client(settings)
    asking.log_in()
    yield from history.backfill(asking, start, end)
