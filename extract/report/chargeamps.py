"""`wattstar report chargeamps`: what a connector's cars took, from samples of every 30 seconds.

The figures of the Uppsala thesis: energy and power of each vehicle (its figure 22), the currents of
the phases (figure 23), the current against the limit that was set (figure 25). Everything comes
from the marts `sessions`, `measurements` and `connector_current_limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from extract.report import ReportError
from extract.report.charts import Curve, Points, lines
from extract.report.data import Reader, Row, added, marts
from extract.report.page import Chart, Report, Table, cell
from extract.settings import Settings
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings

_SESSION = """
    select id_connector, started_at, coalesce(ended_at, now())
    from sessions where source = 'chargeamps' and source_session_id = %(session)s
"""

_CONNECTOR = "select 1 from connector where id_connector = %(connector)s"

_SESSIONS = """
    select source_session_id, session_type, started_at, ended_at, energy_kwh, measured_energy_kwh,
        measured_difference_kwh, round(connected_minutes), round(charging_minutes),
        round(idle_minutes), max_power_kw
    from sessions
    where id_connector = %(connector)s and started_at < %(end)s
        and coalesce(ended_at, %(end)s) > %(start)s
    order by started_at
"""

_SAMPLES = """
    select measured_at, phase, current_a, voltage_v, power_w
    from measurements
    where id_connector = %(connector)s and measured_at >= %(start)s and measured_at < %(end)s
        and date between %(first_date)s and %(last_date)s
    order by measured_at, phase
"""

_LIMITS = """
    select valid_from, max_current_a
    from connector_current_limits
    where id_connector = %(connector)s and valid_from < %(end)s
        and coalesce(valid_to, %(end)s) >= %(start)s
    order by valid_from
"""

_COLUMNS = (
    *("session", "type", "start", "end", "kWh", "measured kWh", "difference kWh"),
    *("connected min", "charging min", "idle min", "max kW"),
)


def report_session(settings: Settings, session: str) -> Report:
    """The report of one session, by the vendor's id. ReportError where there is none."""
    with marts(settings) as reader:
        found = reader.rows(_SESSION, {"session": session})
        if not found:
            raise ReportError(f"there is no Charge Amps session {session!r} in the marts")
        connector, start, end = found[0]
        return _report(settings, reader, connector, start, end)


def report_connector(settings: Settings, connector: str, start: datetime, end: datetime) -> Report:
    """The report of a connector (`<charge point>:<number>`) between two times; a time without an
    offset is local. Raises ReportError where there are no samples."""
    zone = ZoneInfo(settings.timezone)
    start, end = (at if at.tzinfo else at.replace(tzinfo=zone) for at in (start, end))
    if start >= end:
        raise ReportError(f"--from {start} is not before --to {end}")
    key = connector if connector.startswith("chargeamps:") else f"chargeamps:{connector}"
    with marts(settings) as reader:
        if not reader.rows(_CONNECTOR, {"connector": key}):
            raise ReportError(
                f"there is no connector {connector!r}; write it like 2012012345M:1, and see which "
                "there are in the mart `connector`"
            )
        return _report(settings, reader, key, start, end)


def _report(
    settings: Settings, reader: Reader, connector: str, start: datetime, end: datetime
) -> Report:
    zone = ZoneInfo(settings.timezone)
    given = {
        **{"connector": connector, "start": start, "end": end},
        **{"first_date": start.astimezone(UTC).date(), "last_date": end.astimezone(UTC).date()},
    }
    sessions = [_local(row, zone) for row in reader.rows(_SESSIONS, given)]
    samples, limits = reader.rows(_SAMPLES, given), reader.rows(_LIMITS, given)
    name = connector.removeprefix("chargeamps:")
    energy = [row[4] for row in sessions]
    return Report(
        title=f"Connector {name}",
        facts=[
            ("from", f"{start.astimezone(zone):%Y-%m-%d %H:%M}"),
            ("to", f"{end.astimezone(zone):%Y-%m-%d %H:%M} ({settings.timezone})"),
            ("sessions", f"{len(sessions)}"),
            ("energy", f"{cell(added(energy))} kWh as reported"),
            ("samples", f"{len({row[0] for row in samples}):,}"),
        ],
        tables=[
            Table("sessions", "Sessions", _COLUMNS, sessions),
            Table("samples", "Samples", _SAMPLE_COLUMNS, samples, shown=False),
            Table("limits", "Limits set", ("valid from", "A"), [_local(x, zone) for x in limits]),
        ],
        charts=_charts(settings, samples, limits, (start, end)),
        notes=[] if samples else ["no sample lies in this time: there is nothing to draw"],
    )


_SAMPLE_COLUMNS = ("measured_at", "phase", "current_a", "voltage_v", "power_w")


def _local(row: Row, zone: ZoneInfo) -> Row:
    return tuple(value.astimezone(zone) if isinstance(value, datetime) else value for value in row)


# --- pictures ------------------------------------------------------------------------------------


def _charts(
    settings: Settings,
    samples: list[Row],
    limits: list[Row],
    span: tuple[datetime, datetime],
) -> list[Chart]:
    if not samples:
        return []
    zone = ZoneInfo(settings.timezone)
    gap = timedelta(seconds=3 * ChargeAmpsSettings.of(settings).interval)
    power = [(at, float(sum(watts)) / 1000) for at, watts in _by_time(samples, 4)]
    phases = sorted({row[1] for row in samples if row[2] is not None})
    currents: list[Curve] = [
        (phase, _broken([(row[0], row[2]) for row in samples if row[1] == phase], gap), False)
        for phase in phases
    ]
    most = [(at, float(max(amperes))) for at, amperes in _by_time(samples, 2)]
    panels = [
        ("kW", [("power", _broken(power, gap), False)]),
        ("kWh", [("energy", _energy(power, gap), False)]),
    ]
    against: list[Curve] = [("highest phase current", _broken(most, gap), False)]
    if limits:
        held = [(max(at, span[0]), amperes) for at, amperes in limits]
        against.append(("limit set", [*held, (span[1], held[-1][1])], True))
    return [
        lines("Power, and energy from the start", panels, zone),
        lines("Current of each phase", [("A", currents)], zone),
        lines("Current against the limit set", [("A", against)], zone),
    ]


def _by_time(samples: Sequence[Row], column: int) -> list[tuple[datetime, list[Decimal]]]:
    """The values of a column, of all phases that have one, by time."""
    found: dict[datetime, list[Decimal]] = {}
    for row in samples:
        if row[column] is not None:
            found.setdefault(row[0], []).append(row[column])
    return sorted(found.items())


def _broken(points: Points, gap: timedelta) -> Points:
    """The points, with None where samples are missing, so that no line is drawn across a gap."""
    made: list[tuple[datetime, float | None]] = []
    for at, value in points:
        if made and at - made[-1][0] > gap:
            made.append((made[-1][0] + gap / 3, None))
        made.append((at, value))
    return made


def _energy(power: list[tuple[datetime, float]], gap: timedelta) -> Points:
    """kWh since the first sample, by the trapezoidal rule; a gap adds nothing."""
    total, made = 0.0, list[tuple[datetime, float | None]]()
    for (before, low), (at, high) in pairwise(power):
        made = made or [(before, 0.0)]
        if at - before <= gap:
            total += (low + high) / 2 * (at - before).total_seconds() / 3600
        made.append((at, total))
    return made
