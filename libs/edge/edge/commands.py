"""The commands that every service has, and the one way in which a command line is read and run.

By convention a service has `migrating.migrate(url)`, `worker.working(settings)` and `web.create_app(settings)`; they are imported
only by the command that needs them, so that printing a token need not wait for a web framework.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from edge import settings as settings_reader
from edge.settings import SettingsInvalid

if TYPE_CHECKING:
    from litestar.types import ASGIApp

FAILED = 1


class Served(Protocol):
    """What the commands themselves need of a service's settings."""

    @property
    def database_url(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def trusted_proxies(self) -> tuple[str, ...]: ...
    @property
    def log_format(self) -> Any: ...
    @property
    def log_level(self) -> Any: ...


S = TypeVar("S", bound=Served)
Run = Callable[[S, argparse.Namespace], Awaitable[None]]
Below = Any
"""What argparse calls subparsers; it has no public type."""


class Failed(Exception):
    """A command could not do what was asked; the sentence says why."""


class Commands(Generic[S]):
    """One service's command line; `prefixes` are where its app answers."""

    def __init__(self, service: str, settings: type[S], *, prefixes: Sequence[str], works: str) -> None:
        """`works` says in a few words what the worker does."""
        self._service = service
        self._settings = settings
        self._prefixes = prefixes
        self.parser = argparse.ArgumentParser(prog=f"python -m {service}", description="Serve, and what operators do.")
        self._commands = self.parser.add_subparsers(required=True, metavar="command")
        self.add("serve", self._serve, "migrate, then web and worker in one process")
        self.add("web", self._answer, "answer calls")
        self.add("worker", self._work, works)
        self.add("migrate", self._migrate, "bring the database to today's shape")
        self.add("settings", self._show_settings, "print every setting with its default")

    def add(self, name: str, run: Run[S], about: str, *, below: Below = None) -> argparse.ArgumentParser:
        """One more command, perhaps below a group."""
        command: argparse.ArgumentParser = (below or self._commands).add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        return command

    def group(self, name: str, about: str) -> Below:
        """Commands that belong together: `token issue`, `stream rebuild`."""
        return self._commands.add_parser(name, help=about).add_subparsers(required=True)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Read, run, and say in one sentence what went wrong."""
        options = self.parser.parse_args(arguments)
        from edge import logs  # noqa: PLC0415 - a wrong word is answered before anything heavy is imported
        from edge.serving import DidNotStart, run  # noqa: PLC0415 - the same

        try:
            settings = settings_reader.read(self._settings, os.environ)  # type: ignore[type-var]  # a struct, by its use
            logs.configure(settings.log_format, settings.log_level)
            run(options.run(settings, options))
        except (SettingsInvalid, DidNotStart, Failed) as failure:
            print(failure, file=sys.stderr)  # noqa: T201 - a command's answer
            return FAILED
        return 0

    def _import(self, module: str) -> Any:
        return import_module(f"{self._service}.{module}")

    async def _serve(self, settings: S, options: argparse.Namespace) -> None:
        await self._migrate(settings, options)
        async with self._import("worker").working(settings):
            await self._answer(settings, options)

    async def _answer(self, settings: S, _: argparse.Namespace) -> None:
        from edge.mounting import mount  # noqa: PLC0415 - see `main`

        app = self._import("web").create_app(settings)
        await self._listen(settings, mount(dict.fromkeys(self._prefixes, app), inside=app))

    async def _work(self, settings: S, _: argparse.Namespace) -> None:
        """It answers too, but only how it goes: `/-/health`, `/-/ready`, `/-/metrics`, `/-/version`."""
        from edge.mounting import mount  # noqa: PLC0415 - see `main`

        app = self._import("web").create_app(settings)
        async with self._import("worker").working(settings):
            await self._listen(settings, mount({}, inside=app))

    async def _listen(self, settings: S, app: "ASGIApp") -> None:
        from edge.serving import listen, serve  # noqa: PLC0415 - see `main`

        listening = listen(settings.host, settings.port)
        await serve(app, listening, stop=_asked_to_stop(), trusted_proxies=settings.trusted_proxies)

    async def _migrate(self, settings: S, _: argparse.Namespace) -> None:
        await self._import("migrating").migrate(settings.database_url)

    async def _show_settings(self, _: S, __: argparse.Namespace) -> None:
        for row in settings_reader.describe(self._settings):  # type: ignore[arg-type]  # a struct, by its use
            default = row.default or ("required" if row.required else "–")
            print(f"{row.name:<30}{default:<45}{row.description}")  # noqa: T201 - a command's answer


def _asked_to_stop() -> asyncio.Event:
    """Set by Ctrl-C or a polite kill, so that everything ends in its order."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked
