"""Settings from environment variables (`WATTSTAR_…`) or a `.env` file; see the README's table."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: the dbt project and the DAGs live beside this package."""

SOURCES = ("chargecloud", "zaptec", "chargeamps", "ocpp")
"""Every source by name: a folder of `extract/vendors`, the first part of its settings' names."""

_PLACES = ("url", "cities", "username", "email", "inbox")

CHARGECLOUD_URL = "https://new-poi.chargecloud.de"
CHARGECLOUD_CITIES = (
    "koeln dortmund bonn muenster kiel chemnitz krefeld leverkusen heidelberg solingen "
    "ingolstadt pforzheim goettingen erlangen tuebingen bayreuth bocholt dormagen "
    "rastatt hof weinheim bruchsal nettetal ansbach schwabach ettlingen crailsheim "
    "deggendorf forchheim bretten buehl zirndorf roth calw herzogenaurach wertheim "
    "kitzingen lichtenfels"
).split()


class Settings(BaseSettings):
    """Everything that can be set. Secrets are `SecretStr`: they never print."""

    model_config = SettingsConfigDict(
        env_prefix="WATTSTAR_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    home: Path = Path(".wattstar")
    lake: str = ""
    warehouse: SecretStr | None = None
    timezone: str = "Europe/Berlin"
    pseudonym_key: SecretStr | None = None
    postgres_bin: Path | None = None  # another server's binaries instead of the embedded ones
    chargecloud_url: str = CHARGECLOUD_URL
    chargecloud_cities: str = ",".join(CHARGECLOUD_CITIES)
    zaptec_url: str = "https://api.zaptec.com"
    zaptec_username: str = ""
    zaptec_password: SecretStr | None = None
    # Which endpoint tells of sessions; auto: the newer one where the server has it.
    zaptec_sessions: Literal["auto", "archived", "chargehistory"] = "auto"
    chargeamps_url: str = "https://eapi.charge.space"
    chargeamps_version: Literal["v5", "v4"] = "v5"
    chargeamps_email: str = ""
    chargeamps_password: SecretStr | None = None
    chargeamps_api_key: SecretStr | None = None
    chargeamps_interval: float = Field(default=30, gt=0)  # seconds between samples
    chargeamps_window: float = Field(default=600, gt=0)  # seconds that one poll samples
    ocpp_inbox: str = ""  # a path or `s3://…` where message logs arrive

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
        """What `wattstar up` serves: dbt's docs, the data docs, the digest."""
        return self.home / "docs"

    @property
    def sources(self) -> list[str]:
        """The sources that somebody has set up: told where they are, or who is asking."""
        return [
            source
            for source in SOURCES
            if any(f"{source}_{name}" in self.model_fields_set for name in _PLACES)
        ]

    @property
    def is_demo(self) -> bool:
        """Whether no source has been set up: the sandbox then plays the vendors."""
        return not self.sources

    @cached_property
    def cities(self) -> list[str]:
        """The ChargeCloud city keys to poll, each once, in the order given."""
        keys = (key.strip() for key in self.chargecloud_cities.split(","))
        return list(dict.fromkeys(key for key in keys if key))
