"""The pages: what people find on them, in which language, and that they need nothing from elsewhere."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.mounting import mount
from events.contracts.parts import Basis
from progress.applying import Progress
from progress.settings import ProgressSettings
from progress.web import create_app
from tests.progress.saxony import CHEMNITZ, DOG, OUTBOX, TODAY, opened, reporting_saxony, saxony, solution
from tests.progress.story import Story, live

Client = AsyncTestClient[Any]
Told = Callable[[Story], AbstractAsyncContextManager[Client]]


@pytest.fixture
def told(progress_url: str, progress_database: AsyncEngine) -> Told:
    """Apply a story and look at the pages."""

    @asynccontextmanager
    async def tell(story: Story) -> AsyncIterator[Client]:
        async with progress_database.begin() as connection:
            if story.log:
                await Progress(UTC).apply(connection, story.log)
            await connection.execute(
                text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x')"),
                {"p": len(story.log)},
            )
        noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
        app = create_app(ProgressSettings(database_url=progress_url), clock=lambda: noon)
        async with AsyncTestClient(app=mount({"/api/progress/v1": app, "": app})) as client:
            yield client

    return tell


class Outline(HTMLParser):
    """The tags of a page, checked for balance, and its text."""

    void = frozenset({"meta", "link", "input", "br", "rect", "path", "line"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void:
            assert self.open.pop() == tag


async def shown(client: Client, path: str, language: str = "", status: int = 200) -> str:
    answer = await client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    outline = Outline(answer.text)
    ids = [value for name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert "style" not in {name for name, _ in outline.attributes}
    assert "<script" not in answer.text
    assert not re.search(r'(src|href)="https?://', answer.text)
    return answer.text


async def test_the_start_page_shows_the_whole_at_a_glance(told: Told) -> None:
    async with told(reporting_saxony()) as client:
        german = await shown(client, "/")
        english = await shown(client, "/", "en-GB,en;q=0.9,de;q=0.1")
        other = await shown(client, "/?lang=en", "de")

    assert '<html lang="de">' in german
    assert "3 von 14 Zuständigkeiten" in german
    assert "21,4\u202f%" in german
    assert "Demonstrationsdaten" not in german
    assert '<html lang="en">' in english
    assert "3 of 14 responsibilities" in english
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
        page = await shown(client, f"/?q={typed}")
    assert 'href="/kommunen/145110000000"' in page


@pytest.mark.parametrize("typed", ["Görlitz", "goerlitz", "Gorlitz", "GÖRL"])
async def test_umlauts_are_forgiven(told: Told, typed: str) -> None:
    story = saxony()
    story.town("ars:146260110110", name="Görlitz, Stadt")
    async with told(story) as client:
        page = await shown(client, f"/?q={typed}")
    assert 'href="/kommunen/146260110110"' in page


@pytest.mark.parametrize("typed", ["%", "_", "\\", "(", "<script>", "'; DROP", "   ", "ß" * 50])
async def test_any_search_is_answered(told: Told, typed: str) -> None:
    async with told(saxony()) as client:
        answer = await client.get("/", params={"q": typed})
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

    assert "2 von 3 Leistungen" in chemnitz
    assert "66,7\u202f%" in chemnitz
    assert "Wohnsitz anmelden: OZG-konform" in chemnitz
    assert "Postausgang Sachsen" in small
    assert "1,900–4,200 €" in small
    assert "1 von 3 Leistungen" in before
    assert "2 von 3 Leistungen" in empty_choice


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


async def test_the_stylesheet_is_served_here(told: Told) -> None:
    async with told(saxony()) as client:
        page = await shown(client, "/")
        (address,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        answer = await client.get(address)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(http" not in answer.text
