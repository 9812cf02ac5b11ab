"""A client of Airflow's REST API, logged in as the admin."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from extract.errors import WattstarError

API = "/api/v2"
INTERVAL = 1.0  # seconds between two requests: four a second cost it a fifth of a core
BUSY = frozenset({None, "scheduled", "queued", "running", "up_for_retry", "restarting"})
Say = Callable[[str], None]


class AirflowError(WattstarError):
    """Airflow refused a request, or did not do it in time; the text has its answer."""


@dataclass
class Run:
    """A DAG run. `tasks`: the state of each task; None for one that is not scheduled yet. Times are
    UTC."""

    dag_id: str
    run_id: str
    state: str  # queued | running | success | failed
    kind: str  # scheduled | manual | asset_triggered | backfill
    queued_at: datetime
    tasks: dict[str, str | None] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether it has ended, in success or failure."""
        return self.state in ("success", "failed")


@dataclass
class AirflowApi:
    """Sends requests to `url` as `username`. `check` is called before each and may raise."""

    url: str
    username: str
    password: str = field(repr=False)
    check: Callable[[], None] = lambda: None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy stands between us and loopback

    def close(self) -> None:
        """Close the connection: the server waits for it when it stops."""
        self._http.close()

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run by hand; `conf` are its params. Returns its run_id."""
        body = {"logical_date": None, "conf": conf or {}}
        return str(self._call("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def unpause(self, dag_id: str, timeout: float = 60.0) -> None:
        """Switch a DAG on, as soon as its file has been read since Airflow started."""
        self._until(lambda: self._is_read(dag_id), timeout, f"DAG {dag_id} is read")
        self._call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Switch a DAG off: no further runs are made."""
        self._call("PATCH", f"/dags/{dag_id}", {"is_paused": True})

    def set_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool, or change it to this."""
        body = {"slots": slots, "description": description, "include_deferred": False}
        changed = self._response("PATCH", f"/pools/{name}", {**body, "pool": name})
        if not changed.ok:
            self._call("POST", "/pools", {**body, "name": name})

    def latest_runs(self, dag_id: str, limit: int = 10) -> list[Run]:
        """The runs of a DAG, the newest first, without their tasks."""
        query = {"order_by": "-id", "limit": limit}
        found = self._call("GET", f"/dags/{dag_id}/dagRuns", query=query)["dag_runs"]
        return [_run(run) for run in found]

    def run(self, dag_id: str, run_id: str) -> Run:
        """One run with its tasks."""
        found = _run(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))
        tasks = self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")
        found.tasks = {task["task_id"]: task["state"] for task in tasks["task_instances"]}
        return found

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str | None = None,
        *,
        after: datetime | None = None,
        timeout: float = 600.0,
        say: Say = lambda text: None,
    ) -> Run:
        """Wait until a run has ended, in success or failure: the run with that id, or the first one
        queued at `after` or later. `say` gets a line for every task that ends. AirflowError after
        `timeout` seconds."""
        reported: set[str] = set()

        def ended() -> Run | None:
            wanted = run_id or self._first(dag_id, after or self.started_at)
            if wanted is None:
                return None
            run = self.run(dag_id, wanted)
            for task, state in run.tasks.items():
                if state not in BUSY and task not in reported:
                    reported.add(task)
                    say(f"{dag_id}.{task}: {state}")
            return run if run.is_done else None

        return self._until(ended, timeout, f"a run of DAG {dag_id} has ended")

    def landed_at(self) -> datetime:
        """When data landed last: the time of the newest asset event, UTC. The run that it triggers
        is queued some time later and does not always name the event as its cause. AirflowError
        where nothing has landed."""
        query = {"order_by": "-timestamp", "limit": 1}
        events = self._call("GET", "/assets/events", query=query)["asset_events"]
        if not events:
            raise AirflowError("Airflow: nothing has landed, so nothing will be loaded")
        return datetime.fromisoformat(events[0]["timestamp"])

    def task_log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """What the last try of a task wrote, a line per event."""
        task = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        attempt = self._call("GET", task)["try_number"]
        log = self._call("GET", f"{task}/logs/{attempt}", query={"full_content": "true"})
        return "\n".join(_log_lines(log["content"]))

    def wait_until_healthy(self, timeout: float = 180.0) -> None:
        """Wait until the scheduler and the DAG processor that were started now report health."""
        self._until(self._is_healthy, timeout, "it is healthy")

    def _is_healthy(self) -> bool:
        answer = self._http.get(self.url + API + "/monitor/health", timeout=5)
        parts = {part: answer.json()[part] for part in ("scheduler", "dag_processor")}
        return all(self._is_new(now[f"latest_{part}_heartbeat"]) for part, now in parts.items())

    def _is_read(self, dag_id: str) -> bool:
        response = self._response("GET", f"/dags/{dag_id}")
        if response.ok and self._is_new(response.json()["last_parsed_time"]):
            return True
        errors = self._call("GET", "/importErrors")["import_errors"]
        if errors:
            texts = "\n".join(f"{error['filename']}: {error['stack_trace']}" for error in errors)
            raise AirflowError(f"a DAG file cannot be read:\n{texts}")
        return False

    def _is_new(self, stamp: str | None) -> bool:
        return stamp is not None and datetime.fromisoformat(stamp) >= self.started_at

    def _first(self, dag_id: str, after: datetime) -> str | None:
        runs = reversed(self.latest_runs(dag_id))
        return next((run.run_id for run in runs if run.queued_at >= after), None)

    def _until(self, look: Callable[[], Any], timeout: float, what: str) -> Any:
        """The first truthy result of `look`. Until then the server may not answer."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.check()
            with suppress(requests.ConnectionError, requests.Timeout):
                if found := look():
                    return found
            time.sleep(INTERVAL)
        raise AirflowError(f"Airflow: gave up after waiting {timeout:g} s until {what}")

    def _call(self, method: str, path: str, body: Any = None, query: Any = None) -> Any:
        response = self._response(method, path, body, query)
        if not response.ok:
            raise AirflowError(
                f"Airflow: {method} {path}: HTTP {response.status_code}: {_detail(response)}"
            )
        return response.json()

    def _response(
        self, method: str, path: str, body: Any = None, query: Any = None
    ) -> requests.Response:
        if "Authorization" not in self._http.headers:
            self._log_in()
        return self._http.request(
            method, self.url + API + path, json=body, params=query, timeout=30
        )

    def _log_in(self) -> None:
        """Get a token; it is good for a day, and `up` needs one only while it starts."""
        login = {"username": self.username, "password": self.password}
        answer = self._http.post(self.url + "/auth/token", json=login, timeout=30)
        if not answer.ok:
            raise AirflowError(f"Airflow refuses to log {self.username} in: {_detail(answer)}")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _run(found: dict[str, Any]) -> Run:
    return Run(
        dag_id=found["dag_id"],
        run_id=found["dag_run_id"],
        state=found["state"],
        kind=found["run_type"],
        queued_at=datetime.fromisoformat(found["queued_at"] or found["run_after"]),
    )


def _log_lines(content: Any) -> Iterator[str]:
    """The events of a structured log, an error with its exceptions."""
    for entry in content if isinstance(content, list) else str(content).splitlines():
        if isinstance(entry, str):
            yield entry
            continue
        event = str(entry.get("event", ""))
        if not event.startswith("::"):  # marks of what the UI folds away
            yield event
        for error in entry.get("error_detail") or ():
            yield f"{error.get('exc_type')}: {error.get('exc_value')}"


def _detail(response: requests.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (requests.JSONDecodeError, KeyError):
        return response.text[:500]
