"""How many calls a token or an address may make a minute, over all processes, without asking anybody about each of them.

A process takes shares of the minute's quota out of a common store, a twentieth at a time, and counts them down in memory; while half of a
share is left the next one is fetched in the background. So the quota holds everywhere, and hardly a call waits for the store.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec
import structlog

from edge.problems import Problem

WINDOW_SECONDS: Final = 60
SHARES: Final = 20
STORE_SECONDS: Final = 2.0
_REMEMBER: Final = 10_000
_log = structlog.get_logger("edge.limiting")
Take: TypeAlias = Callable[[str, int, int], Awaitable[int]]
"""`used = await take(caller, minute, calls)`: how many were taken in that minute by everybody, these included."""


class Allowance(msgspec.Struct, frozen=True):
    """What a caller may still do, and whether this call was still part of it."""

    allowed: bool
    quota: int
    remaining: int
    resets_in: int
    policy: str = "token"

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As the IETF's draft `RateLimit header fields for HTTP` has them."""
        return [
            (b"ratelimit-policy", b'"%s";q=%d;w=%d' % (self.policy.encode(), self.quota, WINDOW_SECONDS)),
            (b"ratelimit", b'"%s";r=%d;t=%d' % (self.policy.encode(), self.remaining, self.resets_in)),
        ]


class _Share:
    """What one caller has in this process for one minute."""

    __slots__ = ("fetching", "left", "minute", "unclaimed")

    def __init__(self, minute: int, quota: int) -> None:
        self.minute = minute
        self.left = 0
        self.unclaimed = quota
        self.fetching: asyncio.Task[None] | None = None


class Quota:
    """`calls` a minute for each caller. When the store is out of reach each process gives the whole quota by itself."""

    def __init__(self, calls: int, take: Take, seconds: Callable[[], float], policy: str = "token") -> None:
        self.calls = calls
        self._policy = policy
        self._share_size = max(1, calls // SHARES)
        self._take = take
        self._seconds = seconds
        self._shares: OrderedDict[str, _Share] = OrderedDict()

    async def ask(self, caller: str) -> Allowance:
        """Count one call."""
        minute, passed = divmod(self._seconds(), WINDOW_SECONDS)
        share = self._share(caller, int(minute))
        while share.left == 0 and share.unclaimed > 0:
            await asyncio.shield(self._fetch(caller, share))
        allowed = share.left > 0
        if allowed:
            share.left -= 1
            if share.left <= self._share_size // 2 and share.unclaimed > 0:
                self._fetch(caller, share)
        remaining = share.left + share.unclaimed
        return Allowance(allowed, self.calls, remaining, max(1, round(WINDOW_SECONDS - passed)), self._policy)

    def _share(self, caller: str, minute: int) -> _Share:
        share = self._shares.get(caller)
        if share is None or share.minute != minute:
            share = self._shares[caller] = _Share(minute, self.calls)
            if len(self._shares) > _REMEMBER:
                self._shares.popitem(last=False)
        self._shares.move_to_end(caller)
        return share

    def _fetch(self, caller: str, share: _Share) -> "asyncio.Task[None]":
        if share.fetching is None:
            share.fetching = asyncio.create_task(self._fetched(caller, share))
        return share.fetching

    async def _fetched(self, caller: str, share: _Share) -> None:
        wanted = self._share_size
        try:
            async with asyncio.timeout(STORE_SECONDS):
                used = await self._take(caller, share.minute, wanted)
        except Exception as error:  # noqa: BLE001 - who may come in does not depend on whether we can count
            _log.warning("quota_uncounted", exc_info=error)
            share.left, share.unclaimed = share.left + share.unclaimed, 0
        else:
            share.left += min(wanted, max(0, self.calls - (used - wanted)))
            share.unclaimed = max(0, self.calls - used)
        finally:
            share.fetching = None


def too_many(allowance: Allowance) -> Problem:
    """429: the minute's quota is used up."""
    calls, seconds = allowance.quota, allowance.resets_in
    if allowance.policy == "token":
        en = f"Your token may make {calls} calls a minute. Go on in {seconds} seconds; many statuses go into one sheet."
        de = f"Ihr Token darf {calls} Aufrufe in der Minute. Weiter geht es in {seconds} Sekunden; viele Stände passen in eine Tabelle."
    else:
        en = f"Without a token {calls} calls a minute are answered from one address. Go on in {seconds} seconds, or with a token."
        de = f"Ohne Token werden {calls} Aufrufe in der Minute von einer Adresse beantwortet. Weiter in {seconds} Sekunden oder mit Token."
    problem = Problem(
        429,
        "quota-exceeded",
        {"en": "Too many calls", "de": "Zu viele Aufrufe"},
        {"en": en, "de": de},
        headers={"retry-after": str(seconds)},
    )
    problem.extensions["violated-policies"] = [allowance.policy]
    return problem
