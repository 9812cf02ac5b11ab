"""Fixtures for tests of Charge Amps' client, as a plugin of pytest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.sandbox import Sandbox
from extract.settings import Settings
from extract.vendors.sandboxes import running
from tests.integration.chargeamps_account import MORNING, OPTIONS, settings_for


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    """The sandbox's process."""
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(vendor: Sandbox) -> Iterator[Sandbox]:
    """The sandbox without faults, in the morning."""
    yield vendor
    vendor.clear_faults()
    vendor.set_clock(MORNING)


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    """A window of 2 s with four ticks."""
    return settings_for(sandbox.url_of("chargeamps"), tmp_path)
