"""What every installation knows from its first start, counted as the official list counts it."""

from collections import Counter

import pytest

from catalog.domain.municipality_changes import RegisterMunicipality
from catalog.reference import facts
from events.contracts.keys import bare, municipality_id, service_key
from events.contracts.regions import region_name, regions


@pytest.fixture(scope="module")
def authorities() -> dict[str, RegisterMunicipality]:
    return {bare(one.id): one for one in facts.municipalities()}


def test_each_regional_key_is_one_authority(authorities: dict[str, RegisterMunicipality]) -> None:
    assert len(list(facts.municipalities())) == len(authorities) == 12_262
    assert Counter(one.levels for one in authorities.values()) == {
        ("commune",): 10_645,
        ("commune", "district"): 104,
        ("commune", "district", "state"): 2,
        ("association",): 1_203,
        ("district",): 294,
        ("state",): 14,
    }


def test_communes_and_further_districts_and_laender_add_up(authorities: dict[str, RegisterMunicipality]) -> None:
    def having(level: str) -> int:
        return sum(level in one.levels for one in authorities.values())

    assert having("commune") == 10_751
    assert having("district") == 400
    assert having("state") == 16


def test_the_two_largest_cities_are_commune_district_and_land_at_once(
    authorities: dict[str, RegisterMunicipality],
) -> None:
    whole = [one.name for one in authorities.values() if len(one.levels) == 3]
    assert sorted(whole) == ["Berlin", "Hamburg"]


def test_parents_come_before_their_children_and_the_nearest_first(
    authorities: dict[str, RegisterMunicipality],
) -> None:
    seen: set[str] = set()
    for one in facts.municipalities():
        assert seen.issuperset(one.parents), one
        seen.add(one.id)
    weisswasser = authorities["146265242600"]
    assert [bare(parent) for parent in weisswasser.parents] == ["146265242000", "146260000000", "140000000000"]
    assert authorities["147130000000"].parents == ("ars:140000000000",)
    assert authorities["110000000000"].parents == ()


def test_the_region_is_that_of_the_land(authorities: dict[str, RegisterMunicipality]) -> None:
    assert authorities["147130000000"].region == "DE-SN"
    assert {one.region for one in authorities.values()} == {code for code in regions() if code.startswith("DE-")}
    assert region_name("DE-SN") == "Sachsen"
    assert region_name("DE-SN", "en") == "Saxony"


def test_names_are_those_that_people_use(authorities: dict[str, RegisterMunicipality]) -> None:
    assert authorities["010010000000"].name == "Flensburg"
    assert authorities["146265242600"].name == "Weißwasser/O.L. / Běła Woda"
    assert authorities["146250020020"].name == "Bautzen / Budyšin"
    assert not [one.name for one in authorities.values() if ", " in one.name and "association" not in one.levels]


def test_an_association_named_by_its_members_keeps_them_all(authorities: dict[str, RegisterMunicipality]) -> None:
    assert "Oelsnitz/Vogtl., Bösenbrunn, Eichigt und Triebel/V" in {one.name for one in authorities.values()}


def test_four_communes_are_called_falkenberg_and_each_is_its_own(authorities: dict[str, RegisterMunicipality]) -> None:
    called = [one for one in authorities.values() if one.name.split("/")[0] == "Falkenberg"]
    assert len(called) == 4
    assert len({one.parents for one in called}) == 4


def test_arneburg_goldbeck_is_an_association_and_no_town(authorities: dict[str, RegisterMunicipality]) -> None:
    (found,) = [one for one in authorities.values() if one.name == "Arneburg-Goldbeck"]
    assert found.levels == ("association",)
    assert found.kind == "Verbandsgemeinde"


def test_areas_without_a_municipality_are_counted_nowhere(authorities: dict[str, RegisterMunicipality]) -> None:
    assert not [one for one in authorities.values() if "gemeindefrei" in one.kind.lower() or "gemfr" in one.name]


def test_those_above_have_the_inhabitants_of_their_communes(authorities: dict[str, RegisterMunicipality]) -> None:
    counted: Counter[str] = Counter()
    for one in authorities.values():
        if "commune" in one.levels:
            for above in (one.id, *one.parents):
                counted[above] += one.inhabitants or 0
    assert counted == {one.id: one.inhabitants for one in authorities.values()}
    laender = sum(one.inhabitants or 0 for one in authorities.values() if "state" in one.levels)
    assert laender == 83_576_223


def test_services_bundles_and_components_are_complete() -> None:
    services, components, bundles = list(facts.services()), list(facts.components()), list(facts.bundles())
    assert len({one.service for one in services}) == 203
    assert len({one.id for one in bundles}) == 78
    assert len({one.service for one in components}) == 14
    assert all(service_key(one.service) == one.service for one in (*services, *components))
    assert all(municipality_id(one.id) == one.id for one in facts.municipalities())


def test_every_editorial_assignment_is_marked_provisional() -> None:
    assert all(one.provisional for one in facts.services())


def test_components_are_everyones_concern_and_in_no_figure() -> None:
    for one in facts.components():
        assert (one.kind, one.level, one.theme, one.countable) == ("component", "internal", "ohne", False)
        assert one.translations is not None
        assert one.translations["en"]["title"]


def test_what_is_internal_is_not_counted() -> None:
    assert not [one.service for one in facts.services() if one.level == "internal" and one.countable]


def test_a_bundles_services_name_it_too() -> None:
    bundle_of = {one.service: one.bundle for one in facts.services()}
    for bundle in facts.bundles():
        assert {bundle_of[key] for key in bundle.services} <= {bundle.id}
    assert sum(bundle is not None for bundle in bundle_of.values()) == sum(len(one.services) for one in facts.bundles())
