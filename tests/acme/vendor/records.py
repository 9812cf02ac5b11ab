"""Acme's records, field by field: how each is read, and what of it may land."""

from __future__ import annotations

from extract.lake.fields import KEY, NUMBER, TEXT, TIME, WORD, Field, Record

OUTLET = Record(
    "outlet",
    (
        Field("id", KEY, "connector_id", meaning="unique in the network"),
        Field("state", WORD, meaning="FREE, BUSY or BROKEN"),
        Field("standard", WORD, "standard", meaning="OCPI's word"),
        Field("kw", NUMBER, "max_power_kw", unit="kW", least=0, most=1000),
    ),
)
STATION = Record(
    "station",
    (
        Field("id", KEY, "station_id"),
        Field("name", TEXT, "name"),
        Field("city", TEXT, "city"),
        Field("lat", NUMBER, "latitude", unit="degrees", least=-90, most=90),
        Field("lon", NUMBER, "longitude", unit="degrees", least=-180, most=180),
        Field("outlets", inside=OUTLET, meaning="its connectors"),
    ),
)
ANSWER = Record(
    "answer",
    (Field("at", TIME, meaning="when it was so"), Field("stations", inside=STATION)),
)
