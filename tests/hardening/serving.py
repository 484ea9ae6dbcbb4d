"""The three services on a port, in a thread of their own, for clients that know nothing of loops."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from edge.mounting import mount
from edge.serving import listen, serve
from tests.hardening.place import Place, prefix
from tests.hardening.places import PLACES
from tests.harness.postgres import Databases


class Served:
    """Where it listens, and the places behind it."""

    def __init__(self, url: str, places: dict[str, Place]) -> None:
        self.url = url
        self.places = places


@contextmanager
def served(databases: Databases) -> Iterator[Served]:
    """All three, each on its own database, until the block ends."""
    thread = _Serving(databases)
    thread.start()
    try:
        yield thread.wait()
    finally:
        thread.stop()


class _Serving(threading.Thread):
    def __init__(self, databases: Databases) -> None:
        super().__init__(name="serving", daemon=True)
        self._databases = databases
        self._listening = listen("127.0.0.1", 0)
        self._ready = threading.Event()
        self._places: dict[str, Place] = {}
        self._failure: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as failure:  # noqa: BLE001 - told to whoever waits
            self._failure = failure
        finally:
            self._ready.set()

    def wait(self) -> Served:
        url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        assert self._ready.wait(60)
        if self._failure is not None:
            raise self._failure
        return Served(url, self._places)

    def stop(self) -> None:
        if self._loop is not None and self._stopping is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self.join(20)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with AsyncExitStack() as stack:
            for name, place in PLACES.items():
                self._places[name] = await stack.enter_async_context(place(self._databases))
            app = mount({prefix(name): _alive(place.app) for name, place in self._places.items()})
            await serve(app, self._listening, stop=self._stopping, ready=self._ready.set, grace=1)


def _alive(app: Any) -> Any:
    """The app, whose life somebody else minds."""

    async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})

    return without_lifespan
