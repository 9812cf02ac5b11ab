"""Status samples on a steady clock: one window per poll, one raw file per window.

A window of `WATTSTAR_CHARGEAMPS_WINDOW` seconds is sampled at every tick (see `ticks`): each
organisation with one request, and each charge point without one with another, `WORKERS` at a time.
A request is given up after nine tenths of the interval, so that it cannot delay the next tick. A
process that starts up to a quarter of a window too early waits for the next window; one that starts
late samples the rest of the present one. What was not asked for in time lands as an answer without
status whose error begins with `missed`: ticks that came too late, ticks between the death of one
process and the start of the next, and ticks before a late start if the window before was sampled to
its end. SIGTERM and Ctrl-C end a window early and land what it has.

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
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargeamps.poll.client import WORKERS, Client, Target
from extract.vendors.chargeamps.poll.fleet import is_refused, survey, with_statements
from extract.vendors.chargeamps.poll.spool import Head, Spool, left_behind, take
from extract.vendors.chargeamps.poll.ticks import Clock, Window, ticks, window

LEAD = 0.25  # of a window: how much too early a process may start
SHARE = 0.9  # of an interval: how long samples may take
ONCE = timedelta(seconds=30)  # how long a single sample may take
_log = logging.getLogger("wattstar")


def sample(
    client: Client, settings: Settings, clock: Clock, land: Landing, *, once: bool = False
) -> None:
    """Sample the window of now and land it; `once`: take a single sample instead, at once. Before a
    window, land those of processes that died, or sample them to their end."""
    if once:
        _sample_once(client, clock, land)
        return
    own = ChargeAmpsSettings.of(settings)
    length, interval = timedelta(seconds=own.window), timedelta(seconds=own.interval)
    lead = max(length * LEAD, interval)  # nothing is left to sample after the last tick
    folder = client.home / "spool"
    for left in left_behind(folder, window(clock.now(), length, lead)):
        with closing(left):
            _finish(client, left, clock, land)
    span = window(clock.now(), length, lead)
    if clock.stopped:
        return
    spool = take(folder, span)
    if spool is None:
        _log.warning("chargeamps: another process samples the window from %s already", span.start)
        return
    with closing(spool):
        _sample_window(client, span, interval, spool, clock=clock, land=land)


def _sample_window(
    client: Client, span: Window, interval: timedelta, spool: Spool, *, clock: Clock, land: Landing
) -> None:
    sampling = _Sampling(client, interval, clock)
    with stopping(clock):
        sampling.window(span, spool)
    _land(spool, land)
    land(sampling.assets)


def _finish(client: Client, spool: Spool, clock: Clock, land: Landing) -> None:
    """Finish the spool of a process that died: sample the rest of its window if any is left, else
    land what it has, with the other ticks as missed."""
    head, now = None if spool.is_done else spool.head(), clock.now()
    if head and now < head.end:
        _sample_window(
            client, Window(head.start, head.end), head.interval, spool, clock=clock, land=land
        )
        return
    for at in head.ticks(spool.last()) if head else ():
        why = "the sampling process had died"
        targets = head.fleet.targets if head else []
        spool.add([client.missed(target, at, now, why) for target in targets])
    _land(spool, land)


def _sample_once(client: Client, clock: Clock, land: Landing) -> None:
    sampling = _Sampling(client, ONCE, clock)
    with ThreadPoolExecutor(WORKERS) as workers:
        samples = sampling.tick(clock.now(), workers)
    land(with_statements(sampling.fleet, samples))
    land(sampling.assets)


def _land(spool: Spool, land: Landing) -> None:
    """Land a spool, and delete it."""
    spool.done()
    head, samples = spool.head(), spool.exchanges()
    if head and samples:
        land(with_statements(head.fleet, samples))
    spool.delete()


class _Sampling:
    """One window: what to sample, and the answers about assets, which land after the samples."""

    def __init__(self, client: Client, interval: timedelta, clock: Clock) -> None:
        self.client, self.interval, self.clock = client, interval, clock
        self.started_at = clock.now()
        self.fleet, self.assets = survey(client)
        self.targets = self.fleet.targets
        self.connectors = deque(self.fleet.connectors)  # whose settings have not been read yet

    def window(self, span: Window, spool: Spool) -> None:
        """Sample a window, or what is left of it."""
        if not self.targets:
            return
        mark = _Mark(self.client.home / "sampled_to")
        begin = self._begin(span, spool, mark.is_at(span.start))
        with ThreadPoolExecutor(WORKERS) as workers:
            for tick in ticks(begin, span.end, self.interval, self.clock):
                if tick.is_missed:
                    spool.add([self._missed(target, tick.at) for target in self.targets])
                else:
                    spool.add(self.tick(tick.at, workers))
                    self._read_settings(tick.at, workers)
        if not self.clock.stopped:
            mark.set(span.end)

    def _begin(self, span: Window, spool: Spool, is_continued: bool) -> datetime:
        """The first tick to take: after the last in the spool; else the window's first one if the
        window before was sampled to its end, or a process died before its first tick; else now."""
        head = spool.head()
        if head is None:
            begin = span.start if is_continued else max(self.started_at, span.start)
            spool.begin(Head(span.start, span.end, self.interval, begin, self.fleet))
            return begin
        last = spool.last()
        return span.start if last is None else last + self.interval

    def tick(self, at: datetime, workers: ThreadPoolExecutor) -> list[Exchange]:
        """A sample of every target. The charge points of an organisation that may not be asked are
        asked one by one from then on."""
        samples = self._ask(self.targets, at, workers)
        asked = zip(self.targets, samples, strict=True)
        refused = [target for target, sample in asked if target.points and is_refused(sample)]
        if not refused:
            return samples
        scopes = [target.scope for target in refused]
        _log.warning("chargeamps: no status of the organisations %s: each point is asked", scopes)
        points = [Target("status", point) for target in refused for point in target.points]
        self.targets = [target for target in self.targets if target not in refused] + points
        kept = [sample for sample in samples if sample.scope not in scopes]
        return kept + self._ask(points, at, workers)

    def _ask(
        self, targets: list[Target], at: datetime, workers: ThreadPoolExecutor
    ) -> list[Exchange]:
        until = at + self.interval * SHARE

        def ask(target: Target) -> Exchange:
            left = (until - self.clock.now()).total_seconds()
            if left <= 0 or self.clock.stopped:
                return self._missed(target, at)
            return self.client.status(target, at, left)

        return list(workers.map(ask, targets))

    def _missed(self, target: Target, at: datetime) -> Exchange:
        stopped = self.clock.stopped
        why = "sampling was stopped" if stopped else "its time was over before it could be asked"
        return self.client.missed(target, at, self.clock.now(), why)

    def _read_settings(self, at: datetime, workers: ThreadPoolExecutor) -> None:
        """Read settings until it is nearly time for the next tick."""
        until = at + self.interval * SHARE

        def ask(connector: tuple[str, str]) -> Exchange:
            left = (until - self.clock.now()).total_seconds()
            return self.client.settings(*connector, seconds=left)

        while self.connectors and self.clock.now() < at + self.interval / 2:
            if self.clock.stopped:
                return
            some = [self.connectors.popleft() for _ in range(min(WORKERS, len(self.connectors)))]
            self.assets += workers.map(ask, some)


class _Mark:
    """A file with the end of the last window that was sampled to its end: with it a late start is
    known from a first one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_at(self, at: datetime) -> bool:
        """Whether the file holds this instant or a later one."""
        try:
            return datetime.fromisoformat(self.path.read_text()) >= at
        except (FileNotFoundError, ValueError):
            return False

    def set(self, at: datetime) -> None:
        """Write the instant."""
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
