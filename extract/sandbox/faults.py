"""Faults that can be injected into the answers of any vendor.

They wait in the order in which they were added. A request takes the first that fits its scope and
uses up one of its `times`. This module changes the HTTP exchange; a vendor's sandbox changes the
content of an answer (`shape2024`, `unreadable`) and who may ask (`revoked`).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Literal, cast

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

Kind = Literal[
    "status",  # an error status instead of the answer; 503 and the like come as HTML
    "slow",  # the answer, `seconds` late
    "cutoff",  # half the body, then the connection closes
    "malformed",  # 200 with JSON that cannot be parsed
    "missing",  # 404: the scope is not known
    "drop",  # a reset connection instead of an answer
    "shape2024",  # the answer in the form of 2024
    "unreadable",  # the answer with records that cannot be read
    "revoked",  # every token given out so far is void, so the request is refused
    "stale",  # what was so `seconds` ago
    "ignored",  # a change of settings is answered 200 and not made
    "altered",  # a change of settings is made with another limit
    "delayed",  # a change of settings is made `seconds` later
]
CHANGES = ("ignored", "altered", "delayed")

JSON = "application/json"
REASONS = {429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}


class Fault(BaseModel):
    """One fault. `scope`: what one answer covers, such as a city; `*`: any. `times`: how many
    requests; None: all."""

    model_config = ConfigDict(extra="forbid")

    scope: str = "*"
    kind: Kind
    status: int = Field(default=503, ge=400, le=599)
    retry_after: float | None = Field(default=None, ge=0)
    seconds: float = Field(default=1.0, ge=0)
    times: int | None = Field(default=None, ge=1)


class Faults:
    """The faults that wait for their requests."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, *scopes: str) -> Fault | None:
        """The first fault for any of these scopes, used once; those in `CHANGES` are left."""
        return self._take(scopes, changes=False)

    def take_change(self, *scopes: str) -> Fault | None:
        """The first fault in `CHANGES`, used once: what happens to a change of settings."""
        return self._take(scopes, changes=True)

    def _take(self, scopes: tuple[str, ...], *, changes: bool) -> Fault | None:
        for fault in self.waiting:
            if fault.scope in ("*", *scopes) and (fault.kind in CHANGES) == changes:
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.waiting.remove(fault)
                return fault
        return None

    async def answer(self, request: Request, scope: str, make: Make) -> Response:
        """The answer of `make`, or what the next fault for this scope turns it into.

        `make` gets the fault's kind or None, and returns a JSON body, or None for "not found".
        """
        fault = self.take(scope)
        if fault is None:
            return _found(make(None))
        kind = None if fault.kind == "missing" else fault.kind
        return await spoil(request, fault, lambda: _found(kind and make(kind)))


Make = Callable[[str | None], bytes | None]


async def spoil(request: Request, fault: Fault, whole: Callable[[], Response]) -> Response:
    """The response with a fault; `whole` makes the answer where the fault needs one."""
    if fault.kind == "status":
        return _status(fault)
    if fault.kind == "drop":
        _reset(request)
        return _Nothing()
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    answer = whole()
    body = bytes(answer.body)
    if answer.status_code == 200 and fault.kind == "malformed":
        return Response(body[: len(body) // 2] + b'"]]', media_type=JSON)
    if answer.status_code == 200 and fault.kind == "cutoff":
        return _CutOff(body, media_type=JSON)
    return answer


def _found(body: bytes | None) -> Response:
    if body is None:
        return Response(b'{"status_code":2003,"status_message":"Not found"}', 404, media_type=JSON)
    return Response(body, media_type=JSON)


def _status(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    reason = REASONS.get(fault.status, "Error")
    page = f"<html><body><h1>{fault.status} {reason}</h1></body></html>"
    return Response(page, fault.status, headers, media_type="text/html")


class _CutOff(Response):
    """Announces the whole body and sends half: the server then closes the connection."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})


class _Nothing(Response):
    """Sends nothing: the connection is gone."""

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        return None


def _reset(request: Request) -> None:
    """End the request's connection with a TCP reset. ASGI cannot do this, so the connection is
    found by the client's address in the server, which `serve` put into the app's state."""
    client = cast(tuple[str, int], request.scope["client"])
    for connection in list(request.app.state.server.server_state.connections):
        if connection.client == client:
            at_once = struct.pack("ii", 1, 0)  # on, 0 s: data not sent yet is dropped, RST is sent
            own = connection.transport.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            connection.transport.abort()
