"""Recorded answers from a folder: files `*_cities.json` of the form {city: answer}."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import datetime
from pathlib import Path
from typing import Any

from extract.errors import WattstarError
from extract.vendors.chargecloud.sandbox.shapes import dumps


class RecordingError(WattstarError):
    """A folder of recordings cannot be served; the text names the file."""


class Recordings:
    """The polls of a folder in order of time. RecordingError where there is none, or one cannot be
    read; the file is named."""

    def __init__(self, folder: Path) -> None:
        polls = sorted(_poll(path) for path in sorted(folder.glob("*_cities.json")))
        if not polls:
            raise RecordingError(f"{folder} holds no recording (*_cities.json)")
        self.times = [time for time, _, _ in polls]
        self.answers = [answers for _, _, answers in polls]

    def answer(self, city: str, now: datetime) -> bytes | None:
        """The city's answer in the last poll that had begun at `now`, in the first if none had;
        None where that poll does not hold the city."""
        number = bisect_right(self.times, now.timestamp())
        return self.answers[max(0, number - 1)].get(city)


def _poll(path: Path) -> tuple[float, str, dict[str, bytes]]:
    """When a recorded poll began, its file's name, and each city's body."""
    try:
        answers: dict[str, Any] = json.loads(path.read_bytes())
        bodies = {city: dumps(answer) for city, answer in answers.items()}
        began = min(filter(None, map(_answered_at, answers.values())))
    except (ValueError, AttributeError) as error:
        raise RecordingError(
            f"{path} is not a recording of answers with a time: {error}"
        ) from error
    return began, path.name, bodies


def _answered_at(answer: Any) -> float | None:
    """An answer's own time; None where it has none: it may be the recording of a failure."""
    try:
        at = datetime.fromisoformat(answer["timestamp"])
    except (ValueError, TypeError, KeyError):
        return None
    return at.timestamp() if at.tzinfo else None
