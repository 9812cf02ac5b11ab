"""Reports for site owners and for people who look at single sessions: terminal, CSV and HTML."""


class ReportError(Exception):
    """What was asked for cannot be reported; the text says what there is instead."""
