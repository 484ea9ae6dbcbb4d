"""A catalog's feed made of a story."""

from types import TracebackType
from typing import Self

from events.bus import feed
from events.bus.feed import Page
from events.bus.subjects import about
from events.contracts.envelope import encode
from events.contracts.registry import type_of
from tests.progress.story import Story

SOURCE = "//test/catalog"


class StoryFeed:
    """The feed of a catalog that said all this."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def page(self, after: int, limit: int = feed.PAGE_LIMIT) -> Page:
        log = self.story.log
        documents = [
            encode(
                id=one.id,
                source=SOURCE,
                type=type_of(one.data).wire,
                dataschema=type_of(one.data).dataschema,
                subject=about(one.data),
                time=one.time,
                position=one.position,
                actor="test/operator/1",
                correlationid=None,
                traceparent=None,
                data=one.data,
            )
            for one in log[after : after + limit]
        ]
        return Page(documents, len(log))
