"""The records of an answer that is a list."""

from __future__ import annotations

from typing import Any

from extract.lake import payload
from extract.lake.fields import UnreadableError
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Answer


def read_list(answer: Answer, quarantine: Quarantine) -> list[Any]:
    """The records of a good answer; none of a failed one, and none of one that is not a list, which
    is quarantined as a whole."""
    records = read_json(answer, quarantine)
    if records is None or isinstance(records, list):
        return records or []
    error = UnreadableError("", records, "is not a list")
    quarantine.add(answer, error.issue("answer"))
    return []


def read_json(answer: Answer, quarantine: Quarantine) -> Any:
    """The JSON value of a good answer; None for a failed one, and for one that is not JSON, which
    is quarantined as a whole."""
    if answer.status_code != 200:
        return None
    try:
        return payload.decode(answer.body)
    except UnreadableError as error:
        quarantine.add(answer, error.issue("answer"))
        return None
