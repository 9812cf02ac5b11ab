"""docs/sources/ocpp.md: what is kept of every field, made from the declarations.

`python -m extract.vendors.ocpp.poll.redaction.page > docs/sources/ocpp.md`; a test says when the
page is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from extract.vendors.ocpp.poll.redaction.kinds import KINDS
from extract.vendors.ocpp.poll.redaction.messages import ERROR, REQUESTS, RESPONSE
from extract.vendors.ocpp.poll.redaction.settings import HARMLESS, SENSITIVE
from extract.vendors.ocpp.poll.redaction.types import TYPES, Table

_HEAD: Final = """# OCPP: what is kept of a message

Made from `extract/vendors/ocpp/poll/redaction`; edit that, not this page. Field names are those of
OCPP 1.6, 2.0.1 and 2.1, in camel or in snake case. A field that is not listed here is not kept: its
value becomes a pseudonym if its name is one of the standard's, else the field is left out.
`customData` is dropped everywhere.

Other columns of raw: the charge point's identity is kept as it is; a message id that is not of
letters, digits and `_.:/+=-`, and the name of an action that the standard does not know, become
pseudonyms.

## Kinds

| kind | what is kept | anything else | personal |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The page, in Markdown."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for name, kind in KINDS.items():
        kept = "nothing" if not (kind.keeps or kind.numbers or "OCMF" in kind.meaning) else ""
        meaning = f"nothing: {kind.meaning}" if kept else kind.meaning
        action = "null" if kind.action == "drop" else "pseudonym"
        yield f"| {name} | {meaning} | {action} | {'yes' if kind.is_personal else 'no'} |\n"
    yield "\nA kind with a capital is an object, listed below.\n\n## Requests\n\n"
    yield from _tables(REQUESTS)
    yield "\n## Responses\n\nOn the wire a response names no action, so all share one table.\n\n"
    yield from _tables({"any response": RESPONSE, "CALLERROR": ERROR})
    yield "\n## Objects\n\n"
    yield from _tables(TYPES)
    yield "\n## Settings\n\nValues of these are kept, if they consist of numbers, flags, times and "
    yield f"words of the standard:\n{_sorted(HARMLESS)}.\n\nThe names of these are kept, their "
    yield f"values are not: {_sorted(SENSITIVE)}.\n\nOf any other setting neither is.\n"


def _tables(tables: dict[str, Table]) -> Iterator[str]:
    yield "| message or object | kind | fields |\n| --- | --- | --- |\n"
    for name, table in tables.items():
        for kind, fields in table.items() or [("", "none")]:
            yield f"| {name} | {kind} | {', '.join(fields.split())} |\n"


def _sorted(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names, key=str.lower))


if __name__ == "__main__":
    sys.stdout.write(page())
