"""What a charger says of itself: the observations of `/api/chargers/{id}/state`.

Each has the time of its last change; a value is text, and absent where there is none. Which
observations there are was seen in a recording; every value here is made from the fleet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from extract.sandbox.chance import draw
from extract.vendors.zaptec.sandbox.fleet import Charger
from extract.vendors.zaptec.sandbox.history import Fleet, Moment
from extract.vendors.zaptec.sandbox.sessions import (
    CHARGING,
    DISCONNECTED,
    FINISHED,
    MINUTE,
    SECOND,
    Session,
    instant,
    milliseconds,
)
from extract.vendors.zaptec.sandbox.shapes import naive
from extract.vendors.zaptec.sandbox.signed import ocmf

CACHED = 15 * SECOND
BOOTED_MS = 1_609_750_800_000  # 2021-01-04T09:00: settings have not changed since
VOLTS = 230.0


class Observation(NamedTuple):
    """`value` None: the answer has no ValueAsString."""

    number: int
    at_ms: int
    value: str | None


def state(fleet: Fleet, charger: Charger, now: datetime) -> list[dict[str, Any]]:
    """The answer; what is up to 15 seconds old is served again."""
    now_ms = milliseconds(now) // CACHED * CACHED
    moment = fleet.at(charger, instant(now_ms))
    seen_ms = moment.seen_ms
    found = [
        Observation(-3, moment.since_ms, str(int(moment.online and charger.site.kind.native))),
        Observation(-2, moment.since_ms, str(int(moment.online))),
        Observation(-1, seen_ms - 9 * SECOND, None),
        *_settings(charger),
        *_climate(charger, seen_ms),
        *_electricity(charger, moment, seen_ms),
        *_session(moment),
        *_last_session(fleet, moment),
    ]
    return [_row(charger, one) for one in sorted(found)]


def mode(moment: Moment) -> int:
    """A charger's operation mode; of one that is offline, the last that was heard of."""
    return moment.current.mode(moment.seen_ms) if moment.current else DISCONNECTED


def _row(charger: Charger, one: Observation) -> dict[str, Any]:
    row = {"ChargerId": charger.id, "StateId": one.number, "Timestamp": naive(one.at_ms)}
    return row if one.value is None else {**row, "ValueAsString": one.value}


def _settings(charger: Charger) -> Iterator[Observation]:
    firmware = ".".join(map(str, charger.firmware))
    card = charger.users[0].card
    values = {
        1: "0",
        120: str(int(charger.authorized)),
        150: "LTE",
        151: "0",
        510: f"{_amps(charger):.3f}",
        511: "6.000",
        520: "3",
        711: "1",
        712: "0",
        715: "4",
        751: "0",
        760: charger.site.kind.country.code,
        761: charger.site.kind.country.zone,
        800: charger.site.id,
        801: "default",
        802: charger.name,
        804: "0",
        911: firmware,
        952: charger.modem["mac"],
        960: charger.modem["imsi"],
        962: charger.modem["iccid"],
        963: charger.modem["imei"],
    }
    if card:
        values[750] = f"nfc-{card}"
    for number, value in values.items():
        yield Observation(number, BOOTED_MS + 7 * number, value)


def _climate(charger: Charger, now_ms: int) -> Iterator[Observation]:
    at_ms = now_ms // (10 * MINUTE) * (10 * MINUTE)
    rng = draw(charger.id, "climate", at_ms)
    yield Observation(201, at_ms, f"{rng.uniform(4, 38):.3f}")
    yield Observation(270, at_ms, f"{rng.uniform(20, 70):.3f}")
    yield Observation(809, at_ms, f"{rng.randint(30, 90)}.000")


def _electricity(charger: Charger, moment: Moment, now_ms: int) -> Iterator[Observation]:
    """Voltages, currents, power. While a car charges they are sent each minute, else once when it
    stopped or left; a Go measures no voltage when its relay is open."""
    session = moment.current or moment.last
    changed = BOOTED_MS if session is None else _changed(session, now_ms)
    at_ms = max(changed, now_ms // MINUTE * MINUTE) if _charges(moment, now_ms) else changed
    power = session.power_at(at_ms) if session and _charges(moment, now_ms) else 0.0
    phases = _phases(session) if power else 0
    rng = draw(charger.id, "volts", at_ms)
    for phase in range(3):
        closed = bool(power) or not charger.is_go
        volts = rng.gauss(VOLTS, 1.5) if closed else rng.uniform(0.9, 3.4)
        amps = power / phases / volts if phase < phases else rng.uniform(0.01, 0.03)
        yield Observation(501 + phase, at_ms, f"{volts:.3f}")
        yield Observation(507 + phase, at_ms, f"{amps:.3f}")
    yield Observation(513, at_ms, f"{power or rng.uniform(0.5, 3.0):.5f}".rstrip("0"))
    yield Observation(708, at_ms, f"{_amps(charger) if power else 0:.3f}")
    energy = session.wh_at(at_ms) / 1000 if session else 0.0
    yield Observation(553, at_ms, f"{energy:.3f}")


def _session(moment: Moment) -> Iterator[Observation]:
    """What is plugged in, by whom, and how far it is."""
    session = moment.current
    if session is None:
        left = moment.last.ended_ms if moment.last else BOOTED_MS
        yield Observation(710, left, str(DISCONNECTED))
        yield Observation(718, left, "0")
        yield Observation(721, left, "")
        yield Observation(722, left, None)
        return
    changed = _changed(session, moment.seen_ms)
    yield Observation(710, changed, str(mode(moment)))
    yield Observation(718, changed, str(int(mode(moment) == FINISHED)))
    yield Observation(721, session.started_ms + 400, session.id)
    user = session.user.id if session.user else None
    yield Observation(722, session.started_ms + 2_300, user)


def _last_session(fleet: Fleet, moment: Moment) -> Iterator[Observation]:
    """The session that was completed last, in JSON of its own."""
    last = moment.last
    if last is None:
        return
    values: dict[str, Any] = {
        "SessionId": last.id,
        "Energy": last.energy_kwh,
        "StartDateTime": f"{instant(last.started_ms):%Y-%m-%dT%H:%M:%S.%f}Z",
        "EndDateTime": f"{instant(last.ended_ms):%Y-%m-%dT%H:%M:%S.%f}Z",
        "ReliableClock": last.has_reliable_clock,
        "StoppedByRFID": last.stopped_by_rfid,
    }
    if last.user:
        card = f"nfc-{last.user.card}" if last.by_card else last.user.id
        values["AuthenticationCode"] = card
    if last.is_signed:
        values["SignedSession"] = ocmf(last, fleet.meter_wh(last))
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    yield Observation(723, last.ended_ms + 300, text)


def _charges(moment: Moment, now_ms: int) -> bool:
    return moment.current is not None and moment.current.mode(now_ms) == CHARGING


def _changed(session: Session, now_ms: int) -> int:
    """When the operation mode changed last."""
    times = (session.started_ms, session.charging_ms, session.full_ms, session.ended_ms)
    return max(at_ms for at_ms in times if at_ms <= now_ms)


def _phases(session: Session | None) -> int:
    user = session.user if session else None
    return user.car.phases if user else 3


def _amps(charger: Charger) -> float:
    """What a phase may give."""
    return 32.0 if charger.max_w > 11_000 or charger.max_w < 8_000 else 16.0
