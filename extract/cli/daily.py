"""The commands of a day: poll, load, build, docs; what to look at; and history."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from extract import vendors
from extract.cli.common import (
    From,
    Json,
    OnlySource,
    Source,
    To,
    app,
    day,
    finish,
    read_settings,
    say,
)


@app.command()
def poll(
    source: Source,
    stream: Annotated[
        list[str] | None, typer.Option("--stream", help="Only this stream; may be repeated.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Take one sample now, where a poll samples for minutes.")
    ] = False,
    try_: Annotated[
        Path | None,
        typer.Option("--try", help="Show how this log would be read, and land nothing (ocpp)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a vendor and land every answer, the failed ones too. Needs no warehouse."""
    from extract.steps import poll

    settings = read_settings()
    if try_ is not None:
        trial = poll.try_file(settings, source, try_)
        finish(trial, as_json, str(trial))
    samples = {each.name for each in vendors.about(source).streams if each.samples}
    if not once and samples & set(stream or samples):
        say("samples to the end of the window; Ctrl-C ends it early, --once takes one sample")
    _polled(poll.poll(settings, source, stream, once=once), as_json)


def _polled(result: Any, as_json: bool = False) -> None:
    for failed in result.failed:
        say(f"failed: {failed}")
    finish(result, as_json, result.text)


@app.command()
def load(
    source: OnlySource = None, start: From = None, end: To = None, as_json: Json = False
) -> None:
    """Load the partitions whose raw files have changed: flatten, check, replace."""
    from extract.steps import load

    result = load.load(read_settings(), source=source, start=day(start), end=day(end), say=say)
    bad = len(result.failures)
    done = f"{len(result.partitions) - bad} partitions loaded, {bad} quarantined"
    finish(result, as_json, done if result.partitions else "nothing is dirty")


@app.command()
def build(
    full: Annotated[bool, typer.Option("--full", help="Build everything again.")] = False,
    as_json: Json = False,
) -> None:
    """Build and test the marts of what was loaded since the last build, in one dbt run."""
    from extract.steps import build

    _built(build.build(read_settings(), full=full, say=say), as_json)


def _built(result: Any, as_json: bool) -> None:
    for line in result.failures:
        say(f"failed: {line}")
    for line in result.warnings:
        say(f"warning: {line}")
    counts = ", ".join(f"{count} {name}" for name, count in result.nodes.items())
    finish(result, as_json, f"{counts or 'nothing to build'} ({result.seconds:.1f} s)")


@app.command()
def docs() -> None:
    """Write the documentation of every table and column as one page that works offline."""
    from extract.steps import docs

    print(docs.docs(read_settings()))


@app.command()
def status(as_json: Json = False) -> None:
    """What is fresh, late, dirty, quarantined or failed, why, and what to type next."""
    from extract.steps import digest
    from extract.steps import status as module

    found = module.status(read_settings())
    finish(found, as_json, "" if as_json else digest.render(found).rstrip())


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='The query, e.g. "select * from connector".')],
    as_csv: Annotated[bool, typer.Option("--csv", help="Clean CSV with a header.")] = False,
) -> None:
    """Query the marts as an analyst: one statement, which cannot write."""
    from extract.steps import sql as module

    if as_csv:
        module.csv(read_settings(), query, sys.stdout.buffer)
    else:
        module.show(read_settings(), query, Console())


@app.command()
def replay(
    source: OnlySource = None, start: From = None, end: To = None, as_json: Json = False
) -> None:
    """Rebuild the warehouse from raw alone: all of it, or the dates given."""
    from extract.steps import replay as module

    days = {"start": day(start), "end": day(end)}
    _built(module.replay(read_settings(), source=source, **days, say=say), as_json)


@app.command()
def maintain(as_json: Json = False) -> None:
    """Compact the raw files of past dates, delete old logs, and measure the room in use."""
    from extract.steps import maintain as module

    result = module.maintain(read_settings(), say=say)
    for path in result.skipped:
        say(f"cannot be read: {path}")
    room = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in result.bytes.items())
    finish(result, as_json, f"{result.files_before} raw files, now {result.files_after}; {room}")


@app.command()
def backfill(source: Source, start: From, end: To = None) -> None:
    """Fetch a vendor's history, where the vendor keeps one."""
    from extract.steps import backfill

    begin = day(start)
    if begin is None:
        raise typer.BadParameter("the first date is missing: --from YYYY-MM-DD")
    _polled(backfill.backfill(read_settings(), source, begin, day(end) or datetime.now(UTC).date()))
