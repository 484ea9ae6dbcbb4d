"""The pages of a story."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.testing import Tokens
from progress.applying import Progress
from progress.settings import ProgressSettings
from progress.web import create_app
from tests.progress.a_feed import StoryFeed
from tests.progress.pages.looking import Client, Told, asking
from tests.progress.saxony import TODAY
from tests.progress.story import Story


@pytest.fixture
def told(progress_url: str, progress_database: AsyncEngine) -> Told:
    """Apply a story and look at the pages."""

    @asynccontextmanager
    async def tell(story: Story, tokens: Tokens | None = None, **settings: Any) -> AsyncIterator[Client]:
        async with progress_database.begin() as connection:
            if story.log:
                await Progress(UTC).apply(connection, story.log)
            await connection.execute(
                text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x')"),
                {"p": len(story.log)},
            )
        noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
        given = ProgressSettings(database_url=progress_url, **settings)
        verifier = tokens.verifier() if tokens is not None else None
        app = create_app(given, clock=lambda: noon, verifier=verifier, feed=StoryFeed(story))
        async with asking(app) as client:
            yield client

    return tell
