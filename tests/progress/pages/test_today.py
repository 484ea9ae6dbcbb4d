"""What was recorded lately: as the catalog's feed says it, and nothing where it is away or another day is looked at."""

import re

from tests.progress.pages.looking import Outline, Told, shown, words
from tests.progress.saxony import CHEMNITZ, DOG, LEIPZIG, MOVING, TODAY, reporting_saxony
from tests.progress.story import live


async def test_the_start_page_names_what_was_recorded_last_the_latest_first(told: Told) -> None:
    story = reporting_saxony()
    story.record(LEIPZIG, MOVING, live(2), TODAY)
    story.record(CHEMNITZ, DOG, live(3), TODAY, correction=True)
    async with told(story) as client:
        page = await shown(client, "/")
        earlier = await shown(client, "/?as_of=2026-06-30")
        then = await shown(client, "/?known_at=2026-06-30")
    section = re.search(r"Zuletzt erfasst.*?</section>", page, re.DOTALL)
    assert section is not None
    said = words(section[0])
    assert said.startswith("Zuletzt erfasst 13:00 Leipzig, Stadt : Wohnsitz anmelden, live, Reifegrad 2")
    assert said.count("Chemnitz, Stadt") == 4
    assert "Zuletzt erfasst" not in earlier + then
    (place,) = [one for one in Outline(page).all("ul") if "data-live" in one]
    assert place["data-live"] == f"/api/catalog/v1/events/stream?after={len(story.log)}"
    assert place["data-type"] == "ozg.catalog.status-recorded.v1"
