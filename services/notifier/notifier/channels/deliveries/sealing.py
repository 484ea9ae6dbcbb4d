"""Sealing what is not sealed yet, or not with the first key. Others go on meanwhile: a row that changed is left for the next time."""

from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.database import transaction
from notifier.safe import KeyMissing, Safe, Unreadable

log = structlog.get_logger(__name__)

AT_A_TIME: Final = 500
Renewed = tuple[UUID, str, str | None, str, str | None]
"""Of which subscription; the secret and the one before as they are to be kept; and as they were."""

_NEXT = """
SELECT id, secret, secret_before FROM subscriptions WHERE id > $1 AND secret <> '' ORDER BY id LIMIT $2
"""
_REPLACE = """
UPDATE subscriptions s SET secret = new.secret, secret_before = new.before
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) AS new (id, secret, before, was, was_before)
WHERE s.id = new.id AND s.secret = new.was AND s.secret_before IS NOT DISTINCT FROM new.was_before
"""


async def seal_all(engine: AsyncEngine, safe: Safe, *, anew: bool = False) -> int:
    """Those that are plain, or (`anew`) all that another key than the first sealed; how many. Raises KeyMissing.

    What is damaged is named in the log and left as it is: nothing is sent there, and all others are.
    """
    last, changed = UUID(int=0), 0
    while True:
        async with transaction(engine) as connection:
            rows = await connection.fetch(_NEXT, last, AT_A_TIME)
            if not rows:
                return changed
            renewed = [new for row in rows if (new := _renewed(safe, *row, anew=anew)) is not None]
            if renewed and safe.seals:
                done = await connection.execute(_REPLACE, *(list(column) for column in zip(*renewed, strict=True)))
                changed += int(done.split()[-1])
            last = rows[-1]["id"]


def _renewed(safe: Safe, of: UUID, secret: str, before: str | None, *, anew: bool) -> Renewed | None:
    kept = [secret] if before is None else [secret, before]
    try:
        opened = [safe.open(of, one) for one in kept]
    except KeyMissing:
        raise
    except Unreadable as damaged:
        log.error("a secret cannot be read", reason=str(damaged))  # noqa: TRY400 - it says all
        return None
    if not any(not safe.is_of_first_key(one) if anew else safe.is_plain(one) for one in kept):
        return None
    sealed = [safe.seal(of, one) for one in opened]
    return of, sealed[0], None if before is None else sealed[1], secret, before
