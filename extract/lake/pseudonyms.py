"""Pseudonyms: what stands in the lake and in the warehouse for a person.

A pseudonym is a keyed HMAC-SHA256 of the source and of what the vendor calls the person (an id, an
address, a card's number), trimmed and without regard to case: the same person of the same source is
always the same pseudonym, and nobody without the key can find out who it is by trying names. The
key is `WATTSTAR_PSEUDONYM_KEY`; without it one is made once, under `WATTSTAR_HOME`. The lake keeps
a mark of the key it was written with, and refuses any other. Those who were forgotten have no
pseudonym any more: see `extract.lake.forgotten`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from extract.errors import WattstarError
from extract.lake.files import Lake
from extract.lake.forgotten import NAME, Forgotten
from extract.settings import Settings

MARK = "pseudonyms/key.json"
_LONGEST_REMEMBERED = 255  # characters: a longer text is no identifier


class PseudonymKeyError(WattstarError):
    """The key is not the one that the lake was written with; nothing has been landed."""


class Pseudonyms:
    """The pseudonyms of one source. PseudonymKeyError where the key is not the lake's."""

    def __init__(self, settings: Settings, source: str) -> None:
        lake = Lake(settings.lake_url)
        self._key = _checked(lake, settings)
        self._source = source
        self._forgotten = Forgotten(lake)
        self._remembered = lru_cache(1 << 16)(self.any_of)

    def of(self, value: str) -> str | None:
        """The pseudonym of an identifier; None for nothing, and for a person who was forgotten,
        also while this process runs."""
        is_short = len(value) <= _LONGEST_REMEMBERED
        made = self._remembered(value) if is_short else self.any_of(value)
        return None if made is None or made in self._forgotten else made

    def any_of(self, value: str) -> str | None:
        """The pseudonym, also of a person who was forgotten; None for nothing. What is a pseudonym
        already stays as it is."""
        name = value.strip().casefold()
        if not name or is_pseudonym(name):
            return name or None
        text = f"{self._source}\0{name}".encode("utf-8", "surrogatepass")
        return "p_" + hmac.new(self._key, text, hashlib.sha256).hexdigest()[:32]


def is_pseudonym(text: str) -> bool:
    """Whether a text has a pseudonym's form: `p_` and 32 hexadecimal digits."""
    return NAME.fullmatch(text.encode(errors="replace")) is not None


def _checked(lake: Lake, settings: Settings) -> bytes:
    """The key, once its mark has been found in the lake, or left there by the first user."""
    key, place = _key(settings)
    mark = hmac.new(key, b"wattstar key mark", hashlib.sha256).hexdigest()[:16]
    found = _read(lake, MARK)
    if found is None:
        lake.write(MARK, json.dumps({"key": mark}).encode())
    elif json.loads(found)["key"] != mark:
        raise PseudonymKeyError(
            f"the pseudonym key in {place} is not the one that the lake at {lake.url} was written "
            "with: the same person would get a second pseudonym. Nothing has been landed. Set "
            "WATTSTAR_PSEUDONYM_KEY to the key of before, or start an empty lake with the new one"
        )
    return key


def _key(settings: Settings) -> tuple[bytes, str]:
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key.get_secret_value().encode(), "WATTSTAR_PSEUDONYM_KEY"
    path = key_file(settings)
    if not path.exists():
        _make(path)
    return path.read_text().strip().encode(), str(path)


def key_file(settings: Settings) -> Path:
    """Where the key is that is made when none is set."""
    return settings.home / "pseudonym.key"


def _make(path: Path) -> None:
    """Make a key file that only its owner can read. If two processes do so, the first key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_suffix(f".{os.getpid()}")
    own.touch(mode=0o600)
    own.write_text(secrets.token_hex(32) + "\n")
    try:
        os.link(own, path)
    except FileExistsError:
        return
    finally:
        own.unlink()
    logging.getLogger("wattstar").warning(
        "a pseudonym key was made: %s; keep it safe, and out of backups of the lake", path
    )


def _read(lake: Lake, path: str) -> bytes | None:
    try:
        with lake.filesystem.open_input_stream(lake.absolute(path)) as stream:
            return bytes(stream.readall())
    except FileNotFoundError:
        return None


class PersonFields(NamedTuple):
    """The fields in which a source names who charged, by their names in lower case. Those of one
    object name one person. `identify`: fields whose value belongs to one person; `describe`: fields
    whose value two people may share (a card, a name)."""

    identify: frozenset[str] = frozenset()
    describe: frozenset[str] = frozenset()


# --- JSON ------------------------------------------------------------------------------------

Rule = Callable[[Pseudonyms, object], object]
"""What is kept of a field's value."""


def keep(_pseudonyms: Pseudonyms, value: object) -> object:
    """As it came, whatever is in it."""
    return value


def drop(_pseudonyms: Pseudonyms, _value: object) -> object:
    """A secret, or something that nobody needs: null."""
    return None


def pseudonym(pseudonyms: Pseudonyms, value: object) -> object:
    """The pseudonym of a text or a number; lists and objects one by one."""
    if isinstance(value, dict):
        return {
            field_name(pseudonyms, name): pseudonym(pseudonyms, inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [pseudonym(pseudonyms, inner) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    return pseudonyms.of(str(value))


_FIELD = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)
_CARD = re.compile(r"(?=.*[0-9])[0-9A-Fa-f]{8,}")
_MOST_DIGITS = 5


def field_name(pseudonyms: Pseudonyms, name: str) -> str:
    """The name of a field as it came; its pseudonym where it does not look like one (a letter
    first, at most five digits, no card): an object may be keyed by people."""
    return name if _is_field_name(name) else pseudonyms.of(name) or ""


@lru_cache(1 << 12)
def _is_field_name(name: str) -> bool:
    digits = sum(map(str.isdigit, name))
    return bool(_FIELD.fullmatch(name)) and digits <= _MOST_DIGITS and not _CARD.fullmatch(name)


def form(pattern: str) -> Rule:
    """A rule: kept if it is no text, or a text of this form; else a pseudonym. Lists and objects
    become pseudonyms too."""
    compiled = re.compile(pattern)

    def rule(pseudonyms: Pseudonyms, value: object) -> object:
        if isinstance(value, str) and compiled.fullmatch(value):
            return value
        if value is None or isinstance(value, int | float):
            return value
        return pseudonym(pseudonyms, value)

    return rule
