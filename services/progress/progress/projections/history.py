"""What was said of a municipality's services, the latest first: each status with the one before it and both its days."""

from datetime import date
from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.facts.recordings import BASES, PHASES
from progress.projections.cells import ServiceRef
from progress.projections.moment import Moment, rows


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A phase and, where it is live, its maturity."""

    phase: str
    level: int | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded; `before` is null where nothing was known, `after` where it was taken back."""

    service: ServiceRef
    before: Status | None
    after: Status | None
    effective_on: date
    recorded_on: date
    basis: str | None
    basis_url: str | None
    correction: bool
    event: int


_CHANGES: Final = """
    SELECT e.*, s.key, s.title, p.phase AS old_phase, p.level AS old_level, p.bits AS old_bits
    FROM (SELECT * FROM recordings WHERE authority = :authority AND effective_on <= :day AND recorded_on <= :known
          ORDER BY recorded_on DESC, position DESC LIMIT :limit) e
    JOIN services s ON s.id = e.service
    LEFT JOIN LATERAL (
        SELECT phase, level, bits FROM recordings o
        WHERE o.authority = e.authority AND o.service = e.service AND o.position < e.position
          AND o.effective_on <= e.effective_on AND e.effective_on < o.until
        ORDER BY o.position DESC LIMIT 1
    ) p ON true
    ORDER BY e.recorded_on DESC, e.position DESC
"""


async def changes(connection: Connection, authority: int, moment: Moment, limit: int) -> list[Change]:
    """The latest."""
    found = await rows(connection, _CHANGES, authority=authority, limit=limit, **moment.parameters)
    return [
        Change(
            service=ServiceRef(key=one["key"], title=one["title"]),
            before=_status(one["old_bits"], one["old_phase"], one["old_level"]),
            after=_status(one["bits"], one["phase"], one["level"]),
            effective_on=one["effective_on"],
            recorded_on=one["recorded_on"],
            basis=None if one["basis"] is None else BASES[one["basis"]],
            basis_url=one["basis_url"],
            correction=one["correction"],
            event=one["position"],
        )
        for one in found
    ]


def _status(bits: int | None, phase: Any, level: int | None) -> Status | None:
    return None if bits is None else Status(phase=PHASES[phase], level=level)
