"""`make run` and the small commands around it."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

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


def main(arguments: Sequence[str], services: Sequence[Service] = SERVICES) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "token":
        _print_token(options)
    try:
        return _run(options, services)
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


def _print_token(options: argparse.Namespace) -> NoReturn:
    """By the catalog's own command, with this installation's key."""
    municipality = ["--municipality", options.municipality] if options.municipality else []
    environment = {"OZG_INSTALLATION": "localhost", **os.environ, **key_files(Path(options.data).absolute())}
    command = [sys.executable, "-m", "catalog", "token", "issue", "--role", options.role, *municipality]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own words, no shell


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
    for command in (run, token):
        command.add_argument("--data", default=".data")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65_536:
        raise argparse.ArgumentTypeError(f"{text} is no port (1 to 65535)")
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
