"""`make run` and the small commands around it."""

import argparse
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import structlog
from structlog.typing import EventDict

from edge import logs
from edge.serving import DidNotStart, run
from edge.settings import SettingsInvalid
from embedded.child import ServerDidNotStart
from embedded.claim import RunRefused, claim
from embedded.environment import key_files
from embedded.services import SERVICES, Service
from embedded.welcome import speaks_german, welcome

REFUSED = 2
FAILED = 1
_TOKENS = {"token": "issue", "tokens": "list", "revoke": "revoke"}
_SAFEKEEPING = {"backup", "restore", "operate"}
_CATALOG_TOKEN = [sys.executable, "-m", "catalog", "token"]


def main(arguments: Sequence[str], services: Sequence[Service] = SERVICES) -> int:
    options = _parser().parse_args(arguments)
    if options.command in _TOKENS:
        _ask_catalog(options)
    if options.command in {"demo", "demo-clear"}:
        return _demonstrate(options)
    try:
        return _keep_safe(options) if options.command in _SAFEKEEPING else _run(options, services)
    except RunRefused as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    except (ServerDidNotStart, DidNotStart, SettingsInvalid) as failure:
        print(failure, file=sys.stderr)
        return FAILED


def _run(options: argparse.Namespace, services: Sequence[Service]) -> int:
    from embedded import launcher

    claimed = claim(Path(options.data).absolute(), options.host, options.port, options.nats_port)
    logs.configure(os.environ.get("OZG_LOG_FORMAT", "auto"), os.environ.get("OZG_LOG_LEVEL", "INFO"))  # type: ignore[arg-type]
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(processors=[_without_small_talk, *structlog.get_config()["processors"]])

    def ready() -> None:
        text = welcome(
            german=speaks_german(os.environ),
            url=f"http://localhost:{options.port}",
            nats=f"nats://127.0.0.1:{options.nats_port}",
            data=options.data,
            today=datetime.now(ZoneInfo(os.environ.get("OZG_TIME_ZONE", "Europe/Berlin"))).date(),
        )
        print(text, flush=True)

    run(launcher.run(claimed, services, os.environ, ready))
    return 0


def _keep_safe(options: argparse.Namespace) -> int:
    from embedded import safekeeping

    folder, given = Path(options.data).absolute(), os.environ
    if options.command == "operate":
        return safekeeping.operate(folder, options.words, options.port, options.nats_port, given)
    if options.command == "backup":
        return safekeeping.backup(folder, Path(options.to).absolute(), given)
    return safekeeping.restore(folder, Path(options.made).absolute(), given)


def _demonstrate(options: argparse.Namespace) -> int:
    """Through REST like any client, with an operator's token of this installation."""
    from embedded.demo import client

    command = [*_CATALOG_TOKEN, "issue", "--role", "operator"]
    issued = subprocess.run(command, env=_token_environment(options), capture_output=True, check=True)
    url, token = f"http://127.0.0.1:{options.port}", issued.stdout.decode().strip()
    try:
        run(client.run(url, token, retract=options.command == "demo-clear", today=datetime.now().astimezone().date()))
    except* client.DemoFailed as failures:
        print(failures.exceptions[0], file=sys.stderr)
    else:
        return 0
    return FAILED


def _token_environment(options: argparse.Namespace) -> dict[str, str]:
    return {"OZG_INSTALLATION": "localhost", **os.environ, **key_files(Path(options.data).absolute())}


def _without_small_talk(_: object, __: str, said: EventDict) -> EventDict:
    """Here the services ask each other for news every second; nobody wants to read that."""
    if said.get("route") == "/events" and said.get("status") == 200:
        raise structlog.DropEvent
    return said


def _ask_catalog(options: argparse.Namespace) -> NoReturn:
    """By the catalog's own commands, with this installation's keys."""
    command = [*_CATALOG_TOKEN, _TOKENS[options.command]]
    if options.command == "token":
        command += ["--role", options.role]
    if getattr(options, "municipality", ""):
        command += ["--municipality", options.municipality]
    command += getattr(options, "ids", [])
    os.execve(sys.executable, command, _token_environment(options))  # noqa: S606 - our own words, no shell


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embedded", description="Everything on one machine without Docker.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start both servers and serve the three services on one port")
    run.add_argument("--host", default=os.environ.get("OZG_HOST", "127.0.0.1"))
    run.add_argument("--port", type=_port, default=8000)
    run.add_argument("--nats-port", type=_port, default=4222)
    token = commands.add_parser("token", help="print a token of this installation")
    token.add_argument("--role", default="editor")
    token.add_argument("--municipality", default="")
    tokens = commands.add_parser("tokens", help="list the tokens that hold")
    revoke = commands.add_parser("revoke", help="let tokens hold no longer")
    revoke.add_argument("ids", nargs="*")
    revoke.add_argument("--municipality", default="")
    backup = commands.add_parser("backup", help="keep everything as it is now in a new folder; writes go on")
    backup.add_argument("--to", default="backups")
    restore = commands.add_parser("restore", help="put everything back as it was when a backup was made")
    restore.add_argument("made", help="the backup's folder")
    operate = commands.add_parser(
        "operate", help="one of `python -m catalog|progress|notifier …` of a running installation"
    )
    operate.add_argument("--port", type=_port, default=8000)
    operate.add_argument("--nats-port", type=_port, default=4222)
    demo = commands.add_parser("demo", help="fill a running installation with demonstration data")
    clear = commands.add_parser("demo-clear", help="retract everything that demo recorded")
    for command in (demo, clear):
        command.add_argument("--port", type=_port, default=8000)
    for command in (run, token, tokens, revoke, backup, restore, operate, demo, clear):
        command.add_argument("--data", default=".data")
    operate.add_argument("words", nargs=argparse.REMAINDER, help="progress verify, notifier followers, …")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65_536:
        raise argparse.ArgumentTypeError(f"{text} is no port (1 to 65535)")
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
