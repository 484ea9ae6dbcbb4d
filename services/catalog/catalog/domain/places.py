"""Regions that a request may name."""

from typing import ClassVar

from events.contracts.refusals import Refusal, RefusalKind
from events.contracts.regions import regions


class RegionUnknown(Refusal):
    """A misspelt region would reach nobody."""

    slug: ClassVar[str] = "region-unknown"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, region: str, siblings: list[str], field: str = "region") -> None:
        names = ", ".join(siblings)
        country = region[:2]
        super().__init__(
            f"There is no region {region}. {country} has: {names}; {country} alone is the whole country.",
            f"Eine Region {region} gibt es nicht. {country} hat: {names}; {country} allein steht für das ganze Land.",
            field=field,
        )


def check_region(region: str, field: str = "region") -> None:
    """Raises RegionUnknown, if the regions of its country are known and it is none of them."""
    known = regions()
    siblings = sorted(code for code in known if code.startswith(f"{region[:2]}-"))
    if "-" in region and siblings and region not in known:
        raise RegionUnknown(region, siblings, field)
