"""What regions and countries are called. Names in German where there is one, else as ISO 3166-2 has them."""

import csv
from functools import cache
from importlib import resources

import msgspec


class Region(msgspec.Struct, frozen=True):
    """A country (`DE`) or one of its regions (`DE-SN`)."""

    code: str
    name: str
    name_en: str

    @property
    def country(self) -> str:
        """`DE`."""
        return self.code[:2]


@cache
def regions() -> dict[str, Region]:
    """All that are known, by code: Germany and its Länder, the partner countries and theirs."""
    text = (resources.files("events.contracts") / "regions.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: Region(row["code"], row["name"], row["name_en"] or row["name"]) for row in rows}


def region_name(code: str, language: str = "de") -> str:
    """`DE-SN` → Sachsen; a region that is not known is called by its code."""
    region = regions().get(code)
    if region is None:
        return code
    return region.name_en if language == "en" else region.name
