"""`python -m notifier`: serve, and what operators do."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from edge import settings as settings_reader
from edge.settings import SettingsInvalid
from notifier.settings import NotifierSettings

PREFIX = "/api/notifier/v1"
FAILED = 1
Run = Callable[[NotifierSettings, argparse.Namespace], Awaitable[None]]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    from edge import logs
    from edge.serving import DidNotStart, run

    try:
        settings = settings_reader.read(NotifierSettings, os.environ)
        logs.configure(settings.log_format, settings.log_level)
        run(options.run(settings, options))
    except (SettingsInvalid, DidNotStart, Failed) as failure:
        print(failure, file=sys.stderr)
        return FAILED
    return 0


class Failed(Exception):
    """A command could not do what was asked; the sentence says why."""


async def _serve(settings: NotifierSettings, _: argparse.Namespace) -> None:
    from notifier.migrating import migrate
    from notifier.worker import working

    await migrate(settings.database_url)
    async with working(settings):
        await _answer(settings)


async def _web(settings: NotifierSettings, _: argparse.Namespace) -> None:
    await _answer(settings)


async def _answer(settings: NotifierSettings) -> None:
    from edge.mounting import mount
    from edge.serving import listen, serve
    from notifier.web import create_app

    listening = listen(settings.host, settings.port)
    app = mount({PREFIX: create_app(settings)})
    await serve(app, listening, stop=_asked_to_stop(), trusted_proxies=settings.trusted_proxies)


async def _worker(settings: NotifierSettings, _: argparse.Namespace) -> None:
    from notifier.worker import working

    asked = _asked_to_stop()
    async with working(settings):
        await asked.wait()


def _asked_to_stop() -> asyncio.Event:
    """Set by Ctrl-C or a polite kill, so that everything ends in its order."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked


async def _migrate(settings: NotifierSettings, _: argparse.Namespace) -> None:
    from notifier.migrating import migrate

    await migrate(settings.database_url)


async def _followers(settings: NotifierSettings, _: argparse.Namespace) -> None:
    import sqlalchemy as sa

    async with _engine(settings) as engine, engine.connect() as connection:
        rows = await connection.execute(
            sa.text("SELECT name, source, position, halted_reason FROM followers ORDER BY 1, 2")
        )
        for name, source, position, reason in rows:
            print(f"{name:<12}{source:<40}{position:>12}  {f'halted: {reason}' if reason else 'going on'}")


async def _skip(settings: NotifierSettings, options: argparse.Namespace) -> None:
    from events.following import Bookmark, NotHaltedThere
    from notifier.worker import FOLLOWER, now

    async with _engine(settings) as engine:
        try:
            bookmark = Bookmark(engine, FOLLOWER, settings.source, None, now)
            await bookmark.skip(options.position, options.reason)
        except NotHaltedThere as refused:
            raise Failed(f"{refused}.") from refused
    print(f"The event at {options.position} is left out for ever; the running follower goes on.")


async def _resume(settings: NotifierSettings, _: argparse.Namespace) -> None:
    from events.following import Bookmark
    from notifier.worker import FOLLOWER, now

    async with _engine(settings) as engine:
        await Bookmark(engine, FOLLOWER, settings.source, None, now).resume()
    print("The running follower tries again what it halted at.")


async def _deliveries(settings: NotifierSettings, options: argparse.Namespace) -> None:
    import sqlalchemy as sa

    query = sa.text("""
        SELECT d.id, d.state, d.attempts, d.due_at, d.endpoint, last.status, last.error
        FROM deliveries d LEFT JOIN LATERAL (
            SELECT status, error FROM attempts a WHERE a.delivery_id = d.id ORDER BY at DESC LIMIT 1
        ) last ON true
        WHERE (CAST(:state AS text) IS NULL OR d.state = :state)
          AND (CAST(:subscription AS uuid) IS NULL OR d.subscription_id = :subscription)
        ORDER BY d.created_at DESC LIMIT :limit
    """)
    asked = {"state": options.state, "subscription": options.subscription, "limit": options.limit}
    async with _engine(settings) as engine, engine.connect() as connection:
        for id_, state, attempts, due_at, endpoint, status, error in await connection.execute(query, asked):
            due = f"{due_at:%Y-%m-%d %H:%M:%S}" if state == "due" else ""
            print(f"{id_}  {state:<10}{attempts:>3}  {due:<20}{endpoint:<32}{status or error or ''}")


async def _redeliver(settings: NotifierSettings, options: argparse.Namespace) -> None:
    from notifier.channels.webhook.reading import deliver_again
    from notifier.database import transaction
    from notifier.worker import now

    async with _engine(settings) as engine, transaction(engine) as connection:
        if not await deliver_again(connection, options.delivery, now()):
            raise Failed(f"There is no delivery {options.delivery}, or its subscription was closed.")
    print(f"{options.delivery} is due now.")


async def _listen(_: NotifierSettings, options: argparse.Namespace) -> None:
    from notifier.listening import listen

    await listen(options.port, options.secret)


async def _stream_rebuild(settings: NotifierSettings, _: argparse.Namespace) -> None:
    from events.bus.streams import rebuild

    await rebuild(settings.nats_url, "notifier")
    print("The stream NOTIFIER was emptied; the running relay fills it from the log.")


async def _settings(_: NotifierSettings, __: argparse.Namespace) -> None:
    for row in settings_reader.describe(NotifierSettings):
        print(f"{row.name:<30}{row.default or ('required' if row.required else '–'):<45}{row.description}")


@asynccontextmanager
async def _engine(settings: NotifierSettings) -> AsyncIterator[AsyncEngine]:
    from events.log.connect import engine

    made = engine(settings.database_url)
    try:
        yield made
    finally:
        await made.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m notifier", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Run, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        return command

    add("serve", _serve, "migrate, then web and worker in one process")
    add("web", _web, "answer calls")
    add("worker", _worker, "follow the catalog, deliver, relay the own log into JetStream")
    add("migrate", _migrate, "bring the database to today's shape")
    add("settings", _settings, "print every setting with its default")
    add("followers", _followers, "how far the catalog was heard, and whether a follower halted")
    skipping = add("skip", _skip, "leave out the event at which the follower halted")
    skipping.add_argument("position", type=int)
    skipping.add_argument("--reason", help="kept with the skipped event")
    add("resume", _resume, "try again what the follower halted at")
    listing = add("deliveries", _deliveries, "the newest deliveries and what came of them")
    listing.add_argument("--state", choices=["due", "delivered", "given-up", "closed"])
    listing.add_argument("--subscription", type=UUID)
    listing.add_argument("--limit", type=int, default=50)
    again = add("redeliver", _redeliver, "send one again now, under the same webhook-id")
    again.add_argument("delivery", type=UUID)
    listening = add("listen", _listen, "a receiver to try webhooks with: prints what comes in")
    listening.add_argument("--port", type=int, default=9000)
    listening.add_argument("--secret", help="whsec_…, to check signatures")
    stream = commands.add_parser("stream", help="the JetStream stream NOTIFIER").add_subparsers(required=True)
    rebuilding = stream.add_parser("rebuild", help="empty it, so that the relay fills it from the log")
    rebuilding.set_defaults(run=_stream_rebuild)
    return parser


if __name__ == "__main__":
    sys.exit(main())
