"""The counters on a story one can follow by hand."""

from collections.abc import Sequence
from datetime import UTC, date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from progress.applying import Progress
from progress.counting.counters import REGION, upto
from tests.progress.story import Event, Story, live

WASTE, FLAT = "leika:99001001002000", "leika:99115005060000"


async def tell(database: AsyncEngine, log: Sequence[Event]) -> None:
    async with database.begin() as connection:
        await Progress(UTC).apply(connection, log)


async def count(database: AsyncEngine, measure: str, day: date, known: date | None = None) -> int:
    table = upto(REGION, latest=known is None)
    query = f"SELECT coalesce(sum({measure}), 0)::int FROM {table} WHERE region = 'DE-SN'"
    async with database.connect() as connection:
        parameters = {"day": day} | ({"known": known} if known else {})
        found: int = (await connection.execute(text(query), parameters)).scalar_one()
        return found


async def test_a_back_dated_status_counts_from_its_day_for_those_who_know(progress_database: AsyncEngine) -> None:
    story = Story(today=date(2026, 3, 10))
    chemnitz = story.town("ars:145110000000")
    story.service(FLAT)
    story.record(chemnitz, FLAT, live(3), date(2026, 1, 15))
    await tell(progress_database, story.log)

    assert await count(progress_database, "online", date(2026, 1, 14)) == 0
    assert await count(progress_database, "online", date(2026, 1, 15)) == 1
    assert await count(progress_database, "online", date(2026, 3, 10), known=date(2026, 3, 9)) == 0
    assert await count(progress_database, "online", date(2026, 3, 10), known=date(2026, 3, 10)) == 1
