"""Samples of which the message does not say the connector: it is their transaction's.

A StopTransaction names none, and of OCPP 2.0.1's TransactionEvents often the first alone does.
"""

from __future__ import annotations

from bisect import bisect_right

from extract.vendors.ocpp.flatten.measured import Measured
from extract.vendors.ocpp.flatten.payload_fields import Samples

_Told = tuple[int, str, int]
"""Message type, message id, time (µs)."""


class Homeless:
    """Collects them, and what is told of transactions' connectors, in any order."""

    def __init__(self) -> None:
        self._samples: list[tuple[str, str | None, int, str | None, Samples]] = []
        self._homes: dict[tuple[str, str], int] = {}  # (charge point, transaction) → connector
        self._starts: dict[tuple[str, str], list[tuple[int, int]]] = {}  # (time, connector)
        self._answers: list[tuple[str, str, int, str]] = []

    def learn(
        self, point: str, transaction: str | None, connector: int | None, told: _Told
    ) -> None:
        """What a message says of a transaction and a connector. OCPP 1.6 tells the connector in a
        request and the transaction in its response."""
        kind, key, time = told
        if transaction is not None and connector is not None:
            home = self._homes.get((point, transaction), connector)
            self._homes[point, transaction] = min(home, connector)
        elif connector is not None and kind == 2:
            self._starts.setdefault((point, key), []).append((time, connector))
        elif transaction is not None and kind == 3:
            self._answers.append((point, key, time, transaction))

    def add(
        self, point: str, transaction: str | None, time: int, session: str | None, samples: Samples
    ) -> None:
        """Samples of a message that was written at `time`."""
        self._samples.append((point, transaction, time, session, samples))

    def settle(self, measured: Measured) -> None:
        """Give all of them a connector; 0, the charge point itself, where none was told today."""
        for point, key, time, answered in sorted(self._answers):
            starts = sorted(self._starts.get((point, key), []))
            before = bisect_right(starts, (time, 1 << 40))
            if before:
                self._homes.setdefault((point, answered), starts[before - 1][1])
        for point, transaction, time, session, samples in self._samples:
            home = 0 if transaction is None else self._homes.get((point, transaction), 0)
            measured.add(point, f"{point}:{home}", time, session, samples)
