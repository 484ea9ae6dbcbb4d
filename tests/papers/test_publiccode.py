"""`publiccode.yml` has what the standard asks for, and says what is so (yml.publiccode.tools)."""

import re
import tomllib
from typing import Any, Final

import pytest
import yaml

from tests.papers.test_operating import ROOT

SAID: Final[dict[str, Any]] = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
REQUIRED: Final = (
    *("publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType"),
    *("description", "legal.license", "maintenance.type", "localisation.localisationReady"),
    "localisation.availableLanguages",
)
ONE_OF: Final = {
    "developmentStatus": {"concept", "development", "beta", "stable", "obsolete"},
    "softwareType": {
        *("standalone/mobile", "standalone/iot", "standalone/desktop", "standalone/web", "standalone/backend"),
        *("standalone/other", "addon", "library", "configurationFiles"),
    },
    "maintenance.type": {"internal", "contract", "community", "none"},
}


def found(path: str) -> Any:
    value: Any = SAID
    for key in path.split("."):
        value = value[key]
    return value


@pytest.mark.parametrize("path", REQUIRED)
def test_what_the_standard_requires_is_there(path: str) -> None:
    assert found(path) not in (None, "", [], {})


@pytest.mark.parametrize("path", ONE_OF)
def test_where_the_standard_lists_words_one_of_them_is_used(path: str) -> None:
    assert found(path) in ONE_OF[path]


@pytest.mark.parametrize("language", SAID["description"])
def test_every_description_has_its_parts_in_their_lengths(language: str) -> None:
    said = SAID["description"][language]
    assert 0 < len(said["shortDescription"]) <= 150
    assert 150 <= len(said["longDescription"]) <= 10_000
    assert said["features"]
    assert all(len(feature) <= 100 for feature in said["features"])
    assert set(SAID["description"]) == set(SAID["localisation"]["availableLanguages"])


def test_whoever_maintains_it_can_be_reached() -> None:
    """Nobody is invented for it: until somebody does, `none` is the truth."""
    maintenance = SAID["maintenance"]
    wanted = {"internal": {"name"}, "community": {"name"}, "contract": {"name", "until"}}.get(
        maintenance["type"], set()
    )
    named = maintenance.get("contacts", []) + maintenance.get("contractors", [])
    assert bool(wanted) == bool(named)
    assert all(wanted <= set(one) for one in named)


def test_it_names_the_licence_and_version_that_are_here() -> None:
    project = tomllib.loads((ROOT / "services" / "catalog" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert SAID["softwareVersion"] == project["version"]
    assert SAID["legal"]["license"] == "EUPL-1.2"
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_it_depends_on_what_runs_in_containers() -> None:
    composed = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    least = {one["name"]: one["versionMin"] for one in SAID["dependsOn"]["open"]}
    assert least["PostgreSQL"] in re.findall(r"image: postgres:(\d+)", composed)
    assert least["NATS JetStream"] in re.findall(r"image: nats:([\d.]+)", composed)
