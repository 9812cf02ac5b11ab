"""`wattstar report zaptec`: what an installation's drivers charged in a month, and what it costs.

A session counts in the month, and on the day, of its start in the business time zone; its cost is
made hour by hour, by when the energy flowed. Everything comes from the marts `sessions`,
`session_energy_hours`, `session_costs` and `driver_month_costs`: SQL gives the same figures.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from extract.reference.tariff import Tariff
from extract.report import ReportError
from extract.report.charts import bars
from extract.report.data import Reader, Row, added, marts
from extract.report.page import Chart, Report, Table, cell
from extract.settings import Settings

_STATIONS = """
    select id_cs, source_id, name, city from charging_station where source = 'zaptec' order by name
"""

_SESSIONS = """
    select
        case when s.id_driver = -1 then 'guest' else d.pseudonym end as driver,
        s.source_session_id as session,
        coalesce(p.uid, replace(s.id_cp, 'zaptec:', '')) as charger,
        s.business_date as day,
        s.started_at,
        s.ended_at,
        s.energy_kwh,
        round(s.connected_minutes / 60, 2) as hours,
        c.cost,
        c.energy_kwh - c.priced_kwh as unpriced_kwh,
        s.intervals_add_up
    from sessions s
    left join driver d on d.id_driver = s.id_driver
    left join charging_point p on p.id_cp = s.id_cp
    left join session_costs c on c.id_session = s.id_session and c.tariff = %(tariff)s
    where s.source = 'zaptec' and s.id_cs = %(id_cs)s and not s.is_void and not s.is_open
        and s.business_date >= %(first)s and s.business_date < %(end)s
    order by s.started_at, s.source_session_id
"""

_HOURS = """
    select h.hour, sum(h.energy_kwh)
    from session_energy_hours h
    join sessions s using (id_session)
    where s.source = 'zaptec' and s.id_cs = %(id_cs)s
        and s.business_date >= %(first)s and s.business_date < %(end)s
    group by 1 order by 1
"""

_DRIVER, _CHARGER, _DAY = 0, 2, 3
_KWH, _TIME, _COST, _UNPRICED, _ADDS_UP = 6, 7, 8, 9, 10


def report(
    settings: Settings, installation: str, month: str, tariff: Tariff | None = None
) -> Report:
    """The report of an installation (its id or its name) for a month (YYYY-MM), with costs by a
    tariff that the warehouse has been given (extract/steps/tariffs.py).

    ReportError where there is no such installation or month.
    """
    first, end = _month(month)
    with marts(settings) as reader:
        id_cs, key, name = _station(reader, installation)
        given = {"id_cs": id_cs, "first": first, "end": end, "tariff": tariff and tariff.name}
        sessions = reader.rows(_SESSIONS, given)
        hours = reader.rows(_HOURS, given)
    return Report(
        title=f"{name}, {month}",
        facts=_facts(settings, key, tariff, sessions),
        tables=_tables(sessions, tariff),
        charts=_charts(sessions, hours),
        notes=_notes(sessions, tariff),
    )


def _month(text: str) -> tuple[date, date]:
    """The first day of the month and of the next one."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ReportError(f"{text!r} is no month: write it like 2026-10")
    year, number = map(int, text.split("-"))
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)


def _station(reader: Reader, wanted: str) -> tuple[int, str, str]:
    """The station's key, the vendor's id and the name of an installation, by its id or its name."""
    known = reader.rows(_STATIONS)
    fold = wanted.strip().casefold()
    found = [row for row in known if fold in (row[1].casefold(), (row[2] or "").casefold())]
    if len(found) == 1:
        id_cs, key, name, _ = found[0]
        return id_cs, key, name or key
    listed = "; ".join(f"{key} ({name}, {city})" for _, key, name, city in known) or "none yet"
    what = "is the name of more than one installation" if found else "is no installation"
    raise ReportError(f"{wanted!r} {what}. Known are: {listed}")


def _facts(
    settings: Settings, key: str, tariff: Tariff | None, sessions: list[Row]
) -> list[tuple[str, str]]:
    facts = [
        ("installation", key),
        ("time zone", settings.timezone),
        ("sessions", f"{len(sessions):,}"),
        ("energy", f"{cell(added([row[_KWH] for row in sessions]))} kWh"),
    ]
    if tariff:
        facts.append(("tariff", f"{tariff.name}, with {tariff.vat_percent} % VAT"))
    return facts


def _tables(sessions: list[Row], tariff: Tariff | None) -> list[Table]:
    unit = [f"cost {tariff.currency}"] if tariff else []
    columns = ["sessions", "kWh", "hours", *unit]
    tables = [
        _grouped("driver", sessions, _DRIVER, columns),
        _grouped("charger", sessions, _CHARGER, columns),
        _grouped("day", sessions, _DAY, columns),
    ]
    if tariff and tariff.fee_per_month:
        tables[0] = _with_monthly_fee(tables[0], tariff)
    names = ["driver", "session", "charger", "day", "started_at", "ended_at", "kWh", "hours"]
    every = [row[: _COST + bool(tariff)] for row in sessions]
    return [*tables, Table("sessions", "Sessions", [*names, *unit], every, shown=False)]


def _grouped(label: str, sessions: list[Row], by: int, columns: list[str]) -> Table:
    groups: dict[str | date, list[Row]] = {}
    for row in sessions:
        groups.setdefault(row[by], []).append(row)

    def sums(rows: list[Row]) -> list[Decimal | int]:
        figures: list[Decimal | int] = [len(rows)]
        figures += [added([row[column] for row in rows]) for column in (_KWH, _TIME, _COST)]
        return figures[: len(columns)]

    rows = [[key, *sums(rows)] for key, rows in sorted(groups.items(), key=_guests_last)]
    total = ["all", *sums(sessions)]
    return Table(f"{label}s", f"By {label}", [label, *columns], rows, total)


def _guests_last(group: tuple[str | date, list[Row]]) -> tuple[bool, str]:
    return group[0] == "guest", str(group[0])


def _with_monthly_fee(table: Table, tariff: Tariff) -> Table:
    """Add two columns: the monthly fee, which every known driver pays once, and the sum."""
    exact = tariff.fee_per_month * (1 + tariff.vat_percent / 100)
    fee = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    rows = [
        [*row, due, row[-1] + due]
        for row in table.rows
        for due in (Decimal("0.00") if row[0] == "guest" else fee,)
    ]
    totals = [added([row[number] for row in rows]) for number in (-2, -1)]
    columns = [*table.columns, "monthly fee", "to pay"]
    return Table(table.name, table.title, columns, rows, [*(table.total or ()), *totals])


def _charts(sessions: list[Row], hours: list[Row]) -> list[Chart]:
    if not sessions:
        return []
    days: dict[date, Decimal] = {}
    for row in sessions:
        days[row[_DAY]] = days.get(row[_DAY], Decimal(0)) + (row[_KWH] or 0)
    by_hour: dict[int, Decimal] = dict(hours)
    return [
        bars("Energy by day", "kWh", [(day, float(days[day])) for day in sorted(days)]),
        bars(
            "Energy by hour of the day",
            "kWh",
            [(hour, float(by_hour.get(hour, 0))) for hour in range(24)],
        ),
    ]


def _notes(sessions: list[Row], tariff: Tariff | None) -> list[str]:
    notes = []
    unpriced = added([row[_UNPRICED] for row in sessions])
    if tariff and unpriced:
        notes.append(
            f"{unpriced:f} kWh lie in hours without a price in tariff {tariff.name}: they are not "
            "in the cost. Complete the tariff and make the report again."
        )
    if off := sum(row[_ADDS_UP] is False for row in sessions):
        notes.append(
            f"of {off} sessions the energy intervals do not add up to the session's energy; the "
            "session's energy counts."
        )
    return notes
