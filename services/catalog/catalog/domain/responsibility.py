"""Who delivers a service where.

By default every municipality whose levels contain the service's level. A recorded responsibility overrides that from its
day on, for a region or for named members; members go before regions, then the later day, then the later word.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import msgspec

from catalog.domain.municipality import Municipality
from catalog.domain.service import Service
from events.contracts.catalog import ResponsibilityAssigned, ResponsibilityEnded
from events.contracts.keys import covers
from events.contracts.parts import Basis, MunicipalityRef, Serves
from events.contracts.words import DELIVERED_BY, responsible_by_default
from events.deciding import Key, Recorded


class Period(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One assignment, from its day until it ended (None: it holds)."""

    serves: Serves
    effective_on: date
    ended_on: date | None = None
    legal_basis: str | None = None
    basis: Basis
    position: int

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.effective_on <= day and (self.ended_on is None or day < self.ended_on)


class Responsibility(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that was assigned to one municipality for one service; at most one period is open."""

    version: int
    periods: tuple[Period, ...] = ()

    @property
    def open(self) -> Period | None:
        """The period that has not ended."""
        return next((period for period in self.periods if period.ended_on is None), None)


class Assignment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A period as it concerns a cell: who delivers for whom."""

    municipality: MunicipalityRef
    serves: Serves
    effective_on: date
    ended_on: date | None
    position: int

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.effective_on <= day and (self.ended_on is None or day < self.ended_on)


class Concerning(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What concerns one municipality and one service: assignments to it, or serving it."""

    assignments: tuple[Assignment, ...] = ()


NOBODY_SAID = Concerning()


def key_of(municipality: str, service: str) -> Key:
    """The key of what was assigned to it."""
    return Key("responsibility", f"{municipality}/{service}")


@lru_cache(maxsize=8192)
def concerning(municipality: str, service: str) -> Key:
    """The key of what concerns the cell; derived, so nothing is ever said under it."""
    return Key("responsible", f"{municipality}/{service}")


def evolve(state: Responsibility | None, recorded: Recorded) -> Responsibility:
    """The state after the event."""
    periods = state.periods if state is not None else ()
    data = recorded.data
    if isinstance(data, ResponsibilityEnded):
        ended = (msgspec.structs.replace(p, ended_on=data.effective_on) if p.ended_on is None else p for p in periods)
        return Responsibility(version=recorded.version, periods=tuple(ended))
    assert isinstance(data, ResponsibilityAssigned)
    added = Period(
        serves=data.serves,
        effective_on=data.effective_on,
        legal_basis=data.legal_basis,
        basis=data.basis,
        position=recorded.position,
    )
    return Responsibility(version=recorded.version, periods=(*periods, added))


def delivers(municipality: Municipality, service: Service, said: Concerning, day: date) -> bool:
    """Whether the municipality itself delivers the service on that day, be it for itself or for others."""
    if not said.assignments:
        return responsible_by_default(municipality.levels, service.listed.level)
    if any(one.municipality.id == municipality.id for one in _in_force(said, day)):
        return True
    return _serving(municipality, service, said, day) is None and responsible_by_default(
        municipality.levels, service.listed.level
    )


def deliverer(municipality: Municipality, service: Service, said: Concerning, day: date) -> MunicipalityRef | None:
    """Who delivers the service for the municipality on that day, as far as anyone here knows."""
    serving = _serving(municipality, service, said, day)
    if serving is not None:
        return serving.municipality
    level = service.listed.level
    if responsible_by_default(municipality.levels, level):
        return municipality.ref
    return next((one for one in municipality.above if not set(one.levels).isdisjoint(DELIVERED_BY[level])), None)


def _in_force(said: Concerning, day: date) -> Iterable[Assignment]:
    return (one for one in said.assignments if one.holds_on(day))


def _serving(municipality: Municipality, service: Service, said: Concerning, day: date) -> Assignment | None:
    serving = [one for one in _in_force(said, day) if _serves(one.serves, municipality, service)]
    return max(serving, key=_precedence, default=None)


def _serves(serves: Serves, municipality: Municipality, service: Service) -> bool:
    if serves.members is not None:
        return any(member.id == municipality.id for member in serves.members)
    return (
        serves.region is not None
        and covers(serves.region, municipality.region)
        and responsible_by_default(municipality.levels, service.listed.level)
    )


def _precedence(one: Assignment) -> tuple[bool, date, int]:
    return (one.serves.members is not None, one.effective_on, one.position)
