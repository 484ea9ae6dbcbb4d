"""Several apps behind one address: the longest prefix wins, and all of them start and stop as one.

The app sees the whole path and its prefix as `root_path`, as ASGI says, so it can build links that work outside.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from edge.correlation import correlate
from edge.problems import not_found, send_problem

START_LIMIT = 60.0
STOP_LIMIT = 30.0


class AppDidNotStart(Exception):
    """One of the apps refused to start; the message is its own."""


def mount(apps: Mapping[str, ASGIApp], *, inside: ASGIApp | None = None) -> ASGIApp:
    """One app that hands each request to the app with the longest fitting prefix.

    `inside` answers `/-/…`, whatever the prefixes are: what looks after a process need not know what the process is.
    """
    prefixes = sorted(((prefix.rstrip("/"), app) for prefix, app in apps.items()), key=lambda pair: -len(pair[0]))
    unknown = correlate(_unknown)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        kind: str = scope["type"]
        if kind == "lifespan":
            mounted = [*apps.values(), *([] if inside is None else [inside])]
            await _live(list({id(app): app for app in mounted}.values()), receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": "no websockets here"})
        elif inside is not None and scope["path"].startswith("/-/"):
            await inside(scope, receive, send)
        else:
            await _choose(prefixes, scope, unknown)(scope, receive, send)

    return dispatch


def _choose(prefixes: list[tuple[str, ASGIApp]], scope: Scope, otherwise: ASGIApp) -> ASGIApp:
    outer = scope.get("root_path", "").rstrip("/")
    path = scope["path"].removeprefix(outer)
    for prefix, app in prefixes:
        if path == prefix or path.startswith(f"{prefix}/"):
            scope["root_path"] = outer + prefix
            return app
    return otherwise


async def _unknown(scope: Scope, _: Receive, send: Send) -> None:
    await send_problem(not_found(scope["path"]), scope, send)


async def _live(apps: list[ASGIApp], receive: Any, send: Any) -> None:
    await receive()
    try:
        async with AsyncExitStack() as stack:
            for app in apps:
                await stack.enter_async_context(running(app))
            await send({"type": "lifespan.startup.complete"})
            await receive()
    except AppDidNotStart as refusal:
        await send({"type": "lifespan.startup.failed", "message": str(refusal)})
    except Exception as error:  # noqa: BLE001 - the server is told in its own way
        await send({"type": "lifespan.shutdown.failed", "message": str(error)})
    else:
        await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """An app's whole life: started inside, stopped at the end, by the ASGI lifespan protocol."""
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def live() -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        await app(scope, to_app.get, from_app.put)  # type: ignore[arg-type]  # ASGI, typed by Litestar in its own words

    task = asyncio.create_task(live(), name="lifespan")
    try:
        to_app.put_nowait({"type": "lifespan.startup"})
        said = await _next(from_app, task, START_LIMIT)
        if said["type"] != "lifespan.startup.complete":
            raise AppDidNotStart(said.get("message") or "an app did not start")
        try:
            yield
        finally:
            to_app.put_nowait({"type": "lifespan.shutdown"})
            said = await _next(from_app, task, STOP_LIMIT)
            if said["type"] != "lifespan.shutdown.complete":
                raise RuntimeError(said.get("message") or "an app did not stop cleanly")
            await asyncio.wait({task}, timeout=STOP_LIMIT)
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _next(from_app: asyncio.Queue[dict[str, Any]], task: asyncio.Task[None], limit: float) -> dict[str, Any]:
    getting = asyncio.create_task(from_app.get())
    done, _ = await asyncio.wait({getting, task}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    if getting in done:
        return getting.result()
    getting.cancel()
    if task in done:
        error = task.exception() if not task.cancelled() else None
        return {"type": "failed", "message": f"an app ended early: {error!r}"}
    return {"type": "failed", "message": f"an app took longer than {limit:g} s"}
