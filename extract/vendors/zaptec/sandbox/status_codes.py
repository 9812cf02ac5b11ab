"""Invented people, places and names that the synthetic fleet is made of.

Cities and postal codes are real, streets and people are not; addresses of e-mail end in the names
that are reserved for examples.
"""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """`postal`: its code, with the last two digits to be drawn."""

    name: str
    postal: str
    latitude: float
    longitude: float


class Country(NamedTuple):
    """`places`: what a parking place, and so its charger, is called; `cards`: what people call
    their charge cards; `note`: what somebody wrote about an installation."""

    code: str
    name: str
    zone: str
    windows_zone: str
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    places: tuple[str, ...]
    cards: tuple[str, ...]
    note: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NORWAY = Country(
    "NOR",
    "Norway",
    "Europe/Oslo",
    "(UTC+01:00) Central European Time (Oslo)",
    (
        City("Trondheim", "70{:02}", 63.43, 10.40),
        City("Bergen", "50{:02}", 60.39, 5.32),
        City("Oslo", "05{:02}", 59.93, 10.79),
    ),
    ("Bjørkelia", "Fjordgløttveien", "Myrullstien", "Skogbrynet", "Tiriltunet"),
    _words("Ingrid Kåre Solveig Øyvind Silje Håkon Åse Torbjørn Marit Sindre Ragnhild Eirik"),
    _words("Solbakkemo Fjeldstuen Nordlihaug Øverliås Brekkholt Tangevold Lundemyr Haugsrud"),
    ("P-plass {n}", "Garasjeplass {c}{n}", "Parkering {c}{n}"),
    ("{first}s kort", "Blå brikke {last}", "{last} nøkkelbrikke"),
    "Vaktmester {name}, ring etter kl. 16",
)
SWEDEN = Country(
    "SWE",
    "Sweden",
    "Europe/Stockholm",
    "(UTC+01:00) Central European Time (Stockholm)",
    (City("Göteborg", "413 {:02}", 57.69, 11.96), City("Malmö", "214 {:02}", 55.59, 13.01)),
    ("Blåklocksgatan", "Gökärtsvägen", "Humlestigen", "Åsgläntan"),
    _words("Astrid Göran Linnéa Björn Ebba Sören Märta Olle Tyra Åke Signe Viggo"),
    _words("Granlövsson Åkerhielmer Björkstam Sjöblader Mossvik Kvistgård Älvholm"),
    ("Plats {n}", "Bilplats {c}{n}", "Garage {n}"),
    ("{first}s tagg", "Laddbricka {last}", "{last} kort"),
    "Förvaltare {name} har nyckeln",
)
GERMANY = Country(
    "DEU",
    "Germany",
    "Europe/Berlin",
    "(UTC+01:00) Central European Time (Berlin)",
    (City("Köln", "506{:02}", 50.95, 6.92), City("Hamburg", "203{:02}", 53.57, 9.96)),
    ("Ahornstieg", "Kranichweg", "Mohnblumenallee", "Sperlingsgasse", "Ulmenhof"),
    _words("Jürgen Käthe Lennart Ömer Sabine Friederike Matthäus Anneke Detlef Zoë Ruth Bärbel"),
    _words("Müllerbach Weißenfelder Öhlmeyer Krautwig Lindenstrauch Grünspechter Buchenhain"),
    ("Stellplatz {n}", "TG {c}-{n}", "Tiefgarage {n}"),
    ("{first} Ladekarte", "Firmenkarte {last}", "Chip {last}"),
    "Hausmeister {name}, Zufahrt nur bis 20 Uhr",
)
COUNTRIES = (NORWAY, SWEDEN, GERMANY)

MAILS = ("example.com", "example.org", "example.net")
ASCII = str.maketrans(
    {"å": "a", "ä": "ae", "ö": "oe", "ø": "o", "ü": "ue", "ß": "ss", "é": "e", "ë": "e"}
)


class Site(NamedTuple):
    """A kind of installation: `habit` says how it is used, `weight` how many chargers it has
    compared with the others; `signed`: the share of chargers with a calibrated meter; `native`:
    whether a back end speaks OCPP with its chargers; `role`: what we are there."""

    country: Country
    habit: str
    name: str
    category: str
    weight: float
    signed: float
    native: bool = False
    role: int = 3


OWNER, USER = 3, 1  # UserRoles: 1 user, 2 owner
_COMMUNITY, _COMPANY = "Community_Installation_Category", "Company_Installation_Category"
SITES = (
    Site(NORWAY, "home", "{street} borettslag", _COMMUNITY, 1.6, 0.3),
    Site(GERMANY, "work", "Werkstatthof {street}", _COMPANY, 1.0, 1.0),
    Site(SWEDEN, "home", "Brf {street}", _COMMUNITY, 1.2, 0.0),
    Site(NORWAY, "fleet", "Budbilene i {city}", _COMPANY, 0.7, 0.5, native=True),
    Site(GERMANY, "home", "Wohnpark {street}", _COMMUNITY, 0.8, 1.0, role=USER),
    Site(SWEDEN, "work", "Kontorshuset {street}", _COMPANY, 1.0, 0.2),
    Site(NORWAY, "home", "Sameiet {street}", _COMMUNITY, 1.4, 0.4),
    Site(NORWAY, "work", "Verkstedet {street}", _COMPANY, 0.9, 0.5, native=True),
)
