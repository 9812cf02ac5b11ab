"""### Charge Amps: poll

Samples the status and the currents of every charge point every 30 seconds, ten minutes in one run:
Airflow cannot schedule more often than every minute, so the task keeps the pace itself. A run
starts a minute before its window and waits for it; while Airflow starts it, the run before still
samples. So two runs overlap for about a minute, and no tick is lost between them. The first run of
an hour asks for the sessions as well, the first of a UTC day for charge points and settings. The
lake decides which run is the first, so the next run makes up for a missed one. A run triggered by
hand asks for everything. What has landed triggers the DAG `warehouse`.

- **`poll` is red**: nothing could be landed. Its log says why: the lake cannot be written (it is
  tried again by itself), Charge Amps refuses the login (`WATTSTAR_CHARGEAMPS_EMAIL`,
  `WATTSTAR_CHARGEAMPS_PASSWORD`, `WATTSTAR_CHARGEAMPS_API_KEY`, or the connection `chargeamps`), or
  the pseudonym key is another one. What a killed run had sampled is landed by the next.
- **`check` is red**: these charge points gave no answer (about status: at more than half of the
  ticks); the others have landed and are loaded. Nothing need be done: a gap stays a gap, sessions
  are asked for again. A sample that is lost now and then is in the log of `check` and in `polls`.
- **the same charge point every time**: it is gone from the account, or its Wi-Fi is.
- **`poll` is pink (skipped)**: no stream is due, another run samples the window, or Charge Amps is
  not set up; its log says which.

Connection `chargeamps` (HTTP, optional): login (the email) and password, extra
`{"api_key": "…"}`; host where it isn't Charge Amps' own. Pool `chargeamps`: three slots, for two
windows that overlap and something else. `WATTSTAR_CHARGEAMPS_INTERVAL` is the time between samples;
`WATTSTAR_CHARGEAMPS_WINDOW` must stay at the 600 seconds between two runs: less leaves gaps.
History is fetched from the command line: `wattstar backfill chargeamps --from … --to …`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, TaskGroup, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from wattstar_common import DEFAULTS, has_turn, lake, settings

from extract.results import as_dict
from extract.vendors import in_use, streams
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings

WINDOW = streams("chargeamps")["status"]


def silent(failed: Iterable[str], most: float) -> list[str]:
    """The last failure of each scope that failed more often than that; a failure begins with its
    scope."""
    by_scope: dict[str, list[str]] = {}
    for text in failed:
        by_scope.setdefault(text.partition(":")[0], []).append(text)
    return [texts[-1] for texts in by_scope.values() if len(texts) > most]


@dag(
    # A minute before each window; run_immediately 0: the first run waits for its time.
    schedule=CronTriggerTimetable("9-59/10 * * * *", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=2,  # one samples to the end of its window while the next one starts
    default_args=DEFAULTS,
    tags=["wattstar", "poll", "chargeamps"],
    doc_md=__doc__,
)
def chargeamps() -> None:
    """For each stream: poll, and then say who is missing."""

    @task(
        pool="chargeamps",
        outlets=[lake("chargeamps")],
        execution_timeout=timedelta(hours=1),
        doc_md="Asks for one stream if it is due (status: samples one window) and lands it.",
    )
    def poll(stream: str, dag_run: Any = None) -> dict:
        from extract.http import AccessError
        from extract.lake.pseudonyms import PseudonymKeyError
        from extract.steps import poll

        here = settings()
        if "chargeamps" not in in_use(here):
            raise AirflowSkipException("Charge Amps is not set up: there is no login for it")
        by_turn = stream != "status" and dag_run.run_type != "manual"
        if by_turn and not has_turn(here, "chargeamps", stream, dag_run.run_after):
            raise AirflowSkipException(f"{stream}: asked for already in this hour or day")
        try:
            polled = poll.poll(here, "chargeamps", [stream])
        except (AccessError, PseudonymKeyError) as error:
            raise AirflowFailException(str(error)) from None
        if not polled.exchanges and polled.ok:
            raise AirflowSkipException("another run samples this window")
        return as_dict(polled)

    @task(retries=0, doc_md="Fails where a request got no answer. What has landed stays.")
    def check(stream: str, polled: dict) -> None:
        for failed in polled["failed"]:
            print(failed)
        ticks = WINDOW / timedelta(seconds=ChargeAmpsSettings.of(settings()).interval)
        if lost := silent(polled["failed"], ticks / 2 if stream == "status" else 0):
            raise AirflowFailException(
                f"{len(polled['failed'])} of {polled['exchanges']} requests gave no answer: "
                + "; ".join(lost[:20])
            )

    first = "status"
    for stream in sorted(streams("chargeamps"), key=lambda name: name != first):
        with TaskGroup(stream):
            if stream == first:
                polled = poll.override(priority_weight=2)(stream)
            else:  # ends before the run after the next begins, which would otherwise wait for it
                polled = poll.override(execution_timeout=timedelta(minutes=8))(stream)
            check(stream, polled)


chargeamps()
