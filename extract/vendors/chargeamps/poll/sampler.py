"""Status samples on a steady clock: one window per poll, one file per window.

A window of `WATTSTAR_CHARGEAMPS_WINDOW` seconds is sampled at every tick (see `ticks`): each charge
point once, `WORKERS` at a time, and never later than nine tenths of the interval, so that a slow
charge point cannot hold up the next tick. Who comes up to a quarter of a window too early waits
for the next window; who comes late samples the rest of the present one. What was not asked for in
time lands as an answer without status whose error begins with `missed`: ticks that came too late,
ticks between the death of a sampler and the next start, and ticks before a late start if the window
before had been sampled. SIGTERM and Ctrl-C end a window early, and what it has lands.

Samples are kept on the disk until they have landed (see `spool`), so memory does not grow with the
window. Settings of connectors are read once per window, in the time that samples leave.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from extract.http import Exchange
from extract.settings import Settings
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargeamps.poll.client import WORKERS, Client, points
from extract.vendors.chargeamps.poll.spool import Head, Spool, left_behind, take
from extract.vendors.chargeamps.poll.ticks import Clock, Window, ticks, window

LEAD = 0.25  # of a window, that one may come too early
SHARE = 0.9  # of an interval, that samples may take
ONCE = timedelta(seconds=30)  # that a single sample may take
POINTS = 15.0  # seconds that we wait for the list of charge points where an older one is known
_told = logging.getLogger("wattstar")


def sample(
    client: Client, settings: Settings, clock: Clock, *, once: bool = False
) -> Iterator[list[Exchange]]:
    """Sample the window of now and land it; `once`: take a single sample instead, at once."""
    if once:
        yield from _once(client, clock)
        return
    own = ChargeAmpsSettings.of(settings)
    length = timedelta(seconds=own.window)
    interval = timedelta(seconds=own.interval)
    lead = max(length * LEAD, interval)  # nothing is left to sample after the last tick
    folder = client.home / "spool"
    for left in left_behind(folder, window(clock.now(), length, lead)):
        with closing(left):
            yield from _finished(client, left, clock)
    span = window(clock.now(), length, lead)
    if clock.stopped:
        return
    spool = take(folder, span)
    if spool is None:
        _told.warning("chargeamps: the window from %s is being sampled already", span.start)
        return
    with closing(spool):
        yield from _sampled(client, span, interval, spool, clock)


def _sampled(
    client: Client, span: Window, interval: timedelta, spool: Spool, clock: Clock
) -> Iterator[list[Exchange]]:
    sampling = _Sampling(client, interval, clock)
    with stopping(clock):
        sampling.window(span, spool)
    yield from _landed(spool)
    yield sampling.assets


def _finished(client: Client, spool: Spool, clock: Clock) -> Iterator[list[Exchange]]:
    """What a sampler left who died: its window is sampled to its end if there is any of it left,
    as it is where the next one begins soon. The ticks that nobody lived to see were missed."""
    head, now = None if spool.is_done else spool.head(), clock.now()
    if head and now < head.end:
        yield from _sampled(client, Window(head.start, head.end), head.interval, spool, clock)
        return
    for at in head.ticks(spool.last()) if head else ():
        why = "the sampler had been stopped"
        spool.add([client.missed(point, at, now, why) for point in head.points] if head else [])
    yield from _landed(spool)


def _once(client: Client, clock: Clock) -> Iterator[list[Exchange]]:
    sampling = _Sampling(client, ONCE, clock)
    sampling.ask_for_points()
    with ThreadPoolExecutor(WORKERS) as workers:
        samples = sampling.round(clock.now(), workers)
    yield samples
    yield sampling.assets


def _landed(spool: Spool) -> Iterator[list[Exchange]]:
    """What is in it lands, and then it is gone."""
    spool.done()
    if exchanges := spool.exchanges():
        yield exchanges
    spool.delete()


class _Sampling:
    """What one window needs."""

    def __init__(self, client: Client, interval: timedelta, clock: Clock) -> None:
        self.client, self.interval, self.clock = client, interval, clock
        self.assets: list[Exchange] = []
        self.points: list[str] = []
        self.plugs: deque[tuple[str, str]] = deque()  # whose settings have not been read yet

    def ask_for_points(self) -> None:
        """Which charge points there are; where that is not told, those of the last time."""
        known = self.client.known()
        owned = self.client.owned(seconds=POINTS if known else None)
        found = points(owned) if owned.ok else known
        self.assets.append(owned)
        self.points = [point.id for point in found]
        self.plugs += [(point.id, number) for point in found for number in point.connectors]

    def window(self, span: Window, spool: Spool) -> None:
        """Sample a window, or what is left of it."""
        mark = _Mark(self.client.home / "sampled_to")
        now = self.clock.now()
        self.ask_for_points()
        if not self.points:
            return
        begin = self._begin(span, spool, mark.is_at(span.start), now)
        with ThreadPoolExecutor(WORKERS) as workers:
            for tick in ticks(begin, span.end, self.interval, self.clock):
                if tick.is_missed:
                    spool.add([self._missed(point, tick.at) for point in self.points])
                else:
                    spool.add(self.round(tick.at, workers))
                    self._settings(tick.at, workers)
        if not self.clock.stopped:
            mark.set(span.end)

    def _begin(self, span: Window, spool: Spool, goes_on: bool, now: datetime) -> datetime:
        """From when on the ticks are ours: after those that a sampler who died has taken; from the
        window's start where the window before was sampled to its end; else from now."""
        if spool.head() is not None:
            last = spool.last()
            if last is not None:
                return last + self.interval
            goes_on = True
        begin = span.start if goes_on else max(now, span.start)
        if spool.head() is None:
            spool.begin(Head(span.start, span.end, self.interval, begin, self.points))
        return begin

    def round(self, at: datetime, workers: ThreadPoolExecutor) -> list[Exchange]:
        """A sample of every charge point."""
        until = at + self.interval * SHARE

        def one(point: str) -> Exchange:
            left = (until - self.clock.now()).total_seconds()
            if left <= 0 or self.clock.stopped:
                return self._missed(point, at)
            return self.client.status(point, at, left)

        return list(workers.map(one, self.points))

    def _missed(self, point: str, at: datetime) -> Exchange:
        stopped = self.clock.stopped
        why = "sampling was stopped" if stopped else "its time was over before it could be asked"
        return self.client.missed(point, at, self.clock.now(), why)

    def _settings(self, at: datetime, workers: ThreadPoolExecutor) -> None:
        """Read settings until it is nearly time for the next tick."""
        until = at + self.interval * SHARE

        def one(plug: tuple[str, str]) -> Exchange:
            left = (until - self.clock.now()).total_seconds()
            return self.client.settings(*plug, seconds=left)

        while self.plugs and self.clock.now() < at + self.interval / 2:
            if self.clock.stopped:
                return
            some = [self.plugs.popleft() for _ in range(min(WORKERS, len(self.plugs)))]
            self.assets += workers.map(one, some)


class _Mark:
    """Up to when everything has been sampled, in a file: tells a late start from a first one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_at(self, at: datetime) -> bool:
        """Whether it was an instant, at or after this one."""
        try:
            return datetime.fromisoformat(self.path.read_text()) >= at
        except (FileNotFoundError, ValueError):
            return False

    def set(self, at: datetime) -> None:
        """Set it."""
        self.path.write_text(at.isoformat())


@contextmanager
def stopping(clock: Clock) -> Iterator[None]:
    """SIGTERM and Ctrl-C stop the clock; only a process's main thread can arrange for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Callable[..., Any] | int | None] = {}

    def stop(*_: Any) -> None:
        clock.stopped = True

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
