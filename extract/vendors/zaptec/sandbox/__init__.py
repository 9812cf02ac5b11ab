"""The sandbox of this vendor."""

from __future__ import annotations

from fastapi import APIRouter

from extract.sandbox.faults import Faults
from extract.sandbox.options import Clock, Options


def router(options: Options, clock: Clock, faults: Faults) -> APIRouter:
    """The vendor's API."""
    return APIRouter()
