"""What is asked: random towns, services, Länder and days from a seed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

import asyncpg

from bench.asking.serving import PREFIX
from bench.large.catalogue import DAYS

SEED: Final = 20_261_122
MANY: Final = 500
"""So many different requests of each kind. The first round asks them all, so that later ones measure progress and not a cold disk."""
FLOOR: Final = "look-up"
_TOWNS: Final = "SELECT substr(key, 5) FROM live.authorities WHERE levels & 1 <> 0 ORDER BY id"
_SERVICES: Final = "SELECT substr(key, 7) FROM live.services WHERE key LIKE 'leika:%' ORDER BY id"
_LAENDER: Final = "SELECT DISTINCT region FROM live.authorities WHERE region LIKE 'DE-%' ORDER BY 1"


class World(NamedTuple):
    """Whom and what one may ask about."""

    towns: Sequence[str]
    services: Sequence[str]
    laender: Sequence[str]


async def world(database_url: str) -> World:
    """The same for both installations."""
    connection = await asyncpg.connect(database_url)
    try:
        found = [[row[0] for row in await connection.fetch(text)] for text in (_TOWNS, _SERVICES, _LAENDER)]
    finally:
        await connection.close()
    return World(*found)


def questions(there: World, seed: int = SEED) -> Mapping[str, Sequence[str]]:
    """Paths by name, `overview/now` and `overview/as_of` among them."""
    random = Random(seed)
    kinds: dict[str, Callable[[], str]] = {
        "overview": lambda: "/overview",
        "region": lambda: f"/regions/{random.choice(there.laender)}",
        "municipality": lambda: f"/municipalities/{random.choice(there.towns)}",
        "service": lambda: f"/services/{random.choice(there.services)}",
        "blind-spots": lambda: f"/municipalities/{random.choice(there.towns)}/blind-spots",
    }
    found: dict[str, list[str]] = {FLOOR: [f"{PREFIX}/look-up/ars:{random.choice(there.towns)}" for _ in range(MANY)]}
    for name, path in kinds.items():
        found[f"{name}/now"] = [PREFIX + path() for _ in range(MANY)]
        found[f"{name}/as_of"] = [f"{PREFIX}{path()}?as_of={_day(random)}" for _ in range(MANY)]
    return found


def _day(random: Random) -> date:
    return DAYS[0] + timedelta(days=random.randrange((DAYS[-1] - DAYS[0]).days + 1))
