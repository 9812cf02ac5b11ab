"""What stands before the frame in a line of text: the time, and the charge point.

Recognised are the logs of known systems (SteVe, evcc, the `ocpp` package and Home Assistant, OCTT,
EVerest) and their like: a charge point after a word that says so (`chargeBoxId=…`), after or before
a word for sending or receiving (`recv CP-7:`, `CP-7: receive message`), or as the only word that is
no other thing. A line with several such words is not guessed at.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from extract.vendors.ocpp.poll.frames import Frame, FrameError, read_frame_in

_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,:]\d{1,9})?)?(?:\s?[AaPp][Mm]\b)?"
_ZONE = r"(?:\s?(?:Z\b|UTC\b|GMT\b|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?\b))?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_TIME = re.compile(
    rf"\b\d{{4}}[-/.](?:\d\d?|{_MONTH})[-/.]\d\d?[T\s_,]+{_CLOCK}{_ZONE}"
    rf"|\b\d{{1,2}}[-/.\s](?:\d\d?|{_MONTH})[-/.,\s]+\d{{4}}[T\s_:,]+{_CLOCK}{_ZONE}"
    rf"|\b(?:[A-Z][a-z]{{2}},?\s)?{_MONTH}\s+\d\d?,?\s\d{{4}}[\s,]+{_CLOCK}{_ZONE}"
    rf"|\b(?:[A-Z][a-z]{{2}},?\s)?{_MONTH}\s+\d\d?\s{_CLOCK}{_ZONE}(?:\s\d{{4}})?"
    r"|(?<![\w.:-])(?:1\d{9}(?:\.\d{1,9})?|1\d{12}|1\d{15}|1\d{18}|20\d{12})(?![\w:-])"
    rf"|(?<![\w.:-]){_CLOCK}(?![\w:-])"
)
_RECEIVES = r"receive(?:d)?(?: message)?|recv|send(?:s|ing)?(?: message)?|sent(?: message)?"
_BEFORE = re.compile(rf"(?:^|[\s\]])([^\s\[\]]+?)\s*:\s*(?:{_RECEIVES})\s*:?\s*$", re.I)
_LOGGER = re.compile(r"^(?:(?:[A-Z]+:)?[\w.]*ocpp[\w.]*:)")
_KEYED = re.compile(
    r"(?:\b|_)(?:charge[ _-]?(?:point|box|r)|charging[ _-]?(?:station|point)|station|device|client"
    r"|wallbox|cp|cbid|identity)(?:[ _-]?(?:id|identity|identifier|name))?[\"']?\s*[=:]\s*[\"'\[]?"
    r"([^\s\"',;\])}]+)",
    re.I,
)
_AFTER = re.compile(
    r"\b(?:recv|received?|receiving|send|sent|sending|from|to)"
    r"(?: (?:message|data|json|text|from|to))*"
    r"(?: (?:the )?(?:charge ?point|charge ?box|charger|charging station|client|station))?"
    r"\s+[\"'\[]?([^\s\"'\]:,;]+)[\"'\]]?\s*[:,-]?\s*$",
    re.I,
)
_NO_NAMES = frozenset(
    "trace debug info information notice warn warning error fatal dbg inf wrn err verbose i d "
    "w e v receive receives received receiving recv rcvd send sends sending sent message "
    "messages msg data frame text json raw payload from to in out rx tx inbound outbound "
    "incoming outgoing msg-in msg-out msgin msgout request response req res resp conf call "
    "callresult callerror result ocpp ocpp1.6 ocpp1.6j ocpp2.0.1 ocpp16 ocpp201 ocpp-j ws wss "
    "websocket csms central system centralsystem chargepoint chargingstation charge point "
    "charger station the main mainthread server client log stdout stderr".split()
)
_STATION = frozenset("charge charger chargepoint chargingstation point station cp".split())
_SIDES = re.compile(
    r"(?<![\w-])(?:CentralSystem|CSMS|ChargePoint|ChargingStation|CS|CP)\s?(?:-*>|<-*)\s?"
    r"(?:CentralSystem|CSMS|ChargePoint|ChargingStation|CS|CP)(?![\w-])",
    re.I,
)
_CLASS = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]*)+|Authorize|Heartbeat|Reset")
"""An action, or a class that logs; names no charge point."""
_LOGS = re.compile(
    r".*=.*|[A-Za-z]\w*(?:\.\w+){2,}|.*(?:thread|-exec-|qtp|pool|worker|executor).*", re.I
)
"""Words of a server's log. It may hold several charge points, so the file's name is not one."""


class LineError(Exception):
    """Why a line with a frame cannot be read as a message; the text quotes nothing of it."""


class Found(NamedTuple):
    """What a line holds: the time as written (None where it has none), charge point and frame."""

    time: str | None
    charge_point: str
    frame: Frame


def message_in(line: str, start: int, default: Default, before: str = "") -> Found:
    """The message in a line whose frame begins at `start`; `before` is a line that belongs to it.
    LineError where something is missing or in doubt."""
    time, point = time_and_point(line[:start])
    if time is None and before:
        time, point = time_and_point(f"{before} {line[:start]}")
    if point == "" or default.is_given:
        point = default.charge_point or point
    if not point:
        problem = (
            "names no charge point" if point == "" else "may name several charge points, or none"
        )
        raise LineError(problem)
    try:
        return Found(time, point, read_frame_in(line[start:]))
    except FrameError as error:
        raise LineError(str(error)) from error


class Default(NamedTuple):
    """The charge point of lines that name none; `is_given`: of all lines."""

    charge_point: str = ""
    is_given: bool = False


def time_and_point(prefix: str) -> tuple[str | None, str | None]:
    """(time, charge point) before a frame. The charge point is empty where there is none, None
    where there may be several."""
    found = _TIME.search(prefix)
    if found is None:
        return None, charge_point(prefix, "")
    return found[0].strip(), charge_point(prefix[found.end() :], prefix[: found.start()])


def has_time(line: str) -> bool:
    """Whether a line begins with a date and a time, or nearly; a time within JSON is none."""
    found = _TIME.search(line[:100])
    return found is not None and len(found[0]) >= 10 and '"' not in line[: found.start()]


@lru_cache(4096)
def charge_point(after: str, before: str) -> str | None:
    """The charge point that the text around a time names; empty for none, None for several."""
    text = _SIDES.sub(" ", _TIME.sub(" ", after))
    if (found := _BEFORE.search(text)) is not None:
        name = _LOGGER.sub("", found[1])
        if name.lower() not in _NO_NAMES - _STATION:
            return name
    for pattern in (_KEYED, _AFTER):
        if (found := pattern.search(text)) is not None and found[1].lower() not in _NO_NAMES:
            return _last_of_url(found[1])
    text = text.rstrip(" \"'")  # the frame's
    if '"' in text or "{" in text:  # JSON, of which no name is known
        return None
    words, is_server = _words(text)
    if not words and not is_server:
        words, is_server = _words(before)
    if len(words) == 1:
        return words[0]
    return None if words or is_server else ""


def _words(text: str) -> tuple[list[str], bool]:
    """The words that may name a charge point, and whether others are of a server's log."""
    stripped = [word.strip("[](){}<>:;,|=\"'-*#→←") for word in re.split(r"[\s,;|]+", text)]
    stripped = [_of_path(word) for word in stripped if re.search(r"\w", word)]
    known = [word for word in stripped if word.lower() not in _NO_NAMES]
    names = [w for w in known if _CLASS.fullmatch(w) is None and _LOGS.fullmatch(w) is None]
    is_server = any(_LOGS.fullmatch(word) is not None for word in known)
    return list(dict.fromkeys(names)), is_server


def _of_path(word: str) -> str:
    """The part of a URL or a topic (`ocpp/CP-7/in`) that names a charge point."""
    if "://" in word:
        return _last_of_url(word)
    parts = word.split("/")
    names = [part for part in parts if part.lower() not in _NO_NAMES]
    return names[0] if len(names) == 1 else word


def _last_of_url(word: str) -> str:
    return word.rstrip("/").rsplit("/", 1)[-1] if "://" in word else word
