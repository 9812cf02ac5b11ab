"""Sessions in the forms of the two endpoints."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from extract.vendors.zaptec.sandbox.sessions import Session
from extract.vendors.zaptec.sandbox.shapes import naive
from extract.vendors.zaptec.sandbox.signed import ocmf

ONLINE, OFFLINE, RELIABLE_CLOCK, STOPPED_BY_RFID, SIGNED, VOID, ABORTED, OCPP_NATIVE = (
    1 << bit for bit in range(8)
)  # SessionCommitMetadata


def history_item(
    session: Session, meter_wh: int, void: bool, successor: str | None, details: bool
) -> dict[str, Any]:
    """A session of `/api/chargehistory`; `meter_wh`: of the charger at the start. What is not
    known, such as the user of a guest's session, is absent."""
    one = session.charger
    committed = session.known_ms if session.is_offline else session.ended_ms
    record: dict[str, Any] = {
        "Id": session.id,
        "DeviceId": one.device_id,
        "StartDateTime": naive(session.started_ms),
        "EndDateTime": naive(session.ended_ms),
        "Energy": session.energy_kwh,
        "CommitMetadata": _metadata(session, void),
        "CommitEndDateTime": naive(committed),
        **_user(session),
        "ChargerId": one.id,
        "DeviceName": one.name,
    }
    if session.external_id:
        record["ExternalId"] = session.external_id
    record["ExternallyEnded"] = session.externally_ended
    if details and one.details:
        record["EnergyDetails"] = [
            {"Timestamp": f"{naive(at)}+00:00", "Energy": energy}
            for at, energy in amounts(session, meter_wh)
        ]
    record["ChargerFirmwareVersion"] = dict(
        zip(("Major", "Minor", "Build", "Revision"), one.firmware, strict=True),
        MajorRevision=0,
        MinorRevision=one.firmware[3],
    )
    if session.is_signed:
        record["SignedSession"] = ocmf(session, meter_wh)
    return {**record, "ReplacedBySessionId": successor} if successor else record


def archived(session: Session, meter_wh: int, void: bool, successor: str | None) -> dict[str, Any]:
    """A session of `/api/sessions/archived`; what is not known is null."""
    one, user = session.charger, session.user
    points = amounts(session, meter_wh)
    if one.archived == "register":
        points = register(session, meter_wh)
    return {
        "id": session.id,
        "externalId": session.external_id,
        "replacedBySessionId": successor,
        "authorizedUser": user and {"id": user.id, "email": user.email, "fullName": user.full_name},
        "tokenName": user.card_name if user and session.by_card else None,
        "chargerId": one.id,
        "deviceId": one.device_id,
        "deviceName": one.name,
        "chargerFirmwareVersion": ".".join(map(str, one.firmware)),
        "startDateTime": naive(session.started_ms),
        "endDateTime": naive(session.ended_ms),
        "recognizedDateTime": naive(session.known_ms),
        "energy": session.energy_kwh,
        "energyDetails": [
            {"timestamp": f"{naive(at)}+00:00", "energy": energy} for at, energy in points
        ]
        if one.details
        else None,
        "offline": session.is_offline,
        "reliableClock": session.has_reliable_clock,
        "stoppedByRfid": session.stopped_by_rfid,
        "signed": session.is_signed,
        "voided": void,
        "aborted": session.is_aborted,
        "ocppNative": one.site.kind.native,
        "externallyAbandoned": session.externally_ended,
        "sessionSignature": ocmf(session, meter_wh) if session.is_signed else None,
    }


def register(session: Session, meter_wh: int) -> list[tuple[int, float]]:
    """Energy details that rise: the meter's own figures where it is a calibrated one, else the
    session's."""
    return [(at, (meter_wh + energy) / 1000) for at, energy in session.readings()]


def amounts(session: Session, meter_wh: int) -> list[tuple[int, float]]:
    """Energy details per interval: the differences of floating-point figures, with their noise."""
    figures = register(session, meter_wh)
    steps = [(at, energy - before) for (_, before), (at, energy) in pairwise(figures)]
    return [(figures[0][0], 0.0), *steps] if figures else []


def _metadata(session: Session, void: bool) -> int:
    return (
        (OFFLINE if session.is_offline else ONLINE)
        | session.has_reliable_clock * RELIABLE_CLOCK
        | session.stopped_by_rfid * STOPPED_BY_RFID
        | session.is_signed * SIGNED
        | void * VOID
        | session.is_aborted * ABORTED
        | session.charger.site.kind.native * OCPP_NATIVE
    )


def _user(session: Session) -> dict[str, str]:
    """Nothing of a guest; the card's name only where one was used."""
    user = session.user
    if user is None:
        return {}
    fields = {
        "UserFullName": user.full_name,
        "UserEmail": user.email,
        "UserUserName": user.user_name,
        "UserId": user.id,
    }
    if session.by_card and user.card_name:
        fields["TokenName"] = user.card_name
    return fields
