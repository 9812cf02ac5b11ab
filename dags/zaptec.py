"""### Zaptec: poll

Every 15 minutes the state of every charger; in the first run of an hour the sessions; in the first
run of a UTC day installations, hierarchies and chargers. The lake decides which run is
the first: a stream is due if nothing of it has landed since the hour or the day began, so the next
run makes up for a missed one. A run triggered by hand asks for everything. Each stream lands by
itself, the failed answers too, needs only the lake, and triggers the DAG `warehouse`.

- **`poll` is red**: nothing could be landed. Its log says why: the lake cannot be written (it was
  tried again by itself), Zaptec refuses the login (`WATTSTAR_ZAPTEC_USERNAME`,
  `WATTSTAR_ZAPTEC_PASSWORD`, or the connection `zaptec`), or the pseudonym key is another one.
- **`check` is red**: these installations or chargers gave no answer even after retries; the others
  have landed and are loaded. Nothing need be done: the next run asks again; sessions continue
  at the page where this run stopped, and reach a week back.
- **`check` is red for the same one every time**: 403 means that the account's role does not cover
  it, 404 that it is gone.
- **`poll` is pink (skipped)**: no stream is due, or Zaptec is not set up; its log says which.

Connection `zaptec` (HTTP, optional): login and password; host where it isn't Zaptec's own.
Pool `zaptec`: one slot, so that the streams together keep Zaptec's limit. State goes first.
History is fetched from the command line: `wattstar backfill zaptec --from … --to …`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, TaskGroup, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from wattstar_common import DEFAULTS, has_turn, lake, settings

from extract.results import as_dict
from extract.vendors import in_use, streams


@dag(
    # run_immediately 0: the first run waits for its time (the default may catch up the last one)
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["wattstar", "poll", "zaptec"],
    doc_md=__doc__,
)
def zaptec() -> None:
    """For each stream: poll, and then say who is missing."""

    @task(
        pool="zaptec",
        outlets=[lake("zaptec")],
        execution_timeout=timedelta(hours=2),
        doc_md="Asks for one stream if it is due, and lands each answer at once.",
    )
    def poll(stream: str, dag_run: Any = None) -> dict:
        from extract.http import AccessError
        from extract.lake.pseudonyms import PseudonymKeyError
        from extract.steps import poll

        here = settings()
        if "zaptec" not in in_use(here):
            raise AirflowSkipException("Zaptec is not set up: there is no login for it")
        if dag_run.run_type != "manual" and not has_turn(here, "zaptec", stream, dag_run.run_after):
            raise AirflowSkipException(f"{stream}: asked for already in this hour or day")
        try:
            return as_dict(poll.poll(here, "zaptec", [stream]))
        except (AccessError, PseudonymKeyError) as error:
            raise AirflowFailException(str(error)) from None

    @task(retries=0, doc_md="Fails where a request got no answer. What has landed stays.")
    def check(polled: dict) -> None:
        for failed in polled["failed"]:
            print(failed)
        if polled["failed"]:
            raise AirflowFailException(
                f"{len(polled['failed'])} of {polled['exchanges']} requests gave no answer: "
                + "; ".join(polled["failed"][:20])
            )

    first = "state"
    for stream in sorted(streams("zaptec"), key=lambda name: name != first):
        with TaskGroup(stream):
            weight = 2 if stream == first else 1
            check(poll.override(priority_weight=weight)(stream))


zaptec()
