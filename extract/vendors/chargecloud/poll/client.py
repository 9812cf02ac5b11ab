"""ChargeCloud over HTTP: `GET {base}/{city}`, no key, no paging.

How much it may be asked is not documented, so: two requests at a time, and a User-Agent.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec
import requests

from extract.http import Exchange, Request, fetch, session
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.chargecloud.about import Settings as FeedSettings

AT_ONCE = 2


class _Stamp(msgspec.Struct):
    timestamp: str | None = None


_stamp = msgspec.json.Decoder(_Stamp)
_own = threading.local()  # requests' sessions are not for sharing between threads


def poll(settings: Settings, streams: Collection[str], land: Landing) -> None:
    """Ask for every city and land one exchange each, in the order of the cities, failures
    included."""
    if "poi" in streams:
        feed = FeedSettings.of(settings)
        with ThreadPoolExecutor(AT_ONCE) as workers:
            land(list(workers.map(lambda city: _city(feed.url, city), feed.city_keys)))


def _city(base: str, city: str) -> Exchange:
    request = Request("chargecloud", "poi", "poi", city, f"{base.rstrip('/')}/{city}")
    exchange = fetch(_session(), request, readable)
    if exchange.ok and exchange.body:
        exchange.query_time = query_time(exchange.body) or exchange.requested_at
    return exchange


def _session() -> requests.Session:
    if not hasattr(_own, "session"):
        _own.session = session()
    made: requests.Session = _own.session
    return made


def readable(body: bytes) -> str | None:
    """What is wrong with a body that came with status 200, so that it is asked for again."""
    try:
        _stamp.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"the body is not a ChargeCloud answer: {error}"
    return None


def query_time(body: bytes) -> datetime | None:
    """The answer's own timestamp in UTC; None where it has none, or one without a time zone."""
    stamp = _stamp.decode(body).timestamp
    try:
        at = datetime.fromisoformat(stamp or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
