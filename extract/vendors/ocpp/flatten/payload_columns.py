"""A message's payload → the columns of its row in `ocpp_messages`, and its samples."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from extract.lake.fields import UnreadableError
from extract.vendors.ocpp.fields import ERROR, METERED, REQUESTS, RESPONSE, STATUS_OF_EVSE
from extract.vendors.ocpp.flatten.meter_values import MeterValue, meter_values, sampled
from extract.vendors.ocpp.flatten.payload import payload, read_fields
from extract.vendors.ocpp.flatten.samples import (
    BEGIN,
    NET,
    POWER,
    RANKS,
    REGISTER,
    TOTAL,
    Samples,
    read_samples,
)

_PLACEHOLDER = re.compile(r"-\d+|[0-]+")
"""Transaction ids that name none: 0, negative numbers, zeros only (also as a UUID)."""
_LATEST = 1 << 62  # the moment of samples without a time of their own is their message's


@dataclass(slots=True)
class Contents:
    """The content of a message: `columns` of ocpp_messages (times in µs since 1970 UTC); its
    samples; the latest time in it by the sender's clock; where it has no total, the register of
    each phase at the latest moment (Wh); and what cannot be read."""

    columns: dict[str, Any] = field(default_factory=dict)
    samples: Samples = field(default_factory=dict)
    own_time: int | None = None
    phases: dict[str, float] = field(default_factory=dict)
    issues: list[UnreadableError] = field(default_factory=list)


def contents(message_type: int, action: str | None, body: str) -> Contents:
    """The contents of a message. UnreadableError where nothing of it can be read."""
    found = Contents()
    if message_type == 2:
        _request(action or "", body, found)
    else:
        fields = RESPONSE if message_type == 3 else ERROR
        found.columns = read_fields(fields, payload(body), found.issues)
    if found.columns.get("sent_transaction_id") is not None:
        _identify(found.columns)
    found.own_time = max((found.columns.get("event_time"), *found.samples), key=_or_first)
    return found


_SAMPLES = {"StopTransaction": "transactionData", "TransactionEvent": "meterValue"}


def _or_first(time: int | None) -> int:
    return -_LATEST if time is None else time


def _request(action: str, body: str, found: Contents) -> None:
    if action == "MeterValues":
        ids, values = meter_values(body, found.issues)
        found.columns = _metered(ids, found.issues)
        _measure(values, found)
        return
    fields = REQUESTS.get(action)
    if fields is None:
        return
    message = payload(body)
    if action == "StatusNotification" and message.get("evseId") is not None:
        fields = STATUS_OF_EVSE
    found.columns = read_fields(fields, message, found.issues)
    name = _SAMPLES.get(action)
    if name is not None and message.get(name) is not None:
        _measure(sampled(name, message[name], found.issues), found)
    if found.columns.get("status") == "Started" and action == "TransactionEvent":
        found.columns["meter_wh"] = found.columns.get("begin_register_wh")


def _identify(columns: dict[str, Any]) -> None:
    """Set `transaction_id`, unless the id is a placeholder, or answers a start that was refused."""
    sent = columns["sent_transaction_id"]
    is_refused = (columns.get("id_status") or "Accepted") != "Accepted"
    if not is_refused and not _PLACEHOLDER.fullmatch(sent):
        columns["transaction_id"] = sent


def _metered(ids: dict[str, Any], issues: list[UnreadableError]) -> dict[str, Any]:
    """The columns of a MeterValues request, cached by its ids."""
    key = ids.get("evseId"), ids.get("connectorId"), ids.get("transactionId")
    if not {*map(type, key)} <= _PLAIN:
        return read_fields(METERED, ids, issues)
    known = _METERED.get(key)
    if known is None:
        count = len(issues)
        known = read_fields(METERED, ids, issues)
        if len(issues) == count:
            if len(_METERED) >= _MOST_METERED:
                _METERED.clear()
            _METERED[key] = known
    return {**known}


_PLAIN = {int, str, type(None)}  # 1.0 and True are equal to 1, but not the same
_METERED: dict[tuple[Any, ...], dict[str, Any]] = {}
_MOST_METERED = 10_000


def _measure(values: list[MeterValue], found: Contents) -> None:
    """Read the samples. The message's row gets of each quantity the reading of the latest
    moment."""
    samples = found.samples = read_samples(values, found.issues)
    columns = found.columns
    latest = sorted(samples, key=_or_last, reverse=True) if len(samples) > 1 else samples
    for time in latest:
        total = samples[time].get(TOTAL)
        if total is None:
            continue
        for name, place in _COLUMNS.items():
            if columns.get(name) is None and total[place] is not None:
                columns[name] = total[place]
                if place == REGISTER:
                    columns["register_at"] = time
                    columns["register_rank"] = (total[RANKS] or {}).get(REGISTER, 0)
    if columns.get("register_wh") is None:
        _measure_phases(latest, found)


def _measure_phases(latest: Iterable[int | None], found: Contents) -> None:
    """Keep the registers per phase of the latest moment that has any."""
    for time in latest:
        phases = found.samples[time]
        found.phases = {
            name: row[REGISTER] for name, row in phases.items() if row[REGISTER] is not None
        }
        if found.phases:
            found.columns["register_at"] = time
            return


_COLUMNS = {
    "power_w": POWER,
    "register_wh": REGISTER,
    "begin_register_wh": BEGIN,
    "net_wh": NET,
}


def _or_last(time: int | None) -> int:
    return _LATEST if time is None else time
