"""Zaptec's installations and chargers → stations, charging points and connectors.

The same thing is told by several answers, one fuller than the other. So that a row of master data
does not change with who tells it, each thing has one teller in a partition: an installation its own
answer, else the list; a charger the hierarchy of its installation, which knows the network and the
circuit, else the list. Where a hierarchy was not answered for the time being, its connectors are
left out rather than told without what only it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from extract.lake.columns import table
from extract.lake.raw import Answer, Partition
from extract.lake.schemas import CHARGING_POINTS, CONNECTORS, STATIONS
from extract.lake.spans import Runs, merged
from extract.vendors.zaptec.flatten.telling import Told, start_of
from extract.vendors.zaptec.flatten.values import Issue, UnreadableError, number, record, text

STANDARD = "IEC_62196_T2"  # Pro and Go have one socket of type 2
CHARGER_LIMIT = 32.0  # A; no charger of theirs gives more
POWER_TYPES = {1: "AC_1_PHASE", 2: "AC_3_PHASE", 3: "AC_1_PHASE", 4: "AC_3_PHASE"}  # NetworkTypes
SENSORS = frozenset({3, 5, 6, 7, 8})  # DeviceTypes that measure a house: HomeApm, HanApm …
FINAL = frozenset({200, 204, 401, 403, 404})  # answers after which there is none to wait for
_STATION = {
    "name": ("Name", text),
    "address": ("Address", text),
    "city": ("City", text),
    "postal_code": ("ZipCode", text),
    "latitude": ("Latitude", number),
    "longitude": ("Longitude", number),
}
KNOWN = {
    "installation": frozenset(
        "Id Name Address ZipCode City CountryId InstallationType MaxCurrent AvailableCurrent "
        "AvailableCurrentPhase1 AvailableCurrentPhase2 AvailableCurrentPhase3 AvailableCurrentMode "
        "AvailableCurrentScheduleWeekendActive InstallationCategoryId InstallationCategory "
        "UseLoadBalancing IsRequiredAuthentication Latitude Longitude Notes Active NetworkType "
        "AvailableInternetAccessPLC AvailableInternetAccessWiFi CreatedOnDate UpdatedOn "
        "CurrentUserRoles AuthenticationType MessagingEnabled RoutingId OcppCloudUrl "
        "OcppCloudUrlVersion OcppInitialChargePointPassword TimeZoneName TimeZoneIanaName "
        "IsSubscriptionsAvailableForCurrentUser AvailableFeatures EnabledFeatures "
        "ActiveChargerCount InstallationUsers SupportGroup "
        "Feature_PowerManagement_EcoMode_DepartureTime Feature_PowerManagement_EcoMode_MinEnergy "
        "Feature_PowerManagement_Apm_SinglePhaseMappedToPhase PropertyIsMinimumPowerOfflineMode "
        "PropertyOfflineModeAllowAnonymous PropertyExperimentalFeaturesEnabled "
        "PropertyEnergySensorRippleEnabled PropertyEnergySensorRippleNumBits "
        "PropertyEnergySensorRipplePercentBits01 PropertyEnergySensorRipplePercentBits10 "
        "PropertyFirmwareAutomaticUpdates PropertySessionMaxStopCount".split()
    ),
    "hierarchy": frozenset("Id Name InstallationName NetworkType Circuits".split()),
    "circuit": frozenset(
        "Id Name MaxCurrent IsActive Active InstallationId InstallationName Chargers".split()
    ),
    "charger": frozenset(
        "OperatingMode IsOnline Id MID DeviceId SerialNo Name CreatedOnDate CircuitId Active "
        "CurrentUserRoles Pin DeviceType InstallationName InstallationId AuthenticationType "
        "IsAuthorizationRequired Warnings SignedMeterValue".split()
    ),
}


Key = tuple[str, str, str]
"""Table, scope and id of a row."""


@dataclass(frozen=True)
class _Network:
    """What a hierarchy says of its chargers."""

    installation: str
    power_type: str | None
    ampere: float | None  # the charger's own limit: of a circuit that is its alone


@dataclass
class _Teller:
    """The records of one answer. `is_full`: it tells all that can be known of them."""

    answer: Answer
    is_full: bool
    installations: list[Any] = field(default_factory=list)
    chargers: list[tuple[Any, _Network | None]] = field(default_factory=list)


class Assets:
    """Takes a partition's answers in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.told = Told(partition)
        self._tellers: list[_Teller] = []
        self._waiting: set[str] = set()  # installations whose hierarchy was not answered
        self._answered: set[str] = set()

    def add(self, answer: Answer) -> None:
        """Take an answer; failed ones are seen in raw."""
        if answer.endpoint == "hierarchy":
            is_final = answer.status_code in FINAL
            (self._answered if is_final else self._waiting).add(answer.scope)
        if answer.status_code != 200 or not answer.body:
            return
        try:
            said = msgspec.json.decode(answer.body)
            self._tellers.append(self._teller(answer, said))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._refuse(answer, f"is not JSON: {error}")
        except UnreadableError as error:
            self._refuse(answer, f"is not {answer.endpoint}: {error.field} {error.reason}".strip())

    def _refuse(self, answer: Answer, reason: str) -> None:
        self.told.issue(answer, Issue("answer", None, start_of(answer.body), reason))

    def _teller(self, answer: Answer, said: Any) -> _Teller:
        if answer.endpoint == "installation":
            return _Teller(answer, True, [record(said)])
        if answer.endpoint == "hierarchy":
            return self._hierarchy(answer, record(said))
        rows = _list("Data", record(said).get("Data"))
        if answer.endpoint == "installations":
            return _Teller(answer, False, rows)
        return _Teller(answer, False, chargers=[(row, None) for row in rows])

    def _hierarchy(self, answer: Answer, said: dict[str, Any]) -> _Teller:
        """The chargers of all circuits; of a circuit that cannot be read none."""
        teller = _Teller(answer, True)
        self.told.unknown("hierarchy", said, KNOWN["hierarchy"], answer.scope)
        network = said.get("NetworkType")
        power_type = POWER_TYPES.get(network) if isinstance(network, int) else None
        for place, circuit in enumerate(_list("Circuits", said.get("Circuits") or [])):
            try:
                limit = number("MaxCurrent", record(circuit).get("MaxCurrent"))
                chargers = _list("Chargers", circuit.get("Chargers") or [])
            except UnreadableError as error:
                self.told.issue(answer, error.issue(f"circuit {place}"))
                continue
            whose = f"{answer.scope} {_id(circuit) or place}"
            self.told.unknown("circuit", circuit, KNOWN["circuit"], whose)
            is_own = len(chargers) == 1 and limit is not None and 0 < limit <= CHARGER_LIMIT
            one = _Network(answer.scope, power_type, limit if is_own else None)
            teller.chargers += [(charger, one) for charger in chargers]
        return teller

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        full = {
            _id(row)
            for teller in self._tellers
            if teller.is_full
            for row in [*teller.installations, *(charger for charger, _ in teller.chargers)]
        }
        runs = Runs()
        for teller in self._tellers:
            runs.answer(teller.answer.query_time, [self._rows(teller, full)])
        rows: dict[str, list[tuple]] = {"stations": [], "charging_points": [], "connectors": []}
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        for run in merged(runs.finish()):
            name, scope, key = run.key
            seen = runs.times[run.first], runs.times[run.last]
            rows[name].append((source, scope, key, day, *seen, *run.value, stream))
        return {name: table(name, rows[name]) for name in rows} | self.told.tables()

    def _rows(self, teller: _Teller, full: set[str | None]) -> dict[Key, tuple]:
        """The rows of an answer; of a repeated thing the first counts."""
        found: dict[Key, tuple] = {}
        for place, row in enumerate(teller.installations):
            if teller.is_full or _id(row) not in full:
                with self._telling(teller.answer, "installation", place, row):
                    found = _station(row) | found
        for place, (row, network) in enumerate(teller.chargers):
            if teller.is_full or _id(row) not in full:
                with self._telling(teller.answer, "charger", place, row):
                    found = self._charger(row, network, teller.answer.scope) | found
        return found

    @contextmanager
    def _telling(self, answer: Answer, kind: str, place: int, row: Any) -> Iterator[None]:
        """Tell of a record that cannot be read, and of its unknown fields."""
        try:
            yield
        except UnreadableError as error:
            self.told.issue(answer, error.issue(f"{kind} {_id(row) or place}"))
        else:
            self.told.unknown(kind, row, KNOWN[kind], _key(row))

    def _charger(self, row: Any, network: _Network | None, scope: str) -> dict[Key, tuple]:
        """The charging point and its connector; nothing for what is no charger."""
        key = _key(row)
        if row.get("DeviceType") in SENSORS:
            return {}
        station = (
            network.installation if network else text("InstallationId", row.get("InstallationId"))
        )
        scope = station or scope
        point = {"station_id": station, "uid": text("DeviceId", row.get("DeviceId"))}
        found = {("charging_points", scope, key): _ordered(CHARGING_POINTS, point)}
        if network or station not in self._waiting - self._answered:
            plug = {
                "charging_point_id": key,
                "standard": STANDARD,
                "power_type": network and network.power_type,
                "ampere": network and network.ampere,
            }
            found["connectors", scope, key] = _ordered(CONNECTORS, plug)
        return found


def _key(row: Any) -> str:
    found = text("Id", record(row).get("Id"))
    if found is None:
        raise UnreadableError("Id", row.get("Id"), "is missing: it has no key")
    return found


def _station(row: Any) -> dict[Key, tuple]:
    key = _key(row)
    values = {column: read(name, row.get(name)) for column, (name, read) in _STATION.items()}
    return {("stations", key, key): _ordered(STATIONS, values)}


def _ordered(schema: pa.Schema, values: dict[str, Any]) -> tuple:
    """In the order of a master table, between its times and the stream."""
    return tuple(values.get(name) for name in schema.names[6:-1])


def _list(field: str, value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise UnreadableError(field, value, "is not a list")


def _id(row: Any) -> str | None:
    """A record's id as it stands, to tell records apart."""
    found = row.get("Id") if isinstance(row, dict) else None
    return found if isinstance(found, str) else None
