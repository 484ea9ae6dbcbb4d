"""Taking back everything that a municipality has on one basis, such as a demonstration or a mistaken import."""

from collections.abc import Iterable
from datetime import date

import msgspec

from catalog.domain import municipality as municipalities
from catalog.domain import service as services
from catalog.domain.asking import raw
from catalog.domain.status import NOTHING, StatusState, key_of, retracted
from events.contracts.words import BasisKind
from events.deciding import Answer, Decision, Kept, Key, Outcome, Said, States


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """How many recordings were retracted, and where the log stands."""

    retracted: int
    position: int


class RetractStatuses(msgspec.Struct, frozen=True, kw_only=True):
    """Void every recording of that basis in these services; what was recorded on another basis holds again."""

    municipality: str
    services: tuple[str, ...]
    basis: BasisKind
    today: date

    def keys(self) -> Iterable[Key]:
        """The cells', and those of everything they name."""
        keys = [municipalities.key_of(self.municipality)]
        for service in self.services:
            keys += [services.key_of(service), key_of(self.municipality, service)]
        return keys

    def decide(self, states: States) -> Decision:
        """Newest first, so that each event says what holds once everything after it is gone."""
        municipality = municipalities.known(states, self.municipality)
        said: list[Said] = []
        for service_key in self.services:
            key = key_of(municipality.id, service_key)
            state: StatusState = states.get(key) or NOTHING
            timeline = state.timeline
            for recording in reversed(state.timeline.recordings):
                if recording.state.basis.kind == self.basis:
                    service = services.known(states, service_key)
                    said.append(Said(key, retracted(municipality, service, timeline, recording, self.today)))
                    timeline = timeline.without(recording.effective_on)
        return Decision(said, lambda kept: _reply(len(said), kept))


def _reply(count: int, kept: Kept) -> Answer:
    outcome: Outcome = "removed" if count else "unchanged"
    body = raw(Cleared(retracted=count, position=kept.position))
    return Answer(outcome=outcome, version=0, position=kept.position, body=body)
