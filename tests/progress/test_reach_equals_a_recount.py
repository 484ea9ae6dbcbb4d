"""How far services reach and who reports, from day to day, equal a recount in plain Python, whatever the batches were."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.contracts import catalog as said
from progress.counting.counters import peer_place
from progress.counting.recount import verify
from progress.counting.spread import EVERYWHERE, MOST, RULED_OUT, SOMEWHERE
from progress.domain.measures import bits, has
from tests.progress.recounted import OUTBOX, Recount
from tests.progress.test_counters_equal_a_recount import DAYS, FIRST, actions, start_over, tell, told

Places = dict[str, Any]


def reached(
    recount: Recount, day: date, known: date
) -> tuple[dict[tuple[str, str], int], dict[Any, Any], Counter[str]]:
    """By service and place what is true of it; by place and theme how many services; by place who reports."""
    cells: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    reporters: Counter[str] = Counter()
    for town, facts in recount.towns.items():
        regions = {facts["ref"].region, "DE"}
        reports = False
        for service in recount.services:
            if recount.responsible(town, service, day, known):
                state = bits(recount.state(town, service, day, known), component=service == OUTBOX)
                reports |= state is not None and service != OUTBOX
                for place in regions | {peer_place(recount.group(town), "DE")}:
                    cells[service, place]["responsible"] += 1
                    cells[service, place].update(name for name in ("online", "excluded") if has(state, name))
        reporters.update(regions if reports else ())
    flags = {key: _flags(counts) for key, counts in cells.items()}
    services: Counter[Any] = Counter()
    for (service, place), counts in cells.items():
        if service != OUTBOX and not place.startswith("peer:"):
            listed: said.ServiceListed = recount.services[service]["listed"]
            for theme in (listed.theme, "*"):
                services[place, theme, "concerned"] += counts["responsible"] > 0
                services[place, theme, "somewhere"] += counts["online"] > 0
                services[place, theme, "everywhere"] += (
                    0 < counts["online"] == counts["responsible"] - counts["excluded"]
                )
                services[place, theme, "ruled_out"] += counts["responsible"] == counts["excluded"]
    return {key: found for key, found in flags.items() if found}, +services, +reporters


def _flags(counts: Counter[str]) -> int:
    online, could = counts["online"], counts["responsible"] - counts["excluded"]
    return (
        (SOMEWHERE if online else 0)
        | (EVERYWHERE if 0 < online == could else 0)
        | (MOST if could - 1 > 0 and online > (could - 1) / 2 else 0)
        | (RULED_OUT if could == 0 else 0)
    )


async def kept(
    connection: AsyncConnection, day: date
) -> tuple[dict[tuple[str, str], int], dict[Any, Any], Counter[str]]:
    async def asked(query: str) -> Sequence[Any]:
        return (await connection.execute(text(query), {"day": day})).all()

    flags = await asked("""SELECT s.key, place, flags FROM spread p JOIN services s ON s.id = p.service
                           WHERE from_on <= :day AND :day < until""")
    services: Counter[Any] = Counter()
    for place, theme, *sums in await asked("""
        SELECT place, theme, sum(somewhere), sum(everywhere), sum(ruled_out) FROM (
            SELECT * FROM reach_months WHERE month < date_trunc('month', CAST(:day AS date))
            UNION ALL SELECT * FROM reach_days WHERE day >= date_trunc('month', CAST(:day AS date)) AND day <= :day
        ) r GROUP BY 1, 2"""):
        for name, amount in zip(("somewhere", "everywhere", "ruled_out"), sums, strict=True):
            services[place, theme, name] += amount
    for place, theme, amount in await asked(
        "SELECT place, theme, sum(services) FROM concerned WHERE day <= :day GROUP BY 1, 2"
    ):
        services[place, theme, "concerned"] += amount
    reporters: Counter[str] = Counter()
    for place, amount in await asked("""
        SELECT place, sum(authorities) FROM (
            SELECT * FROM reporting_months WHERE month < date_trunc('month', CAST(:day AS date))
            UNION ALL SELECT * FROM reporting_days WHERE day >= date_trunc('month', CAST(:day AS date)) AND day <= :day
        ) r GROUP BY 1"""):
        reporters[place] += amount
    assert min((*services.values(), *reporters.values()), default=0) >= 0
    return {(service, place): found for service, place, found in flags}, +services, +reporters


@pytest.mark.slow
@pytest.mark.containers
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    steps=st.lists(actions, min_size=6, max_size=30),
    cuts=st.lists(st.integers(10, 40), max_size=20),
    at_once=st.booleans(),
)
async def test_reach_and_reporting_equal_a_recount_on_every_day(
    progress_database: AsyncEngine, steps: list[tuple[Any, ...]], cuts: list[int], at_once: bool
) -> None:
    story = told(steps)
    await start_over(progress_database)
    await tell(progress_database, story.log, cuts, at_once=at_once)
    recount = Recount(story.log)
    async with progress_database.connect() as connection:
        for day in [FIRST - timedelta(days=1), *DAYS, DAYS[-1] + timedelta(days=40)]:
            assert await kept(connection, day) == reached(recount, day, DAYS[-1]), day
        assert await verify(connection) == []
