"""The truth about a log: its messages, each once, and the transactions that began in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from extract.vendors.ocpp.sandbox.fleet import ChargePoint, Options, Visit, charge_points, visits
from extract.vendors.ocpp.sandbox.talk import (
    Logged,
    Message,
    end,
    logged,
    samples,
    stops,
    transaction_id,
)


class Transaction(NamedTuple):
    """A transaction as far as the log shows it; times as the charge point's clock has them (UTC).
    `ended_at`: None where no stop is in the log. `parking_seconds`: over runs of samples without
    power, from the first to the last of each."""

    charge_point_id: str
    connector_id: int
    transaction_id: str
    tag: str
    started_at: datetime
    ended_at: datetime | None
    energy_wh: int
    parking_seconds: int


class Truth(NamedTuple):
    """The messages are in the order of their time."""

    messages: list[Message]
    transactions: list[Transaction]


def truth(options: Options, start: datetime, end: datetime) -> Truth:
    """What the log of these times shows, `end` excluded."""
    messages: dict[tuple, Message] = {}
    transactions = []
    for point in charge_points(options):
        for _, message in written(options, point, start, end):
            messages[message[:4]] = message
        for day in _dates(start, end):
            for visit in visits(options, point, day):
                if start <= visit.start < end:
                    transactions.append(_transaction(options, point, visit, end))
    return Truth(sorted(messages.values(), key=lambda message: message[:4]), transactions)


def written(options: Options, point: ChargePoint, start: datetime, end: datetime) -> list[Logged]:
    """What a charge point's log says between two moments, in the order in which it says it."""
    found = (entry for day in _dates(start, end) for entry in logged(options, point, day))
    mine = (entry for entry in found if start <= entry.message.written_at and entry.place < end)
    return sorted(mine, key=lambda entry: (entry.place, entry.message[:4]))


def _dates(start: datetime, end: datetime) -> list:
    """The UTC dates of visits that may be heard of between two moments."""
    first = start.date() - timedelta(days=1)
    return [first + timedelta(days=n) for n in range((end.date() - first).days + 1)]


def _transaction(
    options: Options, point: ChargePoint, visit: Visit, until: datetime
) -> Transaction:
    """A visit, as far as the messages of it are in the log at its end."""
    there = {
        (message.action, message.written_at)
        for place, message in logged(options, point, visit.start.date())
        if message.message_type == 2 and place < until
    }
    talk = "TransactionEvent" if point.version == "2.0.1" else None
    seconds = [
        second for at, second in samples(options, visit) if (talk or "MeterValues", at) in there
    ]
    stopped = any((talk or "StopTransaction", at) in there for at in stops(visit))
    last = visit.seconds if stopped else seconds[-1] if seconds else 0
    if stopped and talk:
        seconds.append(visit.seconds)
    return Transaction(
        charge_point_id=point.id,
        connector_id=visit.connector,
        transaction_id=transaction_id(point, visit),
        tag=visit.tag,
        started_at=visit.start + point.skew,
        ended_at=end(visit) + point.skew if stopped else None,
        energy_wh=visit.register(last) - visit.meter_start,
        parking_seconds=_parking(visit, [0, *seconds] if talk else seconds),
    )


def _parking(visit: Visit, seconds: list[int]) -> int:
    total = 0
    for charging, run in groupby(seconds, key=lambda second: visit.power(second) > 0):
        moments = list(run)
        total += 0 if charging else moments[-1] - moments[0]
    return total
