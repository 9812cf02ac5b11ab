"""The command line: parses arguments, calls a step, prints its result, and exits.

`wattstar X` is `extract/steps/X.py`; the modules of this package register its commands. Results go
to standard output, progress and errors to standard error. The exit status is 0 only if all that was
asked was done; 1: it was not; 2: an argument or a setting is wrong.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pydantic

from extract.cli import daily, forget_control, local, reference, report
from extract.cli.common import app, say
from extract.errors import WattstarError
from extract.settings import Settings

__all__ = ["app", "daily", "forget_control", "local", "main", "reference", "report"]


def main() -> None:
    """The entry point. Expected errors are one line each; of anything else the traceback goes to
    the log, because it is a programming error."""
    try:
        app()
    except pydantic.ValidationError as error:
        for line in _wrong_settings(error):
            say(f"wattstar: {line}")
        sys.exit(2)
    except WattstarError as error:
        say(f"wattstar: {error}")
        sys.exit(1)
    except psycopg2.Error as error:
        say(f"wattstar: {str(error).strip()}")
        sys.exit(1)
    except Exception as error:
        say(f"wattstar: unexpected {type(error).__name__}: the traceback is in {_logged(error)}")
        sys.exit(1)


def _wrong_settings(error: pydantic.ValidationError) -> Iterator[str]:
    """A line for each wrong setting, with the name of its variable and without its value."""
    prefix = error.title if error.title.startswith("WATTSTAR_") else ""
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"])
        yield f"{prefix}{name.upper() if prefix else name}: {problem['msg']}"


def _logged(error: Exception) -> Path:
    """Append the traceback to the log, without the command's arguments, which may name a person;
    returns the log's path. Of `forget` the errors' texts are left out, too: they may do so."""
    log, command = Settings().home / "logs" / "wattstar.log", "".join(sys.argv[1:2])
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat()} wattstar {command}\n")
        if command == "forget":
            traceback.print_tb(error.__traceback__, file=file)
            file.write(f"{type(error).__name__}\n")
        else:
            traceback.print_exception(error, file=file)
    return log
