"""The sandbox with every vendor: their APIs on loopback, from synthetic fleets.

A vendor's room `sandbox` may offer `router(options, clock, faults)`, the routes of its API, and
`prepare(settings, start, end)`, which writes the files that its poller reads (both instants with a
time zone). `serve` runs until stopped, `running` in a child process for a `with` block.

    python -m extract.vendors.sandboxes SOCKET OPTIONS    the child process of `running`
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from extract.sandbox import Options, Sandbox, server
from extract.sandbox.app import create_app
from extract.settings import Settings
from extract.vendors import SOURCES, about, settings_of


def app(options: Options | None = None) -> FastAPI:
    """The app with the API of every vendor that has one. ValueError where an option is refused."""
    return create_app(options or Options(), {source: _room(source).router for source in served()})


def served() -> list[str]:
    """The sources with an API in the sandbox."""
    return [source for source in SOURCES if hasattr(_room(source), "router")]


def serve(options: Options | None = None, port: int = server.PORT) -> None:
    """Serve on loopback until SIGINT or SIGTERM. SandboxError where the port is taken."""
    server.serve(app(options), port)


def running(options: Options | None = None, port: int = 0) -> AbstractContextManager[Sandbox]:
    """A sandbox in a child process; it ends with the block. SandboxError if it does not start."""
    return server.running(__name__, options, port)


def sandbox_settings(settings: Settings, sandbox: Sandbox) -> Settings:
    """The settings with which every source polls the sandbox."""
    values: dict[str, Any] = {}
    for source in SOURCES:
        given = given_by(source, sandbox, settings.home)
        values |= {f"{source}_{name}": value for name, value in given.items()}
    return settings.model_copy(update=values)


def given_by(source: str, sandbox: Sandbox, home: Path) -> dict[str, str]:
    """A source's own settings for the sandbox: its address, and what `Demo.settings` says."""
    url = {"url": sandbox.url_of(source)} if about(source).connection.has_url else {}
    return url | {name: text.format(home=home) for name, text in about(source).demo.settings}


def prepare(settings: Settings, source: str, start: datetime, end: datetime) -> None:
    """Write the files that a source's poller reads, where it reads files."""
    if hasattr(_room(source), "prepare"):
        _room(source).prepare(settings_of(settings, source), start, end)


def _room(source: str) -> Any:
    try:
        return import_module(f"extract.vendors.{source}.sandbox")
    except ModuleNotFoundError as error:
        if error.name == f"extract.vendors.{source}.sandbox":
            return None
        raise


if __name__ == "__main__":
    server.child(app(Options.model_validate_json(sys.argv[2])), int(sys.argv[1]))
