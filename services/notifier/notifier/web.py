"""The notifier's web app: the composition root of everything that answers."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import sqlalchemy as sa
from litestar import Litestar
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from edge import app as edge_app
from edge.correlation import uuid7
from edge.counting import quota_of
from edge.issued import verifier as verifier_of
from edge.issuer import issuer_of
from edge.metrics import Metrics
from edge.tokens import Verifier
from edge.tracing import tracing_of
from events.bus.feed import Feed
from events.log.connect import engine as engine_for
from events.log.write import Log
from notifier import __version__, running
from notifier.audience.raising import Desk
from notifier.channels.webhook.connecting import Lookup, system_lookup
from notifier.channels.webhook.sending import Sender
from notifier.office import Office
from notifier.routes import ROUTES
from notifier.routes.refusals import PROBLEMS
from notifier.running import Running
from notifier.settings import NotifierSettings
from notifier.status import facts
from notifier.worker import now


def create_app(
    settings: NotifierSettings,
    *,
    clock: Callable[[], datetime] = now,
    new_id: Callable[[], uuid.UUID] = uuid7,
    verifier: Verifier | None = None,
    lookup: Lookup = system_lookup,
) -> Litestar:
    """Nothing is connected before the app starts. `verifier` and `lookup` stand in for key file and name server in tests."""
    engine = engine_for(settings.database_url, pool_size=settings.connections)
    tracing = tracing_of(settings, "notifier", __version__)
    zone = settings.time_zone
    desk = Desk(Log("notifier", settings.installation), clock, new_id, zone, tracing, settings.digest_at, settings.safe)
    sender = Sender(settings.policy, lookup=lookup)
    if verifier is None and settings.token_public_key_file is not None:
        verifier = verifier_of(settings.token_public_key_file, clock)

    @asynccontextmanager
    async def open_for_business(_: Litestar) -> AsyncIterator[None]:
        try:
            async with sender:
                yield
        finally:
            await engine.dispose()

    catalog = Feed(settings.catalog_url, token=settings.catalog_token)

    async def database() -> None:
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1 FROM heads"))

    return edge_app.create(
        "notifier",
        __version__,
        ROUTES,
        verifier=verifier,
        issuer=issuer_of(settings, clock),
        quota=quota_of(settings, engine),
        tracing=tracing,
        reading=settings.reading,
        public_url=settings.public_url,
        title="OZG notifier",
        description="Hear at once when something reusable appears that you still lack.",
        refusals=PROBLEMS,
        checks={"database": database},
        conditions={
            "follower": lambda: running.follower_trouble(settings.database_url),
            "relay": lambda: running.relay_trouble(settings.database_url),
        },
        metrics=_metrics(settings),
        facts=lambda operator: facts(engine, catalog, running.find(settings.database_url), by_name=operator),
        neighbours={name: f"/api/{name}/v1/-/status" for name in ("catalog", "progress")},
        lifespan=[open_for_business],
        new_id=new_id,
        state={"office": Office(engine, desk, sender, lookup, settings.mail)},
    )


def _metrics(settings: NotifierSettings) -> Metrics:
    def read(what: Callable[[Running], float]) -> Callable[[], float]:
        def value() -> float:
            found = running.find(settings.database_url)
            return float("nan") if found is None else what(found)

        return value

    metrics = Metrics("notifier")
    metrics.gauge_from(
        "follower_position", "Last event of the catalog that was heard", read(lambda one: one.follower.status.position)
    )
    metrics.gauge_from("follower_lag", "Events known and not yet heard", read(lambda one: one.follower.status.lag))
    halted = read(lambda one: one.follower.status.state == "halted")
    metrics.gauge_from("follower_halted", "1 if the follower has halted", halted)
    metrics.gauge_from("relay_lag", "Own events not yet on JetStream", read(lambda one: one.relay.status.lag))
    metrics.gauge_from("deliveries_due", "Deliveries that wait for a worker", read(lambda one: one.due))
    metrics.registry.register(_Attempts(settings.database_url))
    return metrics


class _Attempts(Collector):
    """Delivery attempts of this process, by outcome."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    def describe(self) -> list[Metric]:
        return [self._family()]

    def collect(self) -> list[Metric]:
        family, found = self._family(), running.find(self._database_url)
        for outcome, number in found.attempts.items() if found is not None else ():
            family.add_metric([outcome], number)
        return [family]

    def _family(self) -> CounterMetricFamily:
        return CounterMetricFamily("notifier_delivery_attempts", "Requests to receivers", labels=["outcome"])
