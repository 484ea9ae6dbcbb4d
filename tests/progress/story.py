"""What the catalog would say: a small log whose statuses follow the one rule, told by a timeline per cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from events.contracts import catalog as said
from events.contracts import parts
from events.contracts.parts import Fact, Maturity, MunicipalityRef, ServiceRef, Status
from events.contracts.words import AuthorityLevel, ServiceLevel, Theme

BASIS = parts.Basis(kind="reference-data")


class Event(NamedTuple):
    """One heard event."""

    position: int
    id: str
    time: datetime
    data: Fact


def live(level: int | None = 3, **more: object) -> Status:
    """Live, at a level of the model 1.1 or not assessed."""
    maturity = None if level is None else Maturity(model="ozg-1.1", level=level)
    return Status(phase="live", maturity=maturity, **more)  # type: ignore[arg-type]


@dataclass
class Story:
    """The events so far; `today` is the day on which the next ones are said."""

    today: date = date(2026, 1, 1)
    log: list[Event] = field(default_factory=list)
    towns: dict[str, MunicipalityRef] = field(default_factory=dict)
    services: dict[str, said.ServiceListed] = field(default_factory=dict)
    timelines: dict[tuple[str, str], dict[date, Status]] = field(default_factory=dict)

    def say(self, data: Fact) -> Event:
        number = len(self.log) + 1
        one = Event(number, f"id-{number}", datetime.combine(self.today, time(12), UTC), data)
        self.log.append(one)
        return one

    def town(
        self,
        id: str,  # noqa: A002 - the word of the event
        levels: Sequence[AuthorityLevel] = ("commune",),
        region: str = "DE-SN",
        parents: Sequence[str] = (),
        inhabitants: int | None = 30_000,
        name: str | None = None,
    ) -> str:
        ref = MunicipalityRef(id=id, name=name or id.partition(":")[2], levels=tuple(levels), region=region)
        self.towns[id] = ref
        self.say(
            said.MunicipalityRegistered(
                municipality=ref,
                kind=levels[0],
                parents=tuple(parents),
                inhabitants=inhabitants,
                inhabitants_on=date(2025, 1, 1),
                location=None,
                postcode=None,
                basis=BASIS,
            )
        )
        return id

    def service(
        self,
        key: str,
        level: ServiceLevel = "commune",
        theme: Theme = "umwelt",
        bundle: str | None = None,
        component: bool = False,
        title: str | None = None,
    ) -> str:
        listed = said.ServiceListed(
            service=ServiceRef(key=key, title=title or key),
            kind="component" if component else "service",
            country="DE",
            level="internal" if component else level,
            theme=theme,
            bundle=bundle,
            countable=not component,
            audience="citizens",
            provisional=True,
            basis=BASIS,
        )
        self.services[key] = listed
        self.say(listed)
        return key

    def ref(self, service: str) -> ServiceRef:
        return self.services[service].service

    def record(self, town: str, service: str, state: Status, effective_on: date, *, correction: bool = False) -> None:
        timeline = self.timelines.setdefault((town, service), {})
        self.say(
            said.StatusRecorded(
                municipality=self.towns[town],
                service=self.ref(service),
                effective_on=effective_on,
                until=_after(timeline, effective_on),
                state=state,
                replaced=_in_force(timeline, effective_on),
                recorded_on=self.today,
                correction=correction,
            )
        )
        timeline[effective_on] = state

    def retract(self, town: str, service: str, effective_on: date) -> None:
        timeline = self.timelines[town, service]
        replaced = timeline.pop(effective_on)
        self.say(
            said.StatusRetracted(
                municipality=self.towns[town],
                service=self.ref(service),
                effective_on=effective_on,
                until=_after(timeline, effective_on),
                state=_in_force(timeline, effective_on),
                replaced=replaced,
                recorded_on=self.today,
            )
        )

    def assign(
        self,
        provider: str,
        service: str,
        effective_on: date,
        *,
        region: str | None = None,
        members: Sequence[str] | None = None,
    ) -> None:
        self.say(
            said.ResponsibilityAssigned(
                municipality=self.towns[provider],
                service=self.ref(service),
                serves=self._serves(region, members),
                effective_on=effective_on,
                legal_basis=None,
            )
        )

    def end(
        self,
        provider: str,
        service: str,
        effective_on: date,
        *,
        region: str | None = None,
        members: Sequence[str] | None = None,
    ) -> None:
        self.say(
            said.ResponsibilityEnded(
                municipality=self.towns[provider],
                service=self.ref(service),
                serves=self._serves(region, members),
                effective_on=effective_on,
            )
        )

    def _serves(self, region: str | None, members: Sequence[str] | None) -> parts.Serves:
        named = None if members is None else tuple(self.towns[member] for member in members)
        return parts.Serves(region=region, members=named)


def _in_force(timeline: dict[date, Status], day: date) -> Status | None:
    earlier = [start for start in timeline if start <= day]
    return timeline[max(earlier)] if earlier else None


def _after(timeline: dict[date, Status], day: date) -> date | None:
    return min((start for start in timeline if start > day), default=None)
