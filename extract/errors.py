"""The base of every error that is shown to a person as one line."""

from __future__ import annotations


class WattstarError(Exception):
    """Something expected went wrong; the text says what, where and what to do.

    The command line prints the text and exits with status 1. Any other exception is a programming
    error: its traceback goes to the log.
    """


class UnknownNameError(WattstarError):
    """A name that was typed (a source, a stream) is not known; the text lists the known ones."""
