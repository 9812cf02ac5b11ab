"""The pictures of reports, drawn by matplotlib as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib
from matplotlib import dates as axis_dates
from matplotlib.figure import Figure

from extract.report.page import Chart

WIDTH, HEIGHT = 9.0, 3.0  # inches
COLOURS = ("#1b6ca8", "#e07a1f", "#3a9a5b", "#8a4fbf", "#c23b3b", "#7a7a7a")
STYLE = {
    "svg.fonttype": "none",  # text stays text: small, searchable, printed in the page's font
    "svg.hashsalt": "wattstar",  # the same report is the same file
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.prop_cycle": f"cycler(color={COLOURS})",
}
Points = Sequence[tuple[datetime, float | None]]


def bars(title: str, unit: str, values: Sequence[tuple[Any, float]]) -> Chart:
    """A bar for each label: the day of the month for a date, else the hour of the day."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.subplots()
        labels = [str(label.day if isinstance(label, date) else label) for label, _ in values]
        axes.bar(range(len(values)), [value for _, value in values], zorder=2)
        axes.set_xticks(range(len(labels)), labels)
        axes.set_ylabel(unit)
        return Chart(title, _svg(figure))


def lines(title: str, series: Sequence[Panel], zone: ZoneInfo) -> Chart:
    """Curves over time, in panels below each other. A gap in the points is a gap in the curve.
    Times are shown in the business time zone."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT * len(series)), layout="constrained")
        grid = figure.subplots(len(series), sharex=True, squeeze=False)
        for axes, (unit, curves) in zip(grid[:, 0], series, strict=True):
            for name, points, steps in curves:
                times = [at for at, _ in points]
                values = [float("nan") if value is None else value for _, value in points]
                style = "steps-post" if steps else "default"
                axes.plot(times, values, label=name, linewidth=1.2, drawstyle=style)
            axes.set_ylabel(unit)
            axes.axhline(0, color="none")  # so that the axis reaches down to it
            if curves:
                place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": len(curves)}
                axes.legend(**place, fontsize="small", frameon=False)
            locator = axis_dates.AutoDateLocator(tz=zone)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(axis_dates.ConciseDateFormatter(locator, tz=zone))
        return Chart(title, _svg(figure))


Curve = tuple[str, Points, bool]
"""Its name, its points, and whether a value holds until the next one."""
Panel = tuple[str, Sequence[Curve]]
"""The unit of the axis, and the curves."""


def _svg(figure: Figure) -> str:
    sink = io.StringIO()
    figure.savefig(sink, format="svg", metadata={"Date": None})
    text = sink.getvalue()
    return text[text.index("<svg") :]
