"""What the launcher needs of a service, and where it finds that in the installed ones."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, Final, Protocol

from litestar.types import ASGIApp

from edge.settings import read

Environment = Mapping[str, str]


class Service(Protocol):
    """One of the three, or a double in tests."""

    name: str
    prefixes: tuple[str, ...]

    async def migrate(self, environment: Environment) -> None: ...
    async def fill(self, environment: Environment) -> None: ...
    def app(self, environment: Environment) -> ASGIApp: ...
    def working(self, environment: Environment) -> AbstractAsyncContextManager[object]: ...


class Installed:
    """A service by its package; imported only when asked, because `token` need not wait for it."""

    def __init__(self, name: str, *prefixes: str) -> None:
        self.name = name
        self.prefixes = prefixes

    async def migrate(self, environment: Environment) -> None:
        migrate: Callable[[str], Awaitable[object]] = import_module(f"{self.name}.migrating").migrate
        await migrate(environment[f"OZG_{self.name.upper()}_DATABASE_URL"])

    async def fill(self, environment: Environment) -> None:
        """Only the catalog brings reference data; loading them again adds nothing."""
        if self.name == "catalog":
            await import_module("catalog.reference").load(self._settings(environment))

    def app(self, environment: Environment) -> ASGIApp:
        create_app: Callable[[Any], ASGIApp] = import_module(f"{self.name}.web").create_app
        return create_app(self._settings(environment))

    def working(self, environment: Environment) -> AbstractAsyncContextManager[object]:
        working: Callable[[Any], AbstractAsyncContextManager[object]] = import_module(f"{self.name}.worker").working
        return working(self._settings(environment))

    def _settings(self, environment: Environment) -> Any:
        return read(getattr(import_module(f"{self.name}.settings"), f"{self.name.capitalize()}Settings"), environment)


SERVICES: Final[tuple[Service, ...]] = (
    Installed("catalog", "/api/catalog/v1"),
    Installed("progress", "/api/progress/v1", ""),
    Installed("notifier", "/api/notifier/v1"),
)
