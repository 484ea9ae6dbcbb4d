"""What the notifier does with what it hears: it learns, decides who is told, and raises the alerts, in the log's order.

Whatever the batches, an alert sees the world exactly as of the event that caused it.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as c
from events.contracts.parts import Fact
from events.following import Heard
from events.following.heard import Told
from events.log.connect import Connection
from notifier.audience import authorities, filters, opening, responsibilities, services, statuses
from notifier.audience.raising import Desk
from notifier.database import driver

# Tables grow by thousands of rows within a transaction; a plan that was laid while they were empty never ends.
_PLANNED_AFRESH: Final = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL jit = off"

Run = Sequence[Heard]
_OPENING: Final = c.SolutionBecameAvailable
Handler = Callable[[Connection, Desk, Run], Awaitable[set[str]]]


class Hearing:
    """The act of the notifier's follower."""

    name = "alerts"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def apply(self, connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        """Neighbours of one kind are learnt together; what alerts somebody is taken one by one."""
        below = await driver(connection)
        await below.execute(_PLANNED_AFRESH)
        silent: set[str] = set()
        for handler, run in groupby(heard, key=lambda one: _HANDLERS.get(type(one.data), _ignore)):
            silent |= await handler(below, self._desk, list(run))
        await filters.tell(below, self._desk, [one for one in heard if one.id not in silent])


def together(events: Sequence[Told]) -> int:
    """Up to the first opening: thousands may be told of it, and theirs is on its way while the next one is heard."""
    openings = (number for number, one in enumerate(events, 1) if one.heard and isinstance(one.heard.data, _OPENING))
    return next(openings, len(events))


async def _registered(connection: Connection, desk: Desk, run: Run) -> set[str]:
    said = [one.data for one in run if isinstance(one.data, c.MunicipalityRegistered)]
    known = await authorities.register(connection, said)
    await opening.gained(connection, desk, run[-1], only=known)
    return set()


async def _changed(connection: Connection, _desk: Desk, run: Run) -> set[str]:
    await authorities.learn(connection, _data(run))
    return set()


async def _listed(connection: Connection, _desk: Desk, run: Run) -> set[str]:
    await services.listed(connection, _data(run))
    return set()


async def _service_withdrawn(connection: Connection, _desk: Desk, run: Run) -> set[str]:
    await services.withdrawn(connection, _data(run))
    return set()


async def _status(connection: Connection, _desk: Desk, run: Run) -> set[str]:
    await statuses.learn(connection, _data(run))
    return set()


async def _responsibility(connection: Connection, desk: Desk, run: Run) -> set[str]:
    for one in run:
        match one.data:
            case c.ResponsibilityAssigned() as said:
                await responsibilities.assign(connection, said)
            case c.ResponsibilityEnded() as said:
                await responsibilities.end(connection, said)
            case _:
                continue
        concerned = await responsibilities.concerned(connection, said)
        await opening.gained(connection, desk, one, only=concerned, services=[said.service.key])
    return set()


async def _solution(connection: Connection, desk: Desk, run: Run) -> set[str]:
    return {one.id for one in run if not await opening.hear(connection, desk, one)}


async def _ignore(_connection: Connection, _desk: Desk, _run: Run) -> set[str]:
    return set()


def _data(run: Run) -> list[Any]:
    return [one.data for one in run]


_HANDLERS: Final[dict[type[Fact], Handler]] = {
    c.MunicipalityRegistered: _registered,
    c.MunicipalityRenamed: _changed,
    c.MunicipalityRekeyed: _changed,
    c.MunicipalityMoved: _changed,
    c.MunicipalityCounted: _changed,
    c.MunicipalityMerged: _changed,
    c.MunicipalityDissolved: _changed,
    c.ServiceListed: _listed,
    c.ServiceRevised: _listed,
    c.ServiceWithdrawn: _service_withdrawn,
    c.ResponsibilityAssigned: _responsibility,
    c.ResponsibilityEnded: _responsibility,
    c.StatusRecorded: _status,
    c.StatusRetracted: _status,
    c.SolutionPublished: _solution,
    c.SolutionRevised: _solution,
    c.SolutionWithdrawn: _solution,
    c.SolutionBecameAvailable: _solution,
    c.SolutionTermsChanged: _solution,
    c.SolutionBecameUnavailable: _solution,
}
