"""Declared records → a page in Markdown: what a vendor sends, and what becomes of each field."""

from __future__ import annotations

from collections.abc import Sequence

from extract.lake.fields import Field, Record

_HEAD = "| field | kind | unit | meaning | typed column | personal |"
_RULE = "| --- | --- | --- | --- | --- | --- |"
_NOTE = (
    "This page is made from the declarations by `python -m extract.vendors.field_pages`; change "
    "those. `personal` says what lands of a field that may name a person: its pseudonym, or "
    "nothing. A field that is not listed is ignored and counted in `unknown_fields`; a value that "
    "its kind cannot hold quarantines the record it stands in."
)


def page(title: str, records: Sequence[Record], about: str = "") -> str:
    """The page: a table per record, in the order given. `about` comes first, as Markdown."""
    parts = [f"# {title}", about.strip(), _NOTE, *(_section(record) for record in records)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(record: Record) -> str:
    rows = [_row(field) for field in record.fields]
    return "\n".join([f"## {record.name}", "", _HEAD, _RULE, *rows])


def _row(field: Field) -> str:
    column = f"`{field.column}`" if field.column else ""
    personal = field.kind.personal
    cells = (f"`{field.name}`", _kind(field), _unit(field), field.meaning, column, personal)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _kind(field: Field) -> str:
    if field.inside is None:
        return field.kind.name
    return f"{field.kind.name}: [{field.inside.name}](#{_anchor(field.inside.name)})"


def _anchor(name: str) -> str:
    return "".join(
        char for char in name.lower().replace(" ", "-") if char.isalnum() or char in "-_"
    )


def _unit(field: Field) -> str:
    """The unit, and the bounds that are declared."""
    if field.least is None and field.most is None:
        return field.unit
    least = "" if field.least is None else f"{field.least:g}"
    most = "" if field.most is None else f"{field.most:g}"
    return f"{field.unit} {least} to {most}".strip()
