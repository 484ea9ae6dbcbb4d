"""A database of an earlier version is brought to today's shape: its read models are made anew, decisions stay."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from progress.migrating import migrate
from tests.progress.a_feed import SOURCE
from tests.progress.saxony import reporting_saxony
from tests.progress.test_following import follower


async def test_an_older_database_is_filled_anew_and_keeps_what_an_operator_left_out(
    progress_url: str, progress_database: AsyncEngine
) -> None:
    story = reporting_saxony()
    await follower(progress_database, story).catch_up()
    async with progress_database.begin() as connection:
        await connection.execute(sa.text("DROP TABLE place_counts_days"))
        await connection.execute(sa.text("UPDATE public.alembic_version SET version_num = '0001'"))
        await connection.execute(
            sa.text("INSERT INTO skipped VALUES ('progress', :source, 3, now(), 'nonsense')"), {"source": SOURCE}
        )
    await migrate(progress_url)

    async with progress_database.connect() as connection:
        assert (await connection.execute(sa.text("SELECT position, reason FROM skipped"))).all() == [(3, "nonsense")]
        assert (await connection.execute(sa.text("SELECT count(*) FROM followers"))).scalar() == 0
        assert (await connection.execute(sa.text("SELECT count(*) FROM place_counts_days"))).scalar() == 0
    assert await follower(progress_database, story).catch_up() == len(story.log)


async def test_a_database_before_the_index_of_what_is_widespread_gets_it(
    progress_url: str, progress_database: AsyncEngine
) -> None:
    async with progress_database.begin() as connection:
        await connection.execute(sa.text("DROP INDEX spread_most"))
        await connection.execute(sa.text("UPDATE public.alembic_version SET version_num = '0002'"))
    for _ in range(2):
        await migrate(progress_url)
        async with progress_database.connect() as connection:
            found = await connection.execute(sa.text("SELECT to_regclass('live.spread_most') IS NOT NULL"))
            assert found.scalar()
