"""A notifier's own database, and a catalog that tells it things."""

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log.connect import engine as connect_engine
from events.log.write import Log
from notifier.audience.hearing import Hearing
from notifier.audience.raising import Desk
from notifier.channels.webhook.addresses import Policy
from notifier.channels.webhook.sending import Sender
from notifier.delivering import Delivering
from notifier.migrating import migrate
from tests.harness.postgres import Databases
from tests.notifier.alerts import Alerts
from tests.notifier.app import App, running
from tests.notifier.listening import Listening
from tests.notifier.mailing import settings as mail_settings
from tests.notifier.mailing import worker
from tests.notifier.postbox import Postbox
from tests.notifier.receiver import Receiver
from tests.notifier.telling import (
    ASSOCIATION,
    CHEMNITZ,
    FLENSBURG,
    LEIPZIG,
    LICENCE,
    NOW,
    OUTBOX,
    REGISTRATION,
    Told,
    listed,
    registered,
)
from tests.notifier.times import Clock, Ids


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def new_id() -> Ids:
    return Ids()


@pytest.fixture
async def notifier_database(make_database: Databases) -> str:
    """An empty notifier."""
    return await make_database.prepared("notifier", migrate)


@pytest.fixture
async def engine(notifier_database: str) -> AsyncIterator[AsyncEngine]:
    engine = connect_engine(notifier_database)
    yield engine
    await engine.dispose()


@pytest.fixture
def desk(clock: Clock, new_id: Ids) -> Desk:
    return Desk(Log("notifier", "test"), clock, new_id, ZoneInfo("Europe/Berlin"))


@pytest.fixture
async def told(engine: AsyncEngine, desk: Desk) -> Told:
    """Two towns in Saxony, one elsewhere, an association; a component and two services of communes and districts."""
    told = Told(engine, Hearing(desk))
    await told(
        *(registered(ref) for ref in (CHEMNITZ, LEIPZIG, FLENSBURG, ASSOCIATION)),
        listed(OUTBOX),
        listed(REGISTRATION),
        listed(LICENCE, "district"),
    )
    return told


@pytest.fixture
def alerts(engine: AsyncEngine) -> Alerts:
    return Alerts(engine)


@pytest.fixture
def listening(engine: AsyncEngine, desk: Desk) -> Listening:
    return Listening(engine, desk)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """Allows loopback, as the embedded run does."""
    async with Sender(Policy(loopback=True), total_seconds=2) as sender:
        yield sender


@pytest.fixture
async def delivering(notifier_database: str, desk: Desk, sender: Sender) -> AsyncIterator[Delivering]:
    """One worker, at work."""
    async with Delivering(notifier_database, desk, sender, jitter=lambda: 0.0).running() as delivering:
        yield delivering


@pytest.fixture
async def app(notifier_database: str, clock: Clock, new_id: Ids) -> AsyncIterator[App]:
    """An installation that allows webhooks to loopback."""
    async with running(notifier_database, clock, new_id, allow_loopback_webhooks=True) as app:
        yield app


@pytest.fixture
async def strict_app(notifier_database: str, clock: Clock, new_id: Ids) -> AsyncIterator[App]:
    """An installation as it is by default: public addresses only."""
    async with running(notifier_database, clock, new_id) as app:
        yield app


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with Postbox() as postbox:
        yield postbox


@pytest.fixture
async def mail_app(notifier_database: str, clock: Clock, new_id: Ids, postbox: Postbox) -> AsyncIterator[App]:
    """An installation that sends mail."""
    async with running(notifier_database, clock, new_id, **mail_settings(postbox)) as app:
        yield app


@pytest.fixture
async def mailing(notifier_database: str, desk: Desk, sender: Sender, postbox: Postbox) -> AsyncIterator[Delivering]:
    """One worker that sends mail too."""
    async with worker(notifier_database, desk, sender, postbox) as delivering:
        yield delivering
