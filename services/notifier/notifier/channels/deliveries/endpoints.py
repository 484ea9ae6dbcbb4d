"""How much room each receiver has: a slow or broken one gets less, and never holds up the others.

A receiver is a host and port of one owner, so that on a shared host nobody can slow down a neighbour.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from notifier.channels.deliveries.claiming import Claim
from notifier.channels.webhook.sending import Answered

TROUBLE: Final = 3
"""So many failures without a single success: from then on one request at a time, after a pause."""
PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(minutes=10)
FAST_MS: Final = 500
SLOW_MS: Final = 2000
SLOW_ROOM: Final = 2
MOST_KNOWN: Final = 500
AHEAD: Final = 16
"""For a receiver known to be fast, so many times its bound is claimed ahead."""


class Endpoint:
    """What is known of one receiver, and what waits until fewer requests to it are under way."""

    def __init__(self) -> None:
        self.under_way = 0
        self.waiting: deque[Claim] = deque()
        self.claimed = 0
        self.failures = 0
        self.last_ms: int | None = None
        self.paused_until: datetime | None = None

    def bound(self, per_endpoint: int, now: datetime) -> int:
        """How many deliveries to it may be claimed at a time."""
        if self.paused_until is not None and self.paused_until > now:
            return 0
        if self.failures >= TROUBLE:
            return 1
        if self.last_ms is None or FAST_MS < self.last_ms <= SLOW_MS:
            return per_endpoint
        return per_endpoint * AHEAD if self.last_ms <= FAST_MS else min(SLOW_ROOM, per_endpoint)


class Endpoints:
    """In memory, per process: after a restart everyone begins with a clean sheet."""

    def __init__(self, per_endpoint: int) -> None:
        self.per_endpoint = per_endpoint
        self._known: dict[str, Endpoint] = {}

    def claimed(self, name: str) -> Endpoint:
        """One more delivery to it is ours."""
        endpoint = self._known.get(name)
        if endpoint is None:
            endpoint = self._known[name] = Endpoint()
        endpoint.claimed += 1
        return endpoint

    def room(self, now: datetime) -> dict[str, int]:
        """How many more each may get, as far as anything is known of it. Of many, those without trouble are forgotten."""
        if len(self._known) > MOST_KNOWN:
            self._known = {name: one for name, one in self._known.items() if one.claimed or one.failures}
        return {
            name: endpoint.bound(self.per_endpoint, now) - endpoint.claimed for name, endpoint in self._known.items()
        }


def learn(endpoint: Endpoint, answered: Answered, wish: timedelta | None, now: datetime) -> None:
    """From an answer, or from none. Who refuses one address (404) is not in trouble as a whole."""
    endpoint.last_ms = answered.duration_ms
    if answered.refused or (answered.status is not None and answered.status < 500 and wish is None):
        endpoint.failures, endpoint.paused_until = 0, None
        return
    endpoint.failures += 1
    if wish is not None:
        endpoint.paused_until = now + min(wish, LONGEST_PAUSE)
    elif endpoint.failures >= TROUBLE:
        endpoint.paused_until = now + PAUSE
