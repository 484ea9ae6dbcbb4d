"""fold(log) = read model, whatever the batch boundaries, divisions, redeliveries, restarts and failures on the way."""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.following.applying import Applying, Gap
from events.following.bookmark import Bookmark
from events.following.heard import Heard, told
from tests.events import towns
from tests.events.a_log import SOURCE, counted, document

LENGTH = 30
DOCUMENTS = [document(position, counted(10_000 + position * 7 % 11)) for position in range(1, LENGTH + 1)]


class Crash(ConnectionError):
    """The process ends in the middle of a transaction."""


batches = st.lists(
    st.tuples(
        st.integers(1, LENGTH),
        st.integers(0, 12),
        st.sampled_from(["whole", "shuffled", "holed", "repeated"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)
"""What comes in: from which position, how many, in what state, whether the process crashes, whether it is a new one."""


@given(batches, st.integers(1, LENGTH))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_read_model_is_the_fold_of_the_log(
    engine: AsyncEngine, incoming: Sequence[tuple[int, int, str, bool, bool]], together: int
) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text("TRUNCATE live.towns, live.followers, live.skipped"))
    crashes = False

    async def apply(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        await towns.apply(connection, heard)
        if crashes:
            raise Crash

    def new() -> Applying:
        bookmark = Bookmark(engine, "towns", SOURCE, "live", towns.clock)
        return Applying(engine, bookmark, apply, lambda events: min(together, len(events)))

    applying = new()
    for first, count, state, crash, restart in [*incoming, (1, LENGTH, "whole", False, False)]:
        crashes = crash
        if restart:
            await applying.rest()
            applying = new()
        positions = list(range(first, min(first + count, LENGTH + 1)))
        if state == "shuffled":
            positions = positions[::2] + positions[1::2]
        elif state == "holed":
            positions = positions[:2] + positions[3:]
        elif state == "repeated":
            positions = [position for position in positions for _ in range(2)]
        before = (await applying.look()).position
        with contextlib.suppress(Gap, Crash):
            await applying.take([told(position, DOCUMENTS[position - 1], SOURCE) for position in positions])
        after = (await applying.look()).position
        assert after >= before
        assert await towns.kept(engine) == towns.folded(DOCUMENTS[:after])
    assert after == LENGTH
    await applying.rest()
