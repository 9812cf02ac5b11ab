"""Redact Charge Amps' answers before they land: no person, no secret, no name of a charge point.

`fields.py` declares what may land of each field. A field that is not declared lands as a
pseudonym, with everything in it: the `id` of an unknown object may be a person's.
"""

from __future__ import annotations

from collections.abc import Callable

from extract.lake import payload
from extract.lake.fields import Record, UnreadableError
from extract.lake.pseudonyms import Pseudonyms

Redact = Callable[[bytes], bytes | None]


def redactor(pseudonyms: Pseudonyms, record: Record) -> Redact:
    """Redacts a body that holds such a record or a list of them. The result is None for a body
    that is not JSON, such as an error page, and for one that is nested too deep."""

    def redact(body: bytes) -> bytes | None:
        try:
            return payload.encode(record.redact(pseudonyms, payload.decode(body)))
        except (UnreadableError, RecursionError):
            return None

    return redact
