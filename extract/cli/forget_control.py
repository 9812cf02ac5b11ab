"""`forget` a person, and `control` a connector."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any

import typer

from extract import vendors
from extract.cli.common import Json, Source, app, finish, read_settings, say
from extract.errors import WattstarError


@app.command()
def forget(
    source: Source,
    user: Annotated[str, typer.Argument(help="An id, an address, a card, or a pseudonym.")],
    as_json: Json = False,
) -> None:
    """Remove one person from everything that is stored, raw included, and search for traces."""
    from extract.steps import forget as module

    result = module.forget(read_settings(), source, user, say=say)
    for place in result.left:
        say(f"still there: {place}")
    for failure in result.failures:
        say(f"failed: {failure}")
    done = (
        f"{result.pseudonyms} pseudonyms severed in {result.files} raw files; searched: "
        + "; ".join(result.searched)
    )
    finish(result, as_json, done)


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
