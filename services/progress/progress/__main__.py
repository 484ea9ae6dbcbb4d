"""`python -m progress`: serve, and what operators do."""

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from edge.commands import Commands, Failed
from progress.settings import ProgressSettings


async def _rebuild(settings: ProgressSettings, _: argparse.Namespace) -> None:
    from events.following import FollowerStatus, Halted, RebuildRunning
    from progress.worker import now, rebuilt

    def show(status: FollowerStatus) -> None:
        share = 100 * status.position / status.head if status.head else 100
        end = "\n" if status.position >= status.head else "\r"
        doing = f", {status.reason}" if status.reason else ""
        print(f"{status.position:>12} of {status.head} events ({share:5.1f} %){doing}", end=end, flush=True)

    async with _engine(settings) as engine:
        try:
            await rebuilt(settings, engine, now, show)
        except (Halted, RebuildRunning) as stopped:
            raise Failed(f"Nothing has changed: {stopped}.") from stopped
    print("The read models were rebuilt from the log and are in use.")


async def _verify(settings: ProgressSettings, _: argparse.Namespace) -> None:
    from progress.counting.recount import verify

    async with _engine(settings) as engine, engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        differences = await verify(connection)
        await connection.rollback()
    for difference in differences:
        print(f"{difference.table:<24}{difference.rows:>10} rows differ, for example {difference.example}")
    if differences:
        raise Failed("The counters are not what a recount makes; `rebuild` mends that.")
    print("Every counter is what a recount makes.")


async def _followers(settings: ProgressSettings, _: argparse.Namespace) -> None:
    import sqlalchemy as sa

    async with _engine(settings) as engine, engine.connect() as connection:
        rows = await connection.execute(
            sa.text("SELECT name, source, position, halted_reason FROM followers ORDER BY 1, 2")
        )
        for name, source, position, reason in rows:
            print(f"{name:<12}{source:<40}{position:>12}  {f'halted: {reason}' if reason else 'going on'}")


async def _skip(settings: ProgressSettings, options: argparse.Namespace) -> None:
    from events.following import NotHaltedThere
    from progress.worker import follower, now

    async with _engine(settings) as engine:
        try:
            await follower(settings, engine, now).bookmark.skip(options.position, options.reason)
        except NotHaltedThere as refused:
            raise Failed(f"{refused}.") from refused
    print(f"The event at {options.position} is left out for ever; the running follower goes on.")


async def _resume(settings: ProgressSettings, _: argparse.Namespace) -> None:
    from progress.worker import follower, now

    async with _engine(settings) as engine:
        await follower(settings, engine, now).bookmark.resume()
    print("The running follower tries again what it halted at.")


@asynccontextmanager
async def _engine(settings: ProgressSettings) -> AsyncIterator[AsyncEngine]:
    from progress.database import engine

    made = engine(settings.database_url)
    try:
        yield made
    finally:
        await made.dispose()


COMMANDS = Commands(
    "progress", ProgressSettings, prefixes=["/api/progress/v1", ""], works="follow the catalog and keep the read models"
)
COMMANDS.add("rebuild", _rebuild, "fill the read models anew from the log, beside the running ones, and switch")
COMMANDS.add("verify", _verify, "recount everything from the recorded statuses and compare with the counters")
COMMANDS.add("followers", _followers, "how far the catalog was followed, and whether the follower halted")
_skipping = COMMANDS.add("skip", _skip, "leave out the event at which the follower halted")
_skipping.add_argument("position", type=int)
_skipping.add_argument("--reason", required=True, help="kept with the skipped event")
COMMANDS.add("resume", _resume, "try again what the follower halted at")


if __name__ == "__main__":
    sys.exit(COMMANDS.main())
