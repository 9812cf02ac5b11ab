"""### ChargeCloud: poll

Asks ChargeCloud for the state of every city, every ten minutes, and lands each answer in the lake
as it came, the failed ones too. It needs only the lake: polling goes on while the
warehouse is down. What has landed triggers the DAG `warehouse`.

- **`poll` is red**: nothing could be landed. Its log says why: the lake cannot be written (it was
  tried again by itself), or a setting is wrong (`WATTSTAR_CHARGECLOUD_URL`,
  `WATTSTAR_CHARGECLOUD_CITIES`, `WATTSTAR_LAKE`, or the connection `chargecloud`).
- **`check` is red**: these cities gave no answer even after retries; the others have landed and are
  loaded. Nothing need be done: the next poll asks again. What was missed stays *not known*.
- **the same city every time**: it is gone from the network; take it out of the cities.

Connection `chargecloud` (HTTP, optional): host, port, schema; extra `{"cities": "koeln,bonn"}`.
Pool `chargecloud`: one slot, so that the network is never asked twice at once.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException
from wattstar_common import DEFAULTS, lake, settings

from extract.results import as_dict


@dag(
    # run_immediately 0: the first run waits for its time (the default may catch up the last one)
    schedule=CronTriggerTimetable("*/10 * * * *", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["wattstar", "poll", "chargecloud"],
    doc_md=__doc__,
)
def chargecloud() -> None:
    """Poll, and then say which cities are missing."""

    @task(
        pool="chargecloud",
        outlets=[lake("chargecloud")],
        execution_timeout=timedelta(minutes=30),
        doc_md="Asks every city once (transport errors, 429 and 5xx are retried) and lands it.",
    )
    def poll() -> dict:
        from extract.steps import poll

        return as_dict(poll.poll(settings(), "chargecloud"))

    @task(retries=0, doc_md="Fails where a city gave no answer. What has landed is not touched.")
    def check(polled: dict) -> None:
        for failed in polled["failed"]:
            print(failed)
        if polled["failed"]:
            raise AirflowFailException(
                f"{len(polled['failed'])} of {polled['exchanges']} cities gave no answer: "
                + "; ".join(polled["failed"])
            )

    check(poll())


chargecloud()
