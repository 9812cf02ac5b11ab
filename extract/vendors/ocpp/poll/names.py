"""The names of a message's fields in files, and our name for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

ALIASES = {
    "message_id": ("messageid", "uniqueid", "msgid", "correlationid", "requestid", "id"),
    "message_type": ("messagetype", "messagetypeid", "msgtype", "type", "kind"),
    "charge_point_id": (
        *("chargepointid", "chargepoint", "chargeboxid", "chargeboxidentity", "cpid", "cp"),
        *("chargepointidentity", "chargepointname", "chargingstationid", "chargingstation"),
        *("chargestationid", "chargestation", "chargerboxid"),
        *("ocppid", "ocppidentity", "chargerid", "charger", "stationid", "station", "identity"),
        *("cbid", "chargebox", "wallboxid", "evseid", "deviceid", "device", "clientid", "client"),
    ),
    "action": ("action", "messagename", "actionname", "command"),
    "time": (
        *("writetimestamp", "timestamp", "time", "messagetime", "messagetimestamp", "loggedat"),
        *("datetime", "ts", "logtime", "logtimestamp", "eventtime", "eventtimestamp", "receivedat"),
        *("occurredat", "sentat", "createdat", "created", "insertedat", "timeutc", "utctime"),
        *("requesttime", "requesttimestamp", "requestedat", "epoch", "epochms", "unixtime", "date"),
    ),
    "body": ("body",),
    "frame": (
        *("frame", "ocppframe", "message", "msg", "payload", "ocppmessage", "rawmessage", "raw"),
        *("rawframe", "content", "data", "json", "text", "line", "log"),
    ),
    "request": ("request", "requestpayload", "requestbody", "req"),
    "response": ("response", "responsepayload", "responsebody", "res", "resp", "confirmation"),
    "response_time": ("responsetime", "responsetimestamp", "responseat", "respondedat"),
    "runtime": ("runtime", "duration"),
}
"""Ours → theirs in lower case without marks. Of two names that mean the same, the first counts."""

_OURS = {alias: ours for ours, aliases in ALIASES.items() for alias in aliases}
WRAPPERS = frozenset(
    "source data fields doc document record value payload event detail jsonpayload attributes "
    "message msg body log".split()
)
"""Fields that may hold the record itself, as an object (`_source` of a search index)."""

_HARMLESS = frozenset(
    "id index rowid row no nr number seq seqno sequence direction origin dir level severity "
    "protocol version ocppversion subprotocol state status topic partition offset tenantid "
    "updatedat".split()
)
"""Fields beside a time and a frame that name no charge point."""


@dataclass(frozen=True)
class Naming:
    """What the names in one file mean, beside `ALIASES`.

    `id_is_charge_point`: `id` names the charge point, not the message; `charge_point`: that of
    every message of a file that names none; `own`: (theirs, ours) by the layout file.
    """

    id_is_charge_point: bool = False
    charge_point: str | None = None
    own: tuple[tuple[str, str], ...] = ()

    def columns(self, names: tuple[str, ...]) -> dict[str, str]:
        """Name in the file → ours."""
        return _columns(self, names)

    def is_enough(self, names: Sequence[str]) -> bool:
        """Whether fields of these names can make a message."""
        known = set(self.columns(tuple(names)).values())
        if self.charge_point is not None:
            known.add("charge_point_id")
        return {"charge_point_id", "time"} <= known and bool({"body", "frame", "request"} & known)


@lru_cache(1024)
def _columns(naming: Naming, names: tuple[str, ...]) -> dict[str, str]:
    own = dict(naming.own)
    taken = {ours for theirs, ours in own.items() if theirs in names}
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        plain = _plain(name)
        ours = _OURS.get(plain)
        if naming.id_is_charge_point and plain == "id":
            ours = "charge_point_id"
        if ours is None or ours in taken or name in own:
            continue
        rank = ALIASES[ours].index(plain) if plain in ALIASES[ours] else 0
        best[ours] = min(best.get(ours, (rank, name)), (rank, name), key=itemgetter(0))
    found = {name: ours for ours, (_, name) in best.items()}
    return found | {theirs: ours for theirs, ours in own.items() if theirs in names}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def named_nowhere(names: Sequence[str]) -> bool:
    """Whether fields of these names certainly name no charge point."""
    plain = [_plain(name) for name in names]
    return all(name in _HARMLESS or _OURS.get(name, "charge_point_id") != "charge_point_id"
               for name in plain)  # fmt: skip


def missing(names: Sequence[str], naming: Naming) -> str:
    """Which fields are known and which are wanted, without quoting a name that is not ours: the
    first line of a table without a header may hold somebody's name."""
    known = list(dict.fromkeys(naming.columns(tuple(names)).values()))
    wanted = []
    if "charge_point_id" not in known and naming.charge_point is None:
        wanted.append("the charge point")
    if "time" not in known:
        wanted.append("the time")
    if not {"body", "frame", "request"} & set(known):
        wanted.append("the frame (or message_id, message_type and body)")
    found = ", ".join(known) if known else "none"
    return f"of its {len(names)} fields these are known: {found}; missing: {' and '.join(wanted)}"
