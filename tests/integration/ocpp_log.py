"""An OCPP log made message by message as typed rows, and a recorded one."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.schemas import TABLES
from extract.settings import Settings
from extract.steps import poll
from extract.vendors.ocpp.about import Settings as OcppSettings
from extract.vendors.ocpp.flatten import flatten

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "ocpp" / "1679387766.parquet"
SECOND = timedelta(seconds=1)
SAMPLE = ("current_a", "voltage_v", "power_w", "register_kwh")

Rows = dict[str, list[dict[str, Any]]]


class Log:
    """Messages of one charge point; times are when they are written to the log."""

    def __init__(self, cp: str) -> None:
        self.cp = cp
        self.rows: Rows = defaultdict(list)

    def message(self, at: datetime, action: str | None, kind: int = 2, **more: Any) -> None:
        """One message. Without an id of its own it has one that many share."""
        self.rows["ocpp_messages"].append(
            dict.fromkeys(TABLES["ocpp_messages"].names)
            | self._where(at)
            | {
                "charge_point_id": self.cp,
                "message_time": at,
                "message_id": "m",
                "message_type": kind,
                "copy": 0,
                "action": action,
                "event_time": at if kind == 2 else None,
                "body": None,
            }
            | more
        )

    def boot(self, at: datetime, interval: int) -> None:
        """A reboot, and the answer with the heartbeat interval."""
        self.message(at, "BootNotification")
        answer = {"status": "Accepted", "heartbeat_interval_s": interval}
        self.message(at + SECOND, "BootNotification", 3, **answer)

    def heartbeats(self, first: datetime, last: datetime, every: timedelta) -> None:
        """Heartbeats from first to last, without their answers."""
        while first <= last:
            self.message(first, "Heartbeat")
            first += every

    def start(self, at: datetime, transaction: int | None, meter: float, **more: Any) -> None:
        """A StartTransaction at connector 1; its id is in the answer, where there is one."""
        fields: dict[str, Any] = {
            "message_id": f"start-{at}",
            "connector_id": 1,
            "meter_wh": meter,
            "id_tag": "p_1",
        }
        self.message(at, "StartTransaction", **fields | more)
        if transaction is not None:
            answer = {"transaction_id": str(transaction), "status": "Accepted"}
            name = (fields | more)["message_id"]
            self.message(at + SECOND, None, 3, message_id=name, **answer)

    def stop(self, at: datetime, transaction: int, meter: float | None, **more: Any) -> None:
        """A StopTransaction."""
        fields = {"transaction_id": str(transaction), "meter_wh": meter, "message_id": f"stop-{at}"}
        self.message(at, "StopTransaction", **fields | more)

    def sample(
        self, at: datetime, transaction: int | None, power: float, register: float, **more: Any
    ) -> None:
        """MeterValues of connector 1 with total power (W) and register (Wh)."""
        number = None if transaction is None else str(transaction)
        own = {"power_w": power, "register_wh": register, "connector_id": 1}
        self.message(at, "MeterValues", transaction_id=number, **own | more)
        measured = more.get("event_time", at)
        self.measure(measured, at, 1, number, "total", power_w=power, register_kwh=register / 1000)

    def measure(
        self,
        measured: datetime,
        at: datetime,
        connector: int,
        transaction: str | None,
        phase: str,
        **values: float,
    ) -> None:
        """A row of measurements."""
        self.rows["measurements"].append(
            dict.fromkeys(SAMPLE)
            | self._where(at)
            | {
                "connector_id": f"{self.cp}:{connector}",
                "measured_at": measured,
                "phase": phase,
                "session_id": transaction and f"{self.cp}:{transaction}",
                "observed_at": measured,
            }
            | values
        )

    def status(self, at: datetime, connector: int, word: str) -> None:
        """A StatusNotification, with its observation."""
        self.message(at, "StatusNotification", connector_id=connector, status=word)
        unit = f"{self.cp}:{connector}"
        where = self._where(at) | {"scope": unit}
        self.rows["polls"].append(
            where
            | {"query_time": at, "outcome": "ok", "records": 1, "requested_at": at}
            | {"unreadable_records": 0, "duplicate_records": 0}
        )
        self.rows["status_spans"].append(
            where
            | {"unit": "connector", "unit_id": unit, "status": word, "polls": 1}
            | {"first_query_time": at, "last_query_time": at}
        )

    def _where(self, at: datetime) -> dict[str, Any]:
        return {"source": "ocpp", "stream": "messages", "scope": self.cp, "date": at.date()}


def tables(logs: Iterable[Log], days: Iterable[date] | None = None) -> dict[str, pa.Table]:
    """The typed tables of some logs, of all of their dates or of some."""
    rows: Rows = defaultdict(list)
    for log in logs:
        for name, found in log.rows.items():
            rows[name] += [row for row in found if days is None or row["date"] in days]
    return {name: pa.Table.from_pylist(rows[name], schema=TABLES[name]) for name in TABLES}


def recorded_messages() -> list[dict[str, Any]]:
    """The recorded messages with bodies as objects; skips the test where they are missing."""
    if not RECORDED.exists():
        pytest.skip(f"no recorded log at {RECORDED}")
    rows = pq.read_table(RECORDED).drop(["write_timestamp_epoch"]).to_pylist()
    at = datetime.fromisoformat
    return [
        row | {"body": json.loads(row["body"]), "at": at(row["write_timestamp"])} for row in rows
    ]


def recorded_tables(settings: Settings) -> dict[str, pa.Table]:
    """The typed tables of the recorded log, polled from the inbox of the settings."""
    inbox = Path(OcppSettings.of(settings).inbox)
    inbox.mkdir()
    shutil.copy(RECORDED, inbox)
    assert poll.poll(settings, "ocpp").ok
    lake = Lake(settings.lake_url)
    days = [flatten(lake, *found) for found in raw.partitions(lake, "ocpp").items()]
    return {name: pa.concat_tables([day[name] for day in days if name in day]) for name in days[0]}
