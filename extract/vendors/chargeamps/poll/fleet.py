"""Which charge points there are, whose they are, and which protocol each states.

Every poll begins with `survey`: `owned`, and for an Enterprise account its organisations and their
charge points. The result is kept in the lake, so that a window can be sampled although the server
did not answer when it began. A Private account is refused `organisations`, which is no failure. Any
other answer without a list is a failure only where organisations are known; else each charge point
is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from extract.http import Exchange
from extract.lake import payload
from extract.lake.fields import UnreadableError, read_record
from extract.lake.state import StateFile
from extract.vendors.chargeamps.fields import CONNECTOR, ORGANISATION, POINT, stated_version
from extract.vendors.chargeamps.poll.client import Client, Target

_log = logging.getLogger("wattstar")
STATE = "progress/chargeamps/fleet.json"
PATIENCE = 15.0  # seconds for each answer of the survey where an older one is known
RETRIED = frozenset({401, 408, 429})  # client errors that do not mean "not for your account"


class Point(msgspec.Struct, frozen=True):
    """A charge point, the numbers of its connectors, the organisation whose list names it, and its
    `ocppVersion` where it `states` one (null is CAPI)."""

    id: str
    connectors: tuple[str, ...] = ()
    organisation: str | None = None
    states: bool = False
    ocpp_version: str | None = None


class Fleet(msgspec.Struct, frozen=True):
    """What the last good survey found, and when it asked (UTC). `account` is a pseudonym."""

    account: str | None = None
    asked_at: datetime | None = None
    points: tuple[Point, ...] = ()
    organisations: tuple[str, ...] = ()

    @property
    def targets(self) -> list[Target]:
        """What a tick asks for: each organisation, then each charge point without one."""
        return [
            *(
                Target("statuses", name, tuple(p.id for p in self.points if p.organisation == name))
                for name in self.organisations
            ),
            *(Target("status", point.id) for point in self.points if point.organisation is None),
        ]

    @property
    def connectors(self) -> list[tuple[str, str]]:
        """Each connector: (charge point, number)."""
        return [(point.id, number) for point in self.points for number in point.connectors]

    def statement(self, at: datetime) -> list[Exchange]:
        """What lands with the samples of a date, at its first tick: the protocol of each charge
        point, by which the numbers in its status are read. Empty where none is stated."""
        stated = [p for p in self.points if p.states]
        if not stated or self.asked_at is None:
            return []
        body = payload.encode([{"id": p.id, "ocppVersion": p.ocpp_version} for p in stated])
        what = ("chargeamps", "status", "owned", "*", "")
        times = self.asked_at, at
        return [Exchange(*what, {}, *times, status_code=200, attempts=1, body=body)]


class Survey(NamedTuple):
    """The fleet, and the answers that it was read from."""

    fleet: Fleet
    exchanges: list[Exchange]


def survey(client: Client) -> Survey:
    """Ask for charge points and organisations. Where there is no answer the last good survey of the
    same account counts."""
    state = StateFile(client.lake, STATE)
    known = _known(client, state)
    owned, lists, exchanges = _ask(client, known)
    found: dict[str, Point] = {}
    for name, answer in lists.items():
        _add(found, points(answer, name) if answer.ok else _of(known, name))
    _add(found, points(owned) if owned.ok else _of(known, None))
    _add(found, (point for point in known.points if point.id in found))  # what they stated last
    fleet = Fleet(client.account, known.asked_at, tuple(found.values()), tuple(lists))
    if any(answer.ok for answer in (owned, *lists.values())):
        fleet = msgspec.structs.replace(fleet, asked_at=datetime.now(UTC))
        state.write(msgspec.to_builtins(fleet))
    return Survey(fleet, exchanges)


def _ask(client: Client, known: Fleet) -> tuple[Exchange, dict[str, Exchange], list[Exchange]]:
    """The answer of `owned`, the charge points of each organisation, and all answers that land."""
    seconds = PATIENCE if known.points else None
    owned = client.owned(seconds)
    exchanges, names = [owned], list(known.organisations)
    if owned.status_code is not None:  # else the next request gets no answer either
        organisations = client.organisations(PATIENCE)
        names = _organisations(organisations, known)
        if organisations.ok or names:
            exchanges.append(organisations)
        elif not is_refused(organisations):  # nothing is lost: each charge point is asked
            _log.warning("chargeamps: no list of organisations (%s)", organisations.error)
    lists = {name: client.organisation_points(name, seconds) for name in names}
    return owned, lists, [*exchanges, *lists.values()]


def points(answer: Exchange, organisation: str | None = None) -> list[Point]:
    """The charge points of a good answer, each once. One that cannot be read is left out here, and
    quarantined when the answer is flattened."""
    found: dict[str, Point] = {}
    for value in payload.decode(answer.body) if answer.ok else []:
        try:
            record = read_record(value)
            name = POINT.value(record, "id")
        except UnreadableError:
            continue
        states, version = stated_version(record)
        numbers = tuple(dict.fromkeys(_connectors(record)))
        found.setdefault(name, Point(name, numbers, organisation, states, version))
    return list(found.values())


def _connectors(record: dict[str, Any]) -> Iterable[str]:
    connectors = record.get("connectors")
    for value in connectors if isinstance(connectors, list) else ():
        try:
            yield CONNECTOR.value(read_record(value), "connectorId")
        except UnreadableError:
            continue


def _organisations(answer: Exchange, known: Fleet) -> list[str]:
    """The ids of the organisations: from the answer, or from the last survey where it failed."""
    if not answer.ok:
        return [] if is_refused(answer) else list(known.organisations)
    found = []
    for value in payload.decode(answer.body):
        try:
            found.append(ORGANISATION.value(read_record(value), "id"))
        except UnreadableError:
            continue
    return list(dict.fromkeys(found))


def is_refused(answer: Exchange) -> bool:
    """Whether the account has no organisations: 403, or an API version without them."""
    status = answer.status_code or 0
    return 400 <= status < 500 and status not in RETRIED


def _add(found: dict[str, Point], more: Iterable[Point]) -> None:
    """Add charge points. A known one gets the stated version alone, where it has none."""
    for point in more:
        first = found.setdefault(point.id, point)
        if point.states and not first.states:
            found[point.id] = msgspec.structs.replace(
                first, states=True, ocpp_version=point.ocpp_version
            )


def _of(known: Fleet, organisation: str | None) -> list[Point]:
    return [point for point in known.points if point.organisation == organisation]


def _known(client: Client, state: StateFile) -> Fleet:
    try:
        known = msgspec.convert(state.read(), Fleet)
    except msgspec.ValidationError:
        return Fleet()
    return known if known.account == client.account else Fleet()


def with_statements(fleet: Fleet, samples: list[Exchange]) -> list[Exchange]:
    """The samples, and before those of each UTC date the fleet's statement."""
    first: dict[Any, datetime] = {}
    for sample in samples:
        day = sample.query_time.astimezone(UTC).date()
        first[day] = min(first.get(day, sample.query_time), sample.query_time)
    return [*(one for at in first.values() for one in fleet.statement(at)), *samples]
