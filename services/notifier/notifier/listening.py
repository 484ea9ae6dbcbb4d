"""A receiver to try webhooks with: `python -m notifier listen` prints what comes in and whether its signature is right.

For trying only; docs/subscribing.md shows a receiver of one's own.
"""

import asyncio
from typing import Any

import msgspec
from aiohttp import web

from notifier.domain.signature import verified


async def listen(port: int, secret: str | None) -> None:
    """Take webhooks on loopback until told to stop."""

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        print(described(dict(request.headers), body, secret), flush=True)  # noqa: T201 - what the command is for
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def described(headers: dict[str, str], body: bytes, secret: str | None) -> str:
    """One line a webhook: the signature, the type, what it is about, and the sentence it brings."""
    event: dict[str, Any] = msgspec.json.decode(body)
    data = event.get("data") or {}
    title = (data.get("title") or {}).get("de", "")
    return " · ".join(filter(None, [_signature(headers, body, secret), event["type"], data.get("reason"), title]))


def _signature(headers: dict[str, str], body: bytes, secret: str | None) -> str:
    if secret is None:
        return "signature not checked"
    found = {name.lower(): value for name, value in headers.items()}
    return "signature right" if verified(secret, found, body) else "SIGNATURE WRONG"
