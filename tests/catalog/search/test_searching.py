"""People find what they mean, however they type it, the best first."""

from collections.abc import Sequence
from typing import Any

import pytest

from catalog.reading import bundles, municipalities, services
from catalog.reading.bundles import find_bundles, one_bundle
from catalog.reading.municipalities import find_municipalities, one_municipality
from catalog.reading.services import find_services, one_service
from events.log.connect import Connection


async def titles(connection: Connection, q: str) -> list[str]:
    found = await find_services(connection, services.Wanted(q=q), 100)
    return [one.title for one, _ in found]


async def towns(connection: Connection, q: str) -> list[str]:
    found = await find_municipalities(connection, municipalities.Wanted(q=q), 100)
    return [f"{one.name} ({one.kind})" for one, _ in found]


async def test_a_driving_licence_is_found_however_it_is_typed(connection: Connection) -> None:
    spellings = ["führerschein", "fuehrerschein", "Fuhrerschein umtausch", "FÜHRERSCHEIN", "Führerschein-Umtausch"]
    found = [await titles(connection, spelling) for spelling in spellings]
    assert found[0][0] == "Internationalen Führerschein beantragen"
    assert "Umschreibung einer ausländischen Fahrerlaubnis" in found[0]
    assert all(each == found[0] for each in found)


async def test_slips_and_beginnings_are_forgiven(connection: Connection) -> None:
    for typed in ("fürerschein", "Führerschien", "Fuhrerschei", "internationaler Führerschein"):
        assert (await titles(connection, typed))[0] == "Internationalen Führerschein beantragen", typed


_MEANT = [
    ("Wohnsitz anmelden", "Wohnsitz anmelden"),
    ("anmeldung wohnsitz", "Wohnsitz anmelden"),
    ("hund anmelden", "Hundean- / -abmeldung (Meldung Hundehaltung)"),
    ("hundesteuer", "Hundesteuer festsetzen"),
    ("umzug", "Wohnsitz abmelden"),
    ("perso", "Personalausweis ausstellen"),
    ("heiraten", "Eheschließung anmelden"),
    ("eheschliessung", "Eheschließung anmelden"),
    ("Anwohnerparken", "Bewohnerparkausweis"),
    ("postausgang", "Elektronischer Postausgang"),
    ("sterbeurkunde", "Sterbeurkunde ausstellen"),
    ("Gewerbeanmeldung", "Gewerbe anmelden"),
    ("den Reisepass", "Reisepass beantragen"),
]


async def test_the_service_that_is_meant_is_among_the_first(connection: Connection) -> None:
    missed = [typed for typed, best in _MEANT if best not in (await titles(connection, typed))[:3]]
    assert missed == []


async def test_both_words_come_before_one(connection: Connection) -> None:
    found = await titles(connection, "gewerbe anmelden")
    assert found[0] == "Gewerbe anmelden"


async def test_nonsense_finds_nothing_and_breaks_nothing(connection: Connection) -> None:
    for q in [
        "xyzzyqwertz",
        "'; DROP TABLE services; --",
        "%%%",
        "___",
        "½",
        "&|!:*",
        "\\",
        "a" * 200,
        "☃",
        "北京",
        " ",
    ]:
        await titles(connection, q)
        await towns(connection, q)
        await find_bundles(connection, q=q, theme=None, limit=5)
    assert await titles(connection, "xyzzyqwertz") == []
    assert await titles(connection, "%%%") == []


async def test_services_are_narrowed_by_theme_level_bundle_and_kind(connection: Connection) -> None:
    async def narrowed(**wanted: Any) -> Sequence[services.ServiceShown]:
        return [one for one, _ in await find_services(connection, services.Wanted(**wanted), 1000)]

    assert len(await narrowed()) == 217
    assert len(await narrowed(kind="component")) == 14
    assert {one.theme for one in await narrowed(theme="umwelt")} == {"umwelt"}
    assert {one.level for one in await narrowed(level="district", q="Fahrerlaubnis")} == {"district"}
    assert len(await narrowed(bundle="10119")) == 4
    assert {one.bundle for one in await narrowed(q="10119")} == {"10119"}
    assert [one.key for one in await narrowed(q="99115005070000")] == ["leika:99115005070000"]
    assert len(await narrowed(q="99 115 005")) == 3


@pytest.mark.parametrize("q", [None, "anmelden"])
async def test_pages_in_the_order_of_rank_neither_repeat_nor_skip(connection: Connection, q: str | None) -> None:
    wanted = services.Wanted(q=q)
    whole = [one.key for one, _ in await find_services(connection, wanted, 1000)]
    paged: list[str] = []
    after = None
    while page := await find_services(connection, wanted, 7, after):
        paged += [one.key for one, _ in page]
        after = page[-1][1]
    assert paged == whole
    assert len(set(whole)) == len(whole)


async def test_pages_of_towns_neither_repeat_nor_skip(connection: Connection) -> None:
    for wanted in (municipalities.Wanted(q="neustadt"), municipalities.Wanted(region="DE-SN", level="commune")):
        whole = [one.id for one, _ in await find_municipalities(connection, wanted, 1000)]
        paged: list[str] = []
        after = None
        while page := await find_municipalities(connection, wanted, 50, after):
            paged += [one.id for one, _ in page]
            after = page[-1][1]
        assert paged == whole


_TOWNS = [
    ("leipzig", "Leipzig (Kreisfreie Stadt)"),
    ("Landkreis Leipzig", "Leipzig (Landkreis)"),
    ("Stadt Leipzig", "Leipzig (Kreisfreie Stadt)"),
    ("München", "München (Kreisfreie Stadt)"),
    ("Muenchen", "München (Kreisfreie Stadt)"),
    ("munchen", "München (Kreisfreie Stadt)"),
    ("Görlitz", "Görlitz (Stadt)"),
    ("frankfurt", "Frankfurt am Main (Kreisfreie Stadt)"),
    ("frankfurt oder", "Frankfurt (Oder) (Kreisfreie Stadt)"),
    ("chemintz", "Chemnitz (Kreisfreie Stadt)"),
    ("lepizig", "Leipzig (Kreisfreie Stadt)"),
    ("04109", "Leipzig (Kreisfreie Stadt)"),
    ("147130000000", "Leipzig (Kreisfreie Stadt)"),
    ("14713000", "Leipzig (Kreisfreie Stadt)"),
    ("Sachsen", "Sachsen (Land)"),
    ("Arneburg-Goldbeck", "Arneburg-Goldbeck (Verbandsgemeinde)"),
    ("Weißwasser", "Weißwasser/O.L. / Běła Woda (Stadt)"),
    ("Budysin", "Bautzen / Budyšin (Stadt)"),
    ("Bautzen", "Bautzen / Budyšin (Stadt)"),
]


async def test_the_town_that_is_meant_comes_first(connection: Connection) -> None:
    missed = [(typed, first) for typed, best in _TOWNS if (first := (await towns(connection, typed))[:1]) != [best]]
    assert missed == []


async def test_all_four_falkenberg_are_found_and_told_apart_by_where_they_are(connection: Connection) -> None:
    found = await find_municipalities(connection, municipalities.Wanted(q="Falkenberg", level="commune"), 10)
    four = [one for one, _ in found][:4]
    assert {one.name.split("/")[0] for one in four} == {"Falkenberg"}
    assert len({one.parents[-2].name for one in four}) == 4
    in_elbe_elster = await find_municipalities(connection, municipalities.Wanted(q="Falkenberg Elbe-Elster"), 1)
    assert in_elbe_elster[0][0].name == "Falkenberg/Elster"
    in_bavaria = await find_municipalities(connection, municipalities.Wanted(q="falkenberg bayern"), 2)
    assert {one.region for one, _ in in_bavaria} == {"DE-BY"}


async def test_towns_are_narrowed_by_region_level_kind_and_who_is_above(connection: Connection) -> None:
    async def narrowed(**wanted: Any) -> list[municipalities.MunicipalityShown]:
        return [one for one, _ in await find_municipalities(connection, municipalities.Wanted(**wanted), 20_000)]

    assert len(await narrowed(region="DE")) == 12_262
    assert len(await narrowed(level="district", region="DE-SN")) == 13
    assert len(await narrowed(kind="stadtkreis")) == 9
    assert {one.parents[0].name for one in await narrowed(parent="ars:145225119000")} == {"Mittweida"}


async def test_an_authority_is_shown_with_those_above_it(connection: Connection) -> None:
    shown = await one_municipality(connection, "ars:145225119360")
    assert shown is not None
    assert (shown.name, shown.region_name) == ("Mittweida", "Sachsen")
    assert [above.name for above in shown.parents] == ["Mittweida", "Mittelsachsen", "Sachsen"]
    assert shown.keys[-1].key == "ars:145225119360"
    assert await one_municipality(connection, "ars:999999999999") is None


async def test_bundles_have_their_services(connection: Connection) -> None:
    identity = await one_bundle(connection, "10119")
    assert identity is not None
    assert len(identity.services) == 4
    assert len(await find_bundles(connection, q=None, theme=None, limit=100)) == 78
    assert [one.id for one in await find_bundles(connection, q="personalausweis", theme=None, limit=100)] == ["10119"]
    assert {one.theme for one in await find_bundles(connection, q=None, theme="umwelt", limit=100)} == {"umwelt"}
    assert bundles.BundleShown.__doc__
    assert await one_bundle(connection, "99999") is None


async def test_a_service_is_shown_with_all_its_facts(connection: Connection) -> None:
    outbox = await one_service(connection, "basis:postausgang")
    assert outbox is not None
    assert outbox.translations == {"en": {"title": "Digital outbox"}}
    assert not outbox.countable
    assert await one_service(connection, "leika:00000000000000") is None
