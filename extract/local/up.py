"""`wattstar up`: scheduler, Airflow's UI and the docs site on loopback, until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

from rich.console import Console

from extract.local.airflow import AirflowStack, environment, free_port
from extract.settings import Settings
from extract.steps.front_page import front_page
from extract.vendors import in_use
from extract.vendors.sandboxes import running, sandbox_settings
from extract.warehouse.embedded.postgres import EmbeddedPostgres

AIRFLOW_PORT, DOCS_PORT = 8080, 8081


def up(settings: Settings, console: Console) -> bool:
    """Run everything until SIGINT or SIGTERM, then stop everything that was started.

    Without a source that is set up, on the sandbox. Raises PostgresError, AirflowError or
    ServiceError where something does not start or ends on its own.
    """
    asked = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    with ExitStack() as started:
        if not in_use(settings):
            sandbox = started.enter_context(running())
            settings = sandbox_settings(settings, sandbox)
            console.print("no source is set up: the sandbox serves synthetic vendors")
        postgres = EmbeddedPostgres(settings.home, settings.postgres_bin)
        urls = started.enter_context(postgres.running())
        docs = started.enter_context(docs_site(settings.docs_dir))
        port = preferred(AIRFLOW_PORT)
        stack = AirflowStack(settings.home, urls.airflow, environment(settings), port=port)
        airflow = started.enter_context(stack.running(console.print))
        sources = in_use(settings)
        for dag in ("warehouse", *sources):
            airflow.unpause(dag)
        for source in sources:
            airflow.trigger(source)  # the next poll by the clock may be minutes away
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        console.print(f"Airflow    {airflow.url}   login {airflow.username} / {airflow.password}")
        console.print(f"docs       {docs}")
        console.print(f"warehouse  {urls.analyst if settings.warehouse is None else 'yours'}")
        console.print("Ctrl-C stops all of it.")
        while not asked.wait(timeout=2):
            airflow.check()
        console.print("stopping")
    return True


@contextmanager
def docs_site(folder: Path) -> Iterator[str]:
    """Serve the documentation on loopback; gives its address."""
    front_page(folder)
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", preferred(DOCS_PORT)), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""


def preferred(port: int) -> int:
    """This port of loopback, or a free one if another process has it."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return free_port()
    return port
