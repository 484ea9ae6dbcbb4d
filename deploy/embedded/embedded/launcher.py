"""Everything on one machine: two servers as children, three services in this process, one address."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final

import structlog
from litestar.types import ASGIApp

from edge.mounting import mount
from edge.serving import serve
from embedded.claim import Claim
from embedded.environment import environment
from embedded.nats import Nats
from embedded.postgres import Postgres, memory_of_this_machine, serving
from embedded.services import Environment, Service
from embedded.watching import bring_up, keep_alive

ANSWERS_MAY_TAKE_SECONDS: Final = 3
WORKERS_STOP_WITHIN_SECONDS: Final = 5.0

log = structlog.get_logger("embedded")


async def run(claim: Claim, services: Sequence[Service], given: Mapping[str, str], ready: Callable[[], None]) -> None:
    """Until the first SIGINT, SIGTERM or SIGHUP (a closed terminal), which ends everything in order; a second one ends it at once."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def stop() -> None:
        if asked.is_set():
            os._exit(1)  # the kernel ends the children with us
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    serving = asyncio.create_task(_serve(claim, services, given, ready))
    asking = asyncio.create_task(asked.wait())
    await asyncio.wait({serving, asking}, return_when=asyncio.FIRST_COMPLETED)
    asking.cancel()
    if not serving.done():
        log.info("stopping")
        serving.cancel()
        await asyncio.wait({serving})
    if not serving.cancelled():
        serving.result()


async def _serve(
    claim: Claim, services: Sequence[Service], given: Mapping[str, str], ready: Callable[[], None]
) -> None:
    async with AsyncExitStack() as stack:
        settings = await _servers(stack, claim, [service.name for service in services], given)
        for service in services:
            await service.migrate(settings)
        for service in services:
            await service.fill(settings)
        apps = {prefix: app for service in services for app in [service.app(settings)] for prefix in service.prefixes}
        workers = [_bounded(service.name, service.working(settings)) for service in services]
        await _answer(mount(apps), claim, workers, ready)


async def _servers(stack: AsyncExitStack, claim: Claim, names: list[str], given: Mapping[str, str]) -> Environment:
    logs = claim.folder / "logs"
    postgres = Postgres(
        claim.folder / "postgres",
        log=logs / "postgres.log",
        settings=serving(memory_of_this_machine()),
        user=given.get("OZG_EMBEDDED_USER", ""),
    )
    nats = Nats(claim.folder / "nats", log=logs / "nats.log", port=claim.nats_port)
    postgres.prepare()
    for server in (postgres, nats):
        stack.callback(server.stop)
        await bring_up(server)
        await stack.enter_async_context(_background(keep_alive(server), server.name))
    postgres.create_databases(names)
    return environment(
        given, data=claim.folder, port=claim.port, nats_url=nats.url, database_url=postgres.url, names=names
    )


async def _answer(
    app: ASGIApp,
    claim: Claim,
    workers: Sequence[AbstractAsyncContextManager[None]],
    ready: Callable[[], None],
) -> None:
    """First the address, because the workers read each other's feeds through it; they stop after the last answer."""
    stop, started = asyncio.Event(), asyncio.Event()
    serving = serve(app, claim.listening, stop=stop, ready=started.set, grace=ANSWERS_MAY_TAKE_SECONDS)
    answering = asyncio.create_task(serving)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.wait, {answering})
        stack.callback(stop.set)
        await _first_of(started.wait(), answering)
        for worker in workers:
            await stack.enter_async_context(worker)
        ready()
        try:
            await asyncio.wait({answering})
        finally:
            stop.set()
            await asyncio.wait({answering})
    answering.result()


async def _first_of(hoped: Coroutine[object, object, object], otherwise: "asyncio.Task[None]") -> None:
    """Waits for what we hope for; if the task ends instead, its failure is raised."""
    hoping = asyncio.create_task(hoped)
    try:
        await asyncio.wait({hoping, otherwise}, return_when=asyncio.FIRST_COMPLETED)
        if otherwise.done():
            otherwise.result()
    finally:
        hoping.cancel()


@asynccontextmanager
async def _background(work: Coroutine[object, object, None], name: str) -> AsyncIterator[None]:
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def _bounded(name: str, workers: AbstractAsyncContextManager[object]) -> AsyncIterator[None]:
    """A worker that does not stop in time is left behind: everything it acknowledged is in the database."""
    await workers.__aenter__()
    try:
        yield
    finally:
        try:
            async with asyncio.timeout(WORKERS_STOP_WITHIN_SECONDS):
                await workers.__aexit__(None, None, None)
        except TimeoutError:
            log.warning("workers_did_not_stop", service=name)
