"""Samples whose message names no connector; it is looked up through the transaction.

A StopTransaction names no connector, and in OCPP 2.0.1 often only the first TransactionEvent does.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from extract.vendors.ocpp.flatten.measurements import Measurements
from extract.vendors.ocpp.flatten.samples import Samples


class Origin(NamedTuple):
    """Where a message is from: charge point, time (µs since 1970 UTC), id, type, and its number
    within the date."""

    point: str
    time: int
    message_id: str
    message_type: int
    number: int


class UnassignedSamples:
    """Collects samples without a connector, and the connectors of transactions, in any order."""

    def __init__(self) -> None:
        self._samples: list[tuple[Origin, str | None, str | None, Samples]] = []
        self._events: list[tuple[Origin, str]] = []
        self._connectors: dict[tuple[str, str], set[tuple[int, int]]] = {}  # → (time, connector)
        self._starts: dict[tuple[str, str], list[tuple[int, int]]] = {}  # (time, connector)
        self._answers: list[tuple[str, str, int, str]] = []

    def observe(self, origin: Origin, transaction: str, connector: int) -> None:
        """Note a message that names a transaction and its connector."""
        known = self._connectors.setdefault((origin.point, transaction), set())
        known.add((origin.time, connector))

    def observe_start(self, origin: Origin, connector: int) -> None:
        """Note a StartTransaction: it names the connector, its response the transaction."""
        key = origin.point, origin.message_id
        self._starts.setdefault(key, []).append((origin.time, connector))

    def observe_answer(self, origin: Origin, transaction: str) -> None:
        """Note a response that names a transaction."""
        self._answers.append((origin.point, origin.message_id, origin.time, transaction))

    def add(
        self, origin: Origin, transaction: str | None, session: str | None, samples: Samples
    ) -> None:
        """Take samples of a message that names no connector."""
        self._samples.append((origin, transaction, session, samples))

    def add_event(self, origin: Origin, transaction: str) -> None:
        """Note a TransactionEvent that does not name its EVSE."""
        self._events.append((origin, transaction))

    def assign(self, measurements: Measurements) -> dict[int, int]:
        """Give all samples a connector; 0, the charge point itself, where the date names none.
        Returns the connectors of messages that name none, by their numbers."""
        self._match_answers()
        found = {event.number: self._connector(event, key) for event, key in self._events}
        for origin, transaction, session, samples in self._samples:
            connector = found[origin.number] = self._connector(origin, transaction)
            message = origin.number, origin.time
            measurements.add(origin.point, connector or 0, session, message, samples)
        return {number: connector for number, connector in found.items() if connector is not None}

    def _match_answers(self) -> None:
        """Match responses with the nearest StartTransaction before them that has their id."""
        for starts in self._starts.values():
            starts.sort()
        for point, message_id, time, transaction in self._answers:
            starts = self._starts.get((point, message_id), [])
            before = bisect_right(starts, (time, 1 << 40))
            if before:
                known = self._connectors.setdefault((point, transaction), set())
                known.add(starts[before - 1])

    def _connector(self, origin: Origin, transaction: str | None) -> int | None:
        """The transaction's connector by the nearest message before, else by the first one after:
        an id may be used again, at another connector."""
        known = sorted(self._connectors.get((origin.point, transaction or ""), ()))
        before = bisect_right(known, (origin.time, 1 << 40))
        return known[max(before - 1, 0)][1] if known else None
