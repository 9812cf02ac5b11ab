"""`forget` a person, and `control` a connector."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from extract import vendors
from extract.cli.common import Json, Source, app, finish, read_settings, say
from extract.errors import WattstarError
from extract.settings import Settings


@app.command()
def forget(
    source: Source,
    user: Annotated[
        str,
        typer.Argument(
            help="An id, an address, a card, or a pseudonym; - reads them from standard input, "
            "one a line."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Remove a person from everything that is stored, raw included, and search for traces.

    With - nothing of the person stands in your shell's history: wattstar forget SOURCE - < file.
    The status is 1 where the person is known nowhere; it is 0 again when repeated.
    """
    from extract.steps import forget as module

    settings = read_settings()
    users = _identifiers() if user == "-" else [user]
    result = module.forget(settings, source, *users, say=say)
    for line in _about_forgotten(settings, source, result, len(users)):
        say(line)
    if user != "-":
        say(
            "your shell's history holds this command: delete the line there. The next time use "
            f"`wattstar forget {source} -`, or begin the line with a blank where HISTCONTROL is "
            "ignorespace or ignoreboth"
        )
    done = (
        f"{result.pseudonyms} pseudonyms severed in {result.files} raw files; searched: "
        + "; ".join(result.searched)
    )
    finish(result, as_json, done)


def _identifiers() -> list[str]:
    """The identifiers on standard input, one a line; blank lines are left out. WattstarError where
    there is none."""
    if sys.stdin.isatty():
        say("who? One identifier a line; Ctrl-D ends")
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WattstarError("standard input is not UTF-8 text: nobody was forgotten") from None
    if users := [line.strip() for line in text.splitlines() if line.strip()]:
        return users
    raise WattstarError(
        "standard input is empty: nobody was forgotten. Give the identifiers there, one a line"
    )


def _about_forgotten(settings: Settings, source: str, result: Any, count: int) -> Iterator[str]:
    """What a person needs to know of the result; names nobody."""
    yield from (f"still there: {place}" for place in result.left)
    for failure in result.failures:
        yield f"warning: {failure}"
    for number in result.unknown:
        which = "the identifier" if count == 1 else f"identifier {number} of {count}"
        yield (
            f"failed: nobody was found: {which} is not known to {source}, neither as it is nor by "
            "its pseudonym, and nothing of it was changed. Look at its spelling and at the source"
        )
    if result.repeated:
        yield f"forgotten before: {result.repeated} of {count}"
    for folder in vendors.inboxes(settings, source):
        yield (
            f"not searched: {folder}, which holds what was delivered as it came. Delete the files "
            "there that name the person; nothing of the person lands from them again"
        )


@app.command()
def control(
    source: Annotated[str, typer.Argument(help=f"One of: {', '.join(vendors.controllable())}.")],
    charge_point: Annotated[str, typer.Argument(metavar="CHARGEPOINT", help="Its id.")],
    connector: Annotated[int, typer.Argument(help="Its number.")],
    *,
    max_current: Annotated[
        float | None, typer.Option("--max-current", help="The limit per phase: 0, or 6 to 32 A.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", metavar="[on|off|schedule]", help="When it charges.")
    ] = None,
    rfid_lock: Annotated[
        bool | None, typer.Option("--rfid-lock/--no-rfid-lock", help="Only with a tag.")
    ] = None,
    cable_lock: Annotated[
        bool | None, typer.Option("--cable-lock/--no-cable-lock", help="Keep the cable locked.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; it is recorded.")] = None,
    by: Annotated[str, typer.Option("--by", help="Who; else the system's user.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Change a connector's settings, read them back, and fail if the charger did not take them."""
    from extract.steps import control as module

    if source not in vendors.controllable():
        able = ", ".join(vendors.controllable())
        raise typer.BadParameter(f"{source} cannot be controlled: only {able} can")
    wanted = module.wanted(
        source, mode=mode, max_current=max_current, rfid_lock=rfid_lock, cable_lock=cable_lock
    )
    if not yes and not sys.stdin.isatty():
        raise WattstarError("there is no terminal to confirm on; use --yes")
    for warning in wanted.warnings():
        say(f"warning: {warning}")

    def agree(changes: list[Any]) -> bool:
        for change in changes:
            say(str(change))
        return yes or typer.confirm(f"Change {charge_point}, connector {connector}?", err=True)

    who = by or getpass.getuser()
    where = source, charge_point, connector
    result = module.control(read_settings(), *where, wanted, by=who, reason=reason, agree=agree)
    if not result.ok:
        say(f"failed: {result.text}")
    finish(result, as_json, result.text if result.ok else "")
