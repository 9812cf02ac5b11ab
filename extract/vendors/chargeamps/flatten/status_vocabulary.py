"""Status words: which of two numbered vocabularies a charge point uses, and its own status.

A connector's status comes as a word (`Charging`), as OCPP's name (`SuspendedEV`), or as a number of
one of two vocabularies, as text. Which one is stated by the charge point's `ocppVersion` (the
vendor's OpenAPI): null is CAPI, the vendor's own protocol; "1.6" is OCPP. CAPI's numbers are the
vendor's, OCPP's those of its client code.

Version 4 of the API states none, and the statement is missing where the server could not be asked.
Only then the vocabulary is guessed, once per charge point and date, from its answers of that date:

1. a number above 4 is in OCPP's vocabulary alone;
2. else current decides: it flows while `2` (OCPP) or while `1` (CAPI) means Charging, and the one
   that was seen with current more often wins;
3. where none flowed on that date, a `2` does not charge, so it is CAPI's Connected; and a `1` with
   a session whose current is not known is its Charging (OCPP's Preparing comes before any
   session). A `3` or a `4` with a session speaks for OCPP (Suspended; CAPI's errors have none);
4. a tie, or nothing to go by: OCPP's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

FLOWS_A = 1.0  # with this current or more, a car is charging

Vocabulary = Mapping[str, str]
"""Number, as text → status in upper case."""

OCPP: Vocabulary = dict(
    zip(
        "0123456789",
        (
            "AVAILABLE PREPARING CHARGING SUSPENDEDEVSE SUSPENDEDEV FINISHING RESERVED "
            "UNAVAILABLE FAULTED UNKNOWN"
        ).split(),
        strict=True,
    )
)
CAPI: Vocabulary = dict(
    zip("01234", "AVAILABLE CHARGING CONNECTED ERROR UNKNOWN".split(), strict=True)
)

RANK = {
    word: rank
    for rank, word in enumerate(
        "CHARGING CONNECTED PREPARING SUSPENDEDEVSE SUSPENDEDEV FINISHING RESERVED AVAILABLE "
        "UNAVAILABLE FAULTED ERROR UNKNOWN".split()
    )
}
"""Connectors' statuses, the one that a whole charge point takes first: charging, else occupied,
else free to use, else out of use."""

OFFLINE = "OFFLINE"

Evidence = tuple[str, bool | None, bool]
"""A number, whether current flows (None: not known), and whether there is a session."""


def stated(ocpp_version: str | None) -> Vocabulary:
    """The vocabulary that an `ocppVersion` states."""
    return CAPI if ocpp_version is None or ocpp_version.upper() == "CAPI" else OCPP


def guessed(seen: Counter[Evidence]) -> Vocabulary:
    """The vocabulary of a charge point that states none, given how often each evidence was seen."""
    if any(number in OCPP and number not in CAPI for number, _, _ in seen):
        return OCPP
    ocpp = sum(count for (number, flows, _), count in seen.items() if number == "2" and flows)
    capi = sum(count for (number, flows, _), count in seen.items() if number == "1" and flows)
    if not ocpp and not capi:
        ocpp = sum(count for (number, _, busy), count in seen.items() if busy and number in "34")
        capi = sum(count for evidence, count in seen.items() if _hints_at_capi(*evidence))
    return CAPI if capi > ocpp else OCPP


def is_ambiguous(seen: Counter[Evidence]) -> bool:
    """Whether a number was seen that means different things in the two vocabularies."""
    return any(CAPI.get(number) != OCPP.get(number) for number, _, _ in seen)


def _hints_at_capi(number: str, flows: bool | None, in_session: bool) -> bool:
    return number == "2" or (number == "1" and in_session and flows is None)


def of_point(own: str | None, connectors: Iterable[str | None]) -> str | None:
    """A charge point's status: its own word, unless that says only that it can be reached
    (`Online`, a number, nothing). Then it is the first in `RANK` of its connectors' statuses; where
    they have none, its own."""
    if own in RANK or not (own is None or own == "ONLINE" or own.isdigit()):
        return own
    ranked = [word for word in connectors if word in RANK]
    return min(ranked, key=RANK.__getitem__) if ranked else own
