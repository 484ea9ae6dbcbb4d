"""The routes that write, by the services' own documents: one that the load never calls is tried by nobody here."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from tests.chaos.load import Write
from tests.chaos.report import Line, some
from tests.chaos.world import World
from tests.journeys.installation import SERVICES

WRITE: Final = ("post", "put", "patch", "delete")


class Route(NamedTuple):
    """As a document tells of it."""

    service: str
    method: str
    path: str

    def takes(self, write: Write) -> bool:
        """Whether that call came here."""
        pattern = re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(self.path))
        here = (write.service, write.method) == (self.service, self.method)
        return here and re.fullmatch(pattern, write.path.partition("?")[0]) is not None


async def called(world: World, writes: Iterable[Write]) -> Line:
    """Which of all were called and acknowledged at least once."""
    routes, of_kind = await _routes(world), {write.kind: write for write in writes}
    never = [route for route in routes if not any(map(route.takes, of_kind.values()))]
    note = f"routes never called: {some(map(' '.join, never), 50)}" if never else ""
    return Line("routes that write were called", len(routes), len(routes) - len(never), len(never), 0, note)


async def _routes(world: World) -> list[Route]:
    return [
        Route(name, method.upper(), path)
        for name in SERVICES
        for path, operations in (await world.get(name, "/openapi.json"))["paths"].items()
        for method in operations
        if method in WRITE
    ]
