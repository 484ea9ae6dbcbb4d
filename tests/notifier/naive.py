"""The audience once more, as plainly as it can be written: one municipality, one service, one question at a time."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from events.contracts import catalog as c
from events.contracts import parts
from events.contracts.keys import covers
from events.contracts.parts import Fact, MunicipalityRef
from events.contracts.words import ServiceLevel, responsible_by_default

USED = ("in_implementation", "pilot", "live")


class Said(NamedTuple):
    """An alert, as far as the model knows it."""

    reason: str
    municipality: str
    solution: str
    services: tuple[str, ...]
    later: bool


class Model:
    """Everything in dictionaries."""

    def __init__(self) -> None:
        self.municipalities: dict[str, MunicipalityRef] = {}
        self.ended: set[str] = set()
        self.levels: dict[str, ServiceLevel] = {}
        self.statuses: dict[tuple[str, str], parts.Status] = {}
        self.assigned: dict[tuple[str, str], parts.Serves] = {}
        self.covered: dict[str, set[str]] = {}
        self.withdrawn: set[str] = set()
        self.open: dict[tuple[str, str], parts.Availability] = {}
        self.told: dict[tuple[str, str, str], date] = {}

    def hear(self, fact: Fact, today: date) -> list[Said]:
        """What is said because of it, in any order."""
        match fact:
            case c.MunicipalityRegistered(municipality=ref):
                self.municipalities[ref.id] = ref
                return self._lacking(today, only=[ref.id])
            case c.MunicipalityDissolved(municipality=ref):
                self.ended.add(ref.id)
            case c.ServiceListed(service=service, level=level):
                self.levels[service.key] = level
            case c.StatusRecorded(municipality=ref, service=service, state=state, until=None):
                self.statuses[ref.id, service.key] = state
            case c.StatusRetracted(municipality=ref, service=service, until=None):
                self.statuses.pop((ref.id, service.key), None)
            case c.ResponsibilityAssigned(municipality=ref, service=service, serves=serves):
                self.assigned[ref.id, service.key] = serves
                return self._lacking(today, services=[service.key], only=self._concerned(ref, serves))
            case c.ResponsibilityEnded(municipality=ref, service=service, serves=serves):
                self.assigned.pop((ref.id, service.key), None)
                return self._lacking(today, services=[service.key], only=self._concerned(ref, serves))
            case c.SolutionRevised(solution=solution, added=added):
                self.covered[solution.slug] = {service.key for service in solution.services}
                return self._lacking(today, slug=solution.slug, services=[one.key for one in added])
            case c.SolutionBecameAvailable(solution=solution, availability=availability):
                self.covered[solution.slug] = {service.key for service in solution.services}
                self.open[solution.slug, availability.region] = availability
                return self._lacking(today, slug=solution.slug, region=availability.region)
            case c.SolutionBecameUnavailable(solution=solution, availability=availability):
                del self.open[solution.slug, availability.region]
                return self._using(solution.slug, availability.region)
            case c.SolutionWithdrawn(solution=solution):
                self.withdrawn.add(solution.slug)
                return self._using(solution.slug, "DE")
        return []

    def _concerned(self, provider: MunicipalityRef, serves: parts.Serves) -> list[str]:
        """Who delivers and who is served: nobody else is told again, however long ago that was."""
        served = {one.id for one in serves.members or ()} | {provider.id}
        return [
            id_
            for id_, one in self.municipalities.items()
            if id_ in served or (serves.region is not None and covers(serves.region, one.region))
        ]

    def _lacking(
        self,
        today: date,
        *,
        slug: str | None = None,
        region: str | None = None,
        services: Iterable[str] | None = None,
        only: Sequence[str] | None = None,
    ) -> list[Said]:
        said = []
        for name in sorted(self.covered):
            for id_ in self.municipalities if only is None else only:
                if slug in (None, name) and name not in self.withdrawn and not self._uses(id_, name):
                    lacked = [
                        service
                        for service in sorted(self.covered[name])
                        if (services is None or service in services) and self._hears(id_, name, service, region, today)
                    ]
                    if lacked:
                        later = all(self._elsewhere(id_, service, name) for service in lacked)
                        said.append(Said("lacks-service", id_, name, tuple(lacked), later))
                        self.told.update({(name, service, id_): today for service in lacked})
        return said

    def _hears(self, id_: str, slug: str, service: str, region: str | None, today: date) -> bool:
        told = self.told.get((slug, service, id_))
        return (
            id_ not in self.ended
            and self._is_open(slug, id_, region)
            and self._responsible(id_, service)
            and not self._has(id_, service)
            and (told is None or today - told > timedelta(days=180))
        )

    def _is_open(self, slug: str, id_: str, region: str | None) -> bool:
        return any(
            covers(availability.region, self.municipalities[id_].region)
            if availability.members is None
            else id_ in {member.id for member in availability.members}
            for (name, where), availability in self.open.items()
            if name == slug and region in (None, where)
        )

    def _responsible(self, id_: str, service: str) -> bool:
        if (id_, service) in self.assigned:
            return True
        ref = self.municipalities[id_]
        served = any(
            id_ in {member.id for member in serves.members or ()}
            or (serves.region is not None and covers(serves.region, ref.region))
            for (_, what), serves in self.assigned.items()
            if what == service
        )
        return not served and responsible_by_default(ref.levels, self.levels[service])

    def _has(self, id_: str, service: str) -> bool:
        status = self.statuses.get((id_, service))
        if status is None:
            return False
        if status.phase == "live":
            return service.startswith("basis:") or (status.maturity is not None and status.maturity.level >= 2)
        return status.phase == "not_applicable"

    def _uses(self, id_: str, slug: str) -> bool:
        return any(owner == id_ and _in_use(status, slug) for (owner, _), status in self.statuses.items())

    def _elsewhere(self, id_: str, service: str, slug: str) -> bool:
        status = self.statuses.get((id_, service))
        return status is not None and status.phase in USED and status.solution not in (None, slug)

    def _using(self, slug: str, region: str) -> list[Said]:
        said = []
        for id_, ref in self.municipalities.items():
            used = [what for (owner, what), status in self.statuses.items() if owner == id_ and _in_use(status, slug)]
            if used and id_ not in self.ended and covers(region, ref.region):
                said.append(Said("uses-solution", id_, slug, tuple(sorted(used)), later=False))
        return said


def _in_use(status: parts.Status, slug: str) -> bool:
    return status.solution == slug and status.phase in USED
