"""### Warehouse: load → build → docs → digest

Runs whenever something has landed, and daily at 07:00 in Berlin. `load` takes what is dirty (the
ledger knows), checks it and replaces it in the warehouse; `build` is one dbt run over the days
concerned; `docs` writes the documentation when the models have changed; `digest` summarises the
state. Running it twice does no harm.

- **`digest` is red, the others are green**: something is quarantined, or a city failed in the last
  poll. The digest in its log says what and why; everything healthy has been built.
- **`build` is red**: a test failed (its log names it; not tried again), or dbt could not run (tried
  again). The days concerned stay marked, and the next run builds them again.
- **`load` is red**: the warehouse could not be reached (tried again). Nothing is lost: what has
  landed waits in the lake.

*Replay by hand*: trigger with `start` and `end` (UTC dates, both included) to take up only these;
with `replay` the clean ones as well. `replay` without dates rebuilds the warehouse from raw alone.

Connection `warehouse` (Postgres, optional): the loader's login, instead of `WATTSTAR_WAREHOUSE`.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from airflow.sdk import (
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    Param,
    TriggerRule,
    dag,
    task,
)
from airflow.sdk.exceptions import AirflowFailException
from wattstar_common import DEFAULTS, lake, settings

from extract.results import as_dict
from extract.vendors import SOURCES

DATE = {"default": None, "type": ["null", "string"], "format": "date"}


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable(
            "0 7 * * *", timezone="Europe/Berlin", run_immediately=timedelta()
        ),
        assets=AssetAny(*(lake(source) for source in SOURCES)),
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={
        "start": Param(**DATE, description="First UTC date to load; empty: from the beginning."),
        "end": Param(**DATE, description="Last UTC date to load; empty: to the newest."),
        "replay": Param(
            default=False, type="boolean", description="Load clean partitions again, too."
        ),
    },
    tags=["wattstar", "warehouse"],
    doc_md=__doc__,
)
def warehouse() -> None:
    """Load, build, document and report; what is healthy goes on where something else fails."""

    @task(doc_md="Loads what is dirty; a partition that fails its checks is quarantined.")
    def load(params: dict | None = None) -> dict:
        from extract.steps import load

        start, end = _dates(params or {})
        replay = bool((params or {}).get("replay"))
        loaded = load.load(settings(), start=start, end=end, replay=replay, say=print)
        return {
            "partitions": dict(Counter(entry.status for entry in loaded.partitions)),
            "observations": sum(entry.observations for entry in loaded.partitions),
            "everything": replay and start is None and end is None,
        }

    @task(retries=2, doc_md="One dbt run: builds and tests the days that were loaded.")
    def build(loaded: dict) -> dict:
        from extract.steps import build

        built = build.build(settings(), full=loaded["everything"], say=print)
        for line in [*built.failures, *(f"warning: {text}" for text in built.warnings)]:
            print(line)
        if not built.ok:
            raise _refused(built.nodes)("dbt: " + "; ".join(built.failures))
        return as_dict(built)

    @task(trigger_rule=TriggerRule.ALL_DONE, doc_md="Writes dbt's documentation as one page.")
    def docs() -> str:
        from extract.steps import docs

        return str(docs.docs(settings()))

    @task(
        trigger_rule=TriggerRule.ALL_DONE,
        doc_md="Writes the digest; fails where something needs a person.",
    )
    def digest(loaded: dict | None, built: dict | None, page: str | None) -> None:
        from extract.steps import digest

        made = digest.digest(settings(), daily=True)
        print(made.text)
        results = {"load": loaded, "build": built, "docs": page}
        undone = [step for step, result in results.items() if result is None]
        if undone:
            raise AirflowFailException(f"not done: {', '.join(undone)}; see their logs")
        if not made.ok:
            raise AirflowFailException("something needs you: see the digest above")

    loaded = load()
    built = build(loaded)
    page = docs()
    built >> page
    digest(loaded, built, page)


def _dates(params: dict) -> tuple[date | None, date | None]:
    """The range asked for; fails for good where it ends before it starts."""
    start, end = (
        date.fromisoformat(params[name]) if params.get(name) else None for name in ("start", "end")
    )
    if start and end and start > end:
        raise AirflowFailException(f"start {start} is after end {end}: no date lies between them")
    return start, end


def _refused(nodes: dict[str, int]) -> type[Exception]:
    """A test that failed will fail again; what could not run (no server, a lock) may next time."""
    ended = {name.split()[-1] for name in nodes}
    return AirflowFailException if "fail" in ended and "error" not in ended else RuntimeError


warehouse()
