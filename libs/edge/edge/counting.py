"""Where calls are counted for all processes of a service: a small table in its own database.

It is made when it is first needed and never migrated or backed up: nothing in it means anything a minute later.
"""

import time

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

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


def quota_of(settings: ServingSettings, engine: AsyncEngine) -> Quota | None:
    """The one that is configured, if any."""
    return Quota(settings.rate_limit, taking(engine), time.time) if settings.rate_limit else None
