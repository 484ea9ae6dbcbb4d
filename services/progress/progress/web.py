"""The web app of progress: the composition root of everything that answers."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from litestar import Litestar, Request, Response

from edge import app as edge_app
from edge.code_flow import Client
from edge.correlation import uuid7
from edge.counting import quota_of
from edge.issued import verifier as verifier_of
from edge.issuer import issuer_of
from edge.metrics import Metrics
from edge.sessions import Sessions
from edge.tokens import Verifier
from edge.tracing import tracing_of
from events.bus.feed import Feed, Source
from events.following import FollowerStatus
from progress import __version__, running
from progress.database import engine as engine_for
from progress.desk import Desk
from progress.pages import PAGES
from progress.pages.acting import acting
from progress.pages.calling import Neighbours
from progress.pages.session import recognise
from progress.readers import Readers
from progress.replica import Replica
from progress.routes import ROUTES
from progress.routes.asked import PROBLEMS
from progress.routes.unchanged import unchanged
from progress.settings import ProgressSettings
from progress.status import facts
from progress.worker import now


def create_app(
    settings: ProgressSettings,
    *,
    clock: Callable[[], datetime] = now,
    new_id: Callable[[], uuid.UUID] = uuid7,
    verifier: Verifier | None = None,
    feed: Source | None = None,
) -> Litestar:
    """Nothing is connected before the app starts. `verifier` and `feed` stand in for key file and catalog in tests."""
    engine = engine_for(settings.database_url, pool_size=2)
    readers = Readers(settings.database_url, size=settings.connections)
    replica = _replica(settings)
    if verifier is None and settings.token_public_key_file is not None:
        verifier = verifier_of(settings.token_public_key_file, clock)

    @asynccontextmanager
    async def open_for_business(_: Litestar) -> AsyncIterator[None]:
        try:
            async with replica.watched() if replica is not None else nullcontext():
                yield
        finally:
            await readers.close()
            await engine.dispose()

    source = feed or Feed(settings.catalog_url, token=settings.catalog_token)

    neighbours = Neighbours(settings.catalog_url, settings.notifier_url)

    async def database() -> None:
        """What is asked: the replica was looked at a second ago."""
        if replica is not None and replica.in_use:
            return
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1 FROM followers"))

    return edge_app.create(
        "progress",
        __version__,
        [*ROUTES, *PAGES],
        verifier=verifier,
        issuer=issuer_of(settings, clock),
        sessions=Sessions(settings.public_url),
        quota=quota_of(settings, engine),
        tracing=tracing_of(settings, "progress", __version__),
        reading=settings.reading,
        public_url=settings.public_url,
        title="OZG progress",
        description="How far everyone is, now and at any earlier date, and what is open to whom.",
        refusals=PROBLEMS,
        checks={"database": database},
        conditions={"follower": lambda: running.trouble(settings.database_url)}
        | ({"replica": replica.trouble} if replica is not None else {}),
        metrics=_metrics(settings, replica),
        facts=lambda _: facts(engine, source, running.status(settings.database_url), replica),
        neighbours={name: f"/api/{name}/v1/-/status" for name in ("catalog", "notifier")},
        lifespan=[open_for_business, acting(neighbours, _oidc(settings), clock, new_id)],
        before_request=_before,
        new_id=new_id,
        state={"desk": Desk(readers, clock, settings.time_zone, source, replica)},
    )


def _replica(settings: ProgressSettings) -> Replica | None:
    url = settings.read_database_url
    return None if url is None else Replica(url, settings.database_url, size=settings.connections)


async def _before(request: Request[Any, Any, Any]) -> Response[None] | Response[bytes] | None:
    """Who asks, and whether they have the answer already."""
    await recognise(request)
    return await unchanged(request)


def _oidc(settings: ProgressSettings) -> Client | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    return Client(
        settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, " ".join(settings.oidc_scopes)
    )


def _metrics(settings: ProgressSettings, replica: Replica | None) -> Metrics:
    def read(what: Callable[[FollowerStatus], float]) -> Callable[[], float]:
        def value() -> float:
            seen = running.status(settings.database_url)
            return float("nan") if seen is None else what(seen)

        return value

    metrics = Metrics("progress")
    metrics.gauge_from("follower_position", "Last event that is in the figures", read(lambda seen: seen.position))
    metrics.gauge_from("follower_head", "Last event known to exist", read(lambda seen: seen.head))
    metrics.gauge_from("follower_lag", "Events known and not yet in the figures", read(lambda seen: seen.lag))
    metrics.gauge_from("follower_halted", "1 if the follower has halted", read(lambda seen: seen.state == "halted"))
    if replica is not None:
        metrics.gauge_from("replica_lag_seconds", "So long the replica has lacked something", lambda: replica.lag)
        metrics.gauge_from("replica_in_use", "1 if figures are read from the replica", lambda: replica.in_use)
    return metrics
