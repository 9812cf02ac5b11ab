"""Charge Amps: status and currents every 30 s, sessions, settings of connectors, and their control.

| stream     | endpoint (as it lands) | scope        | params             | an answer's query_time |
| ---------- | ---------------------- | ------------ | ------------------ | ---------------------- |
| `status`   | `status`               | charge point |                    | the tick               |
| `sessions` | `chargingsessions`     | charge point | startTime, endTime | of the request         |
| `assets`   | `owned`                | `*`          |                    | of the request         |
| `assets`   | `settings`             | charge point |                    | of the request         |
| `assets`   | `settings_put`         | charge point | connector          | of the request         |

A scope is the vendor's id. All of it lands without personal data, see `private`. A tick that was
missed is an answer without a status whose error begins with `missed`. Every stream asks for `owned`
first; `status` samples one window and reads each connector's `settings` in passing. `settings_put`
is our own record of a change, see `control`: its status is 200 whatever came of it, its body
`{chargePointId, connectorId, requestedBy, reason, wanted, before, after, outcome, …}`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from extract.http import Exchange
from extract.settings import Settings
from extract.vendors.chargeamps import client, history, sampler
from extract.vendors.chargeamps.flatten import flatten
from extract.vendors.chargeamps.private import PERSON_FIELDS
from extract.vendors.chargeamps.ticks import Clock

__all__ = ["PERSON_FIELDS", "backfill", "flatten", "poll"]


def poll(settings: Settings, streams: Collection[str]) -> Iterator[list[Exchange]]:
    """Ask for these streams: status first, whose time is fixed. AccessError where the login is
    refused, PseudonymKeyError where the key has changed: then nothing has landed."""
    asking = client.Client(settings)
    asking.log_in()
    if "status" in streams:
        yield from sampler.sample(asking, settings, Clock())
    if "assets" in streams:
        yield from _assets(asking)
    if "sessions" in streams:
        yield from history.recent(asking)


def _assets(asking: client.Client) -> Iterator[list[Exchange]]:
    owned = asking.owned()
    plugs = [(point.id, number) for point in client.points(owned) for number in point.connectors]
    yield [owned, *client.at_once(lambda plug: asking.settings(*plug), plugs)]


def backfill(settings: Settings, start: date, end: date) -> Iterator[list[Exchange]]:
    """Fetch the sessions between two UTC dates, both included. Errors as of `poll`."""
    asking = client.Client(settings)
    asking.log_in()
    yield from history.backfill(asking, start, end)
