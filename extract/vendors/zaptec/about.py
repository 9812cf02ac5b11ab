"""Zaptec: what it is, and its settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import SecretStr

from extract.about import About, Connection, Demo, Pool, StatusWord, Stream
from extract.settings import VendorSettings, vendor_config

ABOUT = About(
    name="zaptec",
    title="Zaptec",
    what=(
        "installations, chargers, live state, every session with its energy, signed (OCMF) or not"
    ),
    site="https://www.zaptec.com",
    licence=None,
    real_time=("state every 15 minutes, sessions hourly, assets daily; `backfill` for history"),
    credentials="user name, password",
    state=(
        "ready; sessions from `/api/sessions/archived`, or `/api/chargehistory` where the server "
        "still has only that"
    ),
    streams=(
        Stream("assets", timedelta(days=1), "installations, hierarchies, circuits and chargers"),
        Stream("state", timedelta(minutes=15), "the live state of every charger"),
        Stream("sessions", timedelta(hours=1), "charging sessions with their energy"),
    ),
    pool=Pool(1, "Its polls share one rate limit: one at a time."),
    connection=Connection(login="username"),
    in_use_by=("url", "username"),
    statuses=(
        StatusWord("CONNECTED_CHARGING", "CHARGING", True, True, True),
        StatusWord("CONNECTED_FINISHED", "BLOCKED", True, False, True),
        StatusWord("CONNECTED_REQUESTING", "BLOCKED", True, False, True),
        StatusWord("DISCONNECTED", "AVAILABLE", False, False, True),
        StatusWord("OFFLINE", "UNKNOWN"),
        StatusWord("UNKNOWN", "UNKNOWN"),
    ),
    demo=Demo(
        settings=(("username", "drift@example.org"), ("password", "ladegutt-og-sandkasse")),
        backfill=timedelta(weeks=8),
        streams=("assets", "state"),
    ),
)


class Settings(VendorSettings):
    """`WATTSTAR_ZAPTEC_…`: a user of Zaptec's portal with the role owner or service."""

    model_config = vendor_config(ABOUT.name)

    url: str = "https://api.zaptec.com"
    username: str = ""
    password: SecretStr | None = None
    # The endpoint that sessions are read from; auto: the newer one where the server has it.
    sessions: Literal["auto", "archived", "chargehistory"] = "auto"
