"""Sending one request over HTTP, and reading its answer, within limits of time and of size.

`requests` bounds the time between two bytes alone: a server that sends one byte every 29 seconds
would hold a poll for ever. Here a request ends after `MOST_SECONDS`, and a body of more than
`MOST_BYTES` is refused.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from extract import __version__

USER_AGENT = f"Wattstar/{__version__} (EV-charging data warehouse)"
TIMEOUT = (5.0, 30.0)  # seconds to connect, and between two bytes
MOST_SECONDS = 120.0  # of one request, from its first byte sent to its last byte received
MOST_BYTES = 64 * 1024 * 1024  # of one body, unpacked; the largest city of ChargeCloud has 4 MB
_CHUNK = 256 * 1024


class Response(NamedTuple):
    """An answer, read to its end."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


class TooLongError(requests.RequestException):
    """A body of more than `MOST_BYTES`."""


def session() -> requests.Session:
    """A session that names the client and keeps the limits of `send`; one per thread."""
    made = requests.Session()
    made.headers["User-Agent"] = USER_AGENT
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter())
    return made


def send(
    client: requests.Session, method: str, url: str, until: float | None = None, **more: Any
) -> Response:
    """Send one request, without retries; `more` is what `requests` takes. RequestException where no
    whole answer came within `MOST_SECONDS`, or until a moment (monotonic) where that is earlier."""
    now = time.monotonic()
    _limit.deadline = now + MOST_SECONDS if until is None else min(until, now + MOST_SECONDS)
    left = _limit.deadline - now
    if left <= 0:
        raise requests.Timeout("the time for it is over")
    body, timeout = bytearray(), (min(TIMEOUT[0], left), min(TIMEOUT[1], left))
    with client.request(method, url, stream=True, timeout=timeout, **more) as response:
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                raise TooLongError(f"the body is longer than {MOST_BYTES:,} bytes")
        return Response(response.status_code, response.headers, bytes(body))


def is_over() -> bool:
    """Whether the time of this thread's last request has passed."""
    return time.monotonic() >= _limit.deadline


class _Limit(threading.local):
    """When the request that this thread sends is given up (monotonic)."""

    deadline = float("inf")


_limit = _Limit()


class _Reader(io.RawIOBase):
    """What a server sends, headers and body, until the deadline: `requests` itself only bounds the
    time between two bytes."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """As of a socket. TimeoutError at the deadline."""
        left = _limit.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this request is over")
        between = self._socket.gettimeout()
        self._socket.settimeout(left if between is None else min(left, between))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._socket.settimeout(between)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *what: Any, **more: Any) -> None:
        super().__init__(sock, *what, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Adapter(HTTPAdapter):
    """Connections that keep the deadline, through a proxy as well."""

    def get_connection_with_tls_context(self, *what: Any, **more: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*what, **more)
        pool.ConnectionCls = _SecureConnection if pool.scheme == "https" else _Connection
        return pool
