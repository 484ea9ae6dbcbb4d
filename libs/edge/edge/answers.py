"""An answer whose bytes are ready: the framework's own way through three objects and a header map costs as much as a decision."""

from typing import Any

from litestar import Response
from litestar.types import ASGIApp, Receive, Scope, Send


class Ready(Response[Any]):
    """JSON that needs no rendering; header names are in lower case."""

    def __init__(self, body: bytes, *, status_code: int, headers: dict[str, str]) -> None:
        super().__init__(body, status_code=status_code, headers=headers, media_type="application/json")

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]  # an ASGI app, if not theirs
        """Nothing of the route's, which is described in the document and not repeated here."""
        return self._send

    async def _send(self, _: Scope, __: Receive, send: Send) -> None:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        raw += [(b"content-type", b"application/json"), (b"content-length", str(len(self.content)).encode())]
        await send({"type": "http.response.start", "status": self.status_code or 200, "headers": raw})
        await send({"type": "http.response.body", "body": self.content, "more_body": False})
