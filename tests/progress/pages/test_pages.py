"""The pages: what people find on them, in which language, on which day."""

import re

import pytest

from events.contracts.parts import Basis
from tests.progress.pages.looking import Outline, Told, shown, words
from tests.progress.saxony import CHEMNITZ, DOG, OUTBOX, TODAY, opened, reporting_saxony, saxony, solution
from tests.progress.story import Story, live

EVERY = [
    "/",
    "/suche",
    "/suche?q=chem",
    "/kommunen/145110000000",
    "/kommunen/145225119010",
    "/laender/DE-SN",
    "/laender/DE",
    "/kreise",
    "/kreise/145220000000",
    "/themen/bildung",
    "/themen/steuern_zoll?ort=DE-SN",
    "/leistungen",
    "/leistungen/99102002000000",
    "/leistungen/basis:postausgang",
    "/loesungen",
    "/loesungen/hund",
    "/zahlen",
    "/zahlen/online",
    "/zahlen/konform?ort=DE-SN",
    "/zahlen/online?ort=145110000000",
    "/zahlen/online-mit-uebergeordneten?ort=145110000000",
    "/zahlen/erfasst?ort=145110000000",
    "/zahlen/alle?ort=145110000000",
    "/zahlen/berichten",
    "/zahlen/berichten?ort=DE-SN",
    "/zahlen/ueberall",
]


def with_offers() -> Story:
    """Saxony, and two solutions that are open there."""
    story = reporting_saxony()
    opened(story, solution("postausgang-sachsen", story.ref(OUTBOX)), "DE-SN")
    opened(story, solution("hund", story.ref(DOG)), "DE-SN")
    return story


async def test_every_page_is_whole_in_both_languages_and_on_an_earlier_day(told: Told) -> None:
    async with told(with_offers()) as client:
        for path in EVERY:
            mark = "&" if "?" in path else "?"
            german = await shown(client, path)
            english = await shown(client, f"{path}{mark}lang=en")
            await shown(client, f"{path}{mark}as_of=2026-06-30&known_at=2026-11-01")
            assert '<html lang="de">' in german
            assert '<html lang="en">' in english


async def test_every_link_inside_the_pages_leads_somewhere(told: Told) -> None:
    async with told(with_offers()) as client:
        seen: set[str] = set()
        waiting = ["/?as_of=2026-11-01&lang=en"]
        while waiting:
            path = waiting.pop()
            html = await shown(client, path)
            for link in Outline(html).all("a"):
                href = link.get("href") or ""
                inside = href.startswith("/") and not href.startswith(("/api/", "/bilder/"))
                if inside and href not in seen and len(seen) < 150:
                    seen.add(href)
                    waiting.append(href)
    assert len(seen) > 40


async def test_language_and_day_go_along(told: Told) -> None:
    async with told(with_offers()) as client:
        page = await shown(client, "/?lang=en&as_of=2026-06-30")
    towards = [link["href"] for link in Outline(page).all("a") if "/laender/" in (link.get("href") or "")]
    assert towards
    assert all(href is not None and "lang=en" in href and "as_of=2026-06-30" in href for href in towards)
    switch = next(link["href"] for link in Outline(page).all("a") if link.get("hreflang") == "de")
    assert switch is not None
    assert "as_of=2026-06-30" in switch


async def test_a_cited_page_shows_the_same_when_more_is_known(told: Told) -> None:
    story = with_offers()
    async with told(story) as client:
        page = await shown(client, "/kommunen/145110000000?as_of=2026-06-30&known_at=2026-06-30")
    assert "bekannt am" in words(page)
    cited = re.search(r'href="http://testserver[^"]*(/kommunen/145110000000\?[^"]*)"', page)
    assert cited is not None
    assert "as_of=2026-06-30" in cited[1]
    assert "known_at=2026-06-30" in cited[1]


@pytest.mark.parametrize("day", ["gestern", "2999-01-01", "0001-01-01"])
async def test_an_impossible_day_is_explained_on_a_page(told: Told, day: str) -> None:
    async with told(saxony()) as client:
        page = await shown(client, f"/?as_of={day}", status=422)
    assert "as_of" in page


async def test_not_recorded_is_never_offline_nor_nothing(told: Told) -> None:
    async with told(with_offers()) as client:
        page = await shown(client, "/")
        offline = await shown(client, "/kommunen/147130000000")
    row = re.search(r"Schleswig-Holstein</a></th>.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert "nicht erfasst" in row[0]
    assert "<b>0" not in row[0]
    assert "Wohnsitz anmelden: nicht erfasst" in offline
    assert ">offline" not in page + offline


async def test_the_list_behind_a_figure_says_where_nothing_is_recorded(told: Told) -> None:
    async with told(with_offers()) as client:
        page = await shown(client, "/zahlen/online")
    row = re.search(r"Schleswig-Holstein</a></th>.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert "nicht erfasst" in row[0]
    assert "0,0" not in row[0]


async def test_a_figure_on_a_page_is_the_one_that_is_explained(told: Told) -> None:
    async with told(with_offers()) as client:
        start = await shown(client, "/")
        links = {link["href"]: None for link in Outline(start).all("a") if "/zahlen/" in (link.get("href") or "")}
        explained = [words(await shown(client, str(link))) for link in links]
    assert len(links) == 4
    assert "3 von 14 Zuständigkeiten: 21,4" in explained[0]
    assert "2 von 14 Zuständigkeiten" in explained[1]
    assert "4 von 7 Kommunen" in explained[2]
    assert "Es berichtet, wer mindestens einen Stand" in explained[2]
    assert "bei allen Kommunen online" in explained[3]


async def test_an_embedded_page_is_only_the_picture_and_may_be_framed(told: Told) -> None:
    async with told(with_offers()) as client:
        page = await shown(client, "/?embed=1")
        answer = await client.get("/?embed=1")
        alone = await client.get("/")
    assert "<header" not in page
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in alone.headers["content-security-policy"]


async def test_who_has_a_page_is_told_that_nothing_is_new(told: Told) -> None:
    async with told(with_offers()) as client:
        first = await client.get("/kommunen/145110000000")
        again = await client.get("/kommunen/145110000000", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


async def test_pages_are_light(told: Told) -> None:
    async with told(with_offers()) as client:
        for path in EVERY:
            page = re.sub(r'<svg class="map".*?</svg>', "", (await client.get(path)).text, flags=re.DOTALL)
            assert len(page.encode()) < 150_000, path


async def test_the_start_page_shows_the_whole_at_a_glance(told: Told) -> None:
    async with told(reporting_saxony()) as client:
        german = await shown(client, "/")
        english = await shown(client, "/", "en-GB,en;q=0.9,de;q=0.1")
        other = await shown(client, "/?lang=en", "de")

    assert '<html lang="de">' in german
    assert "3 von 14 Zuständigkeiten" in words(german)
    assert "21,4\u202f%" in german
    assert "Demonstrationsdaten" not in german
    assert '<html lang="en">' in english
    assert "3 of 14 responsibilities" in words(english)
    assert '<html lang="en">' in other


async def test_an_empty_installation_says_what_to_do_first(told: Told) -> None:
    async with told(Story()) as client:
        nothing = await shown(client, "/")
    assert "noch nicht angekommen" in nothing


async def test_an_installation_without_statuses_shows_how_to_record_one(told: Told) -> None:
    async with told(saxony()) as client:
        page = await shown(client, "/")
    assert "make -s token" in page
    assert "make demo" in page


@pytest.mark.parametrize("typed", ["Chemnitz", "chemn", "145110000000", "  CHEMNITZ "])
async def test_a_town_is_found_however_it_is_typed(told: Told, typed: str) -> None:
    async with told(reporting_saxony()) as client:
        page = await shown(client, f"/suche?q={typed}")
    assert 'href="/kommunen/145110000000"' in page


@pytest.mark.parametrize("typed", ["Görlitz", "goerlitz", "Gorlitz", "GÖRL"])
async def test_umlauts_are_forgiven(told: Told, typed: str) -> None:
    story = saxony()
    story.town("ars:146260110110", name="Görlitz, Stadt")
    async with told(story) as client:
        page = await shown(client, f"/suche?q={typed}")
    assert 'href="/kommunen/146260110110"' in page


@pytest.mark.parametrize("typed", ["%", "_", "\\", "(", "<script>", "'; DROP", "   ", "ß" * 50])
async def test_any_search_is_answered(told: Told, typed: str) -> None:
    async with told(saxony()) as client:
        answer = await client.get("/suche", params={"q": typed})
    assert answer.status_code == 200
    assert "<script>" not in answer.text


async def test_a_towns_page_shows_its_figures_and_what_is_open_to_it(told: Told) -> None:
    story = reporting_saxony()
    opened(story, solution("postausgang-sachsen", story.ref(OUTBOX)), "DE-SN")
    opened(story, solution("hund", story.ref(DOG)), "DE-SN")
    async with told(story) as client:
        chemnitz = await shown(client, "/kommunen/145110000000")
        small = await shown(client, "/kommunen/ars:145225119010?lang=en")
        before = await shown(client, "/kommunen/145110000000?as_of=2026-06-30")
        empty_choice = await shown(client, "/kommunen/145110000000?as_of=")

    assert "2 von 3 Leistungen" in words(chemnitz)
    assert "66,7\u202f%" in chemnitz
    assert "Wohnsitz anmelden: OZG-konform" in chemnitz
    assert "Postausgang Sachsen" in small
    assert "1,900–4,200 €" in small
    assert "1 von 3 Leistungen" in words(before)
    assert "2 von 3 Leistungen" in words(empty_choice)


async def test_demonstration_data_are_marked(told: Told) -> None:
    story = saxony()
    story.record(CHEMNITZ, DOG, live(3, basis=Basis(kind="demonstration")), TODAY)
    async with told(story) as client:
        assert "Demonstrationsdaten" in await shown(client, "/")
        assert "Demonstrationsdaten" in await shown(client, "/kommunen/145110000000")


async def test_a_town_nobody_knows_offers_the_search(told: Told) -> None:
    async with told(saxony()) as client:
        page = await shown(client, "/kommunen/999999999999", status=404)
        await shown(client, "/kommunen/Chemnitz", status=404)
    assert 'name="q"' in page
