"""Samples → measurements: a row per connector, time and phase."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from extract.lake.raw import Partition
from extract.lake.schemas import MEASUREMENTS
from extract.vendors.ocpp.flatten.payload_fields import QUANTITIES, Samples
from extract.vendors.ocpp.flatten.side_tables import microseconds

_BATCH = 50_000  # rows that are lists before they become columns


class Measured:
    """Takes samples message by message; keeps finished batches as columns."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._parts: list[pa.Table] = []
        self._clear()

    def _clear(self) -> None:
        self._points: list[str] = []
        self._connectors: list[str] = []
        self._sessions: list[str | None] = []
        self._told: list[str | None] = []
        self._times: list[int] = []
        self._phases: list[str] = []
        self._values: list[list[float | None]] = []

    def add(
        self, point: str, connector: str, time: int, session: str | None, samples: Samples
    ) -> None:
        """The samples of a message that was written at `time` (µs); those without a time of their
        own are of that one."""
        for (told, phase), values in samples.items():
            self._points.append(point)
            self._connectors.append(connector)
            self._sessions.append(session)
            self._told.append(told)
            self._times.append(time)
            self._phases.append(phase)
            self._values.append(values)
        if len(self._times) >= _BATCH:
            self._finish()

    def _finish(self) -> None:
        size = len(self._times)
        told = microseconds(self._told)
        times = [own if own is not None else at for own, at in zip(told, self._times, strict=True)]
        values = dict(zip(QUANTITIES, zip(*self._values, strict=True), strict=True))
        register = pa.array(values["register_wh"], pa.float64()) if size else pa.array([])
        columns = {
            "source": [self.partition.source] * size,
            "scope": self._points,
            "date": [self.partition.day] * size,
            "connector_id": self._connectors,
            "measured_at": times,
            "phase": self._phases,
            "current_a": values["current_a"],
            "voltage_v": values["voltage_v"],
            "power_w": values["power_w"],
            "register_kwh": [None if wh is None else wh / 1000 for wh in register.to_pylist()],
            "session_id": self._sessions,
            "observed_at": [None] * size,
            "stream": [self.partition.stream] * size,
        }
        arrays = [pa.array(columns[kind.name], kind.type) for kind in MEASUREMENTS]
        self._parts.append(pa.table(arrays, schema=MEASUREMENTS))
        self._clear()

    def table(self) -> pa.Table:
        """All rows, each (connector, time, phase) once."""
        if self._times:
            self._finish()
        if not self._parts:
            return MEASUREMENTS.empty_table()
        table = pa.concat_tables(self._parts)
        self._parts.clear()
        return _merged(table)


def _merged(table: pa.Table) -> pa.Table:
    """Rows of one connector, time and phase as one: told by several messages, the largest of each
    value counts, whatever the order in which they came."""
    hashes = [
        np.concatenate(
            [
                np.fromiter(map(hash, chunk.to_pylist()), np.int64, len(chunk))
                for chunk in table[name].chunks
            ]
        )
        for name in ("connector_id", "phase")
    ]
    keys = [table["measured_at"].cast(pa.int64()).to_numpy(), *hashes]
    order = np.lexsort(keys)
    same = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    if not same.any():
        return table
    group = ["source", "scope", "date", "connector_id", "measured_at", "phase", "stream"]
    others = [kind.name for kind in MEASUREMENTS if kind.name not in group]
    grouped = table.group_by(group).aggregate([(name, "max") for name in others])
    renamed = grouped.rename_columns([name.removesuffix("_max") for name in grouped.column_names])
    return renamed.select(MEASUREMENTS.names).cast(MEASUREMENTS)
