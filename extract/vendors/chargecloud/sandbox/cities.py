"""The 38 cities of the feed: where they are, and how much of the network stands in each."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """`postal`: the first four of the five digits; the sizes are those of January 2022.
    `outskirts`: the share of locations whose address is in a place nearby."""

    name: str
    latitude: float
    longitude: float
    postal: str
    locations: int
    points: int
    connectors: int
    operators: int = 1
    outskirts: float = 0.0


CITIES = {
    "koeln": City("Köln", 50.938, 6.957, "5066", 168, 399, 405, 4, 0.1),
    "dortmund": City("Dortmund", 51.514, 7.465, "4413", 160, 174, 174, 3),
    "bonn": City("Bonn", 50.735, 7.100, "5311", 89, 212, 243, 2, 0.05),
    "muenster": City("Münster", 51.962, 7.626, "4814", 20, 56, 67, 1, 0.3),
    "kiel": City("Kiel", 54.323, 10.135, "2410", 48, 147, 173, 3, 0.2),
    "chemnitz": City("Chemnitz", 50.833, 12.920, "0911", 51, 135, 240, 1, 0.2),
    "krefeld": City("Krefeld", 51.334, 6.564, "4779", 18, 23, 23),
    "leverkusen": City("Leverkusen", 51.033, 6.988, "5137", 11, 22, 22),
    "heidelberg": City("Heidelberg", 49.408, 8.691, "6911", 46, 114, 114, 2, 0.1),
    "solingen": City("Solingen", 51.171, 7.083, "4265", 33, 80, 80),
    "ingolstadt": City("Ingolstadt", 48.765, 11.424, "8504", 27, 74, 74),
    "pforzheim": City("Pforzheim", 48.891, 8.703, "7517", 37, 74, 74, 1, 0.3),
    "goettingen": City("Göttingen", 51.534, 9.935, "3707", 50, 103, 109, 3, 0.1),
    "erlangen": City("Erlangen", 49.597, 11.004, "9105", 10, 21, 21),
    "tuebingen": City("Tübingen", 48.520, 9.056, "7207", 33, 73, 73, 2, 0.2),
    "bayreuth": City("Bayreuth", 49.946, 11.577, "9544", 7, 15, 15),
    "bocholt": City("Bocholt", 51.838, 6.615, "4639", 12, 24, 24),
    "dormagen": City("Dormagen", 51.094, 6.832, "4153", 11, 26, 35, 2),
    "rastatt": City("Rastatt", 48.858, 8.209, "7643", 11, 22, 24, 1, 0.2),
    "hof": City("Hof", 50.313, 11.913, "9502", 6, 12, 12),
    "weinheim": City("Weinheim", 49.556, 8.671, "6946", 11, 16, 16, 1, 0.4),
    "bruchsal": City("Bruchsal", 49.124, 8.598, "7664", 62, 121, 222, 3, 0.5),
    "nettetal": City("Nettetal", 51.316, 6.276, "4133", 4, 10, 10),
    "ansbach": City("Ansbach", 49.301, 10.571, "9152", 9, 18, 18),
    "schwabach": City("Schwabach", 49.329, 11.021, "9112", 9, 19, 19),
    "ettlingen": City("Ettlingen", 48.941, 8.407, "7627", 20, 24, 48, 1, 0.4),
    "crailsheim": City("Crailsheim", 49.135, 10.071, "7456", 5, 14, 15),
    "deggendorf": City("Deggendorf", 48.841, 12.960, "9446", 5, 10, 10),
    "forchheim": City("Forchheim", 49.719, 11.059, "9130", 19, 36, 36, 1, 0.4),
    "bretten": City("Bretten", 49.037, 8.706, "7501", 3, 10, 10),
    "buehl": City("Bühl", 48.695, 8.135, "7781", 7, 13, 13, 2, 0.3),
    "zirndorf": City("Zirndorf", 49.442, 10.954, "9051", 1, 2, 2),
    "roth": City("Roth", 49.246, 11.091, "9115", 5, 10, 10),
    "calw": City("Calw", 48.714, 8.740, "7536", 122, 254, 315, 3, 0.8),
    "herzogenaurach": City("Herzogenaurach", 49.570, 10.886, "9107", 18, 38, 38),
    "wertheim": City("Wertheim", 49.759, 9.509, "9787", 7, 14, 14, 1, 0.3),
    "kitzingen": City("Kitzingen", 49.738, 10.162, "9731", 2, 4, 4),
    "lichtenfels": City("Lichtenfels", 50.146, 11.059, "9621", 5, 9, 9),
}
