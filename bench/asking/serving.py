"""`python -m bench.asking.serving PORT DATABASE`: progress's own app, with one route more.

`GET …/look-up/{municipality}` reads one row by its key on a connection of a pool and answers it: the floor, over the same HTTP stack with all
that the product does for every request. It ends with its standard input.
"""

import asyncio
import os
import sys
from typing import Final

import asyncpg
import msgspec
from litestar import Litestar, get
from litestar.exceptions import NotFoundException

from edge import serving
from edge.mounting import mount
from progress.settings import ProgressSettings
from progress.web import create_app

PREFIX: Final = "/api/progress/v1"
_BY_KEY: Final = (
    "SELECT key, name, region, levels, inhabitants, size, own_administration FROM authorities WHERE key = $1"
)


class Row(msgspec.Struct):
    """As it is kept."""

    key: str
    name: str
    region: str
    levels: int
    inhabitants: int | None
    size: int
    own_administration: bool


def with_look_up(app: Litestar, database_url: str, connections: int) -> Litestar:
    """The same app, which can also read one row."""
    pools: list[asyncpg.Pool[asyncpg.Record]] = []

    @get("/look-up/{municipality:str}")
    async def look_up(municipality: str) -> Row:
        if not pools:
            settings = {"search_path": "live, public", "jit": "off"}
            pools.append(
                await asyncpg.create_pool(database_url, min_size=1, max_size=connections, server_settings=settings)
            )
        async with pools[0].acquire() as connection:
            row = await connection.fetchrow(_BY_KEY, municipality)
        if row is None:
            raise NotFoundException
        return Row(*row)

    app.register(look_up)
    return app


async def main(port: int, database_url: str) -> None:
    """Until nobody holds its input any more."""
    settings = ProgressSettings(database_url=database_url, port=port, installation="bench.example")
    app = with_look_up(create_app(settings), database_url, settings.connections)
    stop = asyncio.Event()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            stop.set()

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), read)
    await serving.serve(mount({PREFIX: app}), serving.listen("127.0.0.1", port), stop=stop)


if __name__ == "__main__":
    serving.run(main(int(sys.argv[1]), sys.argv[2]))
