"""`wattstar run` without a vendor's address: some days of the sandbox's life, from API to star.

The history is polled quickly, by moving the sandbox's clock. The last poll and the load go through
the real DAGs on a real scheduler, so what a newcomer sees is what production does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from extract.lake import raw
from extract.lake.files import Lake
from extract.local.airflow import AirflowStack, environment
from extract.local.airflow_api import AirflowApi
from extract.sandbox import Options, Sandbox, running
from extract.settings import Settings
from extract.steps import backfill, poll, status
from extract.vendors.chargeamps import sandbox as chargeamps
from extract.vendors.ocpp import sandbox as ocpp
from extract.vendors.zaptec import sandbox as zaptec
from extract.warehouse.embedded.postgres import EmbeddedPostgres

DAYS = 3
WEEKS = timedelta(weeks=8)
STEP = timedelta(minutes=10)
Timings = dict[str, float]


def demonstrate(settings: Settings, console: Console) -> tuple[bool, Timings]:
    """Poll, load, build and document; whether all went well, and the seconds of each part.

    A lake that has history already is polled from where it ends.
    """
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    end -= timedelta(minutes=end.minute % 10)
    timings: Timings = {}
    with running(Options(now=end)) as sandbox:
        settings = played(settings, sandbox)
        postgres = EmbeddedPostgres(settings.home, settings.postgres_bin)
        with postgres.running() as urls, ThreadPoolExecutor(1) as aside:
            started = time.monotonic()
            moments = list(history(settings, end))
            polled = aside.submit(_poll, settings, sandbox, moments, console)
            stack = AirflowStack(settings.home, urls.airflow, environment(settings))
            with stack.running(console.print) as airflow:
                polled.result()
                timings["history polled, Airflow started"] = time.monotonic() - started
                sandbox.set_clock(end)
                with _timed(timings, "other sources"):
                    _poll_others(settings, end, console)
                ok = _through_the_dags(airflow, console, timings)
    return ok, timings


def played(settings: Settings, sandbox: Sandbox) -> Settings:
    """The settings with which the sandbox plays every vendor."""
    return settings.model_copy(
        update={
            "chargecloud_url": sandbox.chargecloud_url,
            "zaptec_url": sandbox.zaptec_url,
            "zaptec_username": zaptec.USERNAME,
            "zaptec_password": SecretStr(zaptec.PASSWORD),
            "chargeamps_url": sandbox.chargeamps_url,
            "chargeamps_email": chargeamps.EMAIL,
            "chargeamps_password": SecretStr(chargeamps.PASSWORD),
            "chargeamps_api_key": SecretStr(chargeamps.API_KEY),
            "ocpp_inbox": str(settings.home / "inbox"),
        }
    )


@contextmanager
def _timed(timings: Timings, name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    timings[name] = time.monotonic() - started


def history(settings: Settings, end: datetime) -> Iterator[datetime]:
    """The moments to poll before `end`: three days of them, or what is missing of these."""
    lake = Lake(settings.lake_url)
    newest = status.newest(lake, raw.partitions(lake), "chargecloud", "poi")
    moment = end - timedelta(days=DAYS)
    while moment < end:
        if newest is None or moment > newest + STEP / 2:
            yield moment
        moment += STEP


def _poll(settings: Settings, sandbox: Sandbox, moments: list[datetime], console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        polling = progress.add_task(f"polling {DAYS} days of 38 cities", total=len(moments))
        for number, moment in enumerate(moments):
            sandbox.set_clock(moment)
            poll.poll(settings, "chargecloud")
            progress.advance(polling)
            if not console.is_terminal and number % 144 == 0:
                console.print(f"polling: {moment:%Y-%m-%d %H:%M} UTC")


def _poll_others(settings: Settings, end: datetime, console: Console) -> None:
    """Some weeks of Zaptec's sessions, one sample and the sessions of Charge Amps, and an OCPP log
    of three days."""
    start = end - timedelta(days=DAYS)
    ocpp.write(Path(settings.ocpp_inbox), ocpp.Options(), start, end)
    polls = [
        backfill.backfill(settings, "zaptec", (end - WEEKS).date(), end.date()),
        poll.poll(settings, "zaptec", ["assets", "state"]),
        poll.poll(settings.model_copy(update={"chargeamps_window": 0.0}), "chargeamps"),
        poll.poll(settings, "ocpp"),
    ]
    for polled in polls:
        console.print(f"{polled.source}: {polled.exchanges:,} answers landed", highlight=False)
        for failed in polled.failed:
            console.print(f"  failed: {failed}", markup=False)


def _through_the_dags(airflow: AirflowApi, console: Console, timings: Timings) -> bool:
    """One run of `chargecloud`, and the run of `warehouse` that its data wake up."""
    for dag in ("warehouse", "chargecloud"):
        airflow.unpause(dag)
    with _timed(timings, "DAG chargecloud"):
        polled = airflow.wait_for_run(
            "chargecloud", airflow.trigger("chargecloud"), say=console.print
        )
    airflow.pause("chargecloud")  # its next turn may be any minute; `up` switches it on again
    with _timed(timings, "DAG warehouse"):
        after = airflow.landed_at()
        built = airflow.wait_for_run("warehouse", after=after, say=console.print)
    for run in (polled, built):
        for task in (task for task, state in run.tasks.items() if state == "failed"):
            console.print(f"[bold]log of {run.dag_id}.{task}:[/bold]")
            console.print(airflow.task_log(run.dag_id, run.run_id, task), markup=False)
    airflow.pause("warehouse")
    return polled.state == built.state == "success"
