"""The command line: parses arguments, calls a step, prints its result, and exits.

`wattstar X` is `extract/steps/X.py`. Results go to standard output, progress and errors to standard
error. The exit status is 0 only if all that was asked was done; 1: it was not; 2: an argument or a
setting is wrong.
"""

from __future__ import annotations

import getpass
import json
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg2
import pydantic
import typer
from rich.console import Console

from extract import vendors
from extract.errors import WattstarError
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


def _settings() -> Settings:
    """The settings, after a look at those of every source: a wrong one is reported at once.
    pydantic.ValidationError where a value cannot be."""
    settings = Settings()
    for source in vendors.SOURCES:
        vendors.settings_of(settings, source)
    return settings


def _end(result: Any, as_json: bool, text: str) -> None:
    """Print the result and exit with its status."""
    if as_json:
        print(json.dumps(as_dict(result), default=str, indent=2))
    elif text:
        print(text)
    raise typer.Exit(0 if result.ok else 1)


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


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

    settings = _settings()
    if try_ is not None:
        trial = poll.try_file(settings, source, try_)
        _end(trial, as_json, str(trial))
    samples = {each.name for each in vendors.about(source).streams if each.samples}
    if not once and samples & set(stream or samples):
        say("samples to the end of the window; Ctrl-C ends it early, --once takes one sample")
    _polled(poll.poll(settings, source, stream, once=once), as_json)


def _polled(result: Any, as_json: bool = False) -> None:
    for failed in result.failed:
        say(f"failed: {failed}")
    _end(result, as_json, result.text)


@app.command()
def load(
    source: OnlySource = None, start: From = None, end: To = None, as_json: Json = False
) -> None:
    """Load the partitions whose raw files have changed: flatten, check, replace."""
    from extract.steps import load

    result = load.load(_settings(), source=source, start=_day(start), end=_day(end), say=say)
    bad = len(result.failures)
    done = f"{len(result.partitions) - bad} partitions loaded, {bad} quarantined"
    _end(result, as_json, done if result.partitions else "nothing is dirty")


@app.command()
def build(
    full: Annotated[bool, typer.Option("--full", help="Build everything again.")] = False,
    as_json: Json = False,
) -> None:
    """Build and test the marts of what was loaded since the last build, in one dbt run."""
    from extract.steps import build

    _built(build.build(_settings(), full=full, say=say), as_json)


def _built(result: Any, as_json: bool) -> None:
    for line in result.failures:
        say(f"failed: {line}")
    for line in result.warnings:
        say(f"warning: {line}")
    counts = ", ".join(f"{count} {name}" for name, count in result.nodes.items())
    _end(result, as_json, f"{counts or 'nothing to build'} ({result.seconds:.1f} s)")


@app.command()
def docs() -> None:
    """Write the documentation of every table and column as one page that works offline."""
    from extract.steps import docs

    print(docs.docs(_settings()))


@app.command()
def run() -> None:
    """Poll, load, build, document. Without a vendor's address: a demonstration on the sandbox."""
    from extract.local import run as whole

    raise typer.Exit(0 if whole.run(_settings(), console) else 1)


@app.command()
def up() -> None:
    """Run the scheduler, Airflow's UI and the docs site on loopback until Ctrl-C."""
    from extract.local import up as stack

    raise typer.Exit(0 if stack.up(_settings(), console) else 1)


@app.command()
def status(as_json: Json = False) -> None:
    """What is fresh, late, dirty, quarantined or failed, why, and what to type next."""
    from extract.steps import digest
    from extract.steps import status as module

    found = module.status(_settings())
    _end(found, as_json, "" if as_json else digest.render(found).rstrip())


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='The query, e.g. "select * from connector".')],
    as_csv: Annotated[bool, typer.Option("--csv", help="Clean CSV with a header.")] = False,
) -> None:
    """Query the marts as an analyst: one statement, which cannot write."""
    from extract.steps import sql as module

    if as_csv:
        module.csv(_settings(), query, sys.stdout.buffer)
    else:
        module.show(_settings(), query, Console())


reference = typer.Typer(
    no_args_is_help=True,
    help="Files that you give, such as tariffs: they land in the lake, versioned by time.",
)
app.add_typer(reference, name="reference")
Kind = Annotated[str, typer.Argument(help="The kind of file: tariffs.")]


@reference.command("add")
def reference_add(
    kind: Kind, file: Annotated[Path, typer.Argument(help="The file to give.")]
) -> None:
    """Check a file and land it. The next load and build use it."""
    from extract.steps import reference as module

    given = module.add(_settings(), kind, file)
    print(f"{given.kind} {given.name}: landed; it is used from the next load and build on")


@reference.command("list")
def reference_list(
    kind: Annotated[str | None, typer.Argument(help="Only this kind.")] = None,
) -> None:
    """List every version of every file that was given, oldest first."""
    from extract.steps import reference as module

    for version in module.versions(_settings(), kind):
        print(f"{version.given_at:%Y-%m-%d %H:%M:%S} UTC  {version.kind}  {version.name}")


@reference.command("show")
def reference_show(
    kind: Kind, name: Annotated[str, typer.Argument(help="Its name, without the ending.")]
) -> None:
    """Print the newest version of a file."""
    from extract.steps import reference as module

    print(module.show(_settings(), kind, name).content, end="")


@app.command()
def replay(
    source: OnlySource = None, start: From = None, end: To = None, as_json: Json = False
) -> None:
    """Rebuild the warehouse from raw alone: all of it, or the dates given."""
    from extract.steps import replay as module

    days = {"start": _day(start), "end": _day(end)}
    _built(module.replay(_settings(), source=source, **days, say=say), as_json)


@app.command()
def maintain(as_json: Json = False) -> None:
    """Compact the raw files of past dates, delete old logs, and measure the room in use."""
    from extract.steps import maintain as module

    result = module.maintain(_settings(), say=say)
    for path in result.skipped:
        say(f"cannot be read: {path}")
    room = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in result.bytes.items())
    _end(result, as_json, f"{result.files_before} raw files, now {result.files_after}; {room}")


@app.command()
def backfill(source: Source, start: From, end: To = None) -> None:
    """Fetch a vendor's history, where the vendor keeps one."""
    from extract.steps import backfill

    begin = _day(start)
    if begin is None:
        raise typer.BadParameter("the first date is missing: --from YYYY-MM-DD")
    _polled(backfill.backfill(_settings(), source, begin, _day(end) or datetime.now(UTC).date()))


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

    settings = _settings()
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

    settings = _settings()
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

    settings = _settings()
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
    _end(result, as_json, done)


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
    result = module.control(_settings(), *where, wanted, by=who, reason=reason, agree=agree)
    if not result.ok:
        say(f"failed: {result.text}")
    _end(result, as_json, result.text if result.ok else "")


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
