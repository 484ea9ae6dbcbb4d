"""What progress says of itself on `/-/status`."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.language import Text
from edge.status import Fact, following
from events.bus.feed import Source, head_of
from events.following import FollowerStatus
from progress.replica import Replica

HEAD_SECONDS: Final = 2.0
_FOLLOWERS = sa.text("SELECT name, source, position, halted_reason FROM followers ORDER BY name, source")
_SKIPPED = sa.text("SELECT count(*) FROM skipped")


async def facts(
    engine: AsyncEngine, catalog: Source, seen: FollowerStatus | None, replica: Replica | None = None
) -> Sequence[Fact]:
    """Where the read models are, and how far that is from the log's end and a replica from them."""
    async with engine.connect() as connection:
        followers = (await connection.execute(_FOLLOWERS)).all()
        skipped = (await connection.execute(_SKIPPED)).scalar_one()
    told: list[Fact] = []
    for name, source, position, halted in followers:
        told += following(name, source, position, await head_of(catalog, position, HEAD_SECONDS), halted)
    left_out = Fact(
        "skipped", {"en": "events left out by operators", "de": "vom Betrieb ausgelassene Ereignisse"}, skipped
    )
    here: Text = {"en": "the follower of this process", "de": "der Leser dieses Prozesses"}
    followed = Fact("follower", here, None if seen is None else seen.state)
    return [*told, left_out, followed, *(_of_replica(replica) if replica is not None else [])]


def _of_replica(replica: Replica) -> list[Fact]:
    return [
        Fact("replica", {"en": "the replica", "de": "die Lesekopie"}, "in use" if replica.in_use else "away"),
        Fact(
            "replica_lag_seconds",
            {"en": "seconds it is behind", "de": "Sekunden, die sie zurückliegt"},
            round(replica.lag),
        ),
    ]
