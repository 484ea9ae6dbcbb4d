"""`python -m notifier`: serve, and what operators do."""

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from edge.commands import Commands, Failed
from notifier.settings import NotifierSettings


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
    from notifier.channels.deliveries.reading import deliver_again, deliver_given_up_again
    from notifier.database import transaction
    from notifier.worker import now

    if (options.delivery is None) != options.given_up:
        raise Failed("Say which delivery, or --given-up for all of them.")
    async with _engine(settings) as engine, transaction(engine) as connection:
        if options.given_up:
            print(f"{await deliver_given_up_again(connection, options.subscription, now())} are due now.")
            return
        if not await deliver_again(connection, options.delivery, now()):
            raise Failed(f"There is no delivery {options.delivery}, or its subscription was closed or disabled.")
    print(f"{options.delivery} is due now.")


async def _rekey(settings: NotifierSettings, _: argparse.Namespace) -> None:
    from notifier.channels.deliveries.sealing import seal_all
    from notifier.safe import KeyMissing

    if not settings.safe.seals:
        raise Failed("OZG_NOTIFIER_KEY_FILE names no key.")
    async with _engine(settings) as engine:
        try:
            print(f"{await seal_all(engine, settings.safe, anew=True)} sealed anew with the first key.")
        except KeyMissing as missing:
            raise Failed(f"{missing}.") from missing


async def _listen(_: NotifierSettings, options: argparse.Namespace) -> None:
    from notifier.listening import listen

    await listen(options.port, options.secret)


async def _stream_rebuild(settings: NotifierSettings, _: argparse.Namespace) -> None:
    from events.bus.streams import StreamSettings, rebuild

    await rebuild(settings.nats_url, "notifier", StreamSettings(replicas=settings.stream_replicas))
    print("The stream NOTIFIER was emptied; the running relay fills it from the log.")


@asynccontextmanager
async def _engine(settings: NotifierSettings) -> AsyncIterator[AsyncEngine]:
    from events.log.connect import engine

    made = engine(settings.database_url)
    try:
        yield made
    finally:
        await made.dispose()


COMMANDS = Commands(
    "notifier",
    NotifierSettings,
    prefixes=["/api/notifier/v1"],
    works="follow the catalog, deliver, relay the own log into JetStream",
)
COMMANDS.add("followers", _followers, "how far the catalog was heard, and whether a follower halted")
_skipping = COMMANDS.add("skip", _skip, "leave out the event at which the follower halted")
_skipping.add_argument("position", type=int)
_skipping.add_argument("--reason", required=True, help="kept with the skipped event")
COMMANDS.add("resume", _resume, "try again what the follower halted at")
_listing = COMMANDS.add("deliveries", _deliveries, "the newest deliveries and what came of them")
_listing.add_argument("--state", choices=["due", "delivered", "given-up", "closed"])
_listing.add_argument("--subscription", type=UUID)
_listing.add_argument("--limit", type=int, default=50)
_again = COMMANDS.add("redeliver", _redeliver, "send again now, under the same webhook-id")
_again.add_argument("delivery", type=UUID, nargs="?")
_again.add_argument("--given-up", action="store_true", help="all that never arrived, where something is still sent")
_again.add_argument("--subscription", type=UUID, help="of these, only this one's")
COMMANDS.add("rekey", _rekey, "seal everything anew with the first key; then the others may go")
_listening = COMMANDS.add("listen", _listen, "a receiver to try webhooks with: prints what comes in")
_listening.add_argument("--port", type=int, default=9000)
_listening.add_argument("--secret", help="whsec_… or whpk_…, to check signatures")
_stream = COMMANDS.group("stream", "the JetStream stream NOTIFIER")
COMMANDS.add("rebuild", _stream_rebuild, "empty it, so that the relay fills it from the log", below=_stream)


if __name__ == "__main__":
    sys.exit(COMMANDS.main())
