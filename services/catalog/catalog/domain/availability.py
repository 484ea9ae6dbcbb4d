"""Opening a solution for reuse, changing the terms, closing it again. An EfA solution opens Land by Land."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

import msgspec

from catalog.domain import municipality as municipalities
from catalog.domain.asking import By
from catalog.domain.days import german
from catalog.domain.entry import check_url
from catalog.domain.municipality import Municipality
from catalog.domain.places import check_region
from catalog.domain.solution import ClosesBeforeItOpens, NotOpenThere, SolutionState, key_of, known, on_offer
from catalog.domain.solution_changes import NamesNothing, answer, check_owner, unchanged_solution
from events.contracts.catalog import SolutionBecameAvailable, SolutionBecameUnavailable, SolutionTermsChanged
from events.contracts.keys import covers
from events.contracts.parts import Amount, Availability, Fact, MunicipalityRef, Terms
from events.contracts.refusals import Refusal, RefusalKind
from events.deciding import Decision, Key, Outcome, Said, States

FARTHEST_YEAR = 2100


class MemberOutsideRegion(Refusal):
    """Members of a region's offer are in that region."""

    slug: ClassVar[str] = "member-outside-region"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, municipality: Municipality, region: str) -> None:
        name = f"{municipality.name} ({municipality.id})"
        super().__init__(
            f"{name} is in {municipality.region}, not in {region}. Open the solution for it in its own region.",
            f"{name} liegt in {municipality.region}, nicht in {region}. Bitte in der eigenen Region öffnen.",
            field="members",
        )


class TermsImplausible(Refusal):
    """Amounts are ranges in whole units of a currency."""

    slug: ClassVar[str] = "terms-implausible"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, field: str, en: str, de: str) -> None:
        super().__init__(f"{field}: {en}.", f"{field}: {de}.", field=field)


class OpenSolution(msgspec.Struct, frozen=True, kw_only=True):
    """Open it in these regions, or change how it is open there; other regions stay as they are."""

    slug: str
    regions: tuple[str, ...]
    by: By
    today: date
    from_: date | None = None
    until: date | None = None
    members: tuple[str, ...] | None = None
    terms: Terms = Terms()

    def keys(self) -> Iterable[Key]:
        """Its own and its members'."""
        return [key_of(self.slug), *map(municipalities.key_of, self.members or ())]

    def decide(self, states: States) -> Decision:
        """Open, on other terms, or nothing new, region by region."""
        state = on_offer(states, self.slug)
        check_owner(state, self.by)
        if not self.regions:
            raise NamesNothing("regions")
        _check_terms(self.terms)
        facts = [self._open(state, region, states) for region in dict.fromkeys(self.regions)]
        key = key_of(self.slug)
        said = [Said(key, fact) for fact in facts if fact is not None]
        if not said:
            return unchanged_solution(key)
        opened = any(isinstance(one.data, SolutionBecameAvailable) for one in said)
        outcome: Outcome = "created" if opened else "changed"
        return Decision(said, lambda kept: answer(key, outcome, kept))

    def _open(self, state: SolutionState, region: str, states: States) -> Fact | None:
        check_region(region)
        held = state.open_in(region, self.today)
        availability = Availability(
            region=region,
            from_=self.from_ or (held.from_ if held is not None else self.today),
            until=self.until,
            members=self._members(region, states),
            terms=self.terms,
        )
        _check_span(availability)
        if held is None:
            return SolutionBecameAvailable(solution=state.solution, availability=availability)
        if _same(held, availability):
            return None
        return SolutionTermsChanged(solution=state.solution, availability=availability, replaced=held)

    def _members(self, region: str, states: States) -> tuple[MunicipalityRef, ...] | None:
        if self.members is None:
            return None
        members = {one.id: one for one in (municipalities.named(states, m, "members") for m in self.members)}
        if not members:
            raise NamesNothing("members")
        for member in members.values():
            if not covers(region, member.region):
                raise MemberOutsideRegion(member, region)
        return tuple(members[key].ref for key in sorted(members))


class CloseSolution(msgspec.Struct, frozen=True, kw_only=True):
    """It can no longer be had there."""

    slug: str
    region: str
    by: By
    today: date

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.slug)]

    def decide(self, states: States) -> Decision:
        """Closed. Raises NotOpenThere."""
        state = known(states, self.slug)
        check_owner(state, self.by)
        held = state.availability.get(self.region)
        if held is None:
            raise NotOpenThere(self.slug, self.region, sorted(state.availability))
        key = key_of(self.slug)
        closed = SolutionBecameUnavailable(solution=state.solution, availability=held, effective_on=self.today)
        return Decision([Said(key, closed)], lambda kept: answer(key, "removed", kept))


def _same(held: Availability, given: Availability) -> bool:
    """Members count by who they are, not by what they were called when they were named."""
    return msgspec.structs.replace(held, members=None) == msgspec.structs.replace(given, members=None) and (
        _ids(held.members) == _ids(given.members)
    )


def _ids(members: tuple[MunicipalityRef, ...] | None) -> frozenset[str] | None:
    return None if members is None else frozenset(member.id for member in members)


def _check_span(availability: Availability) -> None:
    if availability.until is not None and availability.until <= availability.from_:
        raise ClosesBeforeItOpens(availability.from_, availability.until)
    for field, day in (("from", availability.from_), ("until", availability.until)):
        if day is not None and not 1990 <= day.year <= FARTHEST_YEAR:
            raise TermsImplausible(field, f"{day} is not plausible", f"{german(day)} ist nicht plausibel")


def _check_terms(terms: Terms) -> None:
    if terms.order_url is not None:
        check_url(terms.order_url, "terms.order_url")
    for field in ("cost_once", "cost_per_year"):
        amount: Amount | None = getattr(terms, field)
        if amount is not None:
            _check_amount(amount, f"terms.{field}")
    if terms.notice_months is not None and not 0 <= terms.notice_months <= 1200:
        raise TermsImplausible("terms.notice_months", "from 0 to 1200 months", "0 bis 1200 Monate")


def _check_amount(amount: Amount, field: str) -> None:
    if any(one is not None and one < 0 for one in (amount.from_, amount.to)):
        raise TermsImplausible(field, "amounts are not negative", "Beträge sind nicht negativ")
    if amount.from_ is not None and amount.to is not None and amount.to < amount.from_:
        raise TermsImplausible(field, "`to` is less than `from`", "`to` ist kleiner als `from`")
    if not (len(amount.currency) == 3 and amount.currency.isascii() and amount.currency.isupper()):
        raise TermsImplausible(
            field,
            "the currency has three capital letters, such as EUR",
            "die Währung hat drei Großbuchstaben, etwa EUR",
        )
