"""A UTC date of an OCPP log → typed tables, file by file, so that memory follows the batch.

Each distinct message is a row (`distinct`); what its payload says stands in the row's columns, in
`measurements` and in `status_spans` (`contents`). A StatusNotification is an observation at its own
time, or at that of its message where its own is of another date or more than five minutes ahead.
Transactions reach over dates and are told apart in the warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition
from extract.lake.schemas import OCPP_MESSAGES, TABLES
from extract.vendors.ocpp.flatten.deduplicate import distinct, read
from extract.vendors.ocpp.flatten.measured import Measured
from extract.vendors.ocpp.flatten.payload_columns import Contents, error, request, response
from extract.vendors.ocpp.flatten.payload_fields import PayloadError
from extract.vendors.ocpp.flatten.side_tables import Told, microseconds
from extract.vendors.ocpp.flatten.unassigned_samples import Homeless
from extract.vendors.ocpp.messages import UNREADABLE

_TOLD = (
    *("connector_id", "transaction_id", "id_tag", "event_time", "status", "error_code"),
    *("meter_wh", "reason", "heartbeat_interval_s", "power_w", "register_wh"),
    *("vendor", "model", "firmware_version"),
)
"""The columns that come from payloads."""

_WITHOUT_BODY = pa.array(["Heartbeat", "MeterValues"])


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of the date. RawFileError where a file cannot be read."""
    messages = distinct(lake, partition, files)
    day = _Day(partition)
    parts = []
    for number, file in enumerate(files):
        rows = messages.rows[number]
        if len(rows):
            table = read(lake, file)
            table = table if len(rows) == len(table) else table.take(rows)
            parts.append(day.messages(table, messages.copies[number], messages.actions[number]))
    day.homeless.settle(day.measured)
    rows = pa.concat_tables(parts) if parts else TABLES["ocpp_messages"].empty_table()
    return {"ocpp_messages": rows, "measurements": day.measured.table(), **day.told.tables()}


@dataclass
class _Day:
    """What is collected of a date's messages."""

    partition: Partition
    told: Told = field(init=False)
    measured: Measured = field(init=False)
    homeless: Homeless = field(default_factory=Homeless)

    def __post_init__(self) -> None:
        self.told, self.measured = Told(self.partition), Measured(self.partition)

    def messages(self, table: pa.Table, copies: np.ndarray, actions: list[str | None]) -> pa.Table:
        """Rows of ocpp_messages; samples and statuses go where they belong."""
        unreadable = pc.equal(table["message_type"], UNREADABLE).to_numpy()
        if unreadable.any():
            self.told.unreadable(table.filter(pa.array(unreadable)))
            keep = np.flatnonzero(~unreadable)
            table, copies = table.take(keep), copies[keep]
            actions = [actions[row] for row in keep.tolist()]
        columns: dict[str, list] = {name: [None] * len(table) for name in _TOLD}
        self._seen(table)
        for row, point, time, key, kind, body in _speaking(table, actions):
            try:
                found = _contents(kind, actions[row], body)
            except PayloadError as refused:
                self.told.refuse(point, time, key, refused)
                continue
            for name, value in found.columns.items():
                columns[name][row] = value
            for wrong in found.wrong:
                self.told.refuse(point, time, key, wrong)
            self._spread(found, point, time, kind, key)
        columns["event_time"] = microseconds(columns["event_time"])
        return _table(self.partition, table, copies, actions, columns)

    def _seen(self, table: pa.Table) -> None:
        times = pa.table({"scope": table["scope"], "at": table["message_time"].cast(pa.int64())})
        reach = times.group_by("scope").aggregate([("at", "min"), ("at", "max")])
        for row in reach.to_pylist():
            self.told.seen(row["scope"], row["at_min"])
            self.told.seen(row["scope"], row["at_max"])

    def _spread(self, found: Contents, point: str, time: int, kind: int, key: str) -> None:
        """A message's content to the tables beside ocpp_messages."""
        connector = found.columns.get("connector_id")
        transaction = found.columns.get("transaction_id")
        if connector is not None:
            self.told.connector(point, connector, time)
            if found.status is not None:
                own = found.columns["event_time"]
                self.told.status(point, connector, found.status, own, time)
        if transaction is not None or "meter_wh" in found.columns:
            self.homeless.learn(point, transaction, connector, (kind, key, time))
        if not found.samples:
            return
        session = None if transaction is None else f"{point}:{transaction}"
        if connector is None:
            self.homeless.add(point, transaction, time, session, found.samples)
        else:
            self.measured.add(point, f"{point}:{connector}", time, session, found.samples)


def _speaking(table: pa.Table, actions: list[str | None]) -> Any:
    """(row, charge point, time, message id, type, body) of the messages that say anything."""
    silent = pc.or_(
        pc.equal(table["body"], "{}"),
        pc.fill_null(pc.equal(pa.array(actions, pa.string()), "Heartbeat"), False),
    )
    quiet = pc.and_(silent, pc.not_equal(table["message_type"], 4))
    rows = np.flatnonzero(~quiet.to_numpy())
    spoken = table.take(pa.array(rows))
    columns = (spoken[name] for name in ("scope", "message_id", "message_type", "body"))
    points, keys, kinds, bodies = (column.to_pylist() for column in columns)
    times = spoken["message_time"].cast(pa.int64()).to_pylist()
    return zip(rows.tolist(), points, times, keys, kinds, bodies, strict=True)


def _contents(kind: int, action: str | None, body: str) -> Contents:
    if kind == 2:
        return request(action, body)
    return response(body) if kind == 3 else error(body)


def _table(
    partition: Partition,
    table: pa.Table,
    copies: np.ndarray,
    actions: list[str | None],
    columns: dict[str, list],
) -> pa.Table:
    size = len(table)
    names = pa.array(actions, pa.string())
    light = pc.and_(pc.is_in(names, _WITHOUT_BODY), pc.not_equal(table["message_type"], 4))
    fixed = {
        "source": pa.repeat(partition.source, size),
        "scope": table["scope"],
        "date": pa.repeat(pa.scalar(partition.day, pa.date32()), size),
        "charge_point_id": table["scope"],
        "message_time": table["message_time"],
        "message_id": table["message_id"],
        "message_type": table["message_type"].cast(pa.int64()),
        "copy": pa.array(copies, pa.int64()),
        "action": names,
        "body": table["body"].take(pc.if_else(light, None, pa.array(np.arange(size)))),
        "stream": pa.repeat(partition.stream, size),
    }
    arrays = [
        fixed[kind.name] if kind.name in fixed else pa.array(columns[kind.name], kind.type)
        for kind in OCPP_MESSAGES
    ]
    return pa.table(arrays, schema=OCPP_MESSAGES)
