"""Samples → `measurements`: a row per connector, transaction, moment and phase.

Rows are collected message by message as lists, kept as columns, and finished together: when all
messages of the date are known, and with them the corrections of clocks (`clocks`).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.raw import Partition
from extract.lake.schemas import MEASUREMENTS, TIME
from extract.vendors.ocpp.flatten import merge_readings, registers
from extract.vendors.ocpp.flatten.clocks import Corrections
from extract.vendors.ocpp.flatten.registers import RegisterRules
from extract.vendors.ocpp.flatten.samples import (
    BEGIN,
    INTERVAL,
    NET,
    QUANTITIES,
    REGISTER,
    UNITS,
    WORST_RANK,
    Reading,
    Samples,
)

_BATCH = 20_000  # rows that are lists before they become columns
_VALUES = pa.schema([(name, pa.float64()) for name in QUANTITIES])
_RANKS = pa.schema([(f"{name}_rank", pa.int8()) for name in QUANTITIES])
_UNIT = pa.field("unit", pa.int8())  # of the register, see UNITS
_KEYS = pa.schema(
    [
        pa.field("scope", pa.string()),  # the charge point
        pa.field("connector_id", pa.string()),
        pa.field("session_id", pa.string()),
        pa.field("phase", pa.string()),
        pa.field("message", pa.int64()),  # its number within the date
        pa.field("message_at", pa.int64()),  # µs since 1970 UTC, like the next
        pa.field("own_at", pa.int64()),  # by the charge point's clock; NULL: as the message
    ]
)


class Measurements:
    """Collects the samples of a partition's messages."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._parts: list[pa.Table] = []
        self._keys: list[tuple[str, str, str | None, str, int, int, int | None]] = []
        self._readings: list[Reading] = []

    def add(
        self,
        point: str,
        connector: int,
        session: str | None,
        message: tuple[int, int],
        samples: Samples,
    ) -> None:
        """Take the samples of a message (its number within the date, its time in µs since 1970
        UTC)."""
        connector_id = f"{point}:{connector}"
        for own, phases in samples.items():
            for phase, reading in phases.items():
                self._keys.append((point, connector_id, session, phase, *message, own))
                self._readings.append(reading)
        if len(self._keys) >= _BATCH:
            self._to_columns()

    def _to_columns(self) -> None:
        columns = [*zip(*self._keys, strict=True), *zip(*self._readings, strict=True)]
        ranks = np.zeros((len(QUANTITIES), len(self._keys)), np.int8)
        for row, worse in enumerate(columns.pop()):
            for place, rank in (worse or {}).items():
                ranks[place, row] = rank
        kinds = [*_KEYS, *_VALUES, _UNIT]
        arrays = [pa.array(values, kind.type) for values, kind in zip(columns, kinds, strict=True)]
        for place, values in enumerate(arrays[len(_KEYS) : -1]):
            ranks[place][values.is_null().to_numpy(zero_copy_only=False)] = WORST_RANK
        schema = pa.schema([*kinds, *_RANKS])
        self._parts.append(pa.Table.from_arrays([*arrays, *map(pa.array, ranks)], schema=schema))
        self._keys, self._readings = [], []

    def finish(self, corrections: Corrections) -> tuple[pa.Table, RegisterRules]:
        """The typed table, and which registers count, by connector."""
        if self._keys:
            self._to_columns()
        if not self._parts:
            return MEASUREMENTS.empty_table(), RegisterRules({}, {})
        rows = pa.concat_tables(self._parts)
        self._parts.clear()
        rows = merge_readings.merge(_dated(rows, corrections))
        rows, rules = registers.choose(rows)
        return self._typed(_with_values(rows)), rules

    def _typed(self, rows: pa.Table) -> pa.Table:
        size = len(rows)
        has_register = rows["register_wh"].is_valid()
        columns = {
            "source": pa.repeat(self.partition.source, size),
            "date": pa.repeat(pa.scalar(self.partition.day, pa.date32()), size),
            "measured_at": rows["at"].cast(TIME),
            "observed_at": pa.nulls(size, TIME),
            "stream": pa.repeat(self.partition.stream, size),
            "message_time": rows["message_at"].cast(TIME),
            "register_unit": pc.if_else(
                has_register, pa.array(UNITS, pa.string()).take(rows["unit"]), None
            ),
        }
        for place, name in _ENERGIES.items():
            columns[name] = pc.divide(rows[QUANTITIES[place]], 1000.0)
        arrays = [columns.get(kind.name, _column(rows, kind.name)) for kind in MEASUREMENTS]
        return pa.Table.from_arrays(arrays, schema=MEASUREMENTS)


_ENERGIES = {
    REGISTER: "register_kwh",
    BEGIN: "begin_register_kwh",
    INTERVAL: "interval_kwh",
    NET: "net_kwh",
}


def _with_values(rows: pa.Table) -> pa.Table:
    """The rows that have any value."""
    is_empty = np.logical_and.reduce([rows[name].is_null().to_numpy() for name in QUANTITIES])
    return rows.filter(pa.array(~is_empty)) if is_empty.any() else rows


def _column(rows: pa.Table, name: str) -> pa.ChunkedArray | None:
    return rows[name] if name in rows.column_names else None


def _dated(rows: pa.Table, corrections: Corrections) -> pa.Table:
    """The rows with the moment `at` by the log's clock, and the correction in seconds."""
    written = rows["message_at"].to_numpy()
    has_own = rows["own_at"].is_valid().to_numpy()
    own = pc.coalesce(rows["own_at"], rows["message_at"]).to_numpy()
    shifts = corrections.shifts(rows["message"].to_numpy(), written, own)
    shifts[~has_own] = 0
    at = pa.array(own + shifts)
    seconds = pa.array(shifts / 1e6, mask=shifts == 0)
    return (
        rows.drop_columns(["own_at", "message"])
        .append_column("at", at)
        .append_column("time_correction_s", seconds)
    )
