"""What the notifier says of itself on `/-/status`."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.status import Fact, following, relaying
from events.bus.feed import Source, head_of
from notifier.running import Running

HEAD_SECONDS: Final = 2.0
_FOLLOWERS = sa.text("SELECT name, source, position, halted_reason FROM followers ORDER BY name, source")
_LOG = sa.text("SELECT position FROM heads WHERE log = 'notifier'")
_DUE = sa.text("""
    SELECT count(*) FILTER (WHERE due_at <= now()), count(*) FILTER (WHERE attempts > 0),
           count(DISTINCT endpoint) FILTER (WHERE attempts > 0)
    FROM deliveries WHERE state = 'due'
""")
_FAILING = sa.text("""
    SELECT endpoint, count(*), max(attempts) FROM deliveries
    WHERE state = 'due' AND attempts > 0 GROUP BY endpoint ORDER BY 3 DESC, 1 LIMIT 50
""")
_GIVEN_UP = sa.text("SELECT count(*) FROM deliveries WHERE state = 'given-up'")


async def facts(engine: AsyncEngine, catalog: Source, here: Running | None, *, by_name: bool) -> Sequence[Fact]:
    """What was heard, what waits to be delivered, and who does not take it."""
    async with engine.connect() as connection:
        followers = (await connection.execute(_FOLLOWERS)).all()
        position = (await connection.execute(_LOG)).scalar_one_or_none()
        due, again, endpoints = (await connection.execute(_DUE)).one()
        given_up = (await connection.execute(_GIVEN_UP)).scalar_one()
        failing = (await connection.execute(_FAILING)).all() if by_name else []
    told: list[Fact] = []
    for name, source, place, halted in followers:
        told += following(name, source, place, await head_of(catalog, place, HEAD_SECONDS), halted)
    told += relaying(position, None if here is None else (here.relay.status.state, here.relay.status.lag))
    told += [
        Fact("deliveries_due", {"en": "deliveries to be made now", "de": "Zustellungen, die jetzt fällig sind"}, due),
        Fact(
            "deliveries_again",
            {"en": "deliveries to be tried again", "de": "Zustellungen, die wiederholt werden"},
            again,
        ),
        Fact("deliveries_given_up", {"en": "deliveries given up", "de": "aufgegebene Zustellungen"}, given_up),
        Fact(
            "endpoints_failing",
            {"en": "receivers that do not answer", "de": "Empfänger, die nicht antworten"},
            endpoints,
        ),
    ]
    return [*told, *(Fact(f"endpoint {name}", name, f"{waiting} · {tried}×") for name, waiting, tried in failing)]
