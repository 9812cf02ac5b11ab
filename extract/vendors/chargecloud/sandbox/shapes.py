"""The forms of an answer: 2022 as recorded, 2024 as its clients read it, and a broken one.

2024 was seen in two clients' models only (pychargecloud and ocpdb, which uses the same names):
numeric ids of locations and connectors, ampere, voltage and coordinates as numbers, country "DEU",
`operatorId` inside `operator`. The values of `languages` and its like are invented.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

_HEAD = b'{"data":['
_TAIL = '],"status_code":1000,"status_message":"Success","timestamp":"%s"'
EXTRA_2024: dict[str, Any] = {
    "languages": ["de", "en"],
    "localesLanguageMap": {"de_DE": "de", "en_GB": "en"},
    "currentLocale": "de_DE",
}


def dumps(value: Any) -> bytes:
    """Compact JSON as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def envelope(locations: bytes, timestamp: str, in_2024: bool) -> bytes:
    """An answer around locations that are JSON already."""
    more = b"," + dumps(EXTRA_2024)[1:] if in_2024 else b"}"
    return _HEAD + locations + (_TAIL % timestamp).encode() + more


def as_2024(body: bytes) -> bytes:
    """A whole answer of 2022 in the form of 2024."""
    answer = json.loads(body)
    locations = [location_2024(location) for location in answer["data"]]
    return dumps({**answer, "data": locations, **EXTRA_2024})


def location_2024(record: dict[str, Any]) -> dict[str, Any]:
    """A location of 2022 in the form and order of 2024."""
    names = ["id", "name", "status", "address", "city", "postal_code", "country", "directions"]
    names += ["comment", *(name for name in record if name not in names), "tariffZones"]
    changed = {
        **record,
        "id": int(record["id"]),
        "status": "active",
        "country": "DEU",
        "comment": "",
        "coordinates": {name: float(value) for name, value in record["coordinates"].items()},
        "operator": {"operatorId": _operator_id(record["operator"]["name"]), **record["operator"]},
        "evses": [_evse_2024(evse) for evse in record["evses"]],
        "tariffZones": [],
    }
    return {name: changed[name] for name in names}


def _operator_id(name: str) -> str:
    return str(zlib.crc32(name.encode()) % 10_000)


def _evse_2024(evse: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in evse.items():
        made[name] = value
        if name == "status":
            made["reservable"] = "RESERVABLE" in evse["capabilities"]
    made["connectors"] = [
        {**connector, **{name: int(connector[name]) for name in ("id", "ampere", "voltage")}}
        for connector in evse["connectors"]
    ]
    return made


def unreadable(body: bytes) -> bytes:
    """The answer with three records that cannot be read: the first charging point has no id, the
    last has a connector whose ampere is not a number, the last location's latitude is neither."""
    answer = json.loads(body)
    evses = [evse for location in answer["data"] for evse in location["evses"]]
    if evses:
        evses[-1]["connectors"][0]["ampere"] = "abc"
        del evses[0]["id"]
        answer["data"][-1]["coordinates"]["latitude"] = "north"
    return dumps(answer)
