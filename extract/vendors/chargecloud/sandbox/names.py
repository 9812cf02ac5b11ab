"""Invented words the synthetic network is made of, and how often what occurs.

The shares are those of the recordings of January 2022; no text of theirs stands here.
"""

from __future__ import annotations

STREETS = [
    "Ahornweg",
    "Akazienallee",
    "Amselweg",
    "Bachgasse",
    "Birkenallee",
    "Blumenstraße",
    "Brunnengasse",
    "Buchenweg",
    "Dorfplatz",
    "Drosselweg",
    "Eichenallee",
    "Erlenweg",
    "Eschenstraße",
    "Falkenweg",
    "Feldstraße",
    "Finkenstieg",
    "Gartenstraße",
    "Gerberstraße",
    "Ginsterweg",
    "Habichtstraße",
    "Haselweg",
    "Heideweg",
    "Holunderweg",
    "Kiefernweg",
    "Kirchgasse",
    "Klosterstraße",
    "Kornblumenweg",
    "Kreuzstraße",
    "Lerchenweg",
    "Lindenallee",
    "Marktplatz",
    "Meisenweg",
    "Mohnweg",
    "Mühlenweg",
    "Nelkenweg",
    "Obstwiesenweg",
    "Pappelallee",
    "Quellenstraße",
    "Rathausplatz",
    "Ringstraße",
    "Rosenweg",
    "Sandweg",
    "Schlehenweg",
    "Schulstraße",
    "Seestraße",
    "Sonnenhang",
    "Sperberweg",
    "Talstraße",
    "Tannenweg",
    "Ulmenstraße",
    "Veilchenweg",
    "Wacholderweg",
    "Weidenstraße",
    "Wiesengrund",
    "Zeisigweg",
    "Ziegelgasse",
]

VILLAGE_BEGINNINGS = [
    "Adler",
    "Birken",
    "Ellern",
    "Falken",
    "Haller",
    "Kranich",
    "Linden",
    "Ober",
    "Reben",
    "Tannen",
]
VILLAGE_ENDINGS = [
    "au",
    "bach",
    "brunn",
    "dorf",
    "feld",
    "hausen",
    "hofen",
    "rode",
    "tal",
    "weiler",
]

OPERATOR_WORDS = [
    "Wattwerk",
    "Lichtbogen",
    "Kilowerk",
    "Funkenflug",
    "Stromquell",
    "Ampelio",
    "Ladelust",
]
PARTIES = ("W{:02}", "9{:02}", "X{:02}")
OPERATOR_FORMS = (
    "{word} {city}",
    "{word} {city} GmbH & Co. KG",
    "{word} Elektromobilität",
    "{word}",
)
# Ranges that the regulator keeps free of subscribers, for films and examples.
HOTLINES = [
    "+492214710{:03}",
    "+493023125{:03}",
    "+494066969{:03}",
    "+496990009{:03}",
    "08999998{:03}",
]

PLACES = {
    "street": ("{street} {n}", "Laternenpunkt {n:05}", "{city} {street}", "Quartier {street}"),
    "work": ("Gewerbehof {street}", "Technikpark {n}", "Bürohaus {street} {n}"),
    "retail": ("Einkaufshof {street}", "Markthalle {street}", "Baumarkt {n} {street}"),
    "transit": ("P+R {street}", "Parkhaus {street}", "Bahnhof {city} Deck {n}"),
    "leisure": ("Freibad {street}", "Tiergehege {city}", "Sporthalle {street} "),
    "fast": ("Schnellladehof {street}", "{city} HPC {n}"),
}
ARCHETYPES = {  # archetype → share of the locations
    "street": 0.52,
    "transit": 0.16,
    "retail": 0.12,
    "work": 0.10,
    "leisure": 0.07,
    "fast": 0.03,
}
SMALL_ARCHETYPES = {name: share for name, share in ARCHETYPES.items() if name != "fast"}

DEAD: dict[str | None, float] = {None: 0.995, "INOPERATIVE": 0.0028, "OUTOFORDER": 0.0022}

DIRECTIONS: dict[str | None, float] = {
    "": 0.590,
    None: 0.010,
    "Zufahrt über den Hinterhof": 0.08,
    "Einfahrt zur Tiefgarage, zweite Ebene links": 0.07,
    "Neben dem Fahrradständer": 0.08,
    "Säule steht am Waldrand; nachts unbeleuchtet": 0.04,
    "Schranke öffnet mit Parkschein.\r\nStellplätze 3 und 4": 0.06,
    "Zufahrt von Norden.\r\n\r\nHöchstparkdauer 4 Stunden\r\n": 0.055,
    'Kundenparkplatz "Süd"; Ticket ziehen\r\nHalteverbot beachten; Mo-Fr': 0.015,
}
OWNERS: dict[str | None, float] = {
    None: 0.901,
    "": 0.083,
    "Eigentümergemeinschaft Musterhof": 0.010,
    "Beispiel Immobilien": 0.006,
}
POINT_POSITIONS: dict[str | None, float] = {
    None: 0.815,
    "links": 0.07,
    "rechts": 0.07,
    "Linke Seite außen": 0.025,
    "vorn ": 0.02,
}
STATION_POSITIONS: dict[str | None, float] = {
    None: 0.939,
    "Säule A": 0.03,
    "hinterer Parkplatz, 2. Reihe": 0.031,
}
PARKING_SPACES: dict[str | None, float] = {None: 0.942, "7": 0.05, "12-14": 0.008}
REFERENCES: dict[str | None, float] = {"": 0.91, None: 0.05, "{n}L": 0.025, "{n}R": 0.015}
FLOORS: dict[str | None, float] = {"": 0.971, "P2": 0.012, "Ebene -1 ": 0.007, "Dachdeck": 0.01}
CAPABILITIES: dict[tuple[str, ...], float] = {
    ("RESERVABLE", "RFID_READER", "REMOTE_START_STOP_CAPABLE"): 0.497,
    ("RFID_READER", "REMOTE_START_STOP_CAPABLE"): 0.487,
    ("RFID_READER",): 0.006,
    ("RESERVABLE", "RFID_READER"): 0.005,
    ("RESERVABLE",): 0.0025,
    ("RFID_READER", "RFID_READER", "REMOTE_START_STOP_CAPABLE", "REMOTE_START_STOP_CAPABLE"): 0.002,
    (): 0.0005,
}

# weekday, from, to; an entry of None stands for "no opening times were entered"
OPENING_DAYS: dict[tuple[int | str, ...], float] = {
    (1, 2, 3, 4, 5, 6, 7, "holiday"): 0.3,
    (1, 2, 3, 4, 5, 6): 0.27,
    (1, 2, 3, 4, 5): 0.18,
    (): 0.14,
    (1, 2, 3, 4, 5, 6, 7): 0.08,
    (1,): 0.03,
}
OPENING_TIMES = (("07:00:00", "20:00:00"), ("06:30:00", "22:00:00"), ("00:00:00", "00:00:00"))

# standard, format, power type, ampere, voltage, max_power (kW)
ConnectorKind = tuple[str, str, str, str, str, int]
AC: dict[ConnectorKind, float] = {
    ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", "32", "400", 22): 0.895,
    ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", "16", "400", 11): 0.083,
    ("IEC_62196_T2", "CABLE", "AC_3_PHASE", "32", "400", 22): 0.011,
    ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", "8", "400", 3): 0.008,
    ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", "32", "400", 11): 0.002,
    ("IEC_62196_T1", "SOCKET", "AC_3_PHASE", "32", "400", 22): 0.001,
}
SECOND: dict[ConnectorKind, float] = {
    ("DOMESTIC_F", "SOCKET", "AC_1_PHASE", "13", "230", 3): 0.98,
    ("DOMESTIC_F", "SOCKET", "AC_1_PHASE", "16", "230", 3): 0.015,
    ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", "32", "400", 22): 0.005,
}
CCS: dict[ConnectorKind, float] = {
    ("IEC_62196_T2_COMBO", "CABLE", "DC", "125", "500", 50): 0.62,
    ("IEC_62196_T2_COMBO", "CABLE", "DC", "500", "400", 150): 0.2,
    ("IEC_62196_T2_COMBO", "CABLE", "DC", "500", "1000", 300): 0.08,
    ("IEC_62196_T2_COMBO", "CABLE", "DC", "0", "0", 150): 0.06,
    ("IEC_62196_T2_COMBO", "CABLE", "DC", "1250", "12", 150): 0.04,
}
CHADEMO: dict[ConnectorKind, float] = {
    ("CHADEMO", "CABLE", "DC", "125", "400", 50): 0.7,
    ("CHADEMO", "CABLE", "DC", "120", "500", 50): 0.3,
}
AC_FAST: dict[ConnectorKind, float] = {
    ("IEC_62196_T2", "CABLE", "AC_3_PHASE", "63", "400", 43): 1.0
}
