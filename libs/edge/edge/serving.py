"""An app on a port, served by uvicorn with httptools and uvloop, stopped within a bounded time."""

import asyncio
import contextlib
import errno
import gc
import os
import socket
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, TypeVar

import uvicorn
import uvloop
from litestar.types import ASGIApp

from edge.protocol import BoundedHeads

T = TypeVar("T")
BACKLOG = 2048
YOUNG = 20_000
"""New objects until the garbage collector looks through them. At the interpreter's 700 it takes a quarter of an append's time."""


class AddressTaken(Exception):
    """Somebody else listens there already."""


class DidNotStart(Exception):
    """The app refused to start; its log says why."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a program on uvloop."""
    gc.set_threshold(YOUNG)
    settle()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def settle() -> None:
    """What is there by now stays for good: the garbage collector need not look through it, which stops everything for 0.1 s."""
    gc.collect()
    gc.freeze()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or `AddressTaken` before anything else was touched. Port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Unless the protocol is named, asyncio leaves Nagle's algorithm on: 40 ms for every second call of a connection.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
            message = f"cannot listen on {host}:{port}: {os.strerror(error.errno)}"
            raise AddressTaken(message) from error
        raise
    return listening


async def serve(
    app: ASGIApp,
    listening: socket.socket,
    *,
    stop: asyncio.Event | None = None,
    ready: Callable[[], None] | None = None,
    trusted_proxies: Sequence[str] = (),
    grace: float = 10.0,
) -> None:
    """Serve until SIGINT or SIGTERM, or, where the caller minds the signals itself, until `stop` is set.

    `X-Forwarded-*` is believed only from `trusted_proxies`. Calls in flight get `grace` seconds to finish.
    """
    config = uvicorn.Config(
        app,
        http=BoundedHeads,
        ws="none",
        loop="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies) or None,
        timeout_graceful_shutdown=max(1, round(grace)),
        timeout_keep_alive=65,
        backlog=BACKLOG,
    )
    server = _Server(config, own_signals=stop is not None, ready=ready)
    watching = asyncio.create_task(_stop_when(server, stop)) if stop is not None else None
    try:
        await server.serve(sockets=[listening])
    except SystemExit as exit_:
        raise _not_started() from exit_
    finally:
        if watching is not None:
            watching.cancel()
        listening.close()
    if not server.started:
        raise _not_started()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, *, own_signals: bool, ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._own_signals = own_signals
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settle()
        if self.started and self._ready is not None:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if self._own_signals:
            yield
        else:
            with super().capture_signals():
                yield


def _not_started() -> DidNotStart:
    return DidNotStart("the app did not start; its log says why")


async def _stop_when(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
