"""What a request asks for: parameters, windows of time, pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import Request

T = TypeVar("T")
PAGE_SIZE, PAGE_SIZE_MAX = 50, 100
ARCHIVED_PAGE_SIZE_MAX = 200


class Refused(Exception):
    """The request gets an error with this status, and a text or a code of the vendor's."""

    def __init__(self, status: int, message: str = "", code: int | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class Query:
    """The parameters of a request, whatever the case of their names."""

    def __init__(self, request: Request) -> None:
        self.given = {name.lower(): value for name, value in request.query_params.items()}

    def text(self, name: str) -> str | None:
        """A parameter; an empty one is none."""
        return self.given.get(name.lower()) or None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number, cut to its limits."""
        given = self.text(name)
        try:
            return default if given is None else min(max(int(given), low), high)
        except ValueError as error:
            raise Refused(400, f"{name} is no number") from error

    def instant(self, name: str) -> datetime | None:
        """A time; without an offset it is UTC."""
        given = self.text(name)
        if given is None:
            return None
        try:
            at = datetime.fromisoformat(given.replace(" ", "+"))  # a plus that was not escaped
        except ValueError as error:
            raise Refused(400, f"{name} is no time") from error
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def page(self, rows: Sequence[T]) -> tuple[int, Sequence[T]]:
        """How many pages there are, and the rows of the one that is asked for."""
        size = self.number("PageSize", PAGE_SIZE, 1, PAGE_SIZE_MAX)
        index = self.number("PageIndex", 0, 0, 10**9)
        return -(-len(rows) // size), rows[index * size : (index + 1) * size]

    @property
    def page_number(self) -> int:
        """Of `PageIndex` or of the cursor; 0 is the first."""
        return self.cursor()[0] if self.text("Cursor") else self.number("PageIndex", 0, 0, 10**9)

    def cursor(self) -> tuple[int, tuple[int, str]]:
        """The page's number, and after which session (its end, its id) it goes on."""
        given = self.text("Cursor")
        if given is None:
            return 0, (0, "")
        try:
            page, ended, session = base64.urlsafe_b64decode(given).decode().split("/")
            return int(page), (int(ended), session)
        except (ValueError, binascii.Error) as error:
            raise Refused(400, "Cursor is not valid") from error


def cursor(page: int, ended_ms: int, session: str) -> str:
    """What leads to the page with this number, after a session."""
    return base64.urlsafe_b64encode(f"{page}/{ended_ms}/{session}".encode()).decode()


def paged(pages: int, rows: list[Any]) -> dict[str, Any]:
    """The envelope of a page."""
    return {"Pages": pages, "Data": rows}
