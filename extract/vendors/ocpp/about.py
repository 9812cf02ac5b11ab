"""OCPP message logs: what they are, and their settings."""

from __future__ import annotations

from datetime import timedelta

from extract.about import About, Connection, Demo, Pool, StatusWord, Stream
from extract.settings import VendorSettings, vendor_config

ABOUT = About(
    name="ocpp",
    title="OCPP",
    what=(
        "message logs (1.6, 2.0.1) of your own CSMS: CSV, Parquet, JSON lines, OCPP-J frames, also "
        "compressed"
    ),
    site="https://openchargealliance.org",
    licence=None,
    real_time="as files arrive in an inbox",
    credentials="none",
    state="ready; of 2.0.1 TransactionEvent and StatusNotification",
    streams=(Stream("messages", timedelta(hours=1), "one row per OCPP message"),),
    pool=Pool(1, "One look into the inbox at a time."),
    connection=Connection(has_url=False, extras=("inbox",)),
    in_use_by=("inbox",),
    is_event=True,
    statuses=(
        StatusWord("AVAILABLE", "AVAILABLE", False, False, True),
        StatusWord("CHARGING", "CHARGING", True, True, True),
        StatusWord("FAULTED", "OUTOFORDER", False, False, False),
        StatusWord("FINISHING", "BLOCKED", True, False, True),
        StatusWord("OCCUPIED", "BLOCKED", True, None, True),
        StatusWord("PREPARING", "BLOCKED", True, False, True),
        StatusWord("RESERVED", "RESERVED", False, False, True),
        StatusWord("SUSPENDEDEV", "BLOCKED", True, False, True),
        StatusWord("SUSPENDEDEVSE", "BLOCKED", True, False, True),
        StatusWord("UNAVAILABLE", "INOPERATIVE", False, False, False),
    ),
    demo=Demo(settings=(("inbox", "{home}/inbox"),), streams=("messages",)),
)


class Settings(VendorSettings):
    """`WATTSTAR_OCPP_…`: where message logs arrive."""

    model_config = vendor_config(ABOUT.name)

    inbox: str = ""  # a path or `s3://…`
