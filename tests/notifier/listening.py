"""Subscriptions and deliveries as tests handle them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from events.contracts.notifier import Filter
from events.contracts.parts import MunicipalityRef
from events.log.write import Context
from notifier.audience.raising import Desk
from notifier.audience.subscriptions import Wish, open_subscription
from notifier.channels.webhook.addresses import endpoint
from notifier.database import transaction
from notifier.domain.signature import secret
from notifier.domain.subscription import Mode

SECRET = secret(b"0123456789abcdefghijklmn")


class Listening:
    """Opens subscriptions and looks at what became of deliveries."""

    def __init__(self, engine: AsyncEngine, desk: Desk) -> None:
        self._engine = engine
        self._desk = desk

    async def __call__(
        self, url: str, municipality: MunicipalityRef | None, wanted: Filter | None = None, mode: Mode = "instant"
    ) -> UUID:
        wish = Wish(
            owner="test",
            channel="webhook",
            url=url,
            endpoint=endpoint(URL(url), "test"),
            secret=SECRET,
            municipality=None if municipality is None else municipality.id,
            filter=wanted or Filter(),
            mode=mode,
        )
        async with transaction(self._engine) as connection:
            return await open_subscription(connection, self._desk, wish, Context("test/editor/1"))

    async def deliveries(self) -> list[Any]:
        """All, oldest first."""
        return await self._rows("SELECT * FROM deliveries ORDER BY created_at, id")

    async def attempts(self) -> list[Any]:
        return await self._rows("SELECT * FROM attempts ORDER BY at")

    async def states(self) -> list[str]:
        return [row.state for row in await self.deliveries()]

    async def said(self) -> list[str]:
        """The types of the notifier's own events."""
        rows = await self._rows("SELECT type FROM events ORDER BY position")
        return [row.type.removeprefix("ozg.notifier.").removesuffix(".v1") for row in rows]

    async def documents(self) -> list[bytes]:
        return [row.document for row in await self._rows("SELECT document FROM events ORDER BY position")]

    async def _rows(self, query: str) -> list[Any]:
        async with self._engine.connect() as connection:
            return list(await connection.execute(sa.text(query)))


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110  what is waited for happens in a database
            await asyncio.sleep(0.02)
