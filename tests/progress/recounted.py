"""The counters once more, in plain Python from the story alone: what the read models must equal."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from events.contracts import catalog as said
from events.contracts import parts
from events.contracts.words import responsible_by_default
from progress.counting.counters import AUTHORITY, COUNTERS, PLACE, REGION, SERVICE, SOLUTION, peer_place
from progress.domain.classes import family, mask, peer_group, size_class
from progress.domain.measures import MEASURES, bits, has
from progress.facts.writing import FOREVER
from tests.progress.story import Event

Point = tuple[date, date | None]
OUTBOX = "basis:postausgang"
"""The one component of the stories."""


class Recount:
    """The same figures in plain Python, straight from the log."""

    def __init__(self, log: Sequence[Event]) -> None:
        self.log = log
        self.towns: dict[str, dict[str, Any]] = {}
        self.services: dict[str, dict[str, Any]] = {}
        for event in log:
            self._know(event.data)

    def _know(self, data: parts.Fact) -> None:
        match data:
            case said.MunicipalityRegistered():
                self.towns[data.municipality.id] = {
                    "ref": data.municipality,
                    "inhabitants": data.inhabitants,
                    "parents": data.parents,
                    "gone": FOREVER,
                }
            case said.MunicipalityMerged():
                self.towns[data.municipality.id]["gone"] = data.effective_on
            case said.MunicipalityCounted():
                self.towns[data.municipality.id]["inhabitants"] = data.inhabitants
            case said.MunicipalityMoved():
                self.towns[data.municipality.id]["parents"] = data.parents
            case said.ServiceListed():
                before = self.services.get(data.service.key, {"gone": FOREVER})
                self.services[data.service.key] = {"listed": data, "gone": before["gone"]}
            case said.ServiceWithdrawn():
                self.services[data.service.key]["gone"] = data.effective_on

    def responsible(self, town: str, service: str, day: date, known: date) -> bool:
        listed, facts = self.services[service]["listed"], self.towns[town]
        if day >= facts["gone"] or day >= self.services[service]["gone"]:
            return False
        last: dict[str, parts.Fact] = {}
        for event in self.log:
            data = event.data
            if (
                isinstance(data, said.ResponsibilityAssigned | said.ResponsibilityEnded)
                and data.service.key == service
                and event.time.date() <= known
                and data.effective_on <= day
            ):
                last[data.municipality.id] = data
        in_force = {key: data for key, data in last.items() if isinstance(data, said.ResponsibilityAssigned)}
        if town in in_force:
            return True
        default = responsible_by_default(facts["ref"].levels, listed.level)
        for data in in_force.values():
            if data.serves.members is not None and town in {ref.id for ref in data.serves.members}:
                return False
            if data.serves.region in (facts["ref"].region, "DE"):
                return False
        return default

    def state(self, town: str, service: str, day: date, known: date) -> parts.Status | None:
        """By replaying what was recorded and retracted, not by the rule under test."""
        timeline: dict[date, parts.Status] = {}
        for event in self.log:
            data = event.data
            if not isinstance(data, said.StatusRecorded | said.StatusRetracted) or data.recorded_on > known:
                continue
            if (data.municipality.id, data.service.key) != (town, service):
                continue
            if isinstance(data, said.StatusRecorded):
                timeline[data.effective_on] = data.state
            else:
                del timeline[data.effective_on]
        starts = [start for start in timeline if start <= day]
        return timeline[max(starts)] if starts else None

    def district(self, town: str) -> str | None:
        """The first above it that is a district, or itself."""
        facts = self.towns[town]
        if "district" in facts["ref"].levels:
            return town
        above = [key for key in facts["parents"] if key in self.towns and "district" in self.towns[key]["ref"].levels]
        return next(iter(above), None)

    def group(self, town: str) -> int:
        facts = self.towns[town]
        levels = facts["ref"].levels
        member = any("association" in self.towns[key]["ref"].levels for key in facts["parents"] if key in self.towns)
        own = "commune" not in levels or not member
        return peer_group(mask(levels), size_class(facts["inhabitants"]), own)

    def counted(self, day: date, known: date) -> tuple[dict[str, Counter[Any]], Counter[Any]]:
        """Per counter, measure by key; and the responsibilities by region, family, theme, level."""
        counts: dict[str, Counter[Any]] = {counter.name: Counter() for counter in COUNTERS}
        responsible: Counter[Any] = Counter()
        for town, facts in self.towns.items():
            for service, known_service in self.services.items():
                if not self.responsible(town, service, day, known):
                    continue
                listed, ref = known_service["listed"], facts["ref"]
                unit = family(listed.kind, listed.countable)
                for region in {ref.region, "DE"}:
                    responsible[region, unit, listed.theme, listed.level] += 1
                status = self.state(town, service, day, known)
                state = bits(status, component=service == OUTBOX)
                for measure in (*MEASURES, "people_online"):
                    if has(state, measure.removeprefix("people_")):
                        amount = facts["inhabitants"] if measure.startswith("people") else 1
                        for name, key in self._keys(town, service, unit, status.solution if status else None):
                            counts[name][*key, measure] += amount
        return {name: self._measured(name, found) for name, found in counts.items()}, responsible

    def _keys(self, town: str, service: str, unit: int, solution: str | None) -> list[tuple[str, tuple[Any, ...]]]:
        """Every counter's key that a cell counts for."""
        listed, ref = self.services[service]["listed"], self.towns[town]["ref"]
        regions = {ref.region, "DE"}
        with_district = regions | {self.district(town)} - {None}
        with_peers = regions | {peer_place(self.group(town), "DE")}
        return [
            (AUTHORITY.name, (town, unit)),
            *((PLACE.name, (place, unit)) for place in with_district),
            *((REGION.name, (region, unit, listed.theme, listed.level)) for region in regions),
            *((SERVICE.name, (service, place)) for place in with_peers),
            *((SOLUTION.name, (solution, service, place)) for place in with_peers if solution is not None),
        ]

    def _measured(self, name: str, found: Counter[Any]) -> Counter[Any]:
        """Only what that counter measures."""
        measures = next(counter.measures for counter in COUNTERS if counter.name == name)
        return Counter({key: amount for key, amount in found.items() if key[-1] in measures})
