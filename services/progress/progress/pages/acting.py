"""What the pages need where people act on them, and what every form of theirs has."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, Final

from litestar import Litestar

from edge.code_flow import Client
from edge.guarding import require
from edge.sessions import own_page
from progress.pages.calling import Neighbours
from progress.pages.rendering import REFUSED

ACT: Final[Mapping[str, Any]] = {
    "include_in_schema": False,
    "guards": [own_page, require("editor", "operator")],
    "exception_handlers": REFUSED,
    "status_code": 303,
}
"""For `@post(…, **ACT)`: what clerks send from our own pages."""


def acting(
    neighbours: Neighbours, oidc: Client | None, clock: Callable[[], datetime], new_id: Callable[[], uuid.UUID]
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What of this there is for as long as an app lives."""

    @asynccontextmanager
    async def open_(app: Litestar) -> AsyncIterator[None]:
        app.state.update({"neighbours": neighbours, "oidc": oidc, "clock": clock, "new_id": new_id})
        async with neighbours.open():
            yield

    return open_


def once(nonce: str, *said: object) -> str:
    """An Idempotency-Key: who sends the same form with the same content twice does it once."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr((nonce, said))))
