"""Reports for site owners and for people who look at single sessions: terminal, CSV and HTML."""

from __future__ import annotations

from extract.errors import WattstarError


class ReportError(WattstarError):
    """What was asked for cannot be reported; the text says what there is instead."""
