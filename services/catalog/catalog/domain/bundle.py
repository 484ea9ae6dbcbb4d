"""An OZG-Leistung: several services for one need, known by its five-digit id."""

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from catalog.domain.asking import answer_briefly, unchanged
from catalog.domain.municipality import REFERENCE
from events.contracts.catalog import BundleListed, BundleRevised
from events.contracts.parts import Basis, BundleRef
from events.contracts.refusals import Refusal, RefusalKind
from events.contracts.words import Theme
from events.deciding import Decision, Key, Recorded, Said, States


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What it holds now."""

    version: int
    listed: BundleListed


def key_of(bundle: str) -> Key:
    """The key of its state."""
    return Key("bundle", bundle)


def evolve(_state: Bundle | None, recorded: Recorded) -> Bundle:
    """The state after the event: each says all facts."""
    assert isinstance(recorded.data, BundleListed)
    return Bundle(version=recorded.version, listed=recorded.data)


class BundleUnknown(Refusal):
    """No bundle has this id."""

    slug: ClassVar[str] = "bundle-unknown"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, bundle: str) -> None:
        super().__init__(
            f"There is no bundle {bundle}. A bundle is known by its five-digit OZG-ID, for example 10119.",
            f"Eine OZG-Leistung {bundle} gibt es nicht. Erwartet wird eine fünfstellige OZG-ID, etwa 10119.",
            field="bundle",
        )


class BundleNotListed(BundleUnknown):
    """The request names a bundle that is not there; list it first."""

    kind: ClassVar[RefusalKind] = "invalid"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that the catalogue says of a bundle."""

    id: str
    title: str
    theme: Theme = "ohne"
    services: tuple[str, ...] = ()
    basis: Basis = REFERENCE
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.id)]

    def listed_as(self, event: type[BundleListed]) -> BundleListed:
        """The facts as an event says them."""
        facts = {name: getattr(self, name) for name in self.__struct_fields__ if name not in {"id", "title"}}
        return event(bundle=BundleRef(id=self.id, title=self.title), **facts)


class ListBundle(Facts, frozen=True, kw_only=True):
    """Into the catalogue. What is listed already is left as it is; to change it, revise it."""

    def decide(self, states: States) -> Decision:
        """Listed, or nothing new."""
        key = key_of(self.id)
        if key in states:
            return unchanged(key)
        listed = self.listed_as(BundleListed)
        return Decision([Said(key, listed)], lambda kept: answer_briefly(key, "created", kept))


class DescribeBundle(Facts, frozen=True, kw_only=True):
    """Into the catalogue; if it is there already, these are all its facts from now on."""

    def decide(self, states: States) -> Decision:
        """Listed, revised, or nothing new."""
        facts = {name: getattr(self, name) for name in Facts.__struct_fields__}
        command = ReviseBundle(**facts) if key_of(self.id) in states else ListBundle(**facts)
        return command.decide(states)


class ReviseBundle(Facts, frozen=True, kw_only=True):
    """These are all its facts from now on."""

    def decide(self, states: States) -> Decision:
        """Revised, or nothing new."""
        key = key_of(self.id)
        bundle: Bundle | None = states.get(key)
        if bundle is None:
            raise BundleUnknown(self.id)
        revised = self.listed_as(BundleRevised)
        if msgspec.to_builtins(revised) == msgspec.to_builtins(bundle.listed):
            return unchanged(key)
        return Decision([Said(key, revised)], lambda kept: answer_briefly(key, "changed", kept))
