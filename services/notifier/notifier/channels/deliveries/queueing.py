"""What was claimed and waits for its turn: so many requests at a time in all, and so many of these to one receiver."""

from collections import deque
from typing import NamedTuple

from notifier.channels.deliveries.claiming import Claim
from notifier.channels.deliveries.endpoints import Endpoint, Endpoints


class Turn(NamedTuple):
    """A claim whose request may begin."""

    claim: Claim
    endpoint: Endpoint


class Queue:
    """First come, first served, as far as there is room at its receiver."""

    def __init__(self, endpoints: Endpoints, at_once: int) -> None:
        self._endpoints = endpoints
        self._free = at_once
        self._ready: deque[Turn] = deque()
        self.claimed = 0
        """Those that wait and those that are under way."""

    def put(self, claim: Claim) -> None:
        """It waits from now on."""
        endpoint = self._endpoints.claimed(claim.endpoint)
        self.claimed += 1
        if endpoint.under_way < self._endpoints.per_endpoint:
            endpoint.under_way += 1
            self._ready.append(Turn(claim, endpoint))
        else:
            endpoint.waiting.append(claim)

    def next(self) -> Turn | None:
        """Whose turn it is now; whoever gets it says when it is `over`."""
        if not self._free or not self._ready:
            return None
        self._free -= 1
        return self._ready.popleft()

    def over(self, endpoint: Endpoint) -> None:
        """One request there has come to its end; the next one to the same receiver is ready."""
        self._free += 1
        self.claimed -= 1
        endpoint.claimed -= 1
        if endpoint.waiting:
            self._ready.append(Turn(endpoint.waiting.popleft(), endpoint))
        else:
            endpoint.under_way -= 1
