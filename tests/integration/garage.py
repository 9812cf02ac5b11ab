"""An invented garage: sessions with intervals, samples and settings as typed rows, and what the
marts have to make of a session's hours, worked out in fractions and without SQL."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa
from psycopg2.extensions import connection as Connection

from extract.lake.schemas import TABLES
from extract.warehouse.copy import copy

HOUR = timedelta(hours=1)
TICK = timedelta(seconds=30)
Rows = dict[str, list[dict[str, Any]]]


def session(
    key: str, reported_at: datetime, start: datetime | None, end: datetime | None, **more: Any
) -> dict[str, Any]:
    """A Zaptec session as an answer of the time `reported_at` has it."""
    row = {
        "source": "zaptec",
        "scope": "garage",
        "stream": "sessions",
        "session_id": key,
        "query_time": reported_at,
        "date": reported_at.date(),
        "charging_point_id": "z1",
        "connector_id": "z1",
        "started_at": start,
        "ended_at": end,
    }
    return row | more


def intervals(of: dict[str, Any], *pieces: tuple[datetime, datetime, float]) -> list[dict]:
    """The metered intervals of the same answer."""
    same = {name: of[name] for name in ("source", "scope", "stream", "date", "session_id")}
    return [
        same
        | {
            "interval_start_at": start,
            "interval_end_at": end,
            "energy_kwh": energy,
            "method": "amounts",
        }
        for start, end, energy in pieces
    ]


def samples(
    connector: str, start: datetime, currents: Iterable[tuple[float, float, float] | None]
) -> list[dict]:
    """Charge Amps samples of every tick from `start` on, 230 V on three phases; None is a tick that
    was missed."""
    rows = []
    for tick, amps in enumerate(currents):
        at = start + tick * TICK
        for phase, current in zip(("L1", "L2", "L3"), amps or (), strict=False):
            rows.append(
                {
                    "source": "chargeamps",
                    "scope": "ca1",
                    "stream": "status",
                    "date": at.date(),
                    "connector_id": connector,
                    "measured_at": at,
                    "phase": phase,
                    "current_a": current,
                    "voltage_v": 230.0,
                    "session_id": None,
                }
            )
    return rows


def asset(source: str, charging_point: str, station: str, at: datetime) -> Rows:
    """Master data of a station with one charging point and connector."""
    same = {
        "source": source,
        "scope": station,
        "stream": "assets",
        "date": at.date(),
        "first_query_time": at,
        "last_query_time": at,
    }
    return {
        "stations": [same | {"station_id": station, "name": f"Garage {station}"}],
        "charging_points": [
            same | {"charging_point_id": charging_point, "station_id": station},
        ],
        "connectors": [
            same | {"connector_id": charging_point, "charging_point_id": charging_point},
        ],
    }


def merged(*many: Rows) -> Rows:
    """All of them together."""
    found: Rows = defaultdict(list)
    for rows in many:
        for name, values in rows.items():
            found[name] += values
    return found


def load(connection: Connection, rows: Rows, days: Iterable[date] | None = None) -> None:
    """Replace the typed rows of these dates, or of all, by these."""
    wanted = None if days is None else list(days)
    with connection, connection.cursor() as cursor:
        for name, schema in TABLES.items():
            where = "" if wanted is None else "where date = any(%s)"
            cursor.execute(f"delete from typed.{name} {where}", [wanted] if where else None)
            kept = [row for row in rows.get(name, ()) if wanted is None or row["date"] in wanted]
            if kept:
                copy(cursor, name, pa.Table.from_pylist(kept, schema=schema))


def reported_sessions(start: datetime, days: int, seed: int) -> Rows:
    """Some sessions a day. Each is reported when it ends and again on up to three later days:
    corrected, made void, or unchanged."""
    chance = random.Random(seed)
    rows: Rows = {"sessions": [], "session_energy_intervals": []}
    for number in range(days * 6):
        key = f"r{number:03}"
        begin = start + timedelta(minutes=chance.randrange(days * 1440), seconds=number)
        pieces = []
        at = begin
        for _ in range(chance.randrange(9)):
            length = timedelta(minutes=chance.choice((7, 15, 60, 61, 180)))
            pieces.append((at, at + length, chance.choice((0.0, 1.234567, 3.7, 0.000333))))
            at += length
        end = at + timedelta(minutes=chance.randrange(1, 2000))
        for later in sorted({0, *chance.sample(range(1, 6), chance.randrange(4))}):
            reported_at = end + timedelta(days=later, minutes=3)
            mine = session(
                key,
                reported_at,
                begin,
                end,
                driver=chance.choice(("p_anna", "p_bo", None)),
                charging_point_id=(cp := chance.choice(("z1", "z2", "z9"))),
                connector_id=cp,
                energy_kwh=round(sum(piece[2] for piece in pieces) * chance.choice((1, 1, 1.3)), 6)
                if pieces
                else 7.7,
                is_void=chance.random() < 0.1,
                replaced_by="r000" if chance.random() < 0.05 else None,
            )
            if mine["date"] < (start + timedelta(days=days)).date():
                rows["sessions"].append(mine)
                rows["session_energy_intervals"] += intervals(mine, *pieces)
    return rows


def hours(
    energy: Fraction, pieces: Iterable[tuple[datetime, datetime, Fraction]]
) -> dict[datetime, Fraction]:
    """What of a session's energy belongs to each hour of UTC, by its pieces' shares, unrounded."""
    found: dict[datetime, Fraction] = defaultdict(Fraction)
    total = Fraction(0)
    for start, end, weight in pieces:
        at = start
        total += weight
        while at < end:
            hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            until = min(hour + HOUR, end)
            found[hour] += weight * Fraction((until - at) / (end - start))
            at = until
    return {hour: energy * weight / total for hour, weight in found.items()}
