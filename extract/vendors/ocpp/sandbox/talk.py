"""What a charge point and its CSMS say to each other on a UTC date, in OCPP 1.6 or 2.0.1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from extract.sandbox.chance import chance, draw
from extract.vendors.ocpp.sandbox.fleet import ChargePoint, Options, Visit, visits

CALL, RESULT, ERROR = 2, 3, 4
_ANSWERED = timedelta(milliseconds=250)
_MINUTE = timedelta(minutes=1)


class Message(NamedTuple):
    """`written_at`: when the CSMS logged it (UTC). `body` has names in camel case."""

    written_at: datetime
    charge_point_id: str
    message_id: str
    message_type: int
    action: str
    body: dict[str, Any]


class Logged(NamedTuple):
    """A message where it stands in the log: one that comes late, or again, has a later `place`."""

    place: datetime
    message: Message


@lru_cache(4096)
def logged(options: Options, point: ChargePoint, day: date) -> list[Logged]:
    """All that is said about the visits that start on a date, and its boots and heartbeats."""
    talk = _Talk(options, point, day)
    talk.day()
    return sorted(talk.log, key=lambda entry: (entry.place, entry.message.written_at))


class _Talk:
    """Collects the messages of a charge point and a date."""

    def __init__(self, options: Options, point: ChargePoint, date_: date) -> None:
        self.options, self.point, self.date = options, point, date_
        self.rng = draw(options.seed, "ocpp talk", point.id, date_)
        self.midnight = datetime.combine(date_, time(), UTC)
        self.log: list[Logged] = []
        self._count = 0

    def day(self) -> None:
        self._boot(self.midnight + timedelta(hours=5, minutes=5 + self.point.number % 40))
        beat = timedelta(seconds=self.options.heartbeat_s)
        at = self.midnight + beat * self.rng.random()
        while at < self.midnight + timedelta(days=1):
            self._ask(at, "Heartbeat", {}, {"currentTime": _iso(at + _ANSWERED)})
            at += beat
        for visit in visits(self.options, self.point, self.date):
            (self._visit_2 if self.point.version == "2.0.1" else self._visit)(visit)
        if self.options.faults:
            self._strays()

    def _ask(self, at: datetime, action: str, body: dict, answer: dict | None = None) -> None:
        """A request and its answer; None is an answer that is a CALLERROR."""
        key = self._key()
        error = {"errorCode": "NotImplemented", "errorDescription": "", "errorDetails": {}}
        kind, response = (ERROR, error) if answer is None else (RESULT, answer)
        self._write(Message(at, self.point.id, key, CALL, action, body))
        self._write(Message(at + _ANSWERED, self.point.id, key, kind, action, response))

    def _key(self) -> str:
        self._count += 1
        if self.point.counts:
            return str(self._count % 200)
        return f"{self.rng.getrandbits(128):032x}"

    def _write(self, message: Message) -> None:
        place = message.written_at
        if self.options.faults and chance(self.rng, 0.01):
            place += timedelta(seconds=self.rng.randrange(1, 600))
        self.log.append(Logged(place, message))
        if self.options.faults and chance(self.rng, 0.01):
            again = timedelta(seconds=self.rng.randrange(120))
            self.log.append(Logged(place + again, message))

    def _own(self, at: datetime) -> str:
        """A moment as the charge point's clock has it."""
        return _iso(at + self.point.skew)

    def _strays(self) -> None:
        """An answer to nothing that was asked, and something that the CSMS does not know."""
        at = self.midnight + timedelta(hours=24 * self.rng.random())
        self._write(Message(at, self.point.id, f"lost-{self.date}", RESULT, "", {}))
        body = {"vendorId": "de.example", "messageId": "temperature", "data": "31.5"}
        self._ask(self.midnight + timedelta(hours=23 * self.rng.random()), "DataTransfer", body)

    def _boot(self, at: datetime) -> None:
        model, vendor = "BB-2", "Beispiel Ladetechnik"
        body: dict[str, Any] = {
            "chargePointVendor": vendor,
            "chargePointModel": model,
            "firmwareVersion": "1.4.2",
            "iccid": f"8949{self.point.number:015d}",
        }
        if self.point.version == "2.0.1":
            station = {"vendorName": vendor, "model": model, "firmwareVersion": "3.0.1"}
            body = {"reason": "PowerUp", "chargingStation": station}
        answer = {
            "currentTime": _iso(at + _ANSWERED),
            "interval": self.options.heartbeat_s,
            "status": "Accepted",
        }
        self._ask(at, "BootNotification", body, answer)

    def _status(self, at: datetime, connector: int, status: str) -> None:
        body: dict[str, Any] = {"connectorId": connector, "errorCode": "NoError", "status": status}
        if self.point.version == "2.0.1":
            word = status if status == "Available" else "Occupied"
            body = {"evseId": connector, "connectorId": 1, "connectorStatus": word}
        self._ask(at, "StatusNotification", body | {"timestamp": self._own(at)}, {})

    # --- a visit ---------------------------------------------------------------------------------

    def _visit(self, visit: Visit) -> None:
        """A transaction of OCPP 1.6."""
        accepted: dict[str, Any] = {"idTagInfo": {"status": "Accepted", "parentIdTag": visit.tag}}
        self._arrive(visit, {"idTag": visit.tag}, accepted)
        start: dict[str, Any] = {
            "connectorId": visit.connector,
            "idTag": visit.tag,
            "meterStart": visit.meter_start,
            "timestamp": self._own(visit.start),
        }
        answer = accepted | {"transactionId": visit.transaction}
        self._ask(visit.start, "StartTransaction", start, answer)
        for at, second in samples(self.options, visit):
            value = self._meter_value(visit, at, second)
            body: dict[str, Any] = {"connectorId": visit.connector}
            body |= {"transactionId": visit.transaction}
            alone = self.options.faults and self.point.number % 8 == 0
            self._ask(at, "MeterValues", body | {"meterValue": value if alone else [value]}, {})
        for at in stops(visit):
            stop: dict[str, Any] = {
                "meterStop": visit.register(visit.seconds),
                "timestamp": self._own(end(visit)),
                "transactionId": visit.transaction,
                "idTag": visit.tag,
                "reason": "EVDisconnected",
            }
            self._ask(at, "StopTransaction", stop, accepted)
        self._leave(visit)

    def _visit_2(self, visit: Visit) -> None:
        """A transaction of OCPP 2.0.1; its EVSE is named in the first event alone."""
        token = {"idToken": visit.tag, "type": "ISO14443"}
        accepted = {"idTokenInfo": {"status": "Accepted"}}
        self._arrive(visit, {"idToken": token}, accepted)
        moments = [(at, second, "Updated") for at, second in samples(self.options, visit)]
        moments += [(at, visit.seconds, "Ended") for at in stops(visit)]
        for number, (at, second, kind) in enumerate([(visit.start, 0, "Started"), *moments]):
            own = end(visit) if kind == "Ended" else at
            info: dict[str, Any] = {"transactionId": transaction_id(self.point, visit)}
            info |= {"stoppedReason": "EVDisconnected"} if kind == "Ended" else {}
            body = {
                "eventType": kind,
                "timestamp": self._own(own),
                "triggerReason": "MeterValuePeriodic" if kind == "Updated" else "CablePluggedIn",
                "seqNo": number,
                "transactionInfo": info,
                "meterValue": [self._meter_value(visit, own, second)],
            }
            if kind == "Started":
                evse = {"id": visit.connector, "connectorId": 1}
                body |= {"idToken": token, "evse": evse}
            self._ask(at, "TransactionEvent", body, accepted if kind == "Started" else {})
        self._leave(visit)

    def _arrive(self, visit: Visit, card: dict, accepted: dict) -> None:
        self._status(visit.start - timedelta(seconds=20), visit.connector, "Preparing")
        self._ask(visit.start - timedelta(seconds=8), "Authorize", card, accepted)
        self._status(visit.start + timedelta(seconds=2), visit.connector, "Charging")
        second = 0
        for length, watts in visit.parts[:-1]:
            second += length
            word = "SuspendedEV" if watts else "Charging"
            self._status(visit.start + timedelta(seconds=second), visit.connector, word)
        if visit.fault == "reboot":
            self._boot(visit.start + timedelta(seconds=visit.seconds * 0.4))

    def _leave(self, visit: Visit) -> None:
        if visit.fault == "never stopped":
            self._boot(end(visit) + _MINUTE)
        else:
            self._status(end(visit) + timedelta(seconds=2), visit.connector, "Finishing")
        self._status(end(visit) + 2 * _MINUTE, visit.connector, "Available")

    def _meter_value(self, visit: Visit, at: datetime, second: float) -> dict[str, Any]:
        """A MeterValue: each phase, the total (its phase null, or absent) and the register."""
        watts, nulls = visit.power(second), self.point.dialect in ("rows", "table")
        total = {"phase": None} if nulls else {}
        sampled: list[dict[str, Any]] = []
        for phase in ("L1", "L2", "L3"):
            sampled += [
                {"measurand": "Voltage", "phase": f"{phase}-N", "unit": "V", "value": 230.0},
                {"measurand": "Current.Import", "phase": phase, "unit": "A", "value": watts / 690},
                {
                    "measurand": "Power.Active.Import",
                    "phase": phase,
                    "unit": "W",
                    "value": watts / 3,
                },
            ]
        sampled.append({"measurand": "Power.Active.Import", "unit": "W", "value": watts} | total)
        register = {"unit": "Wh", "value": visit.register(second)} | total
        sampled.append({"measurand": "Energy.Active.Import.Register"} | register)
        for sample in sampled:
            sample["value"] = round(sample["value"], 3)
            if self.point.version == "1.6" and self.point.dialect != "frames":
                sample["value"] = str(sample["value"])
            if self.point.version == "2.0.1":
                sample["unitOfMeasure"] = {"unit": sample.pop("unit")}
        return {"timestamp": self._own(at), "sampledValue": sampled}


def end(visit: Visit) -> datetime:
    """When the cable is pulled."""
    return visit.start + timedelta(seconds=visit.seconds)


def samples(options: Options, visit: Visit) -> Iterator[tuple[datetime, int]]:
    """The moments of meter values, and the seconds since the start."""
    for second in range(options.sample_s, visit.seconds, options.sample_s):
        yield visit.start + timedelta(seconds=second), second


def stops(visit: Visit) -> list[datetime]:
    """When the charge point may say that the transaction is over."""
    if visit.fault == "never stopped":
        return []
    again = [end(visit) + _MINUTE / 2] if visit.fault == "stopped twice" else []
    return [end(visit), *again]


def transaction_id(point: ChargePoint, visit: Visit) -> str:
    """The id as it is sent: a number in 1.6, a text in 2.0.1."""
    number = str(visit.transaction)
    return f"tx-{visit.transaction:08x}" if point.version == "2.0.1" else number


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
