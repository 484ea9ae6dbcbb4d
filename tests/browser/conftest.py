"""A real browser, and the pages on a port of their own with a catalogue to search beside them."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from litestar import Litestar, get
from litestar.params import FromQuery
from litestar.response import Stream
from playwright.async_api import Browser, async_playwright
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.mounting import mount
from embedded.nats import free_port
from progress.applying import Progress
from progress.database import engine
from progress.migrating import migrate
from progress.settings import ProgressSettings
from progress.web import create_app
from tests.browser.looking import ROOT
from tests.harness.postgres import Databases
from tests.progress.a_feed import StoryFeed
from tests.progress.saxony import DOG, OUTBOX, TODAY, opened, reporting_saxony, solution
from tests.progress.story import Story

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
AXE: Final = ROOT / ".venv" / "pages" / "node_modules" / "axe-core" / "axe.min.js"
QUIET: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def axe() -> str:
    """The script that looks for what is inaccessible."""
    return AXE.read_text()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser there is nothing to see here."""
    missing = None
    if CHROMIUM is None:
        missing = "there is no chromium here: apt-get install chromium"
    elif not AXE.exists():
        missing = "axe-core is not installed: make setup"
    for item in items:
        if missing is not None and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium, with a profile of its own."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        await found.close()


@pytest.fixture
async def site(make_database: Databases) -> AsyncIterator[str]:
    """The address of the pages, which tell of a few towns of Saxony."""
    story = reporting_saxony()
    opened(story, solution("postausgang-sachsen", story.ref(OUTBOX)), "DE-SN")
    opened(story, solution("hund", story.ref(DOG)), "DE-SN")
    async with serving(make_database, story) as address:
        yield address


@asynccontextmanager
async def serving(make_database: Databases, story: Story) -> AsyncIterator[str]:
    """The pages that tell a story, at their address."""
    url = await make_database.prepared("progress", migrate)
    database = engine(url)
    await _tell(database, story)
    await database.dispose()
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    app = create_app(ProgressSettings(database_url=url), clock=lambda: noon, feed=StoryFeed(story))
    port = free_port()
    site = mount({"/api/catalog/v1": _catalogue(), "/api/progress/v1": app, "": app})
    server = uvicorn.Server(uvicorn.Config(site, port=port, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def _tell(database: AsyncEngine, story: Story) -> None:
    async with database.begin() as connection:
        if story.log:
            await Progress(UTC).apply(connection, story.log)
        await connection.execute(
            text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x')"),
            {"p": len(story.log)},
        )


def _catalogue() -> Litestar:
    """As much of the catalog as the search asks while somebody types."""

    @get("/municipalities", sync_to_thread=False)
    def find_municipalities(q: FromQuery[str]) -> dict[str, Any]:
        there = [{"id": "ars:145110000000", "name": "Chemnitz", "region_name": "Sachsen"}]
        return {"items": [one for one in there if one["name"].lower().startswith(q.lower())]}

    @get("/services", sync_to_thread=False)
    def find_services(q: FromQuery[str]) -> dict[str, Any]:
        there = [{"key": "leika:99102002000000", "title": "Hundesteuer anmelden"}]
        return {"items": [one for one in there if one["title"].lower().startswith(q.lower())]}

    @get("/events/stream", media_type="text/event-stream", sync_to_thread=False)
    def stream_events(after: FromQuery[int]) -> Stream:
        return Stream(_happening(after), media_type="text/event-stream")

    return Litestar([find_municipalities, find_services, stream_events], openapi_config=None)


async def _happening(after: int) -> AsyncIterator[bytes]:
    """Two things happen, of which one is a correction; then the line is closed."""
    for number, (town, correction) in enumerate((("Kiel", True), ("Görlitz", False)), after + 1):
        data = {
            "municipality": {"id": "ars:010020000000", "name": town},
            "service": {"key": "leika:99102002000000", "title": "Hundesteuer anmelden"},
            "state": {"phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}},
            "correction": correction,
        }
        event = {"type": "ozg.catalog.status-recorded.v1", "time": "2026-11-20T09:00:00Z", "data": data}
        yield b"retry: 60000\nid: %d\ndata: %s\n\n" % (number, json.dumps(event).encode())
