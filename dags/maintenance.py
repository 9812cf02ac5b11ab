"""### Maintenance: keep the lake and the warehouse small and quick

Daily at 03:30 in Berlin. Compacts the raw files of closed dates (no row changes, nothing becomes
dirty), deletes what killed commands left behind, old entries of `ops.steps` and old logs, refreshes
the planner's statistics, and measures how much room is used; the digest shows that.

- **`maintain` is red**: the warehouse could not be reached or the lake could not be written (tried
  again by itself), or raw files cannot be read: its log names them. Nothing was lost.

By hand: `wattstar maintain`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException
from wattstar_common import DEFAULTS, settings

from extract.results import as_dict


@dag(
    schedule=CronTriggerTimetable(
        "30 3 * * *", timezone="Europe/Berlin", run_immediately=timedelta()
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["wattstar", "warehouse"],
    doc_md=__doc__,
)
def maintenance() -> None:
    """One task; it waits for a load or build that runs."""

    @task(doc_md="Compacts, cleans up, analyzes and measures.")
    def maintain() -> dict:
        from extract.steps.maintain import maintain as step

        done = step(settings(), say=print)
        for text in done.skipped:
            print(f"cannot be read: {text}")
        if not done.ok:
            raise AirflowFailException(f"{len(done.skipped)} groups of raw files cannot be read")
        return as_dict(done)

    maintain()


maintenance()
