"""The package's reference data is what the published sources say, and can be made again from them."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.reference import build
from catalog.reference.official_list import MalformedList, entries

_OWN = Path(build.__file__).parent / "data"
_FLENSBURG = (
    "6020251130010010000000Flensburg, Stadt".ljust(122) + "61    " + "00000005673" + "00000096326" + "00000047651"
).ljust(165) + "24937*****"


@pytest.fixture
def published() -> Path:
    """The folder with the published files, where there is one."""
    beside = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("OZG_SHARED_DATA", beside))
    if not (folder / "gemeindeverzeichnis").is_dir():
        pytest.skip("the published files are not on this machine (OZG_SHARED_DATA)")
    return folder


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def test_a_line_of_the_official_list_is_cut_at_its_columns() -> None:
    (flensburg,) = entries([_FLENSBURG, "30 a planning region is no authority"])
    assert flensburg.ars == "010010000000"
    assert flensburg.name == "Flensburg, Stadt"
    assert flensburg.type_code == "61"
    assert flensburg.inhabitants == 96_326
    assert flensburg.postcode == "24937"


def test_another_file_is_refused_with_its_line() -> None:
    with pytest.raises(MalformedList, match="line 2"):
        list(entries([_FLENSBURG, "60 something else"]))


def test_building_again_from_the_sources_changes_nothing(published: Path, tmp_path: Path) -> None:
    build.main([str(published), "--inhabitants-on", "2024-12-31", "--into", str(tmp_path)])
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in _OWN.iterdir()}
    for name in made:
        assert (tmp_path / name).read_bytes() == (_OWN / name).read_bytes(), name


def test_every_commune_of_the_official_list_is_there_with_its_inhabitants(published: Path) -> None:
    own = {row["ars"]: row for row in _rows(_OWN / "municipalities.csv")}
    communes = [
        row for row in _rows(published / "gemeindeverzeichnis" / "gemeinden.csv") if "gemeindefreies" not in row["typ"]
    ]
    assert len(communes) == 10_751
    for row in communes:
        there = own[row["ars"]]
        assert (there["inhabitants"], there["postcode"]) == (row["einwohner"], row["plz"]), row
        assert row["name"].startswith(there["name"].split("/")[0].strip()), row


def test_every_district_and_association_of_the_official_list_is_there(published: Path) -> None:
    own = {row["ars"]: row["levels"].split() for row in _rows(_OWN / "municipalities.csv")}
    folder = published / "gemeindeverzeichnis"
    assert all("district" in own[row["ars"]] for row in _rows(folder / "kreise.csv"))
    associations = [
        row["verband"] + "000"
        for row in _rows(folder / "gemeindeverbaende.csv")
        if row["typ"] != "Verbandsfreie Gemeinde"
    ]
    assert len(associations) == 1_203
    assert all(own[ars] == ["association"] for ars in associations)
    assert all("state" in own[row["land"] + "0" * 10] for row in _rows(folder / "laender.csv"))


def test_positions_are_those_published(published: Path) -> None:
    own = {row["ars"]: row for row in _rows(_OWN / "municipalities.csv")}
    for row in _rows(published / "gemeindeverzeichnis" / "gemeinden_lage.csv"):
        if row["ars"] in own:
            assert float(own[row["ars"]]["latitude"]) == pytest.approx(float(row["breite"]), abs=1e-5)
