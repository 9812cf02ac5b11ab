"""An invented fleet whose every answer is known: its typed tables, and what the marts have to say
about it, worked out answer by answer and without SQL."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from extract.lake.schemas import TABLES

BERLIN = ZoneInfo("Europe/Berlin")
GAP = timedelta(minutes=20)
OCCUPIED = ("CHARGING", "BLOCKED")
BROKEN = ("OUTOFORDER", "INOPERATIVE")
WORDS = ("AVAILABLE", "CHARGING", "BLOCKED", "OUTOFORDER", "UNKNOWN", "ODD_WORD", None)

MASTERS = {"chargingpoint": "charging_points", "connector": "connectors"}

Unit = tuple[str, str]  # kind, the vendor's id


@dataclass(frozen=True)
class Poll:
    """One answer of a scope: what it says about its units, and the name of station S1 in it."""

    scope: str
    time: datetime
    ok: bool
    statuses: dict[Unit, str | None] = field(default_factory=dict)
    name: str = "Old"

    @property
    def day(self) -> date:
        """The UTC date: the partition."""
        return self.time.astimezone(UTC).date()


def fleet(start: datetime, days: int, seed: int = 1) -> list[Poll]:
    """Polls of two cities, about every ten minutes: failures, pauses, units that come and go, a
    charging point (P1) that both list, a station that is renamed now and then."""
    chance = random.Random(seed)
    polls = []
    for scope, keys in (("bonn", ("1", "2", "3")), ("koeln", ("1", "4"))):
        at, name = start, "Old"
        states: dict[Unit, str | None] = {}
        while at < start + timedelta(days=days):
            if chance.random() < 0.01:
                name = chance.choice(("Old", "New", "Newer"))
            for key in keys:
                if chance.random() < 0.1 or ("chargingpoint", f"P{key}") not in states:
                    states["chargingpoint", f"P{key}"] = chance.choice(WORDS)
                    states["connector", f"C{key}"] = chance.choice(WORDS)
            there = {unit: word for unit, word in states.items() if chance.random() > 0.01}
            polls.append(Poll(scope, at, chance.random() > 0.03, there, name))
            at += timedelta(seconds=chance.choice((590, 600, 600, 607, 1200, 1201, 1900)))
    return [poll if poll.ok else Poll(poll.scope, poll.time, ok=False) for poll in polls]


# --- typed tables --------------------------------------------------------------------------------


def typed(polls: Iterable[Poll]) -> dict[str, pa.Table]:
    """The typed tables of some polls, whole partitions of them."""
    rows: dict[str, list[dict]] = {name: [] for name in TABLES}
    by_day = groupby(sorted(polls, key=_where), key=lambda poll: (poll.scope, poll.day))
    for (scope, day), group in by_day:
        where = {"source": "chargecloud", "stream": "poi", "scope": scope, "date": day}
        answers = list(group)
        rows["polls"] += [where | _poll(poll) for poll in answers]
        units = sorted({unit for poll in answers for unit in poll.statuses})
        for kind, key in units:
            runs = _runs(answers, lambda poll, unit=(kind, key): poll.statuses.get(unit, ...))
            rows["status_spans"] += [
                where
                | {"unit": kind, "unit_id": key, "status": word, "polls": len(run)}
                | _seen(run)
                for word, run in runs
            ]
            rows[MASTERS[kind]] += [where | _master(kind, key) | _seen(answers)]
        rows["stations"] += [
            where | {"station_id": "S1", "name": name, "city": "Bonn"} | _seen(run)
            for name, run in _runs([poll for poll in answers if poll.ok], lambda poll: poll.name)
        ]
    return {name: pa.Table.from_pylist(rows[name], schema=TABLES[name]) for name in TABLES}


def _where(poll: Poll) -> tuple:
    return poll.scope, poll.time


def _poll(poll: Poll) -> dict:
    return {
        "query_time": poll.time,
        "outcome": "ok" if poll.ok else "http_error",
        "records": len(poll.statuses),
        "unreadable_records": 0,
        "duplicate_records": 0,
        "requested_at": poll.time,
    }


def _runs(answers: list[Poll], value: Any) -> list[tuple[Any, list[Poll]]]:
    """Runs of equal values in consecutive polls; `...` is no value. A failed poll has none."""
    return [
        (said, list(run))
        for said, run in groupby(answers, key=lambda poll: value(poll) if poll.ok else ...)
        if said is not ...
    ]


def _seen(run: list[Poll]) -> dict:
    return {"first_query_time": run[0].time, "last_query_time": run[-1].time}


def _master(kind: str, key: str) -> dict:
    if kind == "chargingpoint":
        return {"charging_point_id": key, "station_id": "S2" if key == "P4" else "S1"}
    return {"connector_id": key, "charging_point_id": key.replace("C", "P"), "max_power_kw": 22.0}


# --- what the marts have to say ------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """From when to when a unit was known to have a status: one answer and what it is worth."""

    unit: Unit
    status: str
    start: datetime
    end: datetime


def held(polls: list[Poll]) -> list[Held]:
    """What each answer is worth. Of the scopes that answer for a unit on a date the first by name
    counts, and it holds at most until the unit's next answer that counts."""
    counts: dict[tuple[Unit, date], str] = {}
    for poll in sorted(polls, key=_where, reverse=True):
        counts |= {(unit, poll.day): poll.scope for unit in poll.statuses}
    answers: dict[Unit, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for _, group in groupby(sorted(polls, key=_where), key=lambda poll: poll.scope):
        row = list(group)
        for poll, following in zip(row, [*row[1:], None], strict=True):
            good = following and following.ok and following.time - poll.time <= GAP
            until = following.time if following and good else poll.time
            for unit, word in poll.statuses.items():
                if counts[unit, poll.day] == poll.scope:
                    answers[unit].append((poll.time, until, conformed(word)))
    found = []
    for unit, times in answers.items():
        times.sort()
        for (start, until, status), after in zip(times, [*times[1:], None], strict=True):
            found.append(Held(unit, status, start, min(until, after[0]) if after else until))
    return found


def versions(polls: list[Poll]) -> list[tuple[str, datetime, datetime]]:
    """The versions of station S1: name, first and last answer. Of the scopes that answer on a date
    the first by name counts."""
    good = [poll for poll in sorted(polls, key=lambda poll: (poll.time, poll.scope)) if poll.ok]
    counts = {poll.day: poll.scope for poll in sorted(good, key=_where, reverse=True)}
    chosen = [poll for poll in good if counts[poll.day] == poll.scope]
    runs = [(name, list(run)) for name, run in groupby(chosen, key=lambda poll: poll.name)]
    return [(name, run[0].time, run[-1].time) for name, run in runs]


def conformed(word: str | None) -> str:
    """OCPI's word for the vendor's."""
    return "UNKNOWN" if word is None or word == "ODD_WORD" else word


def minutes(pieces: Iterable[Held], cell: timedelta, zone: Any) -> dict[tuple, dict[str, float]]:
    """Minutes by charging point and hour of UTC (`cell` an hour) or business date (a day)."""
    found: dict[tuple, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for piece in pieces:
        at = piece.start
        while piece.unit[0] == "chargingpoint" and at < piece.end:
            begin, end = _cell(at, cell, zone)
            length = (min(end, piece.end) - at).total_seconds() / 60
            sums = found[piece.unit[1], begin]
            sums["observed"] += length
            sums["known"] += length * (piece.status != "UNKNOWN")
            sums["occupied"] += length * (piece.status in OCCUPIED)
            sums["charging"] += length * (piece.status == "CHARGING")
            sums["out_of_order"] += length * (piece.status in BROKEN)
            at = end
    return found


def _cell(at: datetime, cell: timedelta, zone: Any) -> tuple[datetime, datetime]:
    if cell == timedelta(hours=1):
        begin = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return begin, begin + cell
    local = at.astimezone(zone).date()
    midnights = [
        datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
        for day in (local, local + timedelta(days=1))
    ]
    return midnights[0], midnights[1]
