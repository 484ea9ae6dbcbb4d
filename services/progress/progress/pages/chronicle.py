"""Everything that was ever said of one service in one municipality, as the catalog tells it, and who may say more."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from events.contracts.keys import bare
from events.contracts.parts import MunicipalityRef, SolutionRef, Status
from progress.pages.asked import Asked
from progress.pages.calling import neighbours
from progress.pages.session import signed_in


class Said(msgspec.Struct, frozen=True):
    """One thing that was said: on which day what held, in whose name; `note` only for those who may write notes."""

    event: Literal["recorded", "retracted", "confirmed"]
    effective_on: date
    recorded_on: date
    authority: str
    version: int
    position: int
    until: date | None = None
    state: Status | None = None
    replaced: Status | None = None
    correction: bool = False
    delegate: MunicipalityRef | None = None
    note: str | None = None


class Held(msgspec.Struct, frozen=True):
    """What is in force, and the version of the cell that says so."""

    version: int
    state: Status | None
    effective_on: date | None
    note: str | None


NOTHING = Held(0, None, None, None)


class _Chronicle(msgspec.Struct):
    items: list[Said]


class _Offered(msgspec.Struct):
    solution: SolutionRef
    withdrawn: bool


class _Solutions(msgspec.Struct):
    items: list[_Offered]


class _Granted(msgspec.Struct):
    delegate: MunicipalityRef
    ended_on: date | None = None


class _Delegations(msgspec.Struct):
    items: list[_Granted]


def path_of(municipality: str, service: str) -> str:
    """Where the catalog keeps the status of a cell."""
    return f"/municipalities/{municipality}/services/{service}/status"


async def chronicle(by: Asked, municipality: str, service: str) -> list[Said]:
    """Oldest first. Raises NotDone, and a problem if the catalog does not answer."""
    told = await neighbours(by).ask(
        by, "catalog", "GET", f"{path_of(municipality, service)}/history", params={"limit": "1000"}
    )
    return told.read(_Chronicle).items


def held(said: Sequence[Said], today: date) -> Held:
    """What is in force today after all that."""
    days: dict[date, Said] = {}
    for one in said:
        if one.event == "recorded":
            days[one.effective_on] = one
        elif one.event == "retracted":
            days.pop(one.effective_on, None)
    version = said[-1].version if said else 0
    past = [day for day in days if day <= today]
    if not past:
        return Held(version, None, None, None)
    found = days[max(past)]
    return Held(version, found.state, found.effective_on, found.note)


async def may_record(by: Asked, municipality: str) -> bool:
    """Whether whoever is signed in may record there: it is theirs, or was delegated to them."""
    session = signed_in(by.request)
    if session is None or not session.records:
        return False
    if session.may_record_for(municipality) or session.home is None:
        return session.may_record_for(municipality)
    path = f"/municipalities/{bare(municipality)}/delegations"
    told = await neighbours(by).ask(by, "catalog", "GET", path, params={"limit": "1000"})
    return any(one.delegate.id == session.home and one.ended_on is None for one in told.read(_Delegations).items)


async def solutions_for(by: Asked, service: str) -> list[SolutionRef]:
    """What is published for the service."""
    told = await neighbours(by).ask(by, "catalog", "GET", "/solutions", params={"service": service, "limit": "200"})
    return [one.solution for one in told.read(_Solutions).items if not one.withdrawn]
