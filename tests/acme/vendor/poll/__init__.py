"""Poll Acme: one request for all stations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

import msgspec
from extract.vendors.acme.about import Settings as AcmeSettings
from extract.vendors.acme.records import ANSWER

from extract.http import Access, Request, fetch, session
from extract.lake.fields import UnreadableError, read_record
from extract.lake.landing import Landing
from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings


class _Access(Access):
    """The key goes into a header; what is not declared in `records` does not land."""

    def __init__(self, key: str, pseudonyms: Pseudonyms) -> None:
        self._key, self._pseudonyms = key, pseudonyms

    def headers(self) -> Mapping[str, str]:
        return {"X-Api-Key": self._key}

    def cleaned(self, body: bytes) -> bytes | None:
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return None
        return msgspec.json.encode(ANSWER.redact(self._pseudonyms, answer))


def poll(settings: Settings, streams: Collection[str], land: Landing) -> None:
    """Ask for all stations and land the answer, also a failed one. PseudonymKeyError where the key
    is not the lake's: then nothing has landed."""
    if "stations" not in streams:
        return
    own = AcmeSettings.of(settings)
    key = own.api_key.get_secret_value() if own.api_key else ""
    access = _Access(key, Pseudonyms(settings, "acme"))
    request = Request("acme", "stations", "stations", "*", f"{own.url.rstrip('/')}/stations")
    exchange = fetch(session(), request, _wrong, access)
    if exchange.ok and exchange.body:
        at = ANSWER.value(msgspec.json.decode(exchange.body), "at")
        exchange.query_time = datetime.fromtimestamp(at / 1e6, UTC)
    land([exchange])


def _wrong(body: bytes) -> str | None:
    """What is wrong with a body that came with status 200; None: nothing."""
    try:
        at = ANSWER.value(read_record(msgspec.json.decode(body)), "at")
    except (msgspec.DecodeError, UnreadableError) as error:
        return f"the body is not an answer of Acme: {error}"
    return None if at else "the answer has no time"
