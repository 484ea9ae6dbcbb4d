"""What can happen to an installation, one thing at a time; afterwards whatever ended is started again."""

import asyncio
import contextlib
import random
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

import nats

from tests.chaos.receiver import MOODS
from tests.chaos.restoring import restored
from tests.chaos.world import ANSWERS_WITHIN_SECONDS, STREAMS, World
from tests.journeys.installation import SERVICES

Act = Callable[[World, random.Random], Awaitable[None]]


class Fault(NamedTuple):
    """`needs` says why it cannot be done here, or nothing."""

    name: str
    act: Act
    needs: Callable[[World], str] = lambda _: ""


async def _moment(chance: random.Random, most: float = 2.0) -> None:
    await asyncio.sleep(chance.uniform(0.1, most))


def _service(name: str) -> list[Fault]:
    async def kill(world: World, chance: random.Random) -> None:
        world.services[name].kill()
        await _moment(chance)
        world.services[name].start()

    async def pause(world: World, chance: random.Random) -> None:
        await _paused(world, [world.services[name].pid], chance)

    async def restart(world: World, _: random.Random) -> None:
        await asyncio.to_thread(world.services[name].stop)
        world.services[name].start()

    return [Fault(f"{name} is killed", kill), Fault(f"{name} stands still", pause), Fault(f"{name} restarts", restart)]


async def _paused(world: World, pids: list[int], chance: random.Random) -> None:
    world.signal(pids, signal.SIGSTOP)
    try:
        await _moment(chance, 5.0)
    finally:
        world.signal(pids, signal.SIGCONT)


async def _kill_process_for_sheets(world: World, _: random.Random) -> None:
    """With whatever it has at hand; the catalog starts another one."""
    children = _children(world.services["catalog"].pid)
    world.signal([pid for pid in children if b"catalog.apart" in _command(pid)], signal.SIGKILL)


async def _kill_backend(world: World, chance: random.Random) -> None:
    """One process of PostgreSQL's: it ends all others and recovers."""
    assert world.postgres.pid is not None
    world.signal([chance.choice(_children(world.postgres.pid))], signal.SIGKILL)


async def _kill_postgres(world: World, chance: random.Random) -> None:
    await asyncio.to_thread(world.postgres.kill)
    await _moment(chance)


async def _pause_postgres(world: World, chance: random.Random) -> None:
    assert world.postgres.pid is not None
    await _paused(world, [world.postgres.pid, *_children(world.postgres.pid)], chance)


async def _restart_postgres(world: World, _: random.Random) -> None:
    await asyncio.to_thread(world.postgres.stop)


async def _kill_nats(world: World, chance: random.Random) -> None:
    await asyncio.to_thread(world.nats.kill)
    await _moment(chance)


async def _pause_nats(world: World, chance: random.Random) -> None:
    assert world.nats.pid is not None
    await _paused(world, [world.nats.pid], chance)


async def _wipe_nats(world: World, _: random.Random) -> None:
    """The running server writes in it meanwhile."""
    shutil.rmtree(world.nats.store, ignore_errors=True)


async def _delete_stream(world: World, chance: random.Random) -> None:
    """Unless it is gone already: what came before may have done that."""
    client = await nats.connect(world.nats.url, connect_timeout=ANSWERS_WITHIN_SECONDS)
    try:
        with contextlib.suppress(nats.errors.Error, TimeoutError):
            stream = chance.choice(list(STREAMS.values()))
            await client.jetstream(timeout=ANSWERS_WITHIN_SECONDS).delete_stream(stream)
    finally:
        await client.close()


async def _cut_wires(world: World, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 5)):
        chance.choice([world.postgres_wire, world.nats_wire]).cut()
        await _moment(chance, 0.5)


async def _stall_wires(world: World, chance: random.Random) -> None:
    with chance.choice([world.postgres_wire, world.nats_wire]).stalled():
        await _moment(chance, 5.0)


async def _slow_wires(world: World, chance: random.Random) -> None:
    with chance.choice([world.postgres_wire, world.nats_wire]).slow(chance.uniform(0.005, 0.05)):
        await _moment(chance, 5.0)


async def _fill_disk(world: World, chance: random.Random) -> None:
    """Until not a byte is left; PostgreSQL may stop over it."""
    ballast = world.folder / "disk" / "ballast"
    try:
        await asyncio.to_thread(_fill, ballast)
        await _moment(chance, 5.0)
    finally:
        ballast.unlink(missing_ok=True)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(1 << 20))
        except OSError:
            return


async def _jump(world: World, chance: random.Random) -> None:
    """The wall clock of all services, to and fro."""
    assert world.clock is not None
    try:
        for _ in range(3):
            world.clock.write_text(f"{chance.choice([-7200, -60, 60, 7200]):+}\n")
            await _moment(chance, 3.0)
    finally:
        world.clock.write_text("+0\n")


async def _bad_receivers(world: World, chance: random.Random) -> None:
    for receiver in world.receivers:
        await receiver.be(chance.choice(MOODS))
    await _moment(chance, 8.0)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


FAULTS: Final = [
    *(fault for name in SERVICES for fault in _service(name)),
    Fault("the process for sheets is killed", _kill_process_for_sheets),
    Fault("PostgreSQL is killed", _kill_postgres),
    Fault("a backend of PostgreSQL is killed", _kill_backend),
    Fault("PostgreSQL stands still", _pause_postgres),
    Fault("PostgreSQL restarts", _restart_postgres),
    Fault("nats-server is killed", _kill_nats),
    Fault("nats-server stands still", _pause_nats),
    Fault("the folder of NATS is wiped", _wipe_nats),
    Fault("a stream is deleted", _delete_stream),
    Fault("connections are cut", _cut_wires),
    Fault("connections stall", _stall_wires),
    Fault("connections are slow", _slow_wires),
    Fault("the disk is full", _fill_disk, lambda world: "" if world.disk else "a disk of its own needs root and mount"),
    Fault("the clock jumps", _jump, lambda world: "" if world.clock else "libfaketime is not installed"),
    Fault("receivers misbehave", _bad_receivers),
    Fault("an earlier backup is there instead", restored),
]
