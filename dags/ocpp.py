"""### OCPP: take the logs that have arrived

Lists the inbox (`WATTSTAR_OCPP_INBOX`, a folder or `s3://…`) every five minutes; the run is skipped
where nothing has changed. The first run of an hour, and one triggered by hand, report again the
files that could not be read. New files are landed message by message, each content once, and
trigger the DAG `warehouse`. It needs only the lake, so it goes on while the warehouse is down.

- **`poll` is red**: nothing could be landed. Its log says why: the inbox is not there, the lake
  cannot be written (it was tried again by itself), the pseudonym key has changed, or no file in
  the inbox can be read, as below.
- **`check` is red**: a file ends in the middle or has an unknown form. Its log says which and why.
  A file that is still being delivered is read again when it has changed. Of any other, describe the
  form in a `layout.toml` beside it (`docs/ocpp-logs.md`), or move it out of the inbox.
- **`poll` is pink (skipped)**: nothing new has arrived, or no inbox is set; its log says which.

Connection `ocpp` (any type, optional): extra `{"inbox": "s3://…"}`.
Pool `ocpp`: one slot, so that a file is never read by two runs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from wattstar_common import DEFAULTS, lake, settings

from extract.results import as_dict
from extract.vendors import in_use

EVERY = timedelta(minutes=5)


def reports_all(run_type: str, at: datetime) -> bool:
    """Whether a run reports every file that could not be read, and not only changed ones."""
    return run_type == "manual" or at.minute < EVERY.seconds // 60


@dag(
    # run_immediately 0: the first run waits for its time (the default may catch up the last one)
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["wattstar", "poll", "ocpp"],
    doc_md=__doc__,
)
def ocpp() -> None:
    """Land what has arrived, and then report what could not be read."""

    @task(
        pool="ocpp",
        outlets=[lake("ocpp")],
        execution_timeout=timedelta(hours=2),
        doc_md="Lands the messages of every file that is new; skipped where there is none.",
    )
    def poll(dag_run: Any = None) -> dict:
        from extract.http import AccessError
        from extract.lake.pseudonyms import PseudonymKeyError
        from extract.steps import poll
        from extract.vendors.ocpp.poll import has_news

        here = settings()
        if "ocpp" not in in_use(here):
            raise AirflowSkipException("OCPP is not set up: there is no inbox")
        try:
            if not reports_all(dag_run.run_type, dag_run.run_after) and not has_news(here):
                raise AirflowSkipException("nothing new has arrived")
            polled = poll.poll(here, "ocpp")
        except (AccessError, PseudonymKeyError) as error:
            raise AirflowFailException(str(error)) from None
        if not polled.files:  # a run that lands nothing triggers no load
            if polled.failed:
                raise AirflowFailException("; ".join(polled.failed))
            raise AirflowSkipException("nothing new has arrived")
        return as_dict(polled)

    @task(retries=0, doc_md="Fails where a file could not be read. What has landed stays.")
    def check(polled: dict) -> None:
        for failed in polled["failed"]:
            print(failed)
        if polled["failed"]:
            raise AirflowFailException(
                f"{len(polled['failed'])} files could not be read: " + "; ".join(polled["failed"])
            )

    check(poll())


ocpp()
