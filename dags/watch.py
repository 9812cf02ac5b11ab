"""### Watch: does anything need a person?

Every ten minutes it looks at the lake and the warehouse and writes the digest. It is red for as
long as something needs a person; the digest in its log says what, and what to type. The
webhook `WATTSTAR_ALERT_URL` and the address `WATTSTAR_ALERT_EMAIL` get one message when that begins
and one when it ends. This also notices a DAG that hangs and a daily run that is late.

By hand: `wattstar status`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException
from wattstar_common import DEFAULTS, settings


@dag(
    schedule=CronTriggerTimetable("5-55/10 * * * *", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    default_args={**DEFAULTS, "on_failure_callback": None},
    tags=["wattstar", "warehouse"],
    doc_md=__doc__,
)
def watch() -> None:
    """One task, which waits for no other DAG."""

    @task(doc_md="Writes the digest, alerts, and fails where something needs a person.")
    def look() -> None:
        from extract.steps import digest

        made = digest.digest(settings())
        print(made.text)
        if not made.ok:
            raise AirflowFailException("something needs you: see the digest above")

    look()


watch()
