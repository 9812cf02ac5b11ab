"""The fields of ChargeCloud's answers, of all forms that were seen.

The forms: 2022 (recorded; ids, amperes, volts and coordinates as texts), 2024 (seen in clients;
numbers, and more fields), the same envelope with OCPI's names (`evse_id`, `max_electric_power` …),
and the AFIR feed (`{next, items}` without an envelope). A field that a form lacks is NULL. Numbers
may have a decimal comma: the feed is German.
"""

from __future__ import annotations

from typing import Any

from extract.lake.fields import (
    FLAG,
    JSON,
    KEY,
    LIST,
    OBJECT,
    TEXT,
    TIME,
    WORD,
    WORDS,
    Field,
    Kind,
    Record,
    read_list,
    read_number,
    read_record,
    read_text,
)
from extract.lake.pseudonyms import keep


def _read_decimal(field: str, value: Any) -> float | None:
    """A number, also as a text with a decimal comma ("50,94")."""
    if isinstance(value, str) and value.count(",") == 1 and "." not in value:
        value = value.replace(",", ".")
    return read_number(field, value)


def _read_kilowatts(field: str, value: Any) -> float | None:
    """Kilowatts, of a number of watts."""
    watts = _read_decimal(field, value)
    return None if watts is None else watts / 1000


def _read_name(field: str, value: Any) -> str | None:
    """A name, or the name of a company that is sent as an object."""
    return read_text(field, value.get("name") if isinstance(value, dict) else value)


def _read_directions(field: str, value: Any) -> str | None:
    """A text, or OCPI's list of texts in several languages: one below the other."""
    if not isinstance(value, list):
        return read_text(field, value)
    texts = [
        read_text(f"{field}[{place}].text", read_record(inner, f"{field}[{place}]").get("text"))
        for place, inner in enumerate(read_list(field, value))
    ]
    return read_text(field, "\n".join(filter(None, texts)))


DECIMAL = Kind("number", _read_decimal, keep)
WATTS = Kind("number", _read_kilowatts, keep)
NAME = Kind("text, or object with a name", _read_name, keep)
DIRECTIONS = Kind("text, or list of texts", _read_directions, keep)
UNUSED = Kind("not used", lambda _field, _value: None, keep)  # the feed is public: it lands

COORDINATES = Record(
    "coordinates",
    (
        Field("latitude", DECIMAL, "latitude", "°", "north", least=-90, most=90),
        Field("longitude", DECIMAL, "longitude", "°", "east", least=-180, most=180),
    ),
)
OPERATOR = Record(
    "operator",
    (
        Field("name", TEXT, "operator_name", meaning="who operates the station"),
        Field("hotline", TEXT, "operator_hotline", meaning="its telephone number"),
        Field("operatorId", TEXT, "operator_id", meaning="its id; since 2024"),
        Field("website", UNUSED, meaning="AFIR"),
    ),
)
OPENING_TIMES = Record(
    "opening_times",
    (
        Field("twentyfourseven", FLAG, "open_24_7", meaning="whether it is always open"),
        Field("regular_hours", JSON, "opening_hours", meaning="[{weekday: 1-7 or holiday, "
              "period_begin, period_end}], local time; only where it is not always open"),
    ),
)  # fmt: skip
CONNECTOR = Record(
    "connector",
    (
        Field("id", KEY, "connector_id", meaning="ChargeCloud's id of the connector"),
        Field("status", WORD, "status", meaning="status word; AFIR has none"),
        Field(
            "standard",
            TEXT,
            "standard",
            meaning="OCPI's name of the connector's type: IEC_62196_T2 …",
        ),
        Field("format", TEXT, "format", meaning="SOCKET or CABLE"),
        Field("power_type", TEXT, "power_type", meaning="AC_1_PHASE, AC_3_PHASE or DC"),
        Field("ampere", DECIMAL, "ampere", "A", "largest current; 0 and 12 occur"),
        Field("max_amperage", DECIMAL, "ampere", "A", "OCPI's name of `ampere`"),
        Field("voltage", DECIMAL, "voltage", "V", "nominal voltage"),
        Field("max_voltage", DECIMAL, "voltage", "V", "OCPI's name of `voltage`"),
        Field("max_power", DECIMAL, "max_power_kw", "kW", "largest power"),
        Field("max_electric_power", WATTS, "max_power_kw", "W", "OCPI's `max_power`"),
        Field("tariff_id", TEXT, "tariff_id", meaning="ChargeCloud's id of the tariff"),
        Field("tariff_ids", UNUSED, meaning="OCPI's name of `tariff_id`: a list"),
        Field("last_updated", UNUSED, meaning="when the master data changed; AFIR"),
    ),
)
EVSE = Record(
    "evse",
    (
        Field("id", KEY, "charging_point_id", meaning='EVSE id: "DE*ABC*E1*001"'),
        Field("evse_id", KEY, "charging_point_id", meaning="OCPI's name of `id`"),
        Field("uid", TEXT, "uid", meaning="ChargeCloud's own id"),
        Field("status", WORD, "status", meaning="status word of OCPI, or OCCUPIED"),
        Field("parkingsensor_status", WORD, "parking_sensor", meaning="AVAILABLE or OCCUPIED: "
              "whether a car stands there; on one charging point in 27"),
        Field("capabilities", WORDS, "capabilities", meaning="OCPI's words; repeats occur"),
        Field("physical_reference", TEXT, "physical_reference", meaning="what is painted on it"),
        Field("floor_level", TEXT, "floor_level", meaning="floor of the car park"),
        Field("vehicle_type", TEXT, "vehicle_type", meaning="four_wheeled …"),
        Field("chargePointPosition", TEXT, "position", meaning="where it is on its station"),
        Field("chargingStationPosition", TEXT, "station_position", meaning="where the station is"),
        Field("chargePointParkingSpaceNumbers", TEXT, "parking_space_numbers",
              meaning="its parking spaces"),
        Field("chargePointPublicComment", TEXT, "public_comment", meaning="for drivers"),
        Field("roaming", FLAG, "roaming", meaning="whether other providers' cards work"),
        Field("reservable", FLAG, "reservable", meaning="whether it can be reserved; since 2024"),
        Field("connectors", LIST, meaning="its connectors", inside=CONNECTOR),
        Field("accepted_service_providers", UNUSED, meaning="AFIR"),
        Field("tariffs", UNUSED, meaning="prices; AFIR"),
        Field("last_updated", UNUSED, meaning="when the master data changed; AFIR"),
    ),
)  # fmt: skip
LOCATION = Record(
    "location",
    (
        Field("id", KEY, "station_id", meaning="a text of digits in 2022, a number since 2024"),
        Field("name", TEXT, "name", meaning="name of the station"),
        Field("address", TEXT, "address", meaning="street and number"),
        Field("city", TEXT, "city", meaning="town"),
        Field("postal_code", TEXT, "postal_code", meaning="leading zeros and blanks occur"),
        Field("country", TEXT, "country", meaning="DE in 2022, DEU since 2024"),
        Field("directions", DIRECTIONS, "directions", meaning="how to find it; several lines"),
        Field("coordinates", OBJECT, meaning="latitude and longitude, in this order; where "
              "they lie in Germany only if swapped, they are swapped back", inside=COORDINATES),
        Field("operator", OBJECT, meaning="who operates it", inside=OPERATOR),
        Field("operatorId", TEXT, "operator_id", meaning="as in `operator`; some send it here"),
        Field("help_phone", TEXT, "operator_hotline", meaning="AFIR's `hotline`"),
        Field("opening_times", OBJECT, meaning="when it is open", inside=OPENING_TIMES),
        Field("owner", NAME, "owner", meaning="who owns it"),
        Field("roaming", FLAG, "roaming", meaning="whether other providers' cards work"),
        Field("comment", TEXT, "comment", meaning="for drivers; since 2024"),
        Field("evses", LIST, meaning="its charging points", inside=EVSE),
        Field("status", UNUSED, meaning='"active" wherever it was seen; since 2024'),
        Field("distance_in_m", UNUSED, meaning='"0": there is no place to measure from'),
        Field("tariffZones", UNUSED, meaning="since 2024"),
        Field("country_code", UNUSED, meaning="AFIR"),
        Field("party_id", UNUSED, meaning="AFIR"),
        Field("publish", UNUSED, meaning="AFIR"),
        Field("time_zone", UNUSED, meaning="AFIR"),
        Field("charging_when_closed", UNUSED, meaning="AFIR"),
        Field("energy_mix", UNUSED, meaning="AFIR"),
        Field("parking_type", UNUSED, meaning="AFIR"),
        Field("facilities", UNUSED, meaning="AFIR"),
        Field("suboperator", UNUSED, meaning="AFIR"),
        Field("last_updated", UNUSED, meaning="when the master data changed; AFIR"),
    ),
)  # fmt: skip
ANSWER = Record(
    "answer",
    (
        Field("data", LIST, meaning="the locations of the city", inside=LOCATION),
        Field("items", LIST, meaning="AFIR's name of `data`", inside=LOCATION),
        Field("next", TEXT, meaning="AFIR: what to ask for the next page; null on the last"),
        Field("status_code", TEXT, meaning="1000: good"),
        Field("status_message", TEXT, meaning="Success, or what is wrong"),
        Field("timestamp", TIME, "query_time", meaning="when the answer was made, with an offset"),
        Field("languages", UNUSED, meaning="since 2024"),
        Field("localesLanguageMap", UNUSED, meaning="since 2024"),
        Field("currentLocale", UNUSED, meaning="since 2024"),
    ),
)

TITLE = "ChargeCloud"
RECORDS = (ANSWER, LOCATION, COORDINATES, OPERATOR, OPENING_TIMES, EVSE, CONNECTOR)

_GERMANY = (47.0, 55.5), (5.5, 15.5)  # degrees north, degrees east


def upright(latitude: float | None, longitude: float | None) -> tuple[float | None, float | None]:
    """Latitude and longitude in this order. Swapped values are swapped back only if they then lie
    in Germany: as sent they would lie in the sea between Yemen and Somalia, where no feed has
    stations."""
    if latitude is None or longitude is None:
        return latitude, longitude
    north, east = _GERMANY
    if east[0] <= latitude <= east[1] and north[0] <= longitude <= north[1]:
        return longitude, latitude
    return latitude, longitude
