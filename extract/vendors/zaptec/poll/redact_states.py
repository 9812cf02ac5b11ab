"""What is kept of a charger's state: `[{ChargerId, StateId, Timestamp, ValueAsString}]`.

The ids are those of `/api/constants`, all of them, of every type of device. Kept as they came are
numbers and words of the ids named here; a person or a card becomes a pseudonym; every other value
is dropped: mobile network and Wi-Fi ids (950-953, 960-963), keys and pins (861-864, 1140), the
cache of authorised cards (-100), logs (807, 808, 830, 850), and whatever comes next.
"""

from __future__ import annotations

import re

from extract.lake.ocmf_redact import ocmf
from extract.lake.pseudonyms import Pseudonyms, Rule, drop, pseudonym


def _ids(text: str) -> frozenset[int]:
    """`1 3-5` are 1, 3, 4 and 5."""
    spans = [(part.split("-") * 2)[:2] for part in text.split()]
    return frozenset(number for low, high in spans for number in range(int(low), int(high) + 1))


# Connection, modes, prices, temperatures, humidity, electrical values, energy, configuration,
# warnings, signal, uptime, firmware versions.
NUMBERS = _ids(
    "1 120 130 132-134 145-147 151 153-155 170 201-207 220-221 241 270 280-281 501-503 507-513 "
    "515-520 522-523 526 540-542 544-548 553 555 560-563 570 701-706 708 710-712 714-719 732-734 "
    "749 751-753 764 803-805 809-817 820-823 851 856-857 866 868-869 908-914 916-918 964-965 "
    "1003-1006 1010-1013 1020-1023 1121-1122 1131 1134-1136 1160-1161"
) | {-3, -2, -1}
IDENTITIES = frozenset({721, 800})  # the session's and the installation's
PERSONS = frozenset({713, 722, 725, 750, 802})  # users, a new card; the charger's name
SIGNED = 554  # a meter reading
COMPLETED = 723  # the session that ended last: a JSON text
COMMUNICATION = 150

_NUMBER = re.compile(r"\s*[+-]?\d[\d.,]{0,24}(e[+-]?\d+)?\s*|true|false", re.IGNORECASE)
_COMMUNICATION = re.compile(r"lte|wifi|wi-fi|plc|ethernet|4g|none", re.IGNORECASE)
_IDENTITY = re.compile(r"[\w.:-]{0,64}")


def state_value(state_id: object, session: Rule) -> Rule:
    """The rule for the value of a state; `session` is that for a completed session's JSON."""
    number = state_id if isinstance(state_id, int) else None
    if number in PERSONS:
        return pseudonym
    if number == COMPLETED:
        return session
    if number == SIGNED:
        return ocmf
    for pattern, ids in _PATTERNS:
        if number in ids:
            return _matching(pattern)
    return drop


_PATTERNS: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (_NUMBER, NUMBERS),
    (_IDENTITY, IDENTITIES),
    (_COMMUNICATION, frozenset({COMMUNICATION})),
)


def _matching(pattern: re.Pattern[str]) -> Rule:
    def rule(_pseudonyms: Pseudonyms, value: object) -> object:
        return value if value is None or pattern.fullmatch(str(value)) else None

    return rule
