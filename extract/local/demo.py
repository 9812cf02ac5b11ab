"""`wattstar run` without a source that is set up: some days of the sandbox, from API to star
schema.

The history is polled quickly, by moving the sandbox's clock. The last poll and the load go through
the real DAGs on a real scheduler, as in production. `ABOUT.demo` in a source's about.py says what
is polled of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from extract.about import About
from extract.lake import raw
from extract.lake.files import Lake
from extract.local.airflow import AirflowStack, environment
from extract.local.airflow_api import AirflowApi
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.steps import backfill, poll, status
from extract.vendors import all_about
from extract.vendors.sandboxes import prepare, running, sandbox_settings
from extract.warehouse.embedded.postgres import EmbeddedPostgres

DAYS = timedelta(days=3)
Timings = dict[str, float]
Moment = tuple[datetime, str]  # when to poll, and which source


def demonstrate(settings: Settings, console: Console) -> tuple[bool, Timings]:
    """Poll, load, build and document. Returns whether all went well, and the seconds of each part.

    Where the lake has history already, polling continues from its end.
    """
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    end -= timedelta(minutes=end.minute % 10)
    timings: Timings = {}
    with running(Options(now=end)) as sandbox:
        settings = sandbox_settings(settings, sandbox)
        postgres = EmbeddedPostgres(settings.home, settings.postgres_bin)
        with postgres.running() as urls, ThreadPoolExecutor(1) as aside:
            started = time.monotonic()
            moments = list(history(settings, end))
            polled = aside.submit(_poll_history, settings, sandbox, moments, console)
            stack = AirflowStack(settings.home, urls.airflow, environment(settings))
            with stack.running(console.print) as airflow:
                polled.result()
                timings["history polled, Airflow started"] = time.monotonic() - started
                sandbox.set_clock(end)
                with _timed(timings, "other sources"):
                    for source in all_about():
                        _poll_once(settings, source, end, console)
                ok = _through_the_dags(airflow, console, timings)
    return ok, timings


@contextmanager
def _timed(timings: Timings, name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    timings[name] = time.monotonic() - started


def history(settings: Settings, end: datetime) -> Iterator[Moment]:
    """What to poll before `end` (UTC), in order: three days of each source that is polled so often,
    or what the lake lacks of them."""
    lake = Lake(settings.lake_url)
    landed = raw.partitions(lake)
    moments: list[Moment] = []
    for source in all_about():
        if every := source.demo.every:
            newest = status.newest(lake, landed, source.name, source.streams[0].name)
            times = (end - DAYS + step * every for step in range(DAYS // every))
            missing = (at for at in times if newest is None or at > newest + every / 2)
            moments += [(at, source.name) for at in missing]
    yield from sorted(moments)


def _poll_history(
    settings: Settings, sandbox: Sandbox, moments: list[Moment], console: Console
) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    names = ", ".join(source.title for source in all_about() if source.demo.every)
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        polling = progress.add_task(f"polling {DAYS.days} days of {names}", total=len(moments))
        for number, (moment, source) in enumerate(moments):
            sandbox.set_clock(moment)
            poll.poll(settings, source)
            progress.advance(polling)
            if not console.is_terminal and number % 144 == 0:
                console.print(f"polling: {moment:%Y-%m-%d %H:%M} UTC")


def _poll_once(settings: Settings, source: About, end: datetime, console: Console) -> None:
    """The history of a source that keeps one, and one poll of its streams; files that its poller
    reads are written first."""
    prepare(settings, source.name, end - DAYS, end)
    polls = []
    if source.demo.backfill:
        start = (end - source.demo.backfill).date()
        polls.append(backfill.backfill(settings, source.name, start, end.date()))
    if source.demo.streams:
        polls.append(poll.poll(settings, source.name, source.demo.streams, once=True))
    for polled in polls:
        console.print(f"{polled.source}: {polled.exchanges:,} answers landed", highlight=False)
        for failed in polled.failed:
            console.print(f"  failed: {failed}", markup=False)


def _through_the_dags(airflow: AirflowApi, console: Console, timings: Timings) -> bool:
    """One DAG run of each source whose history was polled, and the run of `warehouse` that follows
    from what they land."""
    sources = [source.name for source in all_about() if source.demo.every]
    for dag in ("warehouse", *sources):
        airflow.unpause(dag)
    runs = []
    for source in sources:
        with _timed(timings, f"DAG {source}"):
            runs.append(airflow.wait_for_run(source, airflow.trigger(source), say=console.print))
        airflow.pause(source)  # its next turn may be any minute; `up` switches it on again
    with _timed(timings, "DAG warehouse"):
        after = airflow.landed_at()
        runs.append(airflow.wait_for_run("warehouse", after=after, say=console.print))
    for run in runs:
        for task in (task for task, state in run.tasks.items() if state == "failed"):
            console.print(f"[bold]log of {run.dag_id}.{task}:[/bold]")
            console.print(airflow.task_log(run.dag_id, run.run_id, task), markup=False)
    airflow.pause("warehouse")
    return all(run.state == "success" for run in runs)
