"""What the notifier does beside answering: it follows the catalog, delivers what is due, and relays its own log."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.correlation import uuid7
from edge.settings import SettingsInvalid
from edge.tracing import kept, tracing_of
from events.bus.feed import Feed
from events.bus.live import Live
from events.bus.relay import Relay
from events.bus.streams import StreamSettings
from events.following import Follower
from events.following.traced import traced
from events.log.connect import engine as engine_for
from events.log.write import Log
from notifier import __version__
from notifier.audience.hearing import Hearing, together
from notifier.audience.raising import Desk
from notifier.channels.deliveries.sealing import seal_all
from notifier.channels.email.mailing import Mailing
from notifier.channels.webhook.sending import Sender
from notifier.database import transaction
from notifier.delivering import Delivering
from notifier.forgetting import forgetting
from notifier.running import Running, known
from notifier.safe import KeyMissing, Safe
from notifier.settings import NotifierSettings

log = structlog.get_logger(__name__)

FOLLOWER: Final = "notifier"
COUNT_SECONDS: Final = 5.0
_DUE = "SELECT count(*) FROM deliveries WHERE state = 'due' AND due_at <= now()"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def working(
    settings: NotifierSettings,
    *,
    clock: Callable[[], datetime] = now,
    new_id: Callable[[], uuid.UUID] = uuid7,
) -> AsyncIterator[Running]:
    """Everything that runs in the background, running."""
    engine = engine_for(settings.database_url, pool_size=settings.connections)
    tracing = tracing_of(settings, "notifier", __version__)
    zone = settings.time_zone
    desk = Desk(Log("notifier", settings.installation), clock, new_id, zone, tracing, settings.digest_at, settings.safe)
    stream = StreamSettings(replicas=settings.stream_replicas)
    relay = Relay(settings.database_url, settings.nats_url, speaker="notifier", settings=stream, tracer=tracing)
    running = Running(follower(settings, engine, desk), relay)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(kept(tracing))
        stack.push_async_callback(engine.dispose)
        await _seal(engine, desk.safe)
        sender = await stack.enter_async_context(Sender(settings.policy))
        mail = settings.mail
        mailing = None if mail is None else await stack.enter_async_context(Mailing(mail, settings.time_zone))
        delivering = Delivering(
            settings.database_url,
            desk,
            sender,
            mailing,
            at_once=settings.deliveries_at_once,
            per_endpoint=settings.deliveries_per_endpoint,
            on_attempt=running.count,
        )
        await stack.enter_async_context(known(settings.database_url, running))
        await stack.enter_async_context(relay.running())
        await stack.enter_async_context(delivering.running())
        await stack.enter_async_context(running.follower.running())
        await stack.enter_async_context(_counting(engine, running))
        await stack.enter_async_context(forgetting(engine, desk, settings.deliveries_kept_days))
        yield running


async def _seal(engine: AsyncEngine, safe: Safe) -> None:
    """What was kept plain until now. Raises SettingsInvalid where a key is missing, before anything is sent unsigned."""
    if not safe.seals:
        log.warning("secrets are kept as they are: OZG_NOTIFIER_KEY_FILE names no key")
    try:
        sealed = await seal_all(engine, safe)
    except KeyMissing as missing:
        raise SettingsInvalid(str(missing)) from None
    if sealed:
        log.info("sealed secrets that were plain", subscriptions=sealed)


def follower(settings: NotifierSettings, engine: AsyncEngine, desk: Desk) -> Follower:
    """Whose only act is to raise alerts."""
    return Follower(
        name=FOLLOWER,
        source=settings.source,
        engine=engine,
        feed=Feed(settings.catalog_url, token=settings.catalog_token),
        live=Live(settings.nats_url, "CATALOG"),
        apply=traced(Hearing(desk).apply, desk.tracer, FOLLOWER),
        clock=desk.clock,
        schema=None,
        together=together,
    )


@asynccontextmanager
async def _counting(engine: AsyncEngine, running: Running) -> AsyncIterator[None]:
    task = asyncio.create_task(_count(engine, running), name="counting-due-deliveries")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _count(engine: AsyncEngine, running: Running) -> None:
    while True:
        with contextlib.suppress(Exception):  # a figure for the metrics: the database's troubles show elsewhere
            async with transaction(engine) as connection:
                running.due = await connection.fetchval(_DUE)
        await asyncio.sleep(COUNT_SECONDS)
