"""The catalog's web app: the composition root of everything that answers."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from litestar import Litestar

from catalog import __version__, relaying
from catalog.apart.sheets import SheetsApart
from catalog.apart.talk import Begin
from catalog.desk import Desk
from catalog.keeping import keepers
from catalog.routes import (
    availability,
    bundles,
    clearing,
    contracts,
    delegations,
    events,
    listing,
    maturity_models,
    municipalities,
    registering,
    responsibilities,
    services,
    sheet,
    solutions,
    statuses,
)
from catalog.routes.refusals import PROBLEMS
from catalog.settings import CatalogSettings
from catalog.sheets import Sheets
from catalog.status import facts
from edge import app as edge_app
from edge.correlation import uuid7
from edge.counting import quota_of
from edge.issued import verifier as verifier_of
from edge.issuer import issuer_of
from edge.metrics import Metrics
from edge.tokens import Verifier
from edge.tracing import tracing_of
from events.log.append import AppendQueue, Log
from events.log.bulk import BulkAppender
from events.log.connect import engine as engine_for
from events.log.room import Room
from events.log.traced import traced
from events.log.watching import Head
from events.turns import Turns

RESOURCES = (
    municipalities,
    services,
    bundles,
    maturity_models,
    statuses,
    sheet,
    clearing,
    responsibilities,
    delegations,
    solutions,
    availability,
    registering,
    listing,
    events,
    contracts,
)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def create_app(
    settings: CatalogSettings,
    *,
    clock: Callable[[], datetime] = now,
    new_id: Callable[[], uuid.UUID] = uuid7,
    verifier: Verifier | None = None,
) -> Litestar:
    """Nothing is connected before the app starts. `verifier` stands in for the key file in tests."""
    engine = engine_for(settings.database_url, pool_size=settings.connections)
    head = Head(settings.database_url, "catalog")

    def kept() -> None:
        relaying.wake(settings.database_url)
        head.wake()

    queue = AppendQueue(
        settings.database_url,
        log=Log("catalog", settings.installation),
        keepers=keepers(),
        clock=clock,
        new_id=new_id,
        on_append=kept,
    )
    tracing = tracing_of(settings, "catalog", __version__)
    appending = traced(queue, tracing, clock)
    turns, room = Turns(), Room(queue)
    bulk = BulkAppender(
        settings.database_url,
        room,
        log=queue.log,
        keepers=keepers(),
        clock=clock,
        new_id=new_id,
        turns=turns,
    )
    begin = Begin(settings.database_url, settings.installation, settings.log_format, settings.log_level)
    sheets = SheetsApart(Sheets(engine, appending, bulk, turns), room, begin, kept)
    desk = Desk(
        engine=engine,
        queue=appending,
        sheets=sheets,
        head=head,
        installation=settings.installation,
        clock=clock,
        time_zone=settings.time_zone,
    )
    if verifier is None and settings.token_public_key_file is not None:
        verifier = verifier_of(settings.token_public_key_file, clock)

    @asynccontextmanager
    async def open_for_business(_: Litestar) -> AsyncIterator[None]:
        try:
            async with queue, head.watched(), sheets:
                yield
        finally:
            await bulk.close()
            await engine.dispose()

    async def database() -> None:
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1 FROM heads"))

    metrics = Metrics("catalog")
    metrics.gauge_from("log_position", "Position of the log's last event", lambda: head.position)
    metrics.gauge_from("append_queue_depth", "Commands that wait to be kept", lambda: queue.depth)
    metrics.gauge_from("relay_lag", "Events kept and not yet on JetStream, if this process relays", _lag(settings))
    return edge_app.create(
        "catalog",
        __version__,
        [handler for resource in RESOURCES for handler in resource.HANDLERS],
        verifier=verifier,
        issuer=issuer_of(settings, clock),
        quota=quota_of(settings, engine),
        tracing=tracing,
        reading=settings.reading,
        public_url=settings.public_url,
        title="OZG catalog",
        description="Record how far administrative services are, and what of it others can reuse.",
        refusals=PROBLEMS,
        checks={"database": database},
        conditions={"relay": lambda: relaying.trouble(settings.database_url)},
        metrics=metrics,
        facts=lambda _: facts(engine, queue.depth, relaying.status(settings.database_url)),
        neighbours={name: f"/api/{name}/v1/-/status" for name in ("progress", "notifier")},
        lifespan=[open_for_business],
        new_id=new_id,
        state={"desk": desk},
    )


def _lag(settings: CatalogSettings) -> Callable[[], float]:
    def lag() -> float:
        seen = relaying.status(settings.database_url)
        return float("nan") if seen is None or seen.state == "standby" else seen.lag

    return lag
