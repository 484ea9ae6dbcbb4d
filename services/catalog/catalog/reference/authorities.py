"""From the records of the official list to authorities: each regional key is one, with all its levels.

Leipzig is listed as commune and as district under the same key, Hamburg also as Land: one authority each. An area
without a municipality (gemeindefreies Gebiet) is none and counted nowhere. An "association" of one commune
(Verbandsfreie Gemeinde) is that commune itself.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from catalog.reference.official_list import ASSOCIATION, COMMUNE, DISTRICT, LAND, Entry
from events.contracts.parts import Location
from events.contracts.words import AuthorityLevel

_AREAS_WITHOUT_MUNICIPALITY = ("65", "66")
_COMMUNE_ITSELF = "50"
_LEVELS: dict[str, AuthorityLevel] = {
    COMMUNE: "commune",
    ASSOCIATION: "association",
    DISTRICT: "district",
    LAND: "state",
}
_KINDS = {
    LAND: {"": "Land"},
    DISTRICT: {
        "41": "Kreisfreie Stadt",
        "42": "Stadtkreis",
        "43": "Kreis",
        "44": "Landkreis",
        "45": "Regionalverband",
    },
    ASSOCIATION: {
        "51": "Amt",
        "52": "Samtgemeinde",
        "53": "Verbandsgemeinde",
        "54": "Verwaltungsgemeinschaft",
        "55": "Kirchspielslandgemeinde",
        "56": "Verwaltungsverband",
        "58": "Erfüllende Gemeinde",
    },
    COMMUNE: {
        "60": "Markt",
        "61": "Kreisfreie Stadt",
        "62": "Stadtkreis",
        "63": "Stadt",
        "64": "Kreisangehörige Gemeinde",
        "67": "Große Kreisstadt",
    },
}


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """One authority of the list. `parents` are regional keys, nearest first."""

    ars: str
    name: str
    kind: str
    levels: tuple[AuthorityLevel, ...]
    parents: tuple[str, ...]
    inhabitants: int
    postcode: str | None
    location: Location | None


def authorities(entries: Iterable[Entry], positions: Mapping[str, Location]) -> list[Authority]:
    """All authorities, Länder first, so that every parent stands before its children."""
    told: dict[str, list[Entry]] = {}
    for entry in filter(_is_authority, entries):
        told.setdefault(entry.ars, []).append(entry)
    communes: dict[str, list[Entry]] = {}
    for commune in (same[-1] for same in told.values() if same[-1].record == COMMUNE):
        for ars in _lineage(commune.ars):
            communes.setdefault(ars, []).append(commune)
    found = [_authority(same, told, communes[same[0].ars], positions) for same in told.values()]
    return sorted(found, key=lambda authority: (told[authority.ars][0].record, authority.ars))


def short_name(entry: Entry) -> str:
    """The name people use: `Flensburg, Stadt` is Flensburg. The Sorbian half of a name stays; a list of names is no title."""
    name, comma, title = entry.name.partition(",")
    if not comma or (entry.record == ASSOCIATION and title != " Stadt"):
        return entry.name
    sorbian = re.fullmatch(r" Stadt( / .+)", title)
    return name + (sorbian[1] if sorbian else "")


def _is_authority(entry: Entry) -> bool:
    if entry.record == ASSOCIATION:
        return entry.type_code != _COMMUNE_ITSELF
    return not (entry.record == COMMUNE and entry.type_code in _AREAS_WITHOUT_MUNICIPALITY)


def _lineage(ars: str) -> dict[str, None]:
    """The key itself and those above it, nearest first, each once."""
    return dict.fromkeys((ars, ars[:9] + "000", ars[:5] + "0000000", ars[:2] + "0000000000"))


def _authority(
    same: list[Entry], told: Mapping[str, object], communes: list[Entry], positions: Mapping[str, Location]
) -> Authority:
    same = sorted(same, key=lambda entry: entry.record)
    lowest = same[-1]
    return Authority(
        ars=lowest.ars,
        name=re.sub(r"(?<! )/ ", "/", short_name(lowest)),
        kind=_KINDS[lowest.record][lowest.type_code],
        levels=tuple(_LEVELS[entry.record] for entry in reversed(same)),
        parents=tuple(ars for ars in _lineage(lowest.ars) if ars != lowest.ars and ars in told),
        inhabitants=sum(commune.inhabitants or 0 for commune in communes),
        postcode=lowest.postcode,
        location=_middle(communes, positions),
    )


def _middle(communes: list[Entry], positions: Mapping[str, Location]) -> Location | None:
    """Where most of its inhabitants are: the mean position of its communes, each with the weight of its inhabitants."""
    placed = [(positions[commune.ars], commune.inhabitants or 1) for commune in communes if commune.ars in positions]
    weight = sum(people for _, people in placed)
    if not weight:
        return None
    return Location(
        latitude=round(sum(place.latitude * people for place, people in placed) / weight, 5),
        longitude=round(sum(place.longitude * people for place, people in placed) / weight, 5),
    )
