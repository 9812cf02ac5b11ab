"""`wattstar run`: all of a day's steps, then a report of what was done and where it is."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from extract.errors import WattstarError
from extract.local.demo import Timings, demonstrate
from extract.settings import Settings
from extract.steps import build, digest, docs, load, poll, sql, status
from extract.steps.load import content
from extract.vendors import all_about, in_use
from extract.warehouse.database import open_warehouse

ANSWERS = {
    "How full were the sites? Utilisation by city, busiest first": """
        select city, max(charging_points) as charging_points,
            round(100 * sum(occupied_minutes) / nullif(sum(known_minutes), 0), 1)
                as percent_occupied
        from utilisation_city_day
        group by city having max(charging_points) >= 20
        order by percent_occupied desc nulls last limit 8""",
    "When is it busiest? By hour of the day, local time": """
        select t.hour,
            round(100 * sum(u.occupied_minutes) / nullif(sum(u.known_minutes), 0), 1)
                as percent_occupied
        from utilisation_city_hour u
        join (select distinct date_trunc('hour', query_time) as hour_start_at, hour from "time") t
            using (hour_start_at)
        group by t.hour order by percent_occupied desc nulls last limit 5""",
    "Who charged how much? Sessions of the last weeks, by source": """
        select s.source, count(*) as sessions, count(distinct d.pseudonym) as drivers,
            round(sum(s.energy_kwh), 1) as kwh,
            round(sum(s.charging_minutes) / 60) as charging_hours,
            round(100 * sum(s.idle_minutes) / nullif(sum(s.connected_minutes), 0))
                as percent_idle
        from sessions s
        left join driver d on d.id_driver = s.id_driver and d.id_driver <> -1
        where not s.is_void
        group by 1 order by 1""",
    "What is out of order now? With its hours out of order in these days": """
        select s.name as station, s.city, replace(p.id_cp, 'chargecloud:', '') as charging_point,
            round(sum(u.minutes) / 60, 1) as hours
        from (
            select *,
                row_number() over (partition by id_chargingpoint order by started_at desc) as n
            from status_spans_chargingpoints
        ) last
        join status_spans_chargingpoints u using (id_chargingpoint)
        join charging_point p on p.id_cp = id_chargingpoint
        join charging_station s on s.id_cs = p.id_cs
        where last.n = 1 and not last.is_operational and not u.is_operational
            and last.status_cp in ('OUTOFORDER', 'INOPERATIVE')
            and u.status_cp in ('OUTOFORDER', 'INOPERATIVE')
        group by 1, 2, 3 order by hours desc limit 5""",
}


def run(settings: Settings, console: Console) -> bool:
    """Poll, load, build and document; returns whether all went well. Progress goes to `console`,
    the report to standard output."""
    started = time.monotonic()
    if not in_use(settings):
        console.print(
            f"[bold]Wattstar[/bold]: no source is set up ({_one_of()}, …), so this is a "
            "demonstration on synthetic charging networks, served on this machine."
        )
        ok, timings = demonstrate(settings, console)
    else:
        ok, timings = _live(settings, console)
    timings["all"] = time.monotonic() - started
    with open_warehouse(settings):
        report(settings, timings, Console())
    return ok


def _one_of() -> str:
    """For each source, a variable that puts it to use."""
    return ", ".join(
        f"WATTSTAR_{source.name}_{source.in_use_by[-1]}".upper() for source in all_about()
    )


def _live(settings: Settings, console: Console) -> tuple[bool, Timings]:
    """The steps with the real vendors, one after the other."""
    timings: Timings = {}
    with open_warehouse(settings):
        started = time.monotonic()
        for source in in_use(settings):
            _poll(settings, source, console)
        timings["polled"] = time.monotonic() - started
        loaded = load.load(settings, say=console.print)
        built = build.build(settings, say=console.print)
        timings |= {"loaded": loaded.seconds, "built": built.seconds}
        docs.docs(settings)
        written = digest.digest(settings)
    return written.ok, timings


def _poll(settings: Settings, source: str, console: Console) -> None:
    """Poll one source. If it refuses the login, the others are still polled, and the digest says
    so."""
    try:
        failures = poll.poll(settings, source, once=True).failed
    except WattstarError as error:
        failures = [str(error)]
    for failed in failures:
        console.print(f"{source}: failed: {failed}", markup=False)


def report(settings: Settings, timings: Timings, out: Console) -> None:
    """Print partitions, rows, checks, times, the answers to four questions, and where the results
    are."""
    found = status.status(settings)
    out.rule("what was done")
    for entry in found.loaded:
        out.print(
            f"{entry.partition}: {entry.files} files, {content(entry)}, {entry.status}",
            highlight=False,
            soft_wrap=True,
        )
    build = found.steps.get("build", {}).get("result", {})
    counts = ", ".join(f"{count} {name}" for name, count in build.get("nodes", {}).items())
    out.print(f"dbt: {counts}", highlight=False, soft_wrap=True)
    parts = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in timings.items())
    out.print(f"time: {parts}", highlight=False, soft_wrap=True)
    for question, answer in ANSWERS.items():
        out.rule(question)
        sql.show(settings, answer, out)
    out.rule("where it is")
    _where(settings, out)


def _where(settings: Settings, out: Console) -> None:
    places: dict[str, Path | str] = {
        "documentation": settings.docs_dir / "dbt" / "index.html",
        "data quality": settings.docs_dir / "quality" / "index.html",
        "digest": settings.docs_dir / "digest.md",
        "lake": settings.lake_url,
        "warehouse": '.venv/bin/wattstar sql "select * from charging_station limit 5"',
        "how things stand": ".venv/bin/wattstar status",
        "scheduler and sites": "make up",
    }
    here = Path.cwd()
    for name, place in places.items():
        if isinstance(place, Path) and place.is_relative_to(here):
            place = place.relative_to(here)  # noqa: PLW2901
        out.print(f"{name:>20}  {place}", highlight=False, soft_wrap=True)
