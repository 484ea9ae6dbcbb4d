"""Makes the reference data of this package from the sources that its makers publish.

    python -m catalog.reference.build SOURCES --inhabitants-on 2024-12-31

SOURCES is a folder with `gemeindeverzeichnis/GV100AD_*.txt` and `gemeinden_lage.csv` (Destatis), `leika_ozg_koos/`,
`basis_components.csv` and `partnerlaender/iso3166-2_partnerlaender.csv`. Run it when a new edition is out.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from catalog.reference.authorities import Authority, authorities
from catalog.reference.official_list import entries
from events.contracts.parts import Location

_OWN = Path(__file__).parent / "data"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m catalog.reference.build", description=__doc__)
    parser.add_argument("sources", type=Path, help="the folder with the published files")
    parser.add_argument("--inhabitants-on", type=date.fromisoformat, required=True, help="the day they were counted")
    parser.add_argument("--into", type=Path, default=_OWN, help="where to write (default: this package)")
    told = parser.parse_args(arguments)
    for name, rows in {
        "municipalities.csv": municipalities(told.sources / "gemeindeverzeichnis"),
        "services.csv": services(told.sources / "leika_ozg_koos"),
        "bundles.csv": bundles(told.sources / "leika_ozg_koos"),
        "components.csv": components(told.sources),
        "editions.csv": editions(told.sources / "gemeindeverzeichnis", told.inhabitants_on),
    }.items():
        count = _write(told.into / name, rows)
        sys.stdout.write(f"{name}: {count} rows\n")


def municipalities(folder: Path) -> Iterable[Sequence[object]]:
    """The authorities of the newest official list in the folder."""
    positions = {
        row["ars"]: Location(latitude=float(row["breite"]), longitude=float(row["laenge"]))
        for row in _read(folder / "gemeinden_lage.csv")
    }
    with _newest(folder).open(encoding="utf-8") as lines:
        found = authorities(entries(lines), positions)
    yield ["ars", "name", "kind", "levels", "parents", "inhabitants", "latitude", "longitude", "postcode"]
    for one in found:
        yield _municipality(one)


def services(folder: Path) -> Iterable[Sequence[object]]:
    """The services, keys with their scheme."""
    yield ["key", "title", "level", "theme", "audience", "bundle", "countable"]
    for row in _read(folder / "services.csv"):
        rest = (row["level"], row["theme"], row["audience"], row["ozg_id"], row["countable"])
        yield (f"leika:{row['key']}", row["title"], *rest)


def bundles(folder: Path) -> Iterable[Sequence[object]]:
    """The bundles with their services."""
    yield ["id", "title", "theme", "services"]
    for row in _read(folder / "ozg_bundles.csv"):
        keys = " ".join(f"leika:{key}" for key in row["services"].split("|") if key)
        yield (row["ozg_id"], row["title"], row["theme"], keys)


def components(folder: Path) -> Iterable[Sequence[object]]:
    """What is no service but is reused just so."""
    yield ["key", "title", "title_en"]
    for row in _read(folder / "basis_components.csv"):
        yield (row["key"], row["title_de"], row["title_en"])


def editions(folder: Path, inhabitants_on: date) -> Iterable[Sequence[object]]:
    """On which days the figures held."""
    yield "what", "as_of"
    yield "municipalities", _edition(_newest(folder))
    yield "inhabitants", inhabitants_on


def _municipality(one: Authority) -> Sequence[object]:
    place = one.location
    return (
        one.ars,
        one.name,
        one.kind,
        " ".join(one.levels),
        " ".join(one.parents),
        one.inhabitants,
        place.latitude if place else "",
        place.longitude if place else "",
        one.postcode or "",
    )


def _newest(folder: Path) -> Path:
    return max(folder.glob("GV100AD_*.txt"), key=_edition)


def _edition(path: Path) -> date:
    """`GV100AD_30112025.txt` → 2025-11-30; an older spelling has two digits for the year."""
    day = path.stem.partition("_")[2]
    year = day[4:] if len(day) == len("30112025") else f"20{day[4:]}"
    return date(int(year), int(day[2:4]), int(day[:2]))


def _read(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _write(path: Path, rows: Iterable[Sequence[object]]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        count = -1
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


if __name__ == "__main__":
    main()
