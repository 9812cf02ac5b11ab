"""`run` and `up`: the whole warehouse on this machine; `sandbox`: the vendors' APIs alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from extract import vendors
from extract.cli.common import app, console, read_settings, say


@app.command()
def run() -> None:
    """Poll, load, build, document. Without a vendor's address: a demonstration on the sandbox."""
    from extract.local import run as whole

    raise typer.Exit(0 if whole.run(read_settings(), console) else 1)


@app.command()
def up() -> None:
    """Run the scheduler, Airflow's UI and the docs site on loopback until Ctrl-C."""
    from extract.local import up as stack

    raise typer.Exit(0 if stack.up(read_settings(), console) else 1)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8390,
    seed: Annotated[int, typer.Option(help="The same seed gives the same network.")] = 0,
    scale: Annotated[float, typer.Option(help="Size; 1 is 2,428 charging points.")] = 1.0,
    now: Annotated[
        datetime | None,
        typer.Option(help="Stop the clock at this UTC time.", formats=["%Y-%m-%dT%H:%M:%S"]),
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Serve recorded answers (*_cities.json) from a folder.")
    ] = None,
) -> None:
    """Serve the vendors' APIs from a synthetic network, on loopback, until Ctrl-C."""
    from extract.sandbox import Options
    from extract.vendors import sandboxes

    for source in sandboxes.served():
        title, login = vendors.about(source).title, dict(vendors.about(source).demo.settings)
        say(f"{title}: WATTSTAR_{source.upper()}_URL=http://127.0.0.1:{port}/{source}")
        if login:
            say("  " + ", ".join(f"{name.upper()} {value}" for name, value in login.items()))
    at = now.replace(tzinfo=UTC) if now else None
    recorded = {"chargecloud_recordings": recordings} if recordings else {}
    sandboxes.serve(Options(seed=seed, scale=scale, now=at, **recorded), port=port)
