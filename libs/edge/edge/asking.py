"""The request as routes see it: who calls, and on which version, without the price of dependency injection.

Two or more dependencies make Litestar start a task for each, which costs more than everything else a small call does;
so what every route may need is an attribute of the request.
"""

from edge.bodies import StrictRequest
from edge.conditional import Tags, parse_idempotency_key, parse_tags
from edge.guarding import identify
from edge.tokens import Caller


class EdgeRequest(StrictRequest):
    """Annotate `request: EdgeRequest`; say in `opt=takes(…)` which of the headers the route minds."""

    @property
    def caller(self) -> Caller:
        """Who calls; a 401 problem if nobody says so."""
        return identify(self)

    @property
    def reader(self) -> Caller | None:
        """Who reads, where they said so; a bad token is refused rather than ignored."""
        return identify(self) if any(name == b"authorization" for name, _ in self.scope["headers"]) else None

    @property
    def if_match(self) -> Tags | None:
        """The versions a change may be made on."""
        return self._tags(b"if-match", "If-Match")

    @property
    def if_none_match(self) -> Tags | None:
        """The versions the reader has, or `*` for a change that must create."""
        return self._tags(b"if-none-match", "If-None-Match")

    @property
    def idempotency_key(self) -> str | None:
        """The key under which a repeat gets the stored answer."""
        given = [value for name, value in self.scope["headers"] if name == b"idempotency-key"]
        return parse_idempotency_key(given[0].decode("latin-1")) if given else None

    def _tags(self, header_name: bytes, name: str) -> Tags | None:
        given = [value.decode("latin-1") for key, value in self.scope["headers"] if key == header_name]
        return parse_tags(", ".join(given), name) if given else None
