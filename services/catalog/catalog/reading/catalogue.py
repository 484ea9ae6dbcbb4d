"""All services at once, as a sheet of thousands of rows is decided on: kept in memory, read anew after any of them changed."""

from collections.abc import Mapping

from catalog.domain import service as services
from catalog.domain.service import Service
from catalog.keeping.services import Services
from events.deciding import Key
from events.log.connect import Connection

# Every change of a service raises its version, and none is ever deleted.
_STAMP = "SELECT count(*) AS services, coalesce(sum(version), 0) AS versions FROM services"
_KEYS = "SELECT key FROM services ORDER BY key"
_AT_A_TIME = 250
_SERVICES = Services()


class Catalogue:
    """One per process."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int] | None = None
        self._services: Mapping[Key, Service] = {}

    async def services(self, connection: Connection) -> Mapping[Key, Service]:
        """As they are committed now. Not to be changed."""
        row = await connection.fetchrow(_STAMP)
        assert row is not None
        stamp = (row["services"], row["versions"])
        if stamp != self._stamp:
            self._services, self._stamp = await _read(connection), stamp
        return self._services


async def _read(connection: Connection) -> Mapping[Key, Service]:
    keys = [row["key"] for row in await connection.fetch(_KEYS)]
    found: dict[Key, Service] = {}
    for start in range(0, len(keys), _AT_A_TIME):
        text, arguments = _SERVICES.asking(keys[start : start + _AT_A_TIME])
        loaded = _SERVICES.states(await connection.fetch(text, *arguments))
        found.update((services.key_of(key), service) for key, service in loaded.items())
    return found
