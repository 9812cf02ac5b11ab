"""Status words: which of the two numbered vocabularies a charge point speaks, and what it says.

A connector's status comes as a word (`Charging`), as OCPP's name (`SuspendedEV`) or as the number
of one of them, as text. The clients in the wild know two maps, and most numbers stand in both:
OCPP's 0 to 9, and the older 0 to 4. Which of them a charge point means is decided once per charge
point and date, from all that it told on that date and whatever the order (a date that goes on is
decided anew with every load):

1. a number above 4 is in OCPP's map alone;
2. else current decides: it flows while `2` (OCPP) or while `1` (the older map) says Charging, and
   the one that was seen with current more often wins;
3. where none flowed on that date, whatever says `2` does not charge, so it is the older map's
   Connected; and a `1` with a session whose current is not told is its Charging (OCPP's Preparing
   comes before any session). For OCPP speak a `3` or a `4` with a session (Suspended; in the older
   map errors have none). More of them win;
4. a tie, or nothing to go by: OCPP's map.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

FLOWS_A = 1.0  # a current from which on a car is taken to charge

OCPP: Mapping[str, str] = dict(
    zip(
        "0123456789",
        (
            "AVAILABLE PREPARING CHARGING SUSPENDEDEVSE SUSPENDEDEV FINISHING RESERVED "
            "UNAVAILABLE FAULTED UNKNOWN"
        ).split(),
        strict=True,
    )
)
OLDER: Mapping[str, str] = dict(
    zip("01234", "AVAILABLE CHARGING CONNECTED ERROR UNKNOWN".split(), strict=True)
)

RANK = {
    word: rank
    for rank, word in enumerate(
        "CHARGING CONNECTED PREPARING SUSPENDEDEVSE SUSPENDEDEV FINISHING RESERVED AVAILABLE "
        "UNAVAILABLE FAULTED ERROR UNKNOWN".split()
    )
}
"""Connectors' words, the one that a whole charge point goes by first: charging, else occupied,
else free to use, else out of use."""

OFFLINE = "OFFLINE"

Evidence = tuple[str, bool | None, bool]
"""A number, whether current flows (None: not told), and whether there is a session."""


def speaks(told: Counter[Evidence]) -> Mapping[str, str]:
    """The map that a charge point's numbers are of, given how often it told what."""
    if any(number in OCPP and number not in OLDER for number, _, _ in told):
        return OCPP
    newer = sum(count for (number, flows, _), count in told.items() if number == "2" and flows)
    older = sum(count for (number, flows, _), count in told.items() if number == "1" and flows)
    if not newer and not older:
        newer = sum(count for (number, _, at), count in told.items() if at and number in "34")
        older = sum(count for what, count in told.items() if _hints_at_older(*what))
    return OLDER if older > newer else OCPP


def _hints_at_older(number: str, flows: bool | None, in_session: bool) -> bool:
    return number == "2" or (number == "1" and in_session and flows is None)


def of_point(own: str | None, connectors: Iterable[str | None]) -> str | None:
    """A charge point's status: its own word, unless that says only that it can be reached
    (`Online`, a number, nothing). Then it is the first in `RANK` of its connectors' words; where
    they have none, its own."""
    if own in RANK or not (own is None or own == "ONLINE" or own.isdigit()):
        return own
    ranked = [word for word in connectors if word in RANK]
    return min(ranked, key=RANK.__getitem__) if ranked else own
