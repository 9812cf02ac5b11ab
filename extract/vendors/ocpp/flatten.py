"""A UTC date of an OCPP log → typed tables, file by file, so that memory follows the batch.

Each distinct message is a row (`distinct`); what its payload says stands in the row's columns, in
`measurements` and in `status_spans` (`contents`). A StatusNotification is an observation at its own
time, or at that of its message where its own is of another date or more than five minutes ahead.
Transactions reach over dates and are told apart in the warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition
from extract.lake.schemas import OCPP_MESSAGES, TABLES
from extract.vendors.ocpp.contents import Contents, request, response
from extract.vendors.ocpp.distinct import distinct, read
from extract.vendors.ocpp.measured import Measured
from extract.vendors.ocpp.messages import UNREADABLE
from extract.vendors.ocpp.payloads import PayloadError
from extract.vendors.ocpp.told import Told, microseconds

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
    told, measured = Told(partition), Measured(partition)
    parts = []
    for number, file in enumerate(files):
        if len(messages.rows[number]):
            table = read(lake, file).take(messages.rows[number])
            parts.append(
                _messages(
                    partition,
                    table,
                    messages.copies[number],
                    messages.actions[number],
                    told,
                    measured,
                    file.path,
                )
            )
    rows = pa.concat_tables(parts) if parts else TABLES["ocpp_messages"].empty_table()
    return {"ocpp_messages": rows, "measurements": measured.table(), **told.tables()}


def _messages(
    partition: Partition,
    table: pa.Table,
    copies: np.ndarray,
    actions: list[str | None],
    told: Told,
    measured: Measured,
    file: str,
) -> pa.Table:
    """Rows of ocpp_messages; samples and statuses go where they belong."""
    unreadable = pc.equal(table["message_type"], UNREADABLE).to_numpy(zero_copy_only=False)
    if unreadable.any():
        told.unreadable(table.filter(pa.array(unreadable)))
        keep = np.flatnonzero(~unreadable)
        table, copies = table.take(keep), copies[keep]
        actions = [actions[row] for row in keep.tolist()]
    size = len(table)
    columns: dict[str, list] = {name: [None] * size for name in _TOLD}
    points, times = table["scope"].to_pylist(), table["message_time"].cast(pa.int64()).to_pylist()
    kinds, ids = table["message_type"].to_pylist(), table["message_id"].to_pylist()
    bodies = table["body"].to_pylist()
    for row, (point, time, kind, action, body) in enumerate(
        zip(points, times, kinds, actions, bodies, strict=True)
    ):
        told.seen(point, time)
        if body == "{}" or action == "Heartbeat" or kind == 4:
            continue
        try:
            found = request(action, body) if kind == 2 else response(body)
        except PayloadError as error:
            told.refuse(file, point, time, ids[row], error)
            continue
        for name, value in found.columns.items():
            columns[name][row] = value
        _spread(found, point, time, told, measured)
    columns["event_time"] = microseconds(columns["event_time"])
    return _table(partition, table, copies, actions, columns)


def _spread(found: Contents, point: str, time: int, told: Told, measured: Measured) -> None:
    connector = found.columns.get("connector_id")
    if connector is None:
        return
    key = f"{point}:{connector}"
    told.connector(point, connector, time)
    if found.status is not None:
        told.status(point, connector, found.status, found.columns["event_time"], time)
    if found.samples:
        transaction = found.columns.get("transaction_id")
        session = None if transaction is None else f"{point}:{transaction}"
        measured.add(point, key, time, session, found.samples)


def _table(
    partition: Partition,
    table: pa.Table,
    copies: np.ndarray,
    actions: list[str | None],
    columns: dict[str, list],
) -> pa.Table:
    size = len(table)
    names = pa.array(actions, pa.string())
    light = pc.fill_null(pc.is_in(names, _WITHOUT_BODY), False)
    fixed = {
        "source": pa.array([partition.source] * size, pa.string()),
        "scope": table["scope"],
        "date": pa.array([partition.day] * size, pa.date32()),
        "charge_point_id": table["scope"],
        "message_time": table["message_time"],
        "message_id": table["message_id"],
        "message_type": table["message_type"].cast(pa.int64()),
        "copy": pa.array(copies, pa.int64()),
        "action": names,
        "body": pc.if_else(light, pa.scalar(None, pa.string()), table["body"]),
        "stream": pa.array([partition.stream] * size, pa.string()),
    }
    arrays = [
        fixed[kind.name] if kind.name in fixed else pa.array(columns[kind.name], kind.type)
        for kind in OCPP_MESSAGES
    ]
    return pa.table(arrays, schema=OCPP_MESSAGES)
