"""Random charge points against what they truly did: every Wh is in one session or unexplained."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.integration.ocpp_cases import ANNA, BERT, Talk, at, deliver, typed_tables
from tests.integration.ocpp_dbt import load, server

STYLES = ("plain", "minus one", "id again", "from zero", "lost answers", "coarse")


@dataclass
class Truth:
    """What a charge point did: its transactions (start, stop, Wh; NULL where no stop was sent), and
    what its meter rose in all."""

    talk: Talk
    sessions: list[tuple[datetime, datetime | None, int | None]] = field(default_factory=list)
    rose_wh: int = 0


class Player:
    """A charge point that charges a few cars on one connector, and has one way of being odd."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.chance, self.style = chance, chance.choice(STYLES)
        self.is_new = chance.random() < 0.25
        self.truth = Truth(Talk(name, "2.0.1" if self.is_new else "1.6"))
        self.now, self.transaction = at(1), 1000
        self.meter = self.first = chance.choice([0, 500, 30_000, 5_000_000])

    def play(self) -> Truth:
        self.truth.talk.boot(self.now)
        for _ in range(self.chance.randint(1, 5)):
            self._charge()
        self.truth.rose_wh = self.meter - self.first
        return self.truth

    def _wait(self, least: int, most: int) -> None:
        self.now += timedelta(minutes=self.chance.randint(least, most))

    def _charge(self) -> None:
        self._wait(10, 200)
        self.transaction = 1 if self.style == "id again" else self.transaction + 1
        began, start = self.now, self.meter
        self._start()
        for _ in range(self.chance.randint(0, 5)):
            self._take()
            self._sample(start)
        self._take()
        if self.chance.random() < 0.85:
            self._stop()
            self.truth.sessions.append((began, self.now, self.meter - start))
            return
        self.truth.sessions.append((began, None, None))
        if self.chance.random() < 0.5:
            self._wait(3, 3)
            self.truth.talk.boot(self.now)

    def _take(self) -> None:
        self._wait(2, 20)
        self.meter += self.chance.randint(0, 4000)

    def _start(self) -> None:
        talk, tag = self.truth.talk, self.chance.choice([ANNA, BERT])
        if self.is_new:
            number = str(self.transaction)
            talk.event(self.now, "Started", number, register=self.meter, token=tag)
            return
        is_lost = self.style == "lost answers" and self.chance.random() < 0.5
        talk.start(self.now, None if is_lost else self.transaction, self.meter, tag=tag)
        if not is_lost and self.chance.random() < 0.2:
            again = self.now + timedelta(seconds=40)
            talk.start(again, self.transaction, self.meter, tag=tag, own=self.now)

    def _sample(self, start: int) -> None:
        register = {"from zero": self.meter - start, "coarse": self.meter // 10 * 10}
        if self.is_new:
            number = str(self.transaction)
            self.truth.talk.event(self.now, "Updated", number, register=self.meter, evse=None)
        else:
            found = register.get(self.style, self.meter)
            self.truth.talk.sample(self.now, self._named(), found, 6000)

    def _stop(self) -> None:
        if self.is_new:
            number = str(self.transaction)
            self.truth.talk.event(self.now, "Ended", number, register=self.meter, evse=None)
        else:
            self.truth.talk.stop(self.now, self._named(), self.meter)

    def _named(self) -> int:
        return -1 if self.style == "minus one" else self.transaction


@pytest.mark.timeout(300)
def test_every_watt_hour_is_in_one_session_or_unexplained(tmp_path):
    chance = random.Random(20_260_511)
    truths = [Player(f"R{number}", chance).play() for number in range(200)]
    with server(tmp_path) as dbt:
        dbt.start_anew()
        deliver(dbt.settings, "all", [line for truth in truths for line in truth.talk.lines])
        load(dbt, typed_tables(dbt.settings), [])
        tables = ("--select", "+path:models/marts/ocpp", "+session_energy_intervals")
        dbt.build("--full-refresh", *tables, "--exclude-resource-type", "test")
        sessions = defaultdict(list)
        for cp, *row in dbt.rows(
            "select id_cp, started_at, ended_at, energy_kwh, intervals_energy_kwh from "
            "marts.sessions order by id_cp, started_at"
        ):
            sessions[cp].append(row)
        unexplained = dict(
            dbt.rows(
                "select id_cp, sum(unexplained_kwh) from marts.ocpp_unexplained_energy group by 1"
            )
        )
    for truth in truths:
        cp = f"ocpp:{truth.talk.cp}"
        found = sessions[cp]
        assert [row[0] for row in found] == [start for start, *_ in truth.sessions], cp
        for (_, end, wh), (_, ended, energy, intervals) in zip(truth.sessions, found, strict=True):
            assert end is None or (ended, energy) == (end, Decimal(wh or 0) / 1000), cp
            assert intervals is None or intervals == energy, cp
        if truth.sessions[-1][1] is not None:
            explained = sum(row[2] or 0 for row in found)
            assert explained + unexplained.get(cp, 0) == Decimal(truth.rose_wh) / 1000, cp
