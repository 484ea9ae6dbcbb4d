"""The catalog's feed as a follower reads it: pages of the stored documents over HTTP."""

import asyncio
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

import aiohttp
import msgspec

PAGE_LIMIT: Final = 5000
PAGE_BYTES: Final = 64 * 2**20
CONNECT_SECONDS: Final = 5.0
PAGE_SECONDS: Final = 60.0
HEAD_HEADER: Final = "X-Head-Position"


class FeedUnavailable(Exception):
    """The feed did not answer as a feed does; asking again later helps."""


class Page(NamedTuple):
    """Documents that follow a position, and the position of the log's last event when they were read."""

    documents: list[bytes]
    head: int


class Source(Protocol):
    """Where a follower catches up: the feed, or in a test the log itself. Several may have entered it at once."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    async def page(self, after: int, limit: int = PAGE_LIMIT) -> Page:
        """What follows `after`, in order and without a gap; at most `limit`, at least one unless nothing follows."""


async def head_of(source: Source, near: int, seconds: float) -> int | None:
    """Where the log ends, if that is said in time; most cheaply asked near its end."""
    try:
        async with asyncio.timeout(seconds), source as feed:
            return (await feed.page(near, 1)).head
    except (FeedUnavailable, TimeoutError):
        return None


class Feed:
    """`url` is the speaker's base address, for example `http://127.0.0.1:8000/api/catalog/v1`. Enter it to connect."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._url = f"{url.rstrip('/')}/events"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session: aiohttp.ClientSession | None = None
        self._users = 0

    async def __aenter__(self) -> Self:
        """May be entered by several followers; the last one closes it."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=PAGE_SECONDS, connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, headers=self._headers, trust_env=False)
        self._users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        if self._users == 0 and self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def page(self, after: int, limit: int = PAGE_LIMIT, wait: float = 0) -> Page:
        """Raises FeedUnavailable. `wait` holds the request open for so many seconds until something follows."""
        try:
            async with asyncio.timeout(PAGE_SECONDS + wait):
                body, head = await self._get(after, limit, wait)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise FeedUnavailable(f"{self._url}: {type(error).__name__} {error}".rstrip()) from None
        if body is None:  # too large: fewer at a time
            return await self.page(after, max(1, limit // 4), wait)
        try:
            return Page([bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])], head)
        except msgspec.DecodeError as error:
            raise FeedUnavailable(f"{self._url} answered something else than a page of events: {error}") from None

    async def _get(self, after: int, limit: int, wait: float) -> tuple[bytes | None, int]:
        if self._session is None:
            raise FeedUnavailable(f"{self._url}: not connected")
        asked = {"after": str(after), "limit": str(limit), **({"wait": str(wait)} if wait else {})}
        async with self._session.get(self._url, params=asked, allow_redirects=False) as answer:
            if answer.status != 200:
                raise FeedUnavailable(f"{self._url} answered {answer.status}")
            head = answer.headers.get(HEAD_HEADER, "")
            if not head.isdigit():
                raise FeedUnavailable(f"{self._url} does not say {HEAD_HEADER}")
            body = bytearray()
            async for chunk in answer.content.iter_chunked(2**18):
                body += chunk
                if len(body) > PAGE_BYTES and limit > 1:
                    return None, int(head)
            return bytes(body), int(head)
