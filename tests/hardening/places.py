"""The three services, each with something in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Litestar
from sqlalchemy import text

from catalog.migrating import migrate as migrate_catalog
from catalog.settings import CatalogSettings
from catalog.web import create_app as create_catalog
from edge.testing import Tokens
from events.contracts.catalog import DelegationGranted
from events.log.connect import engine as connect_engine
from events.log.write import Log
from notifier.audience.hearing import Hearing
from notifier.audience.raising import Desk
from notifier.migrating import migrate as migrate_notifier
from notifier.settings import NotifierSettings
from notifier.web import create_app as create_notifier
from progress.applying import Progress
from progress.database import engine as progress_engine
from progress.migrating import migrate as migrate_progress
from progress.settings import ProgressSettings
from progress.web import create_app as create_progress
from tests.hardening.place import Place, open_place
from tests.harness.catalog import NOW, running_catalog
from tests.harness.postgres import Databases
from tests.notifier import telling
from tests.notifier.times import Clock, Ids
from tests.progress import saxony as progress_saxony
from tests.situations import saxony

HOOK: Final = "http://127.0.0.1:9/ozg"
"""Nobody listens there."""
KEYS: Final = {
    "municipality": "147130000000",
    "service": "99115005060000",
    "delegate": "145225119000",
    "region": "DE-SN",
    "slug": "postausgang-sachsen",
    "solution": "postausgang-sachsen",
    "bundle": "10120",
    "theme_code": "umwelt",
    "definition": "online@1",
    "name": "status-recorded",
    "version": "v1",
}
SOLUTION: Final = {
    "name": "Digitaler Postausgang",
    "kind": "joint_operation",
    "services": [saxony.OUTBOX],
    "publisher": saxony.LEIPZIG,
}
DELEGATED: Final = DelegationGranted(
    municipality=telling.LEIPZIG, delegate=telling.CHEMNITZ, granted_on=telling.NOW.date()
)


@asynccontextmanager
async def catalog(databases: Databases, **settings: Any) -> AsyncIterator[Place]:
    """Leipzig has recorded a status, assigned a responsibility, and published a solution that is open in Saxony."""

    def make(url: str, tokens: Tokens) -> Litestar:
        given = CatalogSettings(database_url=url, installation="test.example", **settings)
        return create_catalog(given, clock=tokens.clock, verifier=tokens.verifier())

    url = await databases.prepared("catalog_to_harden", _fill_catalog)
    async with open_place("catalog", url, NOW, make, KEYS) as place:
        yield place


async def _fill_catalog(url: str) -> None:
    await migrate_catalog(url)
    async with running_catalog(url) as catalog:
        await catalog.hears(*saxony.authorities(), *saxony.services())
        leipzig = "/municipalities/147130000000"
        for path, body in (
            (f"{leipzig}/services/99115005060000/status", {"phase": "planned", "effective_on": "2026-10-01"}),
            (f"{leipzig}/responsibilities/99115005060000", {"serves": {"members": [saxony.LEIPZIG]}}),
            (f"{leipzig}/delegations/145225119000", {}),
            (f"{leipzig}/delegations/{saxony.MITTELSACHSEN}", {}),
            ("/bundles/10120", {"title": "Umzug", "services": [saxony.MOVING_HOUSE]}),
            ("/solutions/postausgang-sachsen", SOLUTION),
            ("/solutions/postausgang-sachsen/availability/DE-SN", {}),
        ):
            answer = await catalog.call("PUT", path, json=body)
            assert answer.status_code == 201, answer.text
        ended = await catalog.call("DELETE", f"{leipzig}/delegations/{saxony.MITTELSACHSEN}")
        assert ended.status_code == 200, ended.text


@asynccontextmanager
async def progress(databases: Databases, **settings: Any) -> AsyncIterator[Place]:
    """Saxony has reported; a solution is open there."""

    def make(url: str, tokens: Tokens) -> Litestar:
        given = ProgressSettings(database_url=url, **settings)
        return create_progress(given, clock=tokens.clock, verifier=tokens.verifier())

    url = await databases.prepared("progress_to_harden", _fill_progress)
    day = progress_saxony.TODAY
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    async with open_place("progress", url, noon, make, KEYS | {"name": "milestone-reached"}) as place:
        yield place


async def _fill_progress(url: str) -> None:
    await migrate_progress(url)
    story = progress_saxony.reporting_saxony()
    story.say(DELEGATED)  # concerns the catalog alone
    offered = progress_saxony.solution("postausgang-sachsen", story.ref(progress_saxony.OUTBOX))
    progress_saxony.opened(story, offered, "DE-SN")
    engine = progress_engine(url)
    async with engine.begin() as connection:
        await Progress(UTC).apply(connection, story.log)
        await connection.execute(
            text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x')"),
            {"p": len(story.log)},
        )
    await engine.dispose()


@asynccontextmanager
async def notifier(databases: Databases, **settings: Any) -> AsyncIterator[Place]:
    """Leipzig has subscribed twice, and was told of a solution that is open for it."""

    def make(url: str, tokens: Tokens) -> Litestar:
        return _notifier_app(url, tokens, **settings)

    url = await databases.prepared("notifier_to_harden", _fill_notifier)
    engine = connect_engine(url)
    async with engine.connect() as connection:
        first, second = (await connection.execute(text("SELECT id FROM subscriptions ORDER BY id"))).scalars()
        found = await connection.execute(text("SELECT id FROM deliveries WHERE subscription_id = :one"), {"one": first})
        delivery = found.scalars().first()
    await engine.dispose()
    known = KEYS | {"subscription": str(first), "to close": str(second), "delivery": str(delivery)}
    known |= {"name": "alert-raised"}
    async with open_place("notifier", url, telling.NOW, make, known) as place:
        yield place


def _notifier_app(url: str, tokens: Tokens, **settings: Any) -> Litestar:
    given = NotifierSettings(database_url=url, installation="test", allow_loopback_webhooks=True, **settings)

    async def lookup(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    return create_notifier(given, clock=tokens.clock, verifier=tokens.verifier(), lookup=lookup)


async def _fill_notifier(url: str) -> None:
    await migrate_notifier(url)
    engine = connect_engine(url)
    desk = Desk(Log("notifier", "test"), Clock(telling.NOW), Ids(), ProgressSettings().time_zone)
    told = telling.Told(engine, Hearing(desk))
    await told(
        *(telling.registered(ref) for ref in (telling.CHEMNITZ, telling.LEIPZIG, telling.FLENSBURG)),
        telling.listed(telling.OUTBOX),
        telling.listed(telling.REGISTRATION),
        DELEGATED,
    )
    async with open_place("notifier", url, telling.NOW, _notifier_app, KEYS) as place:
        body = {"channel": {"kind": "webhook", "url": HOOK}, "municipality": "147130000000"}
        for _ in range(2):
            answer = await place.call("POST", "/subscriptions", role="editor", of=telling.LEIPZIG.id, json=body)
            assert answer.status_code == 201, answer.text
    await told(telling.opened(telling.solution("postausgang-sachsen", telling.OUTBOX), "DE-SN"))
    await engine.dispose()


PLACES: Final = {"catalog": catalog, "progress": progress, "notifier": notifier}


def app_of(service: str, **settings: Any) -> Litestar:
    """The app without a database, for its document."""
    match service:
        case "catalog":
            return create_catalog(CatalogSettings(**settings))
        case "progress":
            return create_progress(ProgressSettings(**settings))
    return create_notifier(NotifierSettings(**settings))
