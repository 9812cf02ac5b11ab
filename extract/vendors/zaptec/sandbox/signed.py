"""Signed sessions: Open Charge Metering Format, as seen in recordings (their signatures aside).

`OCMF|{json}|{signature json}`; some devices leave the signature out (seen with a Go). The times
have a comma before the milliseconds and a status letter behind; RV is the meter's own register;
its unit RU stands on the first reading alone.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from extract.sandbox.chance import draw
from extract.vendors.zaptec.sandbox.sessions import Session, instant

SIGNATURE_BYTES = 102


def ocmf(session: Session, meter_wh: int) -> str:
    """A session's signed text; `meter_wh`: the register at its start."""
    one = session.charger
    head: dict[str, Any] = {
        "FV": "1.0",
        "GI": "ZAPTEC GO" if one.is_go else "Zaptec Pro MID",
        "GS": one.device_id,
        "GV": ".".join(map(str, one.firmware)),
        "PG": "T1",
        **_identification(session),
        "RD": _readings(session, meter_wh),
    }
    if one.is_go:
        return f"OCMF|{_text(head)}"
    signature = base64.b64encode(draw(session.id, "signature").randbytes(SIGNATURE_BYTES)).decode()
    signed = {"SA": "ECDSA-secp384r1-SHA256", "SE": "base64", "SD": signature}
    return f"OCMF|{_text({**head, 'ZS': session.id})}|{_text(signed)}"


def _identification(session: Session) -> dict[str, Any]:
    """Who was identified: the card's number, if it was one (as the format's document says; the
    recordings have IS false)."""
    if not session.by_card or session.user is None:
        return {"IS": False}
    return {
        "IS": True,
        "IL": "HEARSAY",
        "IF": ["RFID_PLAIN"],
        "IT": "ISO14443",
        "ID": session.user.card,
    }


def _readings(session: Session, meter_wh: int) -> list[dict[str, Any]]:
    readings = session.readings()
    kinds = ["B", *"T" * (len(readings) - 2), "E"]
    rows = [
        {
            "TM": f"{instant(at):%Y-%m-%dT%H:%M:%S},{at % 1000:03}+00:00 R",
            "TX": kind,
            "RV": (meter_wh + energy) / 1000,
            "RI": "1-0:1.8.0",
            "RU": "kWh",
            "ST": "G",
        }
        for (at, energy), kind in zip(readings, kinds, strict=True)
    ]
    for row in rows[1:]:
        del row["RU"]
    return rows


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
