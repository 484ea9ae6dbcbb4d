"""The reusable solutions and where they are open, with what was offered before."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as said
from events.contracts.parts import Fact
from progress.facts.heard import Heard
from progress.facts.writing import FOREVER, ids, next_id, upsert

TABLES = (
    """CREATE TABLE solutions (
        id integer PRIMARY KEY, key text NOT NULL UNIQUE, name text NOT NULL, services text[] NOT NULL,
        published_on date, withdrawn_on date NOT NULL, facts text)""",
    "CREATE INDEX solutions_services ON solutions USING gin (services)",
    """CREATE TABLE availabilities (
        position bigint PRIMARY KEY, solution integer NOT NULL, region text NOT NULL,
        from_on date NOT NULL, until date NOT NULL, members text[], terms text NOT NULL)""",
    "CREATE INDEX availabilities_solution ON availabilities (solution, region)",
    "CREATE INDEX availabilities_region ON availabilities (region)",
)

_Described = said.SolutionPublished | said.SolutionRevised | said.SolutionWithdrawn
_Offered = said.SolutionBecameAvailable | said.SolutionTermsChanged | said.SolutionBecameUnavailable

NONE: Final[Mapping[str, int]] = {}

_LOAD = text("SELECT * FROM solutions WHERE key = ANY(:keys)")
_LOAD_OFFERS = text("SELECT * FROM availabilities WHERE solution = ANY(:solutions)")
_DROP_OFFERS = text("DELETE FROM availabilities WHERE solution = ANY(:solutions)")


async def known(
    connection: AsyncConnection, heard: Sequence[Heard], before: Mapping[str, int] = NONE
) -> dict[str, int]:
    """The surrogate keys of all that these events name, beside those known before, in the order in which they are first named.

    One that nobody published is kept by its name alone.
    """
    wanted = [slug for slug in dict.fromkeys(slug for one in heard for slug in _named(one.data)) if slug not in before]
    found = await ids(connection, "solutions", wanted)
    missing = [slug for slug in wanted if slug not in found]
    if missing:
        free = await next_id(connection, "solutions")
        rows = [_unpublished(slug, number) for number, slug in enumerate(missing, free)]
        await upsert(connection, "solutions", ["key"], rows)
        found |= {row["key"]: row["id"] for row in rows}
    return {**before, **found}


def _named(fact: Fact) -> Iterator[str]:
    if isinstance(fact, said.StatusRecorded | said.StatusRetracted):
        for state in (fact.state, fact.replaced):
            if state is not None and state.solution is not None:
                yield state.solution
    elif isinstance(fact, _Described | _Offered):
        yield fact.solution.slug


async def apply(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
    """Fold what is said into the rows. All that are named are known."""
    facts = [(one, one.data) for one in heard if isinstance(one.data, _Described | _Offered)]
    if not facts:
        return
    keys = sorted({fact.solution.slug for _, fact in facts})
    rows: dict[str, dict[str, Any]] = {
        row.key: dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in await connection.execute(_LOAD, {"keys": keys})
    }
    for one, fact in facts:
        solution = fact.solution
        row = rows[solution.slug]
        row |= {
            "name": solution.name,
            "services": [ref.key for ref in solution.services],
            "published_on": row["published_on"] or one.time.date(),
            "facts": msgspec.to_builtins(solution),
        }
        if isinstance(fact, said.SolutionWithdrawn):
            row["withdrawn_on"] = one.time.date()
        elif isinstance(fact, said.SolutionPublished):
            row["withdrawn_on"] = FOREVER
    await upsert(connection, "solutions", ["key"], rows.values())
    offered = [(one.position, fact) for one, fact in facts if isinstance(fact, _Offered)]
    if offered:
        await _offer(connection, offered, {slug: row["id"] for slug, row in rows.items()})


async def _offer(
    connection: AsyncConnection, offered: Sequence[tuple[int, _Offered]], solutions: dict[str, int]
) -> None:
    concerned = sorted({solutions[fact.solution.slug] for _, fact in offered})
    offers: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in await connection.execute(_LOAD_OFFERS, {"solutions": concerned}):
        offers.setdefault((row.solution, row.region), []).append(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
    for position, fact in offered:
        place = solutions[fact.solution.slug], fact.availability.region
        offers[place] = after(offers.get(place, []), position, place[0], fact)
    await connection.execute(_DROP_OFFERS, {"solutions": concerned})
    await upsert(connection, "availabilities", ["position"], [row for rows in offers.values() for row in rows])


def after(rows: list[dict[str, Any]], position: int, solution: int, fact: _Offered) -> list[dict[str, Any]]:
    """What is offered in one region once this is said: the newest word holds from its first day on, the past stays."""
    offer = fact.availability
    if isinstance(fact, said.SolutionBecameUnavailable):
        return _cut(rows, fact.effective_on)
    from_on = offer.from_
    if isinstance(fact, said.SolutionTermsChanged):
        # Terms changed while it stays open: the offer of `replaced` is this one now, whatever its first day was.
        rows = [row for row in rows if row["from_on"] != fact.replaced.from_]
    row = {
        "position": position,
        "solution": solution,
        "region": offer.region,
        "from_on": from_on,
        "until": offer.until or FOREVER,
        "members": None if offer.members is None else [ref.id for ref in offer.members],
        "terms": msgspec.to_builtins(offer.terms),
    }
    return [*_cut(rows, from_on), row]


def _cut(rows: list[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """Nothing offered earlier reaches beyond that day."""
    return [row | {"until": min(row["until"], day)} for row in rows if row["from_on"] < day]


def _unpublished(slug: str, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "key": slug,
        "name": slug,
        "services": [],
        "published_on": None,
        "withdrawn_on": FOREVER,
        "facts": None,
    }
