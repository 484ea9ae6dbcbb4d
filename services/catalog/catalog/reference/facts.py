"""The files of `data/` as commands to the catalogue: what is listed and who is registered from the first start."""

import csv
from collections.abc import Iterator
from datetime import date
from importlib import resources
from typing import Any

import msgspec

from catalog.domain.bundle import ListBundle
from catalog.domain.municipality_changes import RegisterMunicipality
from catalog.domain.service import ListService
from events.contracts.keys import region_of_state
from events.contracts.parts import Basis, Location

_OFFICIAL_LIST = "https://www.destatis.de/DE/Themen/Laender-Regionen/Regionales/Gemeindeverzeichnis/_inhalt.html"
_SERVICES = "https://github.com/dsgvo-dev/koos-daten"


def municipalities() -> Iterator[RegisterMunicipality]:
    """The German authorities, every parent before its children."""
    editions = {row["what"]: date.fromisoformat(row["as_of"]) for row in _rows("editions.csv")}
    basis = Basis(kind="reference-data", url=_OFFICIAL_LIST, as_of=editions["municipalities"])
    for row in _rows("municipalities.csv"):
        yield _command(
            RegisterMunicipality,
            id=f"ars:{row['ars']}",
            name=row["name"],
            kind=row["kind"],
            levels=row["levels"].split(),
            region=region_of_state(row["ars"][:2]),
            parents=[f"ars:{ars}" for ars in row["parents"].split()],
            inhabitants=int(row["inhabitants"]),
            inhabitants_on=editions["inhabitants"],
            location=_location(row),
            postcode=row["postcode"] or None,
            basis=basis,
        )


def services() -> Iterator[ListService]:
    """The services; theme, level, audience and countable are editorial and provisional."""
    for row in _rows("services.csv"):
        yield _command(
            ListService,
            service=row["key"],
            title=row["title"],
            level=row["level"],
            theme=row["theme"],
            audience=row["audience"] or None,
            bundle=row["bundle"] or None,
            countable=row["countable"] == "yes",
            provisional=True,
            basis=Basis(kind="reference-data", url=_SERVICES),
        )


def components() -> Iterator[ListService]:
    """What is no service but is reused just so: every authority's own concern, never in a figure of services."""
    for row in _rows("components.csv"):
        yield _command(
            ListService,
            service=row["key"],
            title=row["title"],
            kind="component",
            level="internal",
            countable=False,
            basis=Basis(kind="reference-data"),
            translations={"en": {"title": row["title_en"]}},
        )


def bundles() -> Iterator[ListBundle]:
    """The bundles, some of which have no service yet."""
    for row in _rows("bundles.csv"):
        yield _command(
            ListBundle,
            id=row["id"],
            title=row["title"],
            theme=row["theme"],
            services=row["services"].split(),
            basis=Basis(kind="reference-data", url=_SERVICES),
        )


def _location(row: dict[str, str]) -> Location | None:
    if not row["latitude"]:
        return None
    return Location(latitude=float(row["latitude"]), longitude=float(row["longitude"]))


def _command(command: type[Any], **facts: object) -> Any:
    """Checked: a word that is none of ours is found here and not by a follower."""
    return msgspec.convert(msgspec.to_builtins(facts), command)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (resources.files("catalog.reference") / "data" / name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
