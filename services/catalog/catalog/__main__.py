"""`python -m catalog`: serve, and what operators do."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from catalog.settings import CatalogSettings
from edge import settings as settings_reader
from edge.settings import SettingsInvalid

PREFIX = "/api/catalog/v1"
FAILED = 1
ANSWERS_MAY_TAKE_SECONDS = 5
"""How long calls in flight may take after being asked to stop; streams are cut then, and their readers come back."""
Run = Callable[[CatalogSettings, argparse.Namespace], Awaitable[None]]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    from edge import logs
    from edge.serving import DidNotStart, run

    try:
        settings = settings_reader.read(CatalogSettings, os.environ)
        logs.configure(settings.log_format, settings.log_level)
        run(options.run(settings, options))
    except (SettingsInvalid, DidNotStart, Failed) as failure:
        print(failure, file=sys.stderr)
        return FAILED
    return 0


class Failed(Exception):
    """A command could not do what was asked; the sentence says why."""


async def _serve(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from catalog.migrating import migrate
    from catalog.worker import working

    await migrate(settings.database_url)
    async with working(settings):
        await _answer(settings)


async def _web(settings: CatalogSettings, _: argparse.Namespace) -> None:
    await _answer(settings)


async def _answer(settings: CatalogSettings) -> None:
    from catalog.web import create_app
    from edge.mounting import mount
    from edge.serving import listen, serve

    listening = listen(settings.host, settings.port)
    app = mount({PREFIX: create_app(settings)})
    await serve(
        app, listening, stop=_asked_to_stop(), trusted_proxies=settings.trusted_proxies, grace=ANSWERS_MAY_TAKE_SECONDS
    )


async def _worker(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from catalog.worker import working

    asked = _asked_to_stop()
    async with working(settings):
        await asked.wait()


def _asked_to_stop() -> asyncio.Event:
    """Set by Ctrl-C or a polite kill, so that everything ends in its order."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked


async def _migrate(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from catalog.migrating import migrate

    await migrate(settings.database_url)


async def _reference(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from catalog.migrating import migrate
    from catalog.reference import load

    await migrate(settings.database_url)
    print(f"{await load(settings)} new events")


async def _token_issue(settings: CatalogSettings, options: argparse.Namespace) -> None:
    from edge.correlation import uuid7
    from edge.tokens import issue, load_private_key

    if settings.token_private_key_file is None:
        raise Failed("OZG_TOKEN_PRIVATE_KEY_FILE names the key that signs tokens; it is not set.")
    try:
        key = load_private_key(settings.token_private_key_file)
    except (OSError, ValueError) as error:
        raise Failed(f"The signing key cannot be read: {error}") from error
    identity = uuid7()
    print(
        issue(
            key,
            issuer=settings.installation,
            authority=_authority(options, f"org:{identity}"),
            role=options.role,
            lifetime=timedelta(days=options.days),
            now=datetime.now(UTC),
            id=identity,
        )
    )


def _authority(options: argparse.Namespace, unnamed: str) -> str | None:
    """An editor needs its municipality; a publisher that names nobody is an organisation of its own."""
    from events.contracts.keys import MalformedKey, municipality_id

    if options.municipality:
        try:
            return municipality_id(options.municipality)
        except MalformedKey as malformed:
            raise Failed(f"{malformed}.") from malformed
    if options.role == "editor":
        raise Failed("An editor writes for one municipality: --municipality 147130000000")
    return unnamed if options.role == "publisher" else None


async def _import(settings: CatalogSettings, options: argparse.Namespace) -> None:
    from pathlib import Path

    import aiohttp

    file = Path(options.file)
    kinds = {".csv": "text/csv", ".json": "application/json", ".ndjson": "application/x-ndjson"}
    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    url = f"{options.url or f'http://{settings.host}:{settings.port}{PREFIX}'}/municipalities/{options.municipality}/statuses"
    asked = {"mode": options.mode, "dry_run": str(options.dry_run).lower()}
    headers = {"Content-Type": kinds.get(file.suffix.lower(), xlsx), "Authorization": f"Bearer {options.token}"}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as session,
        session.post(url, params=asked, headers=headers, data=await asyncio.to_thread(file.read_bytes)) as answer,
    ):
        body = await answer.text()
        if answer.status >= 400:
            raise Failed(body)
        print(body)


async def _stream_rebuild(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from events.bus.streams import rebuild

    await rebuild(settings.nats_url, "catalog")
    print("The stream CATALOG was emptied; the running relay fills it from the log.")


async def _stream_show(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from events.bus.connection import connected
    from events.bus.streams import Stream, StreamSettings
    from events.log.connect import connect

    database = await connect(settings.database_url)
    try:
        head = await database.fetchval("SELECT position FROM heads WHERE log = 'catalog'")
        async with connected(settings.nats_url, "catalog-show") as connection:
            end = await Stream(connection.client, "catalog", StreamSettings()).end()
        told = await database.fetchval("SELECT id::text FROM events WHERE position = $1", end.sequence)
    finally:
        await database.close()
    agrees = "yes" if end.sequence == 0 or told == end.id else "NO: rebuild it"
    for name, value in (("log", head), ("stream", end.sequence), ("agree", agrees), ("created", end.created)):
        print(f"{name:<10}{value}")


async def _settings(_: CatalogSettings, __: argparse.Namespace) -> None:
    for row in settings_reader.describe(CatalogSettings):
        print(f"{row.name:<30}{row.default or ('required' if row.required else '–'):<45}{row.description}")


def _parser() -> argparse.ArgumentParser:
    from edge.tokens import ROLES

    parser = argparse.ArgumentParser(prog="python -m catalog", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(
        name: str, run: Run, about: str, below: "argparse._SubParsersAction[argparse.ArgumentParser]"
    ) -> argparse.ArgumentParser:
        command = below.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        return command

    add("serve", _serve, "migrate, then web and worker in one process", commands)
    add("web", _web, "answer calls", commands)
    add("worker", _worker, "relay the log into JetStream", commands)
    add("migrate", _migrate, "bring the database to today's shape", commands)
    add("reference", _reference, "load the reference data; what is there already stays as it is", commands)
    add("settings", _settings, "print every setting with its default", commands)

    token = commands.add_parser("token", help="tokens of this installation").add_subparsers(required=True)
    issuing = add("issue", _token_issue, "print a token, only that", token)
    issuing.add_argument("--role", choices=ROLES, default="editor")
    issuing.add_argument("--municipality", "--authority", help="whom it writes for: 147130000000, katottg:…, org:…")
    issuing.add_argument("--days", type=int, default=90, help="until it expires (90)")

    stream = commands.add_parser("stream", help="the JetStream stream CATALOG").add_subparsers(required=True)
    add("rebuild", _stream_rebuild, "empty it, so that the relay fills it from the log", stream)
    add("show", _stream_show, "compare it with the log", stream)

    importing = add("import", _import, "send a sheet of statuses to a running catalog", commands)
    importing.add_argument("file", help="CSV, XLSX, JSON or NDJSON")
    importing.add_argument("--municipality", required=True)
    importing.add_argument("--token", required=True, help="of an editor of that municipality")
    importing.add_argument("--url", help="base address of the catalog")
    importing.add_argument("--mode", choices=["all", "valid"], default="all")
    importing.add_argument("--dry-run", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
