"""A UTC date of an OCPP log → typed tables, file by file, so that memory follows the batch.

Each message is a row of `ocpp_messages` once (`deduplicate`); what its payload says stands in the
row's columns, in `measurements` and in `status_spans` (`payload_columns`). What depends on other
messages is filled in at the end: corrections of clocks, connectors, sums of phases. Transactions
reach over dates and are put together in the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.fields import UnreadableError
from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition
from extract.vendors.ocpp.fields import FROM_CHARGE_POINT
from extract.vendors.ocpp.flatten.deduplicate import distinct, read
from extract.vendors.ocpp.flatten.measurements import Measurements
from extract.vendors.ocpp.flatten.message_rows import MessageRows
from extract.vendors.ocpp.flatten.payload_columns import Contents, contents
from extract.vendors.ocpp.flatten.side_tables import SideTables
from extract.vendors.ocpp.flatten.unassigned_samples import Origin, UnassignedSamples
from extract.vendors.ocpp.messages import UNREADABLE

_MOST_ISSUES = 20  # of one message that are quarantined one by one


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of the date. RawFileError where a file cannot be read."""
    messages = distinct(lake, partition, files)
    day = _Day(partition)
    for number, file in enumerate(files):
        rows = messages.rows[number]
        if len(rows):
            table = read(lake, file)
            table = table if len(rows) == len(table) else table.take(rows)
            day.add(table, messages.copies[number], messages.actions[number])
    return day.tables()


class _Day:
    """What is collected of a date's messages."""

    def __init__(self, partition: Partition) -> None:
        self.side = SideTables(partition)
        self.measurements = Measurements(partition)
        self.unassigned = UnassignedSamples()
        self.rows = MessageRows(partition)

    def add(self, table: pa.Table, copies: np.ndarray, actions: list[str | None]) -> None:
        """Messages of one raw file."""
        unreadable = pc.equal(table["message_type"], UNREADABLE).to_numpy()
        if unreadable.any():
            self.side.refuse_lines(table.filter(pa.array(unreadable)))
            keep = np.flatnonzero(~unreadable)
            table, copies = table.take(keep), copies[keep]
            actions = [actions[row] for row in keep.tolist()]
        self._see(table)
        part = self.rows.part(len(table))
        for row, action, origin, body in _with_content(table, actions, self.rows.count):
            try:
                found = contents(origin.message_type, action, body)
            except UnreadableError as error:
                self.side.refuse(origin, error)
                continue
            for issue in _first(found.issues):
                self.side.refuse(origin, issue)
            part.set(row, found)
            self._spread(found, action, origin)
        self.rows.add(table, copies, actions, part)

    def _see(self, table: pa.Table) -> None:
        times = pa.table({"scope": table["scope"], "at": table["message_time"].cast(pa.int64())})
        reach = times.group_by("scope").aggregate([("at", "min"), ("at", "max")])
        for row in reach.to_pylist():
            self.side.see(row["scope"], row["at_min"])
            self.side.see(row["scope"], row["at_max"])

    def _spread(self, found: Contents, action: str | None, origin: Origin) -> None:
        """A message's content to the tables beside ocpp_messages."""
        columns = found.columns
        connector = columns.get("connector_id")
        if action in FROM_CHARGE_POINT and origin.message_type == 2:
            if connector is not None:
                self.side.see_connector(origin.point, connector, origin.time)
            if connector is not None and action == "StatusNotification" and columns.get("status"):
                own = columns.get("event_time")
                self.side.add_status(origin, connector, columns["status"], own)
        self._observe(columns, action, origin)
        if found.samples:
            transaction = columns.get("transaction_id")
            session = None if transaction is None else f"{origin.point}:{transaction}"
            if connector is None:
                self.unassigned.add(origin, transaction, session, found.samples)
            else:
                message = origin.number, origin.time
                self.measurements.add(origin.point, connector, session, message, found.samples)

    def _observe(self, columns: dict[str, Any], action: str | None, origin: Origin) -> None:
        """What the message says of a transaction and its connector."""
        transaction, connector = columns.get("transaction_id"), columns.get("connector_id")
        if transaction is not None and connector is not None:
            self.unassigned.observe(origin, transaction, connector)
        elif transaction is not None and origin.message_type == 3:
            self.unassigned.observe_answer(origin, transaction)
        elif transaction is not None and action == "TransactionEvent":
            self.unassigned.add_event(origin, transaction)
        elif connector is not None and action == "StartTransaction":
            self.unassigned.observe_start(origin, connector)

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables, when all messages are known."""
        corrections = self.rows.clocks().corrections()
        connectors = self.unassigned.assign(self.measurements)
        measurements, rules = self.measurements.finish(corrections)
        return {
            "ocpp_messages": self.rows.finish(corrections, connectors, rules),
            "measurements": measurements,
            **self.side.tables(corrections),
        }


def _first(issues: list[UnreadableError]) -> list[UnreadableError]:
    """The first issues of a message, and how many more there are."""
    more = len(issues) - _MOST_ISSUES
    if more <= 0:
        return issues
    reason = f"and {more} more values of this message cannot be read"
    return [*issues[:_MOST_ISSUES], UnreadableError("", None, reason)]


def _with_content(
    table: pa.Table, actions: list[str | None], start: int
) -> Iterator[tuple[int, str | None, Origin, str]]:
    """(row, action, origin, body) of the messages that say anything; `start`: the number of the
    first row within the date."""
    is_empty = pc.or_(
        pc.equal(table["body"], "{}"),
        pc.fill_null(pc.equal(pa.array(actions, pa.string()), "Heartbeat"), False),
    )
    is_silent = pc.and_(is_empty, pc.not_equal(table["message_type"], 4))
    rows = np.flatnonzero(~is_silent.to_numpy())
    chosen = table.take(pa.array(rows))
    columns = (chosen[name] for name in ("scope", "message_id", "message_type", "body"))
    points, keys, types, bodies = (column.to_pylist() for column in columns)
    times = chosen["message_time"].cast(pa.int64()).to_pylist()
    numbers = (rows + start).tolist()
    origins = map(Origin, points, times, keys, types, numbers)
    return zip(rows.tolist(), map(actions.__getitem__, rows.tolist()), origins, bodies, strict=True)
