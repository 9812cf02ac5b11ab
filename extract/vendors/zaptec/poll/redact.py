"""What of Zaptec's answers lands: no person, no secret, no name of a parking place.

`fields.py` declares what may land of each field, whatever its value. A field that is not
declared lands as pseudonyms, in any depth, or as null if its name says that it is a secret. The
same user is the same pseudonym in every field and by either session endpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from extract.lake import payload
from extract.lake.fields import Record, UnreadableError, read_whole
from extract.lake.pseudonyms import Pseudonyms
from extract.vendors.zaptec.fields import (
    ARCHIVED_PAGE,
    CHARGERS,
    HIERARCHY,
    HISTORY_PAGE,
    INSTALLATION,
    INSTALLATIONS,
    OBSERVATION,
    OBSERVED,
)

RECORDS: dict[str, Record] = {
    "installations": INSTALLATIONS,
    "installation": INSTALLATION,
    "hierarchy": HIERARCHY,
    "chargers": CHARGERS,
    "state": OBSERVATION,
    "chargehistory": HISTORY_PAGE,
    "archived": ARCHIVED_PAGE,
}
"""What the answer of each endpoint holds (`state`: a list of them)."""


def redactor(pseudonyms: Pseudonyms, endpoint: str) -> Callable[[bytes], bytes | None]:
    """Redacts the bodies of an endpoint. The result is None for a body that is not JSON, such as an
    error page, and for one that is nested too deep."""
    record = RECORDS[endpoint]

    def redact(body: bytes) -> bytes | None:
        try:
            value = payload.decode(body)
            landed = record.redact(pseudonyms, value)
            if endpoint == "state" and isinstance(value, list):
                for sent, entry in zip(value, landed, strict=True):
                    _add_value(pseudonyms, sent, entry)
            return payload.encode(landed)
        except (UnreadableError, RecursionError):
            return None

    return redact


def _add_value(pseudonyms: Pseudonyms, sent: Any, entry: Any) -> None:
    """Put what may land of an observation's value into its redacted entry."""
    if isinstance(sent, dict) and isinstance(entry, dict) and "ValueAsString" in sent:
        entry["ValueAsString"] = observed(pseudonyms, sent.get("StateId"), sent["ValueAsString"])


def observed(pseudonyms: Pseudonyms, state_id: Any, value: Any) -> Any:
    """What may land of an observation's value: null where the id is not declared, and where the
    value has not the form of its kind and is nobody's."""
    try:
        field = OBSERVED.by_name.get(str(read_whole("StateId", state_id)))
    except UnreadableError:
        return None
    if field is None:
        return None
    landed = field.redact(pseudonyms, value)
    return landed if landed == value or field.kind.personal != "no" else None
