"""One session as either endpoint tells it, read into the same values.

`/api/chargehistory` is PascalCase with the bits of SessionCommitMetadata and user fields at the
top; `/api/sessions/archived` is camelCase with a boolean for each bit and an `authorizedUser`.
Users and tokens arrive as pseudonyms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from extract.vendors.zaptec.flatten.values import UnreadableError, flag, number, record, text

# SessionCommitMetadata, as /api/constants tells it; 1 (online) is the contrary of 2
OFFLINE, RELIABLE_CLOCK, STOPPED_BY_RFID, SIGNED, VOID, ABORTED, OCPP_NATIVE = (
    1 << bit for bit in range(1, 8)
)
Bits = tuple[bool | None, ...]
_TEXT = {str, type(None)}


class Session(NamedTuple):
    """A session: its id, where one is told, its own values in the order of `COLUMNS` (times as they
    came), and what is looked at later. A plain tuple of values costs the garbage collector
    nothing."""

    id: str | None
    values: tuple[Any, ...]
    details: Any
    signature: Any


COLUMNS = (
    *("charging_point_id", "started_at", "ended_at", "driver", "token", "energy_kwh"),
    *("session_type", "end_reason", "is_void", "is_aborted", "is_signed", "is_offline"),
    *("has_reliable_clock", "replaced_by", "external_id"),
)
CHARGER, START, END = range(3)  # places in COLUMNS


class Shape(NamedTuple):
    """The names that an endpoint gives to the same things."""

    texts: tuple[str, ...]  # charger, start, end, id, token, external id, replaced by
    energy: str
    external_end: str
    details: str
    entry: tuple[str, str]  # an energy detail's time and energy
    signature: str
    driver: Callable[[dict[str, Any]], str | None]
    bits: Callable[[dict[str, Any]], Bits]
    known: frozenset[str]

    @property
    def identity(self) -> str:
        """The name of the id."""
        return self.texts[3]


def read(shape: Shape, told: Any) -> Session:
    """A session. UnreadableError where a value is not what it should be, and where the charger or
    the start is missing."""
    fields = record(told)
    charger, start, end, identity, token, external_id, replaced_by = _texts(shape.texts, fields)
    if charger is None or start is None:
        field = shape.texts[CHARGER if charger is None else START]
        raise UnreadableError(field, fields.get(field), "is missing: the session has no key")
    is_external = flag(shape.external_end, fields.get(shape.external_end))
    offline, reliable, by_rfid, signed, void, aborted, native = shape.bits(fields)
    signature = fields.get(shape.signature)
    if signed is None and signature:
        signed = True
    values = (
        charger,
        start,
        end,
        shape.driver(fields),
        token,
        number(shape.energy, fields.get(shape.energy)),
        "ocpp_native" if native else None,
        "rfid" if by_rfid else "external" if is_external else "aborted" if aborted else None,
        void,
        aborted,
        signed,
        offline,
        reliable,
        replaced_by,
        external_id,
    )
    return Session(identity, values, fields.get(shape.details), signature)


def _texts(names: tuple[str, ...], fields: dict[str, Any]) -> list[str | None]:
    values = list(map(fields.get, names))
    if {*map(type, values)} <= _TEXT:
        return [value or None for value in values]
    return [text(name, value) for name, value in zip(names, values, strict=True)]


# --- chargehistory -----------------------------------------------------------------------------

_USER = ("UserId", "UserEmail", "UserFullName", "UserUserName")


def _user(fields: dict[str, Any]) -> str | None:
    """Nothing of a guest."""
    for name in _USER:
        if found := text(name, fields.get(name)):
            return found
    return None


def _metadata(fields: dict[str, Any]) -> Bits:
    value = fields.get("CommitMetadata")
    if type(value) is not int:
        told = number("CommitMetadata", value)
        if told is None:
            return (None,) * 7
        if not told.is_integer():
            raise UnreadableError("CommitMetadata", value, "is not a set of bits")
        value = int(told)
    return _bits(value)


@lru_cache(1024)
def _bits(metadata: int) -> Bits:
    return tuple(bool(metadata >> bit & 1) for bit in range(1, 8))


HISTORY = Shape(
    (
        *("ChargerId", "StartDateTime", "EndDateTime", "Id", "TokenName"),
        *("ExternalId", "ReplacedBySessionId"),
    ),
    "Energy",
    "ExternallyEnded",
    "EnergyDetails",
    ("Timestamp", "Energy"),
    "SignedSession",
    _user,
    _metadata,
    frozenset(
        "Id DeviceId StartDateTime EndDateTime Energy CommitMetadata CommitEndDateTime "
        "UserFullName UserEmail UserUserName UserId ChargerId DeviceName TokenName ExternalId "
        "ExternallyEnded EnergyDetails ChargerFirmwareVersion SignedSession "
        "ReplacedBySessionId".split()
    ),
)

# --- archived ----------------------------------------------------------------------------------

_FLAGS = ("offline", "reliableClock", "stoppedByRfid", "signed", "voided", "aborted", "ocppNative")


def _authorized_user(fields: dict[str, Any]) -> str | None:
    user = fields.get("authorizedUser")
    if user is None:
        return None
    if not isinstance(user, dict):
        raise UnreadableError("authorizedUser", user, "is not an object")
    for name in ("id", "email", "fullName"):
        if found := text(name, user.get(name)):
            return found
    return None


def _flags(fields: dict[str, Any]) -> Bits:
    values = tuple(map(fields.get, _FLAGS))
    if {*map(type, values)} <= {bool, type(None)}:
        return values
    return tuple([flag(name, value) for name, value in zip(_FLAGS, values, strict=True)])


ARCHIVED = Shape(
    (
        *("chargerId", "startDateTime", "endDateTime", "id", "tokenName"),
        *("externalId", "replacedBySessionId"),
    ),
    "energy",
    "externallyAbandoned",
    "energyDetails",
    ("timestamp", "energy"),
    "sessionSignature",
    _authorized_user,
    _flags,
    frozenset(
        "id externalId replacedBySessionId authorizedUser tokenName chargerId deviceId deviceName "
        "chargerFirmwareVersion startDateTime endDateTime recognizedDateTime energy energyDetails "
        "externallyAbandoned sessionSignature".split()
    )
    | set(_FLAGS),
)


# --- Energy details ----------------------------------------------------------------------------


def details(shape: Shape, told: Any) -> tuple[list[str], list[float]]:
    """The times and energies of a session's energy details. UnreadableError where one is wrong."""
    if told is None:
        return [], []
    time, energy = shape.entry
    try:
        times = [entry[time] for entry in told]
        energies = [entry[energy] for entry in told]
    except (KeyError, TypeError, IndexError):
        times, energies = [None], [None]
    if {*map(type, times)} <= {str} and {*map(type, energies)} <= {float, int}:
        return times, energies
    return _details(shape, told)


def _details(shape: Shape, told: Any) -> tuple[list[str], list[float]]:
    """One by one, to find the wrong one, or numbers that are texts."""
    if not isinstance(told, list):
        raise UnreadableError(shape.details, told, "is not a list")
    times, energies = [], []
    for place, entry in enumerate(told):
        path = f"{shape.details}[{place}]"
        if not isinstance(entry, dict):
            raise UnreadableError(path, entry, "is not an object")
        values = [entry.get(name) for name in shape.entry]
        time = text(f"{path}.{shape.entry[0]}", values[0])
        energy = number(f"{path}.{shape.entry[1]}", values[1])
        if time is None or energy is None:
            raise UnreadableError(path, entry, "lacks its time or its energy")
        times.append(time)
        energies.append(energy)
    return times, energies
