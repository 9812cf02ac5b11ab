"""One request, whatever the server does: it ends, and what went wrong is said without secrets."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from extract import http, transport
from extract.http import Access, Exchange, Request

HEAD = b"HTTP/1.1 200 OK\r\n"
SECRET = "geheim-und-lang"


@contextmanager
def server(pieces: Sequence[bytes], pause: float = 0.0) -> Iterator[str]:
    """Sends these bytes to each request, with a pause between them."""
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                        if pause and stop.wait(pause):
                            break
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://kari:{SECRET}@127.0.0.1:{listening.getsockname()[1]}/x"
        finally:
            stop.set()
            with socket.create_connection(listening.getsockname()):
                pass
            listening.close()
            thread.join()


def fetch(url: str, access: Access | None = None, attempts: int = 1, **more: Any) -> Exchange:
    request = Request("acme", "stream", "endpoint", "scope", url, attempts=attempts, **more)
    return http.fetch(http.session(), request, access=access)


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"Content-Length: 9999\r\n\r\n", *[b"x"] * 2000],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 2000],
        [HEAD, *[b"A: b\r\n"] * 2000],
        [b"H"] * 2000,
    ],
)
def test_a_server_that_sends_byte_after_byte_is_given_up_at_the_deadline(pieces, monkeypatch):
    monkeypatch.setattr(transport, "MOST_SECONDS", 0.3)
    begun = time.monotonic()
    with server(pieces, pause=0.01) as url:
        exchange = fetch(url, attempts=4)
    assert exchange.error
    assert exchange.body is None
    assert exchange.status_code is None
    assert exchange.attempts == 1
    assert time.monotonic() - begun < 30


def test_a_request_may_have_a_deadline_of_its_own():
    with server([HEAD, *[b"A: b\r\n"] * 2000], pause=0.01) as url:
        late = fetch(url, until=time.monotonic() + 0.2)
        over = fetch(url, until=time.monotonic())
    assert "no whole answer in time" in str(late.error)
    assert "no whole answer in time" in str(over.error)


def test_a_body_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(transport, "MOST_BYTES", 1000)
    with server([HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000]) as url:
        assert fetch(url).error == "the body is longer than 1,000 bytes"
    with server([HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000]) as url:
        assert fetch(url).ok


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"rubbish\r\n\r\n",
        HEAD + b"Content-Length: 5\r\n\r\nab",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[x/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 599 " + SECRET.encode() + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
    ],
)
def test_whatever_a_server_answers_is_an_exchange_that_names_no_secret(answer, caplog):
    caplog.set_level(logging.DEBUG, "wattstar")
    with server([answer]) as url:
        exchange = fetch(url)
    assert exchange.error
    assert SECRET not in f"{exchange}{caplog.text}"
    assert "kari" not in f"{exchange}"


@pytest.mark.parametrize(
    "url",
    [
        f"http://kari:{SECRET}@127.0.0.1:9/",
        f"http://kari:{SECRET}@nowhere.invalid/",
        f"nothing://kari:{SECRET}@[x/",
        f"http://kari:{SECRET}@127.0.0.1:99999/",
    ],
)
def test_a_url_that_leads_nowhere_is_an_exchange_that_names_no_secret(url, caplog):
    exchange = fetch(url)
    assert exchange.error
    assert SECRET not in f"{exchange}{caplog.text}"


class Keyed(Access):
    """A login whose token no header can hold, and a redaction that fails."""

    def __init__(self, header: str = "x", *, is_broken: bool = False) -> None:
        self.header, self.is_broken = header, is_broken

    def headers(self):
        return {"Authorization": self.header}

    def redact(self, body: bytes) -> bytes:
        if self.is_broken:
            raise KeyError(SECRET)
        return body


@pytest.mark.parametrize("header", [f"Bearer {SECRET}\n", f" {SECRET}", f"Bearer {SECRET}\u2603"])
def test_a_token_that_no_header_can_hold_is_not_shown(header, caplog):
    with server([HEAD + b"Content-Length: 0\r\n\r\n"]) as url:
        exchange = fetch(http.without_credentials(url), Keyed(header))
    assert exchange.error
    assert SECRET not in f"{exchange}{caplog.text}"


def test_a_mistake_of_ours_is_one_failed_exchange_and_its_traceback_is_in_the_log(caplog):
    with server([HEAD + b"Content-Length: 2\r\n\r\n{}"]) as url:
        exchange = fetch(url, Keyed(is_broken=True))
    assert exchange.error == "Wattstar failed at this answer (KeyError): see the log"
    assert exchange.body is None
    assert "raise KeyError(SECRET)" in caplog.text
    assert SECRET not in caplog.text
