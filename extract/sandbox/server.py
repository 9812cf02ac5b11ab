"""Running the sandbox: in this process until stopped, or in a child for a `with` block."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
import uvicorn

from extract.sandbox.app import create_app
from extract.sandbox.options import Options

LOOPBACK = "127.0.0.1"
PORT = 8390
START_WITHIN = 60.0  # seconds; a busy machine imports slowly
STOP_WITHIN = 10.0


def serve(options: Options | None = None, host: str = LOOPBACK, port: int = PORT) -> None:
    """Serve until SIGINT or SIGTERM. OSError where the port is taken."""
    with listening(host, port) as listener:
        server(options or Options()).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. OSError where the port is taken."""
    return socket.create_server((host, port), backlog=128)


def server(options: Options) -> uvicorn.Server:
    """The web server, not yet running. Idle connections stay open: polls are minutes apart."""
    app = create_app(options)
    config = uvicorn.Config(
        app, lifespan="off", access_log=False, log_level="warning", timeout_keep_alive=900
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_fault)
    made = app.state.server = uvicorn.Server(config)
    return made


def _is_no_fault(record: logging.LogRecord) -> bool:
    """Leaves out what uvicorn says about answers that a fault ended early: that was asked for."""
    return not record.getMessage().startswith("ASGI callable returned without")


@dataclass
class Sandbox:
    """A running sandbox. Its methods raise requests.HTTPError where it refuses."""

    url: str
    _http: requests.Session = field(default_factory=requests.Session, repr=False)

    @property
    def chargecloud_url(self) -> str:
        """What WATTSTAR_CHARGECLOUD_URL is to be."""
        return f"{self.url}/chargecloud"

    @property
    def zaptec_url(self) -> str:
        """What WATTSTAR_ZAPTEC_URL is to be."""
        return f"{self.url}/zaptec"

    @property
    def chargeamps_url(self) -> str:
        """What WATTSTAR_CHARGEAMPS_URL is to be."""
        return f"{self.url}/chargeamps"

    def set_clock(self, now: datetime | None) -> None:
        """Stand still at an instant (with a time zone); None follows the real time."""
        self._call("PUT", "clock", {"now": now and now.isoformat()})

    def now(self) -> datetime:
        """The sandbox's present."""
        return datetime.fromisoformat(self._call("GET", "clock")["now"])

    def add_fault(self, kind: str, scope: str = "*", **details: Any) -> None:
        """Add a fault, see `Fault`: `add_fault("status", "koeln", status=429, times=2)`."""
        self._call("POST", "faults", {"kind": kind, "scope": scope, **details})

    def faults(self) -> list[dict[str, Any]]:
        """The faults that still wait for a request."""
        waiting: list[dict[str, Any]] = self._call("GET", "faults")
        return waiting

    def clear_faults(self) -> None:
        """Let every answer be whole again."""
        self._call("DELETE", "faults")

    def _call(self, method: str, control: str, body: Any = None) -> Any:
        url = f"{self.url}/sandbox/{control}"
        response = self._http.request(method, url, json=body, timeout=30)
        response.raise_for_status()
        return response.json()


@contextmanager
def running(options: Options | None = None, port: int = 0) -> Iterator[Sandbox]:
    """A sandbox in a child process on loopback; it ends with the block, or with this process.

    The listening socket is made here and handed down, so a free port cannot be lost to another;
    the child ends when its standard input does. RuntimeError where it does not start.
    """
    with listening(LOOPBACK, port) as listener:
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        arguments = [str(listener.fileno()), (options or Options()).model_dump_json()]
        child = subprocess.Popen(
            [sys.executable, "-m", "extract.sandbox", *arguments],
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
    raise RuntimeError(f"the sandbox did not start: {said}; what it said stands on stderr")


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
