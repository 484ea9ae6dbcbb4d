"""Where calls are counted for all processes of a service: a small table in its own database.

It is made when it is first needed and never migrated or backed up: nothing in it means anything a minute later.
"""

import time
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.addresses import Addresses, Key
from edge.limiting import Quota, Take
from edge.serving_settings import ServingSettings

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('quotas'))")
_CREATE = sa.text(
    "CREATE UNLOGGED TABLE IF NOT EXISTS public.quotas "
    "(caller text, minute bigint, used bigint NOT NULL, PRIMARY KEY (caller, minute))"
)
_FORGET = sa.text("DELETE FROM public.quotas WHERE minute < :minute - 1")
_TAKE = sa.text(
    "INSERT INTO public.quotas AS q (caller, minute, used) VALUES (:caller, :minute, :calls) "
    "ON CONFLICT (caller, minute) DO UPDATE SET used = q.used + excluded.used RETURNING used"
)
_CREATE_KEYS = sa.text(
    "CREATE UNLOGGED TABLE IF NOT EXISTS public.quota_keys (minute bigint PRIMARY KEY, key uuid NOT NULL)"
)
_FORGET_KEYS = sa.text("DELETE FROM public.quota_keys WHERE minute < :minute - 1")
_KEY = sa.text(
    "INSERT INTO public.quota_keys AS k (minute, key) VALUES (:minute, gen_random_uuid()) "
    "ON CONFLICT (minute) DO UPDATE SET key = k.key RETURNING key"
)


class Quotas(NamedTuple):
    """For who has a token, and for who has none."""

    tokens: Quota | None
    addresses: Addresses | None = None


def taking(engine: AsyncEngine) -> Take:
    """Take calls out of the common quota."""
    seen = -1

    async def take(caller: str, minute: int, calls: int) -> int:
        nonlocal seen
        async with engine.begin() as connection:
            if minute != seen:
                await connection.execute(_LOCK)
                await connection.execute(_CREATE)
                await connection.execute(_FORGET, {"minute": minute})
            taken = await connection.execute(_TAKE, {"caller": caller, "minute": minute, "calls": calls})
            used = int(taken.scalar_one())
        seen = minute
        return used

    return take


def keys(engine: AsyncEngine) -> Key:
    """The key of a minute, made by who asks first."""

    async def key(minute: int) -> bytes:
        async with engine.begin() as connection:
            await connection.execute(_LOCK)
            await connection.execute(_CREATE_KEYS)
            await connection.execute(_FORGET_KEYS, {"minute": minute})
            found = await connection.execute(_KEY, {"minute": minute})
            return bytes(found.scalar_one().bytes)

    return key


def quota_of(settings: ServingSettings, engine: AsyncEngine) -> Quotas | None:
    """Those that are configured, if any."""
    take, tokens, addresses = taking(engine), None, None
    if settings.rate_limit:
        tokens = Quota(settings.rate_limit, take, time.time)
    if settings.rate_limit_anonymous:
        quota = Quota(settings.rate_limit_anonymous, take, time.time, policy="address")
        addresses = Addresses(quota, keys(engine), time.time, settings.trusted_proxies)
    return Quotas(tokens, addresses) if tokens is not None or addresses is not None else None
