"""Message logs of a synthetic fleet, as files, and what is true of them.

Everything is a pure function of (options, charge point, UTC date), so that a log of some days is
part of the log of more of them, and writing it again gives the same bytes.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from extract.vendors.ocpp.about import Settings
from extract.vendors.ocpp.sandbox.files import write
from extract.vendors.ocpp.sandbox.fleet import Options
from extract.vendors.ocpp.sandbox.ground_truth import Transaction, Truth, truth
from extract.vendors.ocpp.sandbox.talk import Message

__all__ = ["Message", "Options", "Transaction", "Truth", "prepare", "truth", "write"]


def prepare(settings: Settings, start: datetime, end: datetime) -> None:
    """Write the fleet's logs between two instants (with a time zone) into the inbox."""
    write(Path(settings.inbox), Options(), start, end)
