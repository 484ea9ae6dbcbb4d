"""`python -m catalog`: serve, and what operators do."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from catalog.settings import CatalogSettings
from edge.commands import Commands, Failed

PREFIX = "/api/catalog/v1"


async def _reference(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from catalog.migrating import migrate
    from catalog.reference import load

    await migrate(settings.database_url)
    print(f"{await load(settings)} new events")


async def _token_issue(settings: CatalogSettings, options: argparse.Namespace) -> None:
    from edge.correlation import uuid7
    from edge.issued import Issued, note_issued
    from edge.tokens import issue, load_private_key

    private_key = _private_key(settings)
    try:
        key = load_private_key(private_key)
    except (OSError, ValueError) as error:
        raise Failed(f"The signing key cannot be read: {error}") from error
    identity, now, lifetime = uuid7(), datetime.now(UTC), timedelta(days=options.days)
    authority = _authority(options, f"org:{identity}")
    token = Issued(id=str(identity), authority=authority, role=options.role, issued_at=now, expires_at=now + lifetime)
    try:
        note_issued(private_key, token)
    except OSError as error:
        raise Failed(f"A token that is on no list could not be revoked, so none is issued: {error}") from error
    print(
        issue(
            key,
            issuer=settings.installation,
            authority=authority,
            role=options.role,
            lifetime=lifetime,
            now=now,
            id=identity,
        )
    )


async def _token_list(settings: CatalogSettings, _: argparse.Namespace) -> None:
    from edge.issued import all_issued, all_revoked

    revoked = all_revoked(_public_key(settings))
    for one in all_issued(_private_key(settings), datetime.now(UTC)):
        state = "revoked" if one.id in revoked else f"until {one.expires_at:%Y-%m-%d}"
        print(f"{one.id}  {one.role:<10}{one.authority or 'installation':<24}{state}")


async def _token_revoke(settings: CatalogSettings, options: argparse.Namespace) -> None:
    from edge.issued import all_issued, all_revoked, revoke

    now, authority = datetime.now(UTC), options.municipality and _authority(options, "")
    if not (options.ids or authority):
        raise Failed("Which? Ids from `token list`, or --municipality for all tokens of one.")
    held = {one.id: one for one in all_issued(_private_key(settings), now)}
    if unknown := [one for one in options.ids if one not in held]:
        raise Failed(f"{', '.join(unknown)}: no such token, or it has expired. `token list` shows those that hold.")
    chosen = [one for one in held.values() if one.id in options.ids or one.authority == (authority or "")]
    before = all_revoked(_public_key(settings))
    try:
        revoke(_public_key(settings), [one for one in chosen if one.id not in before])
    except OSError as error:
        raise Failed(f"The list of revoked tokens cannot be written: {error}") from error
    print(f"{len(chosen)} revoked; refused everywhere within a second or two")


def _private_key(settings: CatalogSettings) -> Path:
    if settings.token_private_key_file is None:
        raise Failed("OZG_TOKEN_PRIVATE_KEY_FILE names the key that signs tokens; it is not set.")
    return settings.token_private_key_file


def _public_key(settings: CatalogSettings) -> Path:
    if settings.token_public_key_file is None:
        raise Failed(
            "OZG_TOKEN_PUBLIC_KEY_FILE names the public keys, beside which revoked tokens are listed; it is not set."
        )
    return settings.token_public_key_file


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
    from events.bus.streams import StreamSettings, rebuild

    await rebuild(settings.nats_url, "catalog", StreamSettings(replicas=settings.stream_replicas))
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


COMMANDS = Commands("catalog", CatalogSettings, prefixes=[PREFIX], works="relay the log into JetStream")
COMMANDS.add("reference", _reference, "load the reference data; what is there already stays as it is")

_token = COMMANDS.group("token", "tokens of this installation")
_issuing = COMMANDS.add("issue", _token_issue, "print a token, only that", below=_token)
_issuing.add_argument("--role", choices=["editor", "publisher", "operator", "reader"], default="editor")
_issuing.add_argument("--municipality", "--authority", help="whom it writes for: 147130000000, katottg:…, org:…")
_issuing.add_argument("--days", type=int, default=90, help="until it expires (90)")

COMMANDS.add("list", _token_list, "tokens that have not expired, without the tokens themselves", below=_token)
_revoking = COMMANDS.add("revoke", _token_revoke, "let tokens hold no longer", below=_token)
_revoking.add_argument("ids", nargs="*", metavar="ID", help="from `token list`")
_revoking.add_argument("--municipality", "--authority", help="all tokens of this one")

_stream = COMMANDS.group("stream", "the JetStream stream CATALOG")
COMMANDS.add("rebuild", _stream_rebuild, "empty it, so that the relay fills it from the log", below=_stream)
COMMANDS.add("show", _stream_show, "compare it with the log", below=_stream)

_importing = COMMANDS.add("import", _import, "send a sheet of statuses to a running catalog")
_importing.add_argument("file", help="CSV, XLSX, JSON or NDJSON")
_importing.add_argument("--municipality", required=True)
_importing.add_argument("--token", required=True, help="of an editor of that municipality")
_importing.add_argument("--url", help="base address of the catalog")
_importing.add_argument("--mode", choices=["all", "valid"], default="all")
_importing.add_argument("--dry-run", action="store_true")


if __name__ == "__main__":
    sys.exit(COMMANDS.main())
