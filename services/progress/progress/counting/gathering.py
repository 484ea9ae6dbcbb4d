"""All that ever counted, at once: contributions as numbers, and the sums by day from them in the order of their keys.

What `contributions` says is said here for whole tables: what a status takes away and puts in is one row, and who is responsible by
default is not looked up among the overrides. A key is packed into one number, which sorts several times faster than its texts. What
comes out is held against the texts that count from batch to batch, by tests and by `verify`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from math import prod
from typing import Final, NamedTuple

from events.log.connect import Connection
from progress.counting.contributions import PEOPLE
from progress.counting.counters import AUTHORITY, PLACE, REGION, SERVICE, SOLUTION, Counter, Table
from progress.counting.places import PLACES
from progress.domain.measures import MEASURES

_MOVES: Final = "all_moves"
_OF_SOLUTIONS: Final = "all_solution_moves"

TOTAL: Final = "pg_temp.total"
"""Sums numbers to such a number; the server's own `sum` of them computes with decimals, at many times the cost."""
CREATE_TOTAL: Final = f"CREATE OR REPLACE AGGREGATE {TOTAL} (bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0')"

# Numbers of places and classes are in the order of their texts: what is sorted by number is sorted by key.
_NUMBERS: Final = (
    f"""CREATE UNLOGGED TABLE all_places AS
        SELECT (row_number() OVER (ORDER BY key) - 1)::integer AS number, key FROM (
            SELECT p.key FROM authorities a CROSS JOIN LATERAL ({PLACES.format("a")}) p (key) WHERE p.key IS NOT NULL
            UNION SELECT d.key FROM authorities a JOIN authorities d ON d.id = a.district
        ) p""",  # noqa: S608 - our own constants
    """CREATE UNLOGGED TABLE all_classes AS
        SELECT (row_number() OVER (ORDER BY family, theme, level) - 1)::integer AS number, family, theme, level
        FROM (SELECT DISTINCT family, theme, level FROM services) c""",
    """CREATE UNLOGGED TABLE all_authorities AS
        SELECT a.id, a.country, a.levels, a.since, a.gone_on, coalesce(a.inhabitants, 0) AS inhabitants,
               region.number AS region_, country.number AS country_, district.number AS district_, peers.number AS peers_
        FROM authorities a
        LEFT JOIN authorities d ON d.id = a.district
        LEFT JOIN all_places region ON region.key = a.region
        LEFT JOIN all_places country ON country.key = NULLIF(a.country, a.region)
        LEFT JOIN all_places district ON district.key = d.key
        LEFT JOIN all_places peers ON peers.key = 'peer:' || a.peer_group || '@' || a.country""",
    """CREATE UNLOGGED TABLE all_services AS
        SELECT s.id, s.country, s.delivered_by, s.since, s.withdrawn_on, s.family, c.number AS class_
        FROM services s JOIN all_classes c USING (family, theme, level)""",
    "ANALYZE all_places, all_classes, all_authorities, all_services",
)
_TOGETHER: Final = """CROSS JOIN LATERAL (
    SELECT NULL::integer, coalesce(e.bits, 0::int2)::integer, coalesce(e.replaced_bits, 0::int2)::integer) side (solution, bits, had)"""
_APART: Final = """CROSS JOIN LATERAL (VALUES
    (e.solution, coalesce(e.bits, 0::int2)::integer, 0),
    (e.replaced_solution, 0, coalesce(e.replaced_bits, 0::int2)::integer)) side (solution, bits, had)"""


def _difference(measure: str) -> str:
    place = MEASURES.index(measure)
    return f"((side.bits >> {place} & 1) - (side.had >> {place} & 1))"


def _contributed(pieces: str, span: str, known: str, corners: str, side: str, which: str) -> str:
    counts = ", ".join(f"c.sign * {_difference(name)} AS {name}" for name in MEASURES)
    people = ", ".join(
        f"c.sign * {_difference(name.removeprefix('people_'))} * a.inhabitants AS {name}" for name in PEOPLE
    )
    return f"""
    SELECT e.authority, e.service, side.solution, a.region_, a.country_, a.district_, a.peers_, s.family, s.class_,
           c.day, date_trunc('month', c.day::timestamp)::date AS month, c.known, {counts}, {people}
    FROM recordings e
    JOIN all_authorities a ON a.id = e.authority
    JOIN all_services s ON s.id = e.service
    {pieces} {side}
    CROSS JOIN LATERAL (SELECT {span}, {known}) r (from_on, until, known_from, known_until)
    CROSS JOIN LATERAL (VALUES {corners}) c (day, known, sign)
    WHERE r.from_on < r.until AND r.known_from < r.known_until AND c.day < 'infinity' AND c.known < 'infinity' AND {which}
    """  # noqa: S608 - composed of our own constants


def _all(side: str, which: str) -> str:
    """By default, and by the overrides."""
    default = _contributed(
        "",
        "greatest(e.effective_on, a.since, s.since), least(e.until, a.gone_on, s.withdrawn_on)",
        "e.recorded_on, 'infinity'::date",
        "(r.from_on, r.known_from, 1), (r.until, r.known_from, -1)",
        side,
        f"{which} AND a.levels & s.delivered_by <> 0 AND a.country = s.country",
    )
    overridden = _contributed(
        "JOIN overrides p ON p.authority = e.authority AND p.service = e.service",
        "greatest(e.effective_on, p.from_on, a.since, s.since), least(e.until, p.until, a.gone_on, s.withdrawn_on)",
        "greatest(e.recorded_on, p.known_from), p.known_until",
        """(r.from_on, r.known_from, p.weight), (r.until, r.known_from, -p.weight),
           (r.from_on, r.known_until, -p.weight), (r.until, r.known_until, p.weight)""",
        side,
        which,
    )
    return f"{default} UNION ALL {overridden}"


class _Packed(NamedTuple):
    """How the keys of a counter are one number: its digits, what each is and how many there are, and what they mean."""

    places: str
    """The places of a contribution that count."""
    digits: tuple[tuple[str, str], ...]
    keys: str
    """What the digits `one`, `two`, `three` stand for."""
    found: str = ""
    """Where that is found."""


_AUTHORITIES: Final = "(SELECT coalesce(max(id), 0) + 1 FROM all_authorities)"
_SERVICES: Final = "(SELECT coalesce(max(id), 0) + 1 FROM all_services)"
_SOLUTIONS: Final = "(SELECT coalesce(max(id), 0) + 1 FROM solutions)"
_FAMILIES: Final = "(SELECT coalesce(max(family), 0) + 1 FROM all_services)"
_PLACES: Final = "(SELECT count(*) FROM all_places)"
_CLASSES: Final = "(SELECT count(*) FROM all_classes)"
_PACKED: Final = {
    PLACE.name: _Packed(
        "(m.region_), (m.country_), (m.district_)",
        (("place.number", _PLACES), ("m.family", _FAMILIES)),
        "place.key, two",
        "JOIN all_places place ON place.number = one",
    ),
    REGION.name: _Packed(
        "(m.region_), (m.country_)",
        (("place.number", _PLACES), ("m.class_", _CLASSES)),
        "place.key, class.family, class.theme, class.level",
        "JOIN all_places place ON place.number = one JOIN all_classes class ON class.number = two",
    ),
    AUTHORITY.name: _Packed("(0)", (("m.authority", _AUTHORITIES), ("m.family", _FAMILIES)), "one, two"),
    SERVICE.name: _Packed(
        "(m.region_), (m.country_), (m.peers_)",
        (("m.service", _SERVICES), ("place.number", _PLACES)),
        "one, place.key",
        "JOIN all_places place ON place.number = two",
    ),
    SOLUTION.name: _Packed(
        "(m.region_), (m.country_), (m.peers_)",
        (("m.solution", _SOLUTIONS), ("m.service", _SERVICES), ("place.number", _PLACES)),
        "one, two, place.key",
        "JOIN all_places place ON place.number = three",
    ),
}
_DIGITS: Final = ("one", "two", "three")
_TIMES: Final = "day", "month", "known"
_SPANS: Final = ", ".join(
    f"coalesce(min({time}), '2000-01-01') AS {time}, coalesce(max({time}) - min({time}), 0) + 1 AS {time}s"
    for time in _TIMES
)
SHIFTS: Final = "all_shifts"
_MOST: Final = 2**62
"""How far a number may go."""


class Gathered(NamedTuple):
    """What was gathered: how many there are of each digit of each counter, and of days from the first one on."""

    sizes: Mapping[str, Sequence[int]]
    times: Mapping[str, tuple[date, int]]

    def sums(self, counter: Counter, table: Table) -> str:
        """The rows of one of its tables, in the order of their keys."""
        return self._summed(counter, [time for time in _TIMES if time in table.key.split(", ")], counter.measures)

    def shifts(self) -> str:
        """By service, place and day what decides how far services reach."""
        return self._summed(SERVICE, ["day"], ("online", "excluded"))

    def _summed(self, counter: Counter, times: Sequence[str], measures: Sequence[str]) -> str:
        packed = _PACKED[counter.name]
        sizes = [*self.sizes[counter.name], *(self.times[time][1] for time in times)]
        contents = [*(what for what, _ in packed.digits), *(f"(m.{time} - {self._first(time)})" for time in times)]
        names = [*_DIGITS[: len(packed.digits)], *times]
        groups = _fitting(sizes)
        numbers = ", ".join(f"number{group}" for group, _ in enumerate(groups))
        made, digits = [], []
        for group, places in enumerate(groups):
            number = "0::bigint"
            for place in places:
                number = f"({number} * {sizes[place]} + {contents[place]})"
                below = prod(sizes[place + 1 : places.stop])
                digits.append(f"(g.number{group} / {below} % {sizes[place]})::integer AS {names[place]}")
            made.append(f"{number} AS number{group}")
        return f"""
        SELECT {packed.keys}, {", ".join(f"{self._first(time)} + {time} AS {time}" for time in times)}, {", ".join(measures)}
        FROM (
            SELECT g.*, {", ".join(digits)} FROM (
                SELECT {numbers}, {", ".join(f"sum({one}) AS {one}" for one in measures)} FROM (
                    SELECT {", ".join(made)}, {", ".join(f"m.{one}" for one in measures)}
                    FROM {_OF_SOLUTIONS if counter is SOLUTION else _MOVES} m
                    CROSS JOIN LATERAL (VALUES {packed.places}) place (number) WHERE place.number IS NOT NULL
                ) m GROUP BY {numbers} HAVING {" OR ".join(f"sum({one}) <> 0" for one in measures)} ORDER BY {numbers}
            ) g
        ) g {packed.found}
        """  # noqa: S608 - composed of our own constants and numbers

    def _first(self, time: str) -> str:
        return f"'{self.times[time][0]}'::date"


def _fitting(sizes: Sequence[int]) -> list[range]:
    """Which digits make a number together: as many as fit into one. All do, unless days are millennia apart."""
    groups = [range(0)]
    for place, size in enumerate(sizes):
        last = groups[-1]
        if prod(sizes[last.start : last.stop]) * size <= _MOST:
            groups[-1] = range(last.start, place + 1)
        else:
            groups.append(range(place, place + 1))
    return groups


async def gather(connection: Connection, seconds: float) -> Gathered:
    """Make all contributions, but those to solutions."""
    for statement in (
        *_NUMBERS,
        f"CREATE UNLOGGED TABLE {_MOVES} AS {_all(_TOGETHER, 'true')}",
    ):
        await connection.execute(statement, timeout=seconds)
    spans = await connection.fetchrow(f"SELECT {_SPANS} FROM {_MOVES}", timeout=seconds)  # noqa: S608 - our own constants
    assert spans is not None
    sizes: dict[str, Sequence[int]] = {}
    for name, packed in _PACKED.items():
        many = await connection.fetchrow(f"SELECT {', '.join(many for _, many in packed.digits)}")
        assert many is not None
        sizes[name] = tuple(many)
    return Gathered(sizes, {time: (spans[time], spans[f"{time}s"]) for time in _TIMES})


OF_SOLUTIONS: Final = f"CREATE UNLOGGED TABLE {_OF_SOLUTIONS} AS {_all(_APART, 'side.solution IS NOT NULL')}"
"""All contributions to solutions, of which few statuses speak."""


async def forget(connection: Connection) -> None:
    """What was only made to count."""
    await connection.execute(
        f"DROP TABLE {_MOVES}, {_OF_SOLUTIONS}, {SHIFTS}, all_places, all_classes, all_authorities, all_services"
    )
