"""Messages → `ocpp_messages`: a row each, with the columns of its payload."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.raw import Partition
from extract.lake.schemas import OCPP_MESSAGES, TIME
from extract.vendors.ocpp.flatten.clocks import NO_TIME, Clocks, Corrections
from extract.vendors.ocpp.flatten.merge_readings import codes, with_column
from extract.vendors.ocpp.flatten.payload_columns import Contents
from extract.vendors.ocpp.flatten.registers import RegisterRules
from extract.vendors.ocpp.flatten.samples import location_rank

_TIMES = frozenset(("event_time", "register_at"))
_FIXED = frozenset(
    "source scope date charge_point_id message_time message_id message_type copy action body "
    "stream time_correction_s".split()
)
_FROM_PAYLOAD = [name for name in OCPP_MESSAGES.names if name not in _FIXED]
_WITHOUT_BODY = pa.array(["Heartbeat", "MeterValues"])


class Part:
    """The columns that come from the payloads of some rows, and the rows' own times."""

    def __init__(self, size: int, start: int) -> None:
        self.start = start
        self.columns: dict[str, list[Any]] = {name: [None] * size for name in _FROM_PAYLOAD}
        self.own_times = np.full(size, NO_TIME)
        self.register_ranks = np.zeros(size, np.int8)
        self.phases: dict[int, dict[str, float]] = {}

    def set(self, row: int, found: Contents) -> None:
        """Set the columns of a row."""
        for name, value in found.columns.items():
            if name == "register_rank":
                self.register_ranks[row] = value
            elif value is not None:
                self.columns[name][row] = value
        if found.own_time is not None:
            self.own_times[row] = found.own_time
        if found.phases:
            self.phases[row + self.start] = found.phases


class MessageRows:
    """Collects the rows of a partition; a row's number within the date is its place."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.count = 0
        self._tables: list[pa.Table] = []
        self._own_times: list[np.ndarray] = []
        self._register_ranks: list[np.ndarray] = []
        self._phases: dict[int, dict[str, float]] = {}

    def part(self, size: int) -> Part:
        """The empty columns of the next rows."""
        return Part(size, self.count)

    def add(
        self, table: pa.Table, copies: np.ndarray, actions: list[str | None], part: Part
    ) -> None:
        """The next rows."""
        fixed = self._fixed(table, copies, actions)
        arrays = []
        for kind in OCPP_MESSAGES:
            values = fixed.get(kind.name)
            if values is None:
                made = part.columns.get(kind.name)
                values = pa.nulls(len(table), kind.type) if made is None else _array(made, kind)
            arrays.append(values)
        self._tables.append(pa.table(arrays, schema=OCPP_MESSAGES))
        self._own_times.append(part.own_times)
        self._register_ranks.append(part.register_ranks)
        self._phases |= part.phases
        self.count += len(table)

    def _fixed(
        self, table: pa.Table, copies: np.ndarray, actions: list[str | None]
    ) -> dict[str, Any]:
        """The columns that don't come from payloads."""
        size = len(table)
        names = pa.array(actions, pa.string())
        is_light = pc.and_(pc.is_in(names, _WITHOUT_BODY), pc.not_equal(table["message_type"], 4))
        return {
            "source": pa.repeat(self.partition.source, size),
            "scope": table["scope"],
            "date": pa.repeat(pa.scalar(self.partition.day, pa.date32()), size),
            "charge_point_id": table["scope"],
            "message_time": table["message_time"],
            "message_id": table["message_id"],
            "message_type": table["message_type"].cast(pa.int64()),
            "copy": pa.array(copies, pa.int64()),
            "action": names,
            "body": table["body"].take(pc.if_else(is_light, None, pa.array(np.arange(size)))),
            "stream": pa.repeat(self.partition.stream, size),
        }

    def clocks(self) -> Clocks:
        """What the messages say of their charge points' clocks."""
        if not self.count:
            nothing = np.array([], np.int64)
            return Clocks(nothing, nothing, nothing, nothing.astype(bool))
        rows = pa.concat_tables(self._tables)
        is_boot = pc.equal(rows["action"], "BootNotification")
        is_request = pc.equal(rows["message_type"], 2)
        return Clocks(
            codes(rows, "scope"),
            rows["message_time"].cast(pa.int64()).to_numpy(),
            np.concatenate(self._own_times),
            pc.fill_null(pc.and_(is_boot, is_request), False).to_numpy(),
        )

    def finish(
        self, corrections: Corrections, connectors: dict[int, int], rules: RegisterRules
    ) -> pa.Table:
        """The typed table. `connectors`: of messages that name none, by their numbers."""
        if not self.count:
            return OCPP_MESSAGES.empty_table()
        rows = pa.concat_tables(self._tables)
        rows = self._with_registers(rows, connectors, rules)
        actions = rows["action"].take(pa.array(sorted(connectors), pa.int64())).to_pylist()
        events = {
            number: connectors[number]
            for number, action in zip(sorted(connectors), actions, strict=True)
            if action == "TransactionEvent"
        }
        rows = _replaced(_replaced(rows, "connector_id", events), "evse_id", events)
        return self._corrected(rows, corrections)

    def _with_registers(
        self, rows: pa.Table, connectors: dict[int, int], rules: RegisterRules
    ) -> pa.Table:
        """Registers by the rules of their connector, each with its time."""
        ranks = location_rank(np.concatenate(self._register_ranks))
        far = np.flatnonzero(ranks > 0).tolist() if rules.locations else []
        wanted = sorted({*far, *self._phases})
        chosen = rows.select(["scope", "connector_id"]).take(pa.array(wanted, pa.int64()))
        names = {
            number: f"{row['scope']}:{connectors.get(number, row['connector_id'] or 0)}"
            for number, row in zip(wanted, chosen.to_pylist(), strict=True)
        }
        found: dict[int, float | None] = {
            number: None
            for number in far
            if ranks[number] > rules.locations.get(names[number], 127)
        }
        found |= {row: rules.register_wh(names[row], of) for row, of in self._phases.items()}
        rows = _replaced(rows, "register_wh", found)
        has_register = rows["register_wh"].is_valid()
        at = pc.coalesce(rows["register_at"], rows["message_time"])
        return with_column(rows, "register_at", pc.if_else(has_register, at, None))

    def _corrected(self, rows: pa.Table, corrections: Corrections) -> pa.Table:
        """Own times on the log's clock."""
        written = rows["message_time"].cast(pa.int64()).to_numpy()
        seconds = np.zeros(len(rows))
        for name in ("register_at", "event_time"):  # whose correction is the row's
            has_own = pc.and_(rows[name].is_valid(), pc.not_equal(rows[name], rows["message_time"]))
            places = np.flatnonzero(pc.fill_null(has_own, False).to_numpy())
            own = rows[name].cast(pa.int64()).take(pa.array(places)).to_numpy()
            shifts = corrections.shifts(places, written[places], own)
            moved = np.flatnonzero(shifts)
            seconds[places[moved]] = shifts[moved] / 1e6
            times = dict(zip(places[moved].tolist(), (own + shifts)[moved].tolist(), strict=True))
            rows = _replaced(rows, name, times)
        is_moved = seconds != 0
        return with_column(rows, "time_correction_s", pa.array(seconds, mask=~is_moved))


def _array(values: list[Any], kind: pa.Field) -> pa.Array:
    if kind.name in _TIMES:
        return pa.array(values, pa.int64()).cast(TIME)
    return pa.array(values, kind.type)


def _replaced(rows: pa.Table, name: str, values: dict[int, Any]) -> pa.Table:
    """The table with other values in some rows of a column."""
    if not values:
        return rows
    mask = np.zeros(len(rows), bool)
    order = sorted(values)
    mask[order] = True
    made = pa.array([values[row] for row in order], rows.schema.field(name).type)
    column = rows[name].combine_chunks()
    return with_column(rows, name, pc.replace_with_mask(column, pa.array(mask), made))
