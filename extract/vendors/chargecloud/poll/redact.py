"""What of ChargeCloud's answers lands: the declared fields as they came, nothing else in clear.

The feed is public, and its declared fields are about places. A field that nobody has declared may
name a person tomorrow: its value becomes a pseudonym. An answer without such a field lands byte for
byte, which the flattening uses to tell what has changed.
"""

from __future__ import annotations

import json

from extract.lake import payload
from extract.lake.fields import UnreadableError
from extract.lake.pseudonyms import Pseudonyms
from extract.vendors.chargecloud.fields import ANSWER, LOCATION
from extract.vendors.chargecloud.flatten.envelope import Envelope, RefusedError, read_envelope


def redact(pseudonyms: Pseudonyms, body: bytes | None) -> bytes | None:
    """The body that may land. None for what is no JSON and has no list of locations, such as a
    page of HTML."""
    if body is None:
        return None
    try:
        sent = payload.decode(body)
        kept = ANSWER.redact(pseudonyms, sent)
        return body if kept == sent else payload.encode(kept)
    except (UnreadableError, RecursionError):
        return _redact_broken(pseudonyms, body)


def _redact_broken(pseudonyms: Pseudonyms, body: bytes) -> bytes | None:
    """A body that is broken somewhere: location by location. One that cannot be read is replaced
    by a sentence, so that it is quarantined and the others are read."""
    try:
        pieces = read_envelope(body)
    except RefusedError:
        return None
    locations = b",".join(_location(pseudonyms, bytes(memoryview(p))) for p in pieces.locations)
    return b'{"data":[' + locations + b"]," + _rest(pieces.envelope) + b"}"


def _location(pseudonyms: Pseudonyms, piece: bytes) -> bytes:
    try:
        return payload.encode(LOCATION.redact(pseudonyms, payload.decode(piece)))
    except UnreadableError as error:
        return json.dumps(f"this location {error.reason}").encode()
    except RecursionError:
        return b'"this location is nested too deep"'


def _rest(envelope: Envelope) -> bytes:
    names = ("next", "status_code", "status_message", "timestamp")
    values = {name: getattr(envelope, name) for name in names}
    return json.dumps(values)[1:-1].encode()
