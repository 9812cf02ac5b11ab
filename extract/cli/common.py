"""What the commands share: the application, their options, and how they end."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from extract import vendors
from extract.results import as_dict
from extract.settings import Settings

app = typer.Typer(
    name="wattstar",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="""Wattstar, the EV-charging data warehouse: polls vendors, loads one star schema, builds
    and documents its marts.

    A day is: poll → load → build → docs. `wattstar status` says how things stand and what to
    type next. Settings are environment variables (WATTSTAR_…) or a .env file; see the README.""",
)
console = Console(stderr=True, highlight=False, soft_wrap=True)

Source = Annotated[str, typer.Argument(help=f"One of: {', '.join(vendors.SOURCES)}.")]
OnlySource = Annotated[str | None, typer.Option("--source", help="Only this source.")]
From = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First UTC date.")
]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last UTC date.")]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on standard output.")]


def say(text: str) -> None:
    """Print a line of progress."""
    console.print(text, markup=False)


def read_settings() -> Settings:
    """The settings. Those of every source are read, too, so that a wrong one is reported at once.

    Raises pydantic.ValidationError where a value is wrong.
    """
    settings = Settings()
    for source in vendors.SOURCES:
        vendors.settings_of(settings, source)
    return settings


def finish(result: Any, as_json: bool, text: str) -> None:
    """Print a step's result and exit: status 0 where it is `ok`, else 1.

    `text` goes to standard output, or with `as_json` the result (see extract/results.py).
    """
    if as_json:
        print(json.dumps(as_dict(result), default=str, indent=2))
    elif text:
        print(text)
    raise typer.Exit(0 if result.ok else 1)


def day(value: datetime | None) -> date | None:
    """The date of an option `--from` or `--to`."""
    return value.date() if value else None
