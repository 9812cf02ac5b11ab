"""### Acme: poll

Asks Acme for all stations every 15 minutes and lands the answer, also a failed one. It needs the
lake and nothing else: polling goes on while the warehouse is down. What has landed wakes up the DAG
`warehouse`.

- **`poll` is red**: nothing could be landed. Its log says why: the lake cannot be written (it was
  tried again by itself), or a setting is wrong (`WATTSTAR_ACME_URL`, `WATTSTAR_ACME_API_KEY`, or
  the connection `acme`).
- **`check` is red**: Acme gave no answer even after retries. The next poll asks again.
- **`poll` is pink (skipped)**: Acme is not set up.

Connection `acme` (HTTP, optional): host; extra `{"api_key": "…"}`. Pool `acme`: one slot.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from wattstar_common import DEFAULTS, lake, settings

from extract.results import as_dict
from extract.vendors import in_use


@dag(
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["wattstar", "poll", "acme"],
    doc_md=__doc__,
)
def acme() -> None:
    """Poll, and then say what is missing."""

    @task(
        pool="acme",
        outlets=[lake("acme")],
        execution_timeout=timedelta(minutes=10),
        doc_md="Asks once (transport errors, 429 and 5xx are retried) and lands the answer.",
    )
    def poll() -> dict:
        from extract.steps import poll

        here = settings()
        if "acme" not in in_use(here):
            raise AirflowSkipException("Acme is not set up: there is no key for it")
        return as_dict(poll.poll(here, "acme"))

    @task(retries=0, doc_md="Fails where Acme gave no answer. What has landed is not touched.")
    def check(polled: dict) -> None:
        if polled["failed"]:
            raise AirflowFailException("; ".join(polled["failed"]))

    check(poll())


acme()
