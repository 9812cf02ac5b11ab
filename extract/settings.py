"""Settings from environment variables (`WATTSTAR_…`) or a `.env` file; see the README's table.

`Settings` holds what is common to all sources. The settings of one source stand in its own
`about.py` as a `VendorSettings`, and are read with `its Settings.of(settings)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import PrivateAttr, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: the dbt project and the DAGs live beside this package."""

_PREFIX = "WATTSTAR_"
_FILE: Any = ".env"


def _config(prefix: str) -> SettingsConfigDict:
    """The configuration of a settings class. `title` names the variables in error messages: see
    `_wrong_settings` in extract/cli."""
    return SettingsConfigDict(
        env_prefix=prefix,
        title=prefix,
        env_file=_FILE,
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )


class Settings(BaseSettings):
    """What is common to all sources. Secrets are `SecretStr`: they never print.

    A keyword that is no field here sets a source's own setting: `Settings(zaptec_url="…")`. It is
    handed to that source's settings by `VendorSettings.of`, and never printed or dumped.
    """

    model_config = _config(_PREFIX)

    home: Path = Path(".wattstar")
    lake: str = ""
    warehouse: SecretStr | None = None
    timezone: str = "Europe/Berlin"
    pseudonym_key: SecretStr | None = None
    postgres_bin: Path | None = None  # another PostgreSQL's programs (17 or newer), not the wheel's
    alert_url: SecretStr | None = None  # a webhook that gets a message when health changes
    alert_email: str = ""  # the address that gets this message by mail
    alert_from: str = ""  # the sender of such a mail; else the receiver
    smtp_url: SecretStr | None = None  # smtp://user:password@host:587 or smtps://…

    _of_vendors: dict[str, Any] = PrivateAttr(default_factory=dict)
    _env_file: Any = PrivateAttr(default=_FILE)

    def __init__(self, *, _env_file: Any = _FILE, **values: Any) -> None:
        fields = type(self).model_fields
        own = {name: value for name, value in values.items() if name in fields}
        super().__init__(_env_file=_env_file, **own)
        self._env_file = _env_file
        self._of_vendors = {name: value for name, value in values.items() if name not in fields}

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values; names of a source's settings are taken as in `Settings`."""
        fields = type(self).model_fields
        own = {name: value for name, value in (update or {}).items() if name in fields}
        copied = super().model_copy(update=own, deep=deep)
        others = {name: value for name, value in (update or {}).items() if name not in fields}
        copied._of_vendors = {**self._of_vendors, **others}
        return copied

    def of_vendor(self, source: str) -> dict[str, Any]:
        """The values that were given for a source, by the names of its own settings."""
        start = f"{source}_"
        return {
            name.removeprefix(start): value
            for name, value in self._of_vendors.items()
            if name.startswith(start)
        }

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{timezone!r} is no IANA time zone, such as Europe/Berlin") from error
        return timezone

    @property
    def lake_url(self) -> str:
        """Where the lake is: a path or `s3://…`."""
        return self.lake or str(self.home / "lake")

    @property
    def docs_dir(self) -> Path:
        """The folder that `wattstar up` serves: dbt's docs, the data docs, the digest."""
        return self.home / "docs"


def vendor_config(source: str) -> SettingsConfigDict:
    """The configuration of a source's settings: its variables begin with `WATTSTAR_<SOURCE>_`."""
    return _config(f"{_PREFIX}{source.upper()}_")


class VendorSettings(BaseSettings):
    """The base of each source's `Settings`; `model_config = vendor_config(<source>)`."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """This source's settings: what was given to `settings` for it, else the environment.

        Raises pydantic.ValidationError for a wrong value, TypeError for a name that is none of its
        settings.
        """
        source = str(cls.model_config["env_prefix"]).removeprefix(_PREFIX).rstrip("_").lower()
        given = settings.of_vendor(source)
        if unknown := given.keys() - cls.model_fields.keys():
            names = ", ".join(sorted(unknown))
            raise TypeError(
                f"{source} has no setting {names}; it has {', '.join(cls.model_fields)}"
            )
        return cls(_env_file=settings._env_file, **given)
