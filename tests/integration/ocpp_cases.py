"""Charge points that speak OCPP as real ones do, message by message, and what each means."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import poll
from extract.vendors import flattener
from extract.vendors.ocpp.about import Settings as OcppSettings

DAY = date(2026, 5, 11)
ACCEPTED = {"status": "Accepted"}
ANNA, BERT = "04C0FFEE22AA80", "04BEEF0011BB80"


def at(hour: float, minute: float = 0, second: float = 0, *, day: int = 0) -> datetime:
    """A moment of the day that is `day` days after the first."""
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    return start + timedelta(days=day, hours=hour, minutes=minute, seconds=second)


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Talk:
    """The messages of one charge point. Times are those of the log; `own` is the charge point's."""

    def __init__(self, cp: str, version: str = "1.6") -> None:
        self.cp, self.version = cp, version
        self.lines: list[dict[str, Any]] = []
        self._sequence = 0

    def call(self, when: datetime, action: str, payload: dict, answer: dict | None = None) -> None:
        """A request of the charge point, and its answer a second later unless that is None."""
        key = f"{self.cp}-{len(self.lines)}"
        self._line(when, [2, key, action, payload])
        if answer is not None:
            self._line(when + timedelta(seconds=1), [3, key, answer])

    def _line(self, when: datetime, message: list) -> None:
        self.lines.append({"timestamp": text(when), "charge_point_id": self.cp, "message": message})

    def boot(self, when: datetime, interval: int = 300) -> None:
        payload = {"chargePointVendor": "Invented", "chargePointModel": "M"}
        self.call(when, "BootNotification", payload, ACCEPTED | {"interval": interval})

    def heartbeat(self, when: datetime) -> None:
        self.call(when, "Heartbeat", {}, {"currentTime": text(when)})

    def start(
        self,
        when: datetime,
        transaction: int | None,
        meter: float,
        *,
        tag: str = ANNA,
        connector: int = 1,
        own: datetime | None = None,
        status: str = "Accepted",
    ) -> None:
        """A StartTransaction. Without a transaction it is not answered."""
        payload = {
            "connectorId": connector,
            "idTag": tag,
            "meterStart": meter,
            "timestamp": text(own or when),
        }
        answer = {"transactionId": transaction, "idTagInfo": {"status": status}}
        self.call(when, "StartTransaction", payload, None if transaction is None else answer)

    def stop(
        self,
        when: datetime,
        transaction: int,
        meter: float,
        *,
        tag: str | None = None,
        own: datetime | None = None,
        data: list[dict] | None = None,
    ) -> None:
        """A StopTransaction."""
        payload: dict[str, Any] = {
            "transactionId": transaction,
            "meterStop": meter,
            "timestamp": text(own or when),
            "reason": "Local",
        }
        payload |= {"idTag": tag} if tag else {}
        payload |= {"transactionData": data} if data else {}
        self.call(when, "StopTransaction", payload, {"idTagInfo": ACCEPTED})

    def sample(
        self,
        when: datetime,
        transaction: int | None,
        register: float | None = None,
        power: float | None = None,
        *,
        connector: int = 1,
        own: datetime | None = None,
    ) -> None:
        """MeterValues: total register in Wh, total power in W."""
        payload: dict[str, Any] = {
            "connectorId": connector,
            "meterValue": [moment(own or when, register, power)],
        }
        payload |= {} if transaction is None else {"transactionId": transaction}
        self.call(when, "MeterValues", payload, {})

    def status(self, when: datetime, word: str, connector: int = 1) -> None:
        payload = {
            "connectorId": connector,
            "errorCode": "NoError",
            "status": word,
            "timestamp": text(when),
        }
        self.call(when, "StatusNotification", payload, {})

    def event(
        self,
        when: datetime,
        kind: str,
        transaction: str,
        *,
        register: float | None = None,
        token: str | None = None,
        state: str | None = None,
        evse: int | None = 1,
        own: datetime | None = None,
        offline: bool = False,
    ) -> None:
        """A TransactionEvent of OCPP 2.0.1."""
        info: dict[str, Any] = {"transactionId": transaction}
        info |= {"chargingState": state} if state else {}
        payload: dict[str, Any] = {
            "eventType": kind,
            "timestamp": text(own or when),
            "triggerReason": "MeterValuePeriodic",
            "seqNo": self._sequence,
            "transactionInfo": info,
        }
        self._sequence += 1
        payload |= {"evse": {"id": evse, "connectorId": 1}} if evse else {}
        payload |= {"idToken": {"idToken": token, "type": "ISO14443"}} if token else {}
        payload |= {"offline": True} if offline else {}
        if register is not None:
            payload["meterValue"] = [moment(own or when, register, None)]
        self.call(when, "TransactionEvent", payload, {})


def moment(when: datetime, register: float | None, power: float | None, **more: str) -> dict:
    """A MeterValue with a total register in Wh and a total power in W."""
    values = []
    if register is not None:
        unit = {"unit": "Wh"} if isinstance(register, int | float) else {}
        values.append(
            {"value": str(register), "measurand": "Energy.Active.Import.Register"} | unit | more
        )
    if power is not None:
        values.append({"value": str(power), "measurand": "Power.Active.Import", "unit": "W"})
    return {"timestamp": text(when), "sampledValue": values}


def deliver(settings: Settings, name: str, lines: Iterable[dict]) -> None:
    """Put messages into the inbox as a file, and poll it."""
    inbox = Path(OcppSettings.of(settings).inbox)
    inbox.mkdir(exist_ok=True)
    (inbox / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert poll.poll(settings, "ocpp").ok


def typed_tables(settings: Settings) -> dict[str, pa.Table]:
    """The typed tables of all that has landed."""
    lake = Lake(settings.lake_url)
    flatten = flattener("ocpp").flatten
    days = [flatten(lake, *found) for found in raw.partitions(lake, "ocpp").items()]
    return {name: pa.concat_tables([day[name] for day in days if name in day]) for name in days[0]}
