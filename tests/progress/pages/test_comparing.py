"""A town beside others: its peers, its Land, and one that is chosen by name or key, without script."""

import re
from datetime import date

from tests.progress.pages.looking import Told, shown, words
from tests.progress.saxony import KIEL, MOVING, reporting_saxony
from tests.progress.story import Story, live

PAGE = "/kommunen/145110000000"


def with_kiel() -> Story:
    story = reporting_saxony()
    story.record(KIEL, MOVING, live(2), date(2026, 10, 1))
    return story


async def test_figures_stand_beside_those_of_peers_and_land(told: Told) -> None:
    async with told(with_kiel()) as client:
        page = await shown(client, PAGE)
    row = re.search(r">Online, eigene</th>.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert words(row[0]) == ">Online, eigene 66,7 % 33,3 % 27,3 %"
    assert "1 davon berichten" in words(page)
    assert "Median Vergleichbarer" in page


async def test_a_chosen_town_stands_beside_by_key_and_by_name(told: Told) -> None:
    async with told(with_kiel()) as client:
        by_key = await shown(client, f"{PAGE}?vergleich=010020000000")
        by_name = await shown(client, f"{PAGE}?vergleich=kiel")
        before = await shown(client, f"{PAGE}?vergleich=kiel&as_of=2026-06-30")
        picture = await client.get("/bilder/entwicklung.svg?ort=145110000000&vergleich=kiel")
    for page in (by_key, by_name):
        row = re.search(r">Bauen &amp; Wohnen</th>.*?</tr>", page, re.DOTALL)
        assert row is not None
        assert words(row[0]).endswith("Wohnen 100,0 % 100,0 % 25,0 %")
        assert "vergleich=010020000000" in page
    assert "Kiel, Landeshauptstadt" in before
    assert "Kiel, Landeshauptstadt" in picture.text


async def test_who_types_what_several_are_called_is_asked_which(told: Told) -> None:
    async with told(with_kiel()) as client:
        several = await shown(client, f"{PAGE}?vergleich=stadt&lang=en")
        nobody = words(await shown(client, f"{PAGE}?vergleich=%3Cb%3Exyz"))
    assert "Which one is meant?" in several
    assert "vergleich=147130000000" in several
    assert "lang=en" in several
    assert "Nichts gefunden für „&lt;b&gt;xyz“" in nobody
