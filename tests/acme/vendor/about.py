"""Acme: what it is, and its settings."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from extract.about import About, Connection, Demo, Pool, StatusWord, Stream
from extract.settings import VendorSettings, vendor_config

ABOUT = About(
    name="acme",
    title="Acme",
    what="stations with their outlets and status",
    site="https://acme.example",
    licence="CC BY 4.0",
    real_time="polled every 15 minutes",
    credentials="API key",
    state="invented",
    streams=(Stream("stations", timedelta(minutes=15), "stations, outlets and their status"),),
    pool=Pool(1, "One poll of Acme at a time."),
    connection=Connection(extras=("api_key",)),
    in_use_by=("api_key",),
    statuses=(
        StatusWord("FREE", "AVAILABLE", False, False, True),
        StatusWord("BUSY", "CHARGING", True, True, True),
        StatusWord("BROKEN", "OUTOFORDER", False, False, False),
    ),
    demo=Demo(settings=(("api_key", "acme-sandbox-key"),), streams=("stations",)),
)


class Settings(VendorSettings):
    """`WATTSTAR_ACME_…`: the address, and the key that Acme hands out."""

    model_config = vendor_config(ABOUT.name)

    url: str = "https://api.acme.example"
    api_key: SecretStr | None = None
