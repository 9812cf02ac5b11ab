"""ChargeCloud: what it is, and its settings."""

from __future__ import annotations

from datetime import timedelta

from extract.about import About, Connection, Demo, Pool, StatusWord, Stream
from extract.settings import VendorSettings, vendor_config

CITIES = (
    "koeln dortmund bonn muenster kiel chemnitz krefeld leverkusen heidelberg solingen "
    "ingolstadt pforzheim goettingen erlangen tuebingen bayreuth bocholt dormagen "
    "rastatt hof weinheim bruchsal nettetal ansbach schwabach ettlingen crailsheim "
    "deggendorf forchheim bretten buehl zirndorf roth calw herzogenaurach wertheim "
    "kitzingen lichtenfels"
).split()

ABOUT = About(
    name="chargecloud",
    title="ChargeCloud",
    what="public points of interest of 38 German cities: stations, points, connectors, status",
    site="https://www.chargecloud.de",
    licence=None,
    real_time="polled every 10 minutes",
    credentials="none",
    state="ready",
    streams=(
        Stream("poi", timedelta(minutes=10), "stations, charging points, connectors and status"),
    ),
    pool=Pool(1, "One poll of ChargeCloud at a time."),
    connection=Connection(extras=("cities",)),
    in_use_by=("url", "cities"),
    is_public=True,
    statuses=(
        StatusWord("AVAILABLE", "AVAILABLE", False, False, True),
        StatusWord("BLOCKED", "BLOCKED", True, False, True),
        StatusWord("CHARGING", "CHARGING", True, True, True),
        StatusWord("INOPERATIVE", "INOPERATIVE", False, False, False),
        StatusWord("OCCUPIED", "BLOCKED", True, None, True),
        StatusWord("OUTOFORDER", "OUTOFORDER", False, False, False),
        StatusWord("PLANNED", "PLANNED", False, False, False),
        StatusWord("REMOVED", "REMOVED", False, False, False),
        StatusWord("RESERVED", "RESERVED", False, False, True),
        StatusWord("UNKNOWN", "UNKNOWN"),
    ),
    demo=Demo(every=timedelta(minutes=10)),
)


class Settings(VendorSettings):
    """`WATTSTAR_CHARGECLOUD_…`: the feed's address, and the cities to poll."""

    model_config = vendor_config(ABOUT.name)

    url: str = "https://new-poi.chargecloud.de"
    cities: str = ",".join(CITIES)  # city keys, separated by commas

    @property
    def city_keys(self) -> list[str]:
        """The city keys to poll, each once, in the order given."""
        keys = (key.strip() for key in self.cities.split(","))
        return list(dict.fromkeys(key for key in keys if key))
