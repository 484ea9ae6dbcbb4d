"""The catalog's database comes back as it was some time ago: relay and followers must halt and say so, until that is mended."""

import random
from typing import Final

from tests.chaos.world import World

HALTED: Final = {"catalog": "relay", "progress": "follower", "notifier": "follower"}


async def restored(world: World, chance: random.Random) -> None:
    """Backed up, written on, set back; everybody halts; then the right database is put back and they are told to go on."""
    await world.load.pause()
    await world.healthy()
    await _copy(world, "catalog", "catalog_earlier")
    world.load.go_on()
    await world.load.more(chance.randint(20, 60))
    await world.load.pause()
    await world.healthy()
    await world.heard()  # so that everybody is ahead of what is restored
    await world.published("catalog")
    await _rename(world, {"catalog": "catalog_later", "catalog_earlier": "catalog"})
    await world.until(lambda: _all_halted(world), lambda: world.said)
    await _rename(world, {"catalog": "catalog_earlier", "catalog_later": "catalog"})
    await world.sql("DROP DATABASE catalog_earlier")
    for name in ("progress", "notifier"):
        await world.installation.command(name, "resume")
    await world.installation.command("catalog", "stream", "rebuild")
    world.load.go_on()


async def _all_halted(world: World) -> bool:
    world.said = {name: await world.conditions(name) for name in HALTED}
    return all("halted" in str(said) for said in world.said.values())


async def _copy(world: World, name: str, copy: str) -> None:
    await _closed(world, name)
    await world.sql(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    await _opened(world, name)


async def _rename(world: World, names: dict[str, str]) -> None:
    for name in names:
        await _closed(world, name)
    for name, new in names.items():
        await world.sql(f'ALTER DATABASE "{name}" RENAME TO "{new}"')
    for new in names.values():
        await _opened(world, new)


async def _closed(world: World, name: str) -> None:
    """Until nobody is connected to it any more."""
    await world.sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')

    async def alone() -> bool:
        await world.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        return await world.sql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'") == "0"

    await world.until(alone)


async def _opened(world: World, name: str) -> None:
    await world.sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
