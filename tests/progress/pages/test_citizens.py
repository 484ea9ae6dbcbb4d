"""What citizens find: what they can do online in their town, how to get there, and how the town is doing."""

from datetime import date

import pytest

from progress.pages.links import web
from tests.progress.pages.looking import Outline, Told, shown, words
from tests.progress.saxony import CHEMNITZ, DOG, LEIPZIG, MOVING, TODAY, reporting_saxony, saxony
from tests.progress.story import Story, live

PAGE = "/kommunen/145110000000/online"
TO_THE_DOG = "https://www.chemnitz.example/hund"


def with_ways() -> Story:
    """Chemnitz says where its services are."""
    story = reporting_saxony()
    story.record(CHEMNITZ, DOG, live(2, online_url=TO_THE_DOG), date(2026, 8, 1))
    story.record(CHEMNITZ, MOVING, live(3, online_url="javascript:alert(1)"), date(2026, 8, 1))
    return story


async def test_what_is_online_is_listed_by_theme_with_the_way_there(told: Told) -> None:
    async with told(with_ways()) as client:
        page = await shown(client, PAGE)
    links = {link["href"]: link for link in Outline(page).all("a")}
    assert links[TO_THE_DOG]["rel"] == "noopener noreferrer"
    assert "Steuern &amp; Zoll" in page
    assert "zum Teil online" in words(page)
    assert "ganz online" in words(page)
    assert "Wohnsitz anmelden" in page
    assert "Sie kommen zu www.chemnitz.example" in words(page)
    assert "javascript:" not in page
    assert "Wo keine Adresse steht, kennen wir sie noch nicht." in words(page)


async def test_what_others_deliver_there_is_listed_with_who_does(told: Told) -> None:
    async with told(with_ways()) as client:
        page = words(await shown(client, "/kommunen/145225119360/online"))
    assert "Führerschein umtauschen" in page
    assert "Das macht: Mittelsachsen" in page


async def test_how_the_town_is_doing_is_said_in_two_sentences(told: Told) -> None:
    async with told(with_ways()) as client:
        german = words(await shown(client, PAGE))
        english = words(await shown(client, f"{PAGE}?lang=en"))
        nothing = words(await shown(client, "/kommunen/010020000000/online"))
    assert "In Chemnitz gehen 2 von 4 Leistungen ganz oder zum Teil online. Das ist mehr als" in german
    assert "Für eine Leistung wissen wir noch nicht, ob sie online geht." in german
    assert "In Chemnitz, 2 of 4 services work online" in english
    assert "Die Verwaltung von Kiel hat noch nichts gemeldet." in nothing


@pytest.mark.parametrize("typed", ["hund", "HUNDESTEUER", "99102002000000"])
async def test_the_field_filters_without_script(told: Told, typed: str) -> None:
    async with told(with_ways()) as client:
        page = await shown(client, f"{PAGE}?q={typed}")
    assert "Hundesteuer anmelden" in page
    assert "Wohnsitz anmelden" not in page


async def test_who_looks_for_something_that_is_not_online_is_told_what_is_known(told: Told) -> None:
    async with told(with_ways()) as client:
        unknown = words(await shown(client, f"{PAGE}?q=fuehrer"))
        nowhere = words(await shown(client, "/kommunen/145225119010/online?q=hund"))
        nothing = words(await shown(client, f"{PAGE}?q=xyz"))
    assert "Führerschein umtauschen wissen wir noch nicht" in unknown
    assert "Hundesteuer anmelden gibt es hier nicht" in nowhere
    assert "Nichts gefunden für „xyz“" in nothing


async def test_on_an_earlier_day_it_says_what_was_online_then(told: Told) -> None:
    async with told(with_ways()) as client:
        page = await shown(client, f"{PAGE}?as_of=2026-06-30")
    assert "Wohnsitz anmelden" in page
    assert "Hundesteuer anmelden" not in page


async def test_it_is_found_from_the_search_and_from_the_towns_page(told: Told) -> None:
    async with told(saxony()) as client:
        for path in ("/suche?q=chemnitz", "/kommunen/145110000000"):
            assert f'href="{PAGE}"' in await shown(client, path)
        await shown(client, "/kommunen/999999999999/online", status=404)


async def test_a_town_of_which_nothing_is_known_says_whom_to_ask(told: Told) -> None:
    story = Story(today=TODAY)
    story.town(LEIPZIG, ("commune", "district"))
    async with told(story) as client:
        page = words(await shown(client, "/kommunen/147130000000/online"))
    assert "Fragen Sie bei der Verwaltung nach" in page


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://www.example.org/a?b=c", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_in_the_web_become_links(address: str | None, kept: bool) -> None:
    assert web(address) == (address if kept else "")
