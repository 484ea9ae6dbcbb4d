"""Who is signed in, as the pages see it. What they hold is their own token; it is kept nowhere on this side."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from litestar import Request

from edge.language import Text
from edge.problems import Problem
from edge.sessions import Sessions, token_of
from edge.tokens import Caller
from events.contracts.keys import MalformedKey, bare, municipality_id
from events.log.connect import Connection
from progress.desk import desk
from progress.pages.links import Links
from progress.projections.moment import rows

_FOUND: Final = "progress.session"
"""Our own key in the state of a request."""


class Session(NamedTuple):
    """Somebody who is signed in: their token, and for whom they act, by name and (where that is a municipality) key."""

    caller: Caller
    token: str
    name: str
    home: str | None

    @property
    def records(self) -> bool:
        """Whether they may record statuses at all."""
        return self.caller.role in {"editor", "operator"}

    def may_record_for(self, municipality: str) -> bool:
        """Whether it is theirs; whether somebody delegated it to them, the catalog knows."""
        return self.records and (self.caller.role == "operator" or self.home == municipality)


def signed_in(request: Request[Any, Any, Any]) -> Session | None:
    """Who asks for this page, if they are signed in. A session that has ended is none."""
    caller, token = request.scope.get("user"), token_of(request.scope)
    if not token or not isinstance(caller, Caller):
        return None
    found: Session | None = request.scope["state"].get(_FOUND)
    return found or Session(caller, token, caller.authority or "", _municipality(caller))


def required(request: Request[Any, Any, Any]) -> Session:
    """Who asks for this page; a 401 problem, which pages show as an invitation to sign in, if nobody says so."""
    found = signed_in(request)
    if found is None:
        raise Problem(401, "not-signed-in", NOT_SIGNED_IN, _SIGN_IN)
    return found


async def recognise(request: Request[Any, Any, Any]) -> None:
    """Before a request is answered: find out what the one for whom somebody acts is called."""
    found = signed_in(request)
    if found is not None and found.home is not None:
        key = found.home
        known = await desk(request).ask(lambda connection: _named(connection, key))
        if known is not None:
            found = found._replace(home=known[0], name=known[1])
        request.scope["state"][_FOUND] = found


def sessions(request: Request[Any, Any, Any]) -> Sessions:
    """How this installation keeps them."""
    found: Sessions = request.app.state["sessions"]
    return found


WAYS: Final[Sequence[tuple[str, str]]] = (
    ("own_rows", "/kommunen/{home}/erfassen"),
    ("sheet", "/kommunen/{home}/tabelle"),
    ("alerts", "/hinweise"),
)
"""What people who record for a municipality find on every page: the key of its words, and the path with `{home}`."""


def ways(session: Session | None, links: Links, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """The same in words, for this person."""
    if session is None or session.home is None or not session.records:
        return []
    home = bare(session.home)
    return [(words[text], links.to(path.format(home=home))) for text, path in WAYS]


_NAMED: Final = (
    "SELECT a.key, a.name FROM authority_aliases l JOIN authorities a ON a.id = l.authority WHERE l.key = :key"
)


async def _named(connection: Connection, key: str) -> tuple[str, str] | None:
    found = await rows(connection, _NAMED, key=key)
    return (found[0]["key"], found[0]["name"]) if found else None


def _municipality(caller: Caller) -> str | None:
    try:
        return municipality_id(caller.authority) if caller.authority else None
    except MalformedKey:
        return None


NOT_SIGNED_IN: Final[Text] = {"en": "Please sign in", "de": "Bitte melden Sie sich an"}
_SIGN_IN: Final[Text] = {
    "en": "This is for people who are signed in. Your session may have ended.",
    "de": "Das ist nur möglich, wenn Sie angemeldet sind. Vielleicht ist Ihre Anmeldung abgelaufen.",
}
