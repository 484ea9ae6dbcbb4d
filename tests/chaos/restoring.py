"""The catalog's database comes back as it was some time ago: relay and followers must halt and say so, until that is mended."""

import random

from tests.chaos.load import Load
from tests.chaos.world import World
from tests.journeys.installation import eventually

BOOKMARKS = {"progress": "live.followers", "notifier": "followers"}
HALTED = {"catalog": "relay", "progress": "follower", "notifier": "follower"}


async def restored(world: World, load: Load, chance: random.Random) -> None:
    """Backed up, written on, set back; everybody halts; then the right database is put back and they are told to go on."""
    await load.pause()
    await world.healthy()
    _copy(world, "catalog", "catalog_earlier")
    load.go_on()
    await load.more(chance.randint(20, 60))
    await load.pause()
    await _everything_published(world)
    _rename(world, {"catalog": "catalog_later", "catalog_earlier": "catalog"})
    await eventually(lambda: _all_halted(world), lambda: world.said)
    _rename(world, {"catalog": "catalog_earlier", "catalog_later": "catalog"})
    world.postgres.sql("DROP DATABASE catalog_earlier")
    for name in ("progress", "notifier"):
        await world.installation.command(name, "resume")
    await world.installation.command("catalog", "stream", "rebuild")
    load.go_on()


async def _everything_published(world: World) -> None:
    """So that the stream is ahead of what is restored, whoever looks."""
    await world.healthy()
    head = int(world.postgres.sql("SELECT position FROM heads", "catalog"))

    async def followed() -> bool:
        seen = [
            int(world.postgres.sql(f"SELECT min(position) FROM {table}", name)) for name, table in BOOKMARKS.items()
        ]
        return min(seen) >= head

    await eventually(followed)


async def _all_halted(world: World) -> bool:
    world.said = {name: await world.conditions(name) for name in HALTED}
    return all("halted" in str(said) for said in world.said.values())


def _copy(world: World, name: str, copy: str) -> None:
    _closed(world, name)
    world.postgres.sql(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    _opened(world, name)


def _rename(world: World, names: dict[str, str]) -> None:
    for name in names:
        _closed(world, name)
    for name, new in names.items():
        world.postgres.sql(f'ALTER DATABASE "{name}" RENAME TO "{new}"')
    for new in names.values():
        _opened(world, new)


def _closed(world: World, name: str) -> None:
    world.postgres.sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    world.postgres.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")


def _opened(world: World, name: str) -> None:
    world.postgres.sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
