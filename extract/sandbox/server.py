"""Runs the sandbox: in this process until stopped, or in a child process for a `with` block.

The caller chooses the vendors: `serve` gets their routers; `running` gets the name of a module,
whose child process calls `child` with them (`extract.vendors.sandboxes`).
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
import uvicorn
from fastapi import FastAPI

from extract.errors import WattstarError
from extract.sandbox.options import Options

LOOPBACK = "127.0.0.1"
PORT = 8390
START_WITHIN = 60.0  # seconds; a busy machine imports slowly
STOP_WITHIN = 10.0


class SandboxError(WattstarError):
    """The sandbox cannot start; the text says why."""


def serve(app: FastAPI, port: int = PORT) -> None:
    """Serve on loopback until SIGINT or SIGTERM. Raises SandboxError where the port is taken."""
    try:
        listener = listening(LOOPBACK, port)
    except OSError as error:
        text = f"port {port} of {LOOPBACK} cannot be used ({error.strerror}); choose another"
        raise SandboxError(text) from error
    with listener:
        server(app).run(sockets=[listener])


def child(app: FastAPI, listener: int) -> None:
    """Be the child process of `running`: serve on the socket of that number until standard input
    ends, as it does when the parent is killed."""
    web = server(app)
    threading.Thread(target=_stop_at_end_of_input, args=[web], daemon=True).start()
    web.run(sockets=[socket.socket(fileno=listener)])


def _stop_at_end_of_input(web: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # unbuffered: at exit a buffer's lock would be held
        pass
    web.should_exit = web.force_exit = True


def listening(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. OSError where the port is taken."""
    return socket.create_server((host, port), backlog=128)


def server(app: FastAPI) -> uvicorn.Server:
    """The web server, not yet running. Idle connections stay open: polls are minutes apart."""
    config = uvicorn.Config(
        app, lifespan="off", access_log=False, log_level="warning", timeout_keep_alive=900
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_fault)
    made = app.state.server = uvicorn.Server(config)
    return made


def _is_no_fault(record: logging.LogRecord) -> bool:
    """Leave out uvicorn's errors about answers that a fault ended early on purpose."""
    return not record.getMessage().startswith("ASGI callable returned without")


@dataclass
class Sandbox:
    """A running sandbox. Its methods raise requests.HTTPError where it refuses."""

    url: str
    _http: requests.Session = field(default_factory=requests.Session, repr=False)

    def url_of(self, source: str) -> str:
        """The base URL of a vendor's API: what `WATTSTAR_<SOURCE>_URL` must be."""
        return f"{self.url}/{source}"

    def set_clock(self, now: datetime | None) -> None:
        """Stand still at an instant (with a time zone); None follows the real time."""
        self._call("PUT", "clock", {"now": now and now.isoformat()})

    def now(self) -> datetime:
        """The sandbox's time."""
        return datetime.fromisoformat(self._call("GET", "clock")["now"])

    def add_fault(self, kind: str, scope: str = "*", **details: Any) -> None:
        """Add a fault, see `Fault`: `add_fault("status", "koeln", status=429, times=2)`."""
        self._call("POST", "faults", {"kind": kind, "scope": scope, **details})

    def faults(self) -> list[dict[str, Any]]:
        """The faults that still wait for a request."""
        waiting: list[dict[str, Any]] = self._call("GET", "faults")
        return waiting

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "faults")

    def _call(self, method: str, control: str, body: Any = None) -> Any:
        url = f"{self.url}/sandbox/{control}"
        response = self._http.request(method, url, json=body, timeout=30)
        response.raise_for_status()
        return response.json()


@contextmanager
def running(module: str, options: Options | None = None, port: int = 0) -> Iterator[Sandbox]:
    """A sandbox in a child process on loopback; it ends with the block, or with this process.

    `module` is run with the number of the listening socket and the options as JSON, and calls
    `child`. The socket is made here and passed on, so that no other process can take the port
    meanwhile. Raises SandboxError where the child does not start.
    """
    with listening(LOOPBACK, port) as listener:
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        arguments = [str(listener.fileno()), (options or Options()).model_dump_json()]
        child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C in the terminal is for us, who then end it
        )
    try:
        sandbox = Sandbox(url)
        _wait_until_ready(sandbox, child)
        yield sandbox
    finally:
        _stop(child)


def _wait_until_ready(sandbox: Sandbox, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and child.poll() is None:
        if _answers(sandbox):
            return
    code = child.poll()
    said = f"not within {START_WITHIN:g} s" if code is None else f"it ended with status {code}"
    raise SandboxError(f"the sandbox did not start: {said}; its messages are on standard error")


def _answers(sandbox: Sandbox) -> bool:
    """It is heard from the start, because the socket was made here, and answers when it can."""
    try:
        requests.get(f"{sandbox.url}/sandbox/clock", timeout=2).raise_for_status()
    except requests.Timeout:
        return False
    except requests.ConnectionError:  # it has ended, or is about to
        time.sleep(0.05)
        return False
    return True


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
