"""`python -m progress`: serve, and what operators do."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from edge import settings as settings_reader
from edge.settings import SettingsInvalid
from progress.settings import ProgressSettings

PREFIX = "/api/progress/v1"
FAILED = 1
Run = Callable[[ProgressSettings, argparse.Namespace], Awaitable[None]]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    from edge import logs
    from edge.serving import AddressTaken, DidNotStart, run

    try:
        settings = settings_reader.read(ProgressSettings, os.environ)
        logs.configure(settings.log_format, settings.log_level)
        run(options.run(settings, options))
    except (SettingsInvalid, AddressTaken, DidNotStart, Failed) as failure:
        print(failure, file=sys.stderr)
        return FAILED
    return 0


class Failed(Exception):
    """A command could not do what was asked; the sentence says why."""


async def _serve(settings: ProgressSettings, _: argparse.Namespace) -> None:
    from progress.migrations import migrate
    from progress.worker import working

    await migrate(settings.database_url)
    async with working(settings):
        await _answer(settings)


async def _web(settings: ProgressSettings, _: argparse.Namespace) -> None:
    await _answer(settings)


async def _answer(settings: ProgressSettings) -> None:
    from edge.mounting import mount
    from edge.serving import listen, serve
    from progress.web import create_app

    listening = listen(settings.host, settings.port)
    app = create_app(settings)
    await serve(mount({PREFIX: app, "": app}), listening, trusted_proxies=settings.trusted_proxies)


async def _worker(settings: ProgressSettings, _: argparse.Namespace) -> None:
    import signal

    from progress.worker import working

    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with working(settings):
        await asked.wait()


async def _migrate(settings: ProgressSettings, _: argparse.Namespace) -> None:
    from progress.migrations import migrate

    await migrate(settings.database_url)


async def _rebuild(settings: ProgressSettings, _: argparse.Namespace) -> None:
    from events.following import FollowerStatus, Halted, RebuildRunning, rebuild
    from progress.tables import create_tables
    from progress.worker import follower, now

    def show(status: FollowerStatus) -> None:
        share = 100 * status.position / status.head if status.head else 100
        end = "\n" if status.position >= status.head else "\r"
        print(f"{status.position:>12} of {status.head} events ({share:5.1f} %)", end=end, flush=True)

    async with _engine(settings) as engine:
        next_one = follower(settings, engine, now, schema="next")
        try:
            await rebuild(engine, followers=[next_one], create=create_tables, on_progress=show)
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


async def _settings(_: ProgressSettings, __: argparse.Namespace) -> None:
    for row in settings_reader.describe(ProgressSettings):
        print(f"{row.name:<30}{row.default or ('required' if row.required else '–'):<45}{row.description}")


@asynccontextmanager
async def _engine(settings: ProgressSettings) -> AsyncIterator[AsyncEngine]:
    from progress.database import engine

    made = engine(settings.database_url)
    try:
        yield made
    finally:
        await made.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m progress", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Run, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        return command

    add("serve", _serve, "migrate, then web and worker in one process")
    add("web", _web, "answer calls and show the pages")
    add("worker", _worker, "follow the catalog and keep the read models")
    add("migrate", _migrate, "bring the database to today's shape")
    add("rebuild", _rebuild, "fill the read models anew from the log, beside the running ones, and switch")
    add("verify", _verify, "recount everything from the recorded statuses and compare with the counters")
    add("settings", _settings, "print every setting with its default")
    add("followers", _followers, "how far the catalog was followed, and whether the follower halted")
    skipping = add("skip", _skip, "leave out the event at which the follower halted")
    skipping.add_argument("position", type=int)
    skipping.add_argument("--reason", required=True, help="kept with the skipped event")
    add("resume", _resume, "try again what the follower halted at")
    return parser


if __name__ == "__main__":
    sys.exit(main())
