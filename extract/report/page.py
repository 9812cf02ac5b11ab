"""A report as a person sees it: tables in the terminal, a folder with CSV files and a page."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

TEMPLATES = Path(__file__).parent
WATT_HOURS = 3
"""Decimals of a kWh that are shown; more only where there is more to show."""


@dataclass
class Table:
    """Rows under a heading. `name` is the CSV's file name; `total` a last row, where it makes
    sense. Numbers are exact: Decimal, as the warehouse has them."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    total: Sequence[Any] | None = None
    shown: bool = True  # in the terminal and on the page; a CSV is written of every table


@dataclass
class Chart:
    """A picture: SVG as text, and what it shows in words."""

    title: str
    svg: str


@dataclass
class Report:
    """A report. `facts`: pairs that say what it is about. `notes`: what a reader must know."""

    title: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    charts: Sequence[Chart] = ()
    notes: Sequence[str] = field(default_factory=list)


def show(report: Report, out: Console) -> None:
    """Print the report to the terminal."""
    out.rule(report.title)
    for name, value in report.facts:
        out.print(f"{name:>14}  {value}", highlight=False, markup=False, soft_wrap=True)
    for table in report.tables:
        if not table.shown:
            continue
        made = RichTable(title=table.title, title_justify="left", box=box.SIMPLE, pad_edge=False)
        rows = [*table.rows, *([table.total] if table.total else [])]
        if not rows:
            out.print(f"{table.title}: none", highlight=False, markup=False)
            continue
        for number, column in enumerate(table.columns):
            numeric = any(isinstance(row[number], Decimal | int) for row in rows)
            made.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in table.rows:
            made.add_row(*(Text(cell(value)) for value in row))
        if table.total:
            made.add_section()
            made.add_row(*(Text(cell(value), style="bold") for value in table.total))
        out.print(made)
    for note in report.notes:
        out.print(f"note: {note}", highlight=False, markup=False, soft_wrap=True)


def save(report: Report, folder: Path) -> list[Path]:
    """Write `index.html`, which needs no network and prints well, and a CSV file per table."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in report.tables:
        path = folder / f"{table.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(table.columns)
            writer.writerows(
                ["" if value is None else value for value in row] for row in table.rows
            )
        written.append(path)
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters["cell"] = cell
    templates.tests["numeric"] = lambda value: isinstance(value, Decimal | int)
    page = folder / "index.html"
    page.write_text(templates.get_template("report.html").render(report=report), encoding="utf-8")
    return [page, *written]


def cell(value: Any) -> str:
    """A value as text for a person: no exponent, times without seconds, an empty text for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        digits = -int(value.as_tuple().exponent)
        fine = digits > WATT_HOURS and value != round(value, WATT_HOURS)
        return f"{value:,f}" if digits <= WATT_HOURS or fine else f"{value:,.{WATT_HOURS}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
