"""Whether a body that came with status 200 is an answer of a known form."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from extract.vendors.chargecloud.flatten.envelope import RefusedError
from extract.vendors.chargecloud.flatten.page import Locations, Page, refusal


class Content(NamedTuple):
    """What a body is. `problem`: why nothing in it can be read, None where something can; the
    answer's own timestamp as sent; the address or cursor of the next page, None on the last."""

    problem: str | None
    timestamp: Any = None
    next_page: str | None = None


def content(body: bytes) -> Content:
    """The form of a body, read in the same way as by the flattening."""
    page = Page(Locations())
    try:
        page.read(pa.py_buffer(body))
    except RefusedError as refused:
        return Content(str(refused))
    refused_whole = refusal(page.locations, *page.splitter.slices[:1])
    problem = None if refused_whole is None else str(refused_whole)
    return Content(problem, page.timestamp, page.next_page)


def cut_off(body: bytes) -> str | None:
    """Why a body was cut off, so that it is requested again. None for any complete JSON, which
    would come again."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except RecursionError:  # nested too deep
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return content(body).problem
    return None
