"""What every route of the notifier works with."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from edge.asking import EdgeRequest
from edge.correlation import correlation_id, traceparent
from edge.problems import Problem
from edge.tokens import Caller
from events.contracts import keys
from events.following import wait_for
from events.log.connect import Connection
from events.log.write import Context
from notifier.audience.raising import Desk
from notifier.channels.email.mailing import Mail
from notifier.channels.webhook import addresses
from notifier.channels.webhook.connecting import Lookup, system_lookup
from notifier.channels.webhook.sending import Sender
from notifier.database import transaction

log = structlog.get_logger(__name__)

FOLLOWER: Final = "notifier"
AT_LEAST_SECONDS: Final = 10.0
LOOKUP_SECONDS: Final = 3.0
OPERATORS: Final = "operator"
"""Owns the subscriptions of operators that speak for no authority."""


class Office(NamedTuple):
    """The notifier as its routes see it."""

    engine: AsyncEngine
    desk: Desk
    sender: Sender
    lookup: Lookup = system_lookup
    mail: Mail | None = None
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Committed when the block ends."""
        async with transaction(self.engine) as connection:
            yield connection

    def context(self, caller: Caller) -> Context:
        """Who says it, and in the course of what."""
        return Context(caller.actor(self.desk.log.installation), correlation_id(), traceparent())

    async def caught_up(self, at_least: int | None) -> None:
        """Wait until the follower heard the event at that position. Raises a 503 problem."""
        if at_least is None or await wait_for(self.engine, FOLLOWER, at_least, AT_LEAST_SECONDS, schema=None):
            return
        raise Problem(
            503,
            "not-heard-yet",
            {"en": "Not heard yet", "de": "Noch nicht gehört"},
            {
                "en": f"The event at position {at_least} was not heard within {AT_LEAST_SECONDS:.0f} s. Try again shortly.",
                "de": f"Das Ereignis {at_least} ist nach {AT_LEAST_SECONDS:.0f} s noch nicht gehört. Bitte gleich wieder fragen.",
            },
            headers={"retry-after": "2"},
            field="at_least",
        )

    async def checked(self, text: str) -> URL:
        """The address as it will be called, looked up once for courtesy; who connects looks again. Raises AddressRefused."""
        url = addresses.check(text, self.sender.policy)
        host = url.host or ""
        if addresses.is_literal(host):
            return url
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                found = await self.lookup(host, url.port or 443)
        except (OSError, UnicodeError, TimeoutError):
            log.info("a webhook's name does not resolve yet")
            return url
        if not all(self.sender.policy.permits(address) for address in found):
            raise addresses.not_public(host)
        return url


def office(request: EdgeRequest) -> Office:
    """The app's office."""
    found: Office = request.app.state.office
    return found


def owner(caller: Caller) -> str:
    """Under whom a subscription is kept: the authority, because tokens come and go."""
    return caller.authority or (OPERATORS if caller.role == "operator" else caller.id)


def full(authority: str) -> str:
    """A token may name its municipality by the short key."""
    try:
        return keys.municipality_id(authority)
    except keys.MalformedKey:
        return authority
