"""`wattstar report`: reports in the terminal, as CSV and as a page with pictures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from extract.cli.common import app, read_settings, say

report = typer.Typer(no_args_is_help=True, help="Reports: in the terminal, and with --out as CSV "
                     "files and a page with pictures that prints well.")  # fmt: skip
app.add_typer(report, name="report")
Out = Annotated[Path | None, typer.Option("--out", help="Folder for index.html and the CSVs.")]


@report.command("zaptec")
def report_zaptec(
    installation: Annotated[str, typer.Option("--installation", help="Its id or its name.")],
    month: Annotated[str, typer.Option("--month", help="YYYY-MM, by the local start.")],
    tariff: Annotated[
        Path | None, typer.Option("--tariff", help="Tariff file (TOML), for the cost.")
    ] = None,
    out: Out = None,
) -> None:
    """Per driver, per charger and per day: sessions, kWh, hours, and cost from a tariff."""
    from extract.report import zaptec
    from extract.steps import tariffs

    settings = read_settings()
    used = tariffs.use(settings, tariff) if tariff else None
    _reported(zaptec.report(settings, installation, month, used), out)


@report.command("chargeamps")
def report_chargeamps(
    session: Annotated[str | None, typer.Option("--session", help="The vendor's id.")] = None,
    connector: Annotated[
        str | None, typer.Option("--connector", help="<charge point>:<number>")
    ] = None,
    start: Annotated[datetime | None, typer.Option("--from", help="Local time.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", help="Local time.")] = None,
    out: Out = None,
) -> None:
    """Power, energy, phase currents and limits of one session, or of a connector for a while."""
    from extract.report import chargeamps

    settings = read_settings()
    if session and not connector:
        _reported(chargeamps.report_session(settings, session), out)
    elif connector and start and end and not session:
        _reported(chargeamps.report_connector(settings, connector, start, end), out)
    else:
        raise typer.BadParameter("give --session, or --connector with --from and --to")


def _reported(made: Any, out: Path | None) -> None:
    from extract.report import page

    page.show(made, Console())
    for path in page.save(made, out) if out else []:
        say(f"written: {path}")
