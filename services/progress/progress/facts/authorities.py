"""The authorities: who they are, where they belong, which class of peers they are in. Classification is as known now."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as said
from events.contracts import parts
from progress.domain.classes import mask, peer_group, size_class
from progress.facts.heard import Heard
from progress.facts.writing import FOREVER, SINCE_EVER, NeverRegistered, next_id, upsert

TABLES = (
    """CREATE TABLE authorities (
        id integer PRIMARY KEY, key text NOT NULL UNIQUE, name text NOT NULL, kind text NOT NULL,
        levels smallint NOT NULL, region text NOT NULL, country text NOT NULL,
        inhabitants integer, inhabitants_on date, parents text[] NOT NULL,
        since date NOT NULL, gone_on date NOT NULL, successor text,
        latitude double precision, longitude double precision, postcode text,
        size smallint NOT NULL, own_administration boolean NOT NULL DEFAULT true,
        district integer, peer_group integer NOT NULL DEFAULT 0, folded text NOT NULL)""",
    "CREATE INDEX authorities_region ON authorities (region)",
    "CREATE INDEX authorities_peer_group ON authorities (peer_group)",
    "CREATE INDEX authorities_national ON authorities (country) WHERE levels & 32 <> 0",
    "CREATE TABLE authority_aliases (key text PRIMARY KEY, authority integer NOT NULL)",
)

Said = (
    said.MunicipalityRegistered
    | said.MunicipalityRenamed
    | said.MunicipalityRekeyed
    | said.MunicipalityMoved
    | said.MunicipalityCounted
    | said.MunicipalityMerged
    | said.MunicipalityDissolved
)

_LOAD = text("SELECT * FROM authorities WHERE key = ANY(:keys)")
_ABOVE = text("SELECT key, id, levels FROM authorities WHERE key = ANY(:keys)")
_ALL = text("SELECT key, id FROM authorities")
_KNOWN = text("SELECT id FROM authorities WHERE key = ANY(:keys)")
_BELOW = text("""
    SELECT DISTINCT c.id FROM authorities c CROSS JOIN LATERAL unnest(c.parents) p (key) WHERE p.key = ANY(:keys)
""")
_CLASSIFY = text("""
    UPDATE authorities a
    SET own_administration = k.own, district = k.district,
        peer_group = (a.levels::int << 5) | (a.size::int << 1) | k.own::int
    FROM (
        SELECT c.id, (c.levels & 1 = 0 OR NOT coalesce(bool_or(p.levels & 2 <> 0), false)) AS own,
               CASE WHEN c.levels & 8 <> 0 THEN c.id
                    ELSE (array_agg(p.id ORDER BY n.place) FILTER (WHERE p.levels & 8 <> 0))[1] END AS district
        FROM authorities c
        CROSS JOIN LATERAL unnest(c.parents) WITH ORDINALITY n(key, place)
        JOIN authorities p ON p.key = n.key
        WHERE c.id = ANY(:authorities)
        GROUP BY c.id
    ) k
    WHERE a.id = k.id AND (a.own_administration, a.district) IS DISTINCT FROM (k.own, k.district)
""")
_COMMUNE, _ASSOCIATION, _DISTRICT = mask(["commune"]), mask(["association"]), mask(["district"])
_CLASSIFYING = _ASSOCIATION | _DISTRICT
"""The levels whose presence above an authority decides its class: an administration for it, the district it lies in."""


def heard_of(heard: Sequence[Heard]) -> list[Said]:
    """What is said of authorities themselves."""
    return [one.data for one in heard if isinstance(one.data, Said)]


async def concerned(connection: AsyncConnection, facts: Sequence[Said]) -> list[int]:
    """Those known already whose classification may change: the ones named and those below them."""
    if not facts:
        return []
    known = await connection.execute(_KNOWN, {"keys": sorted({fact.municipality.id for fact in facts})})
    return sorted({*known.scalars(), *await _below(connection, facts)})


async def all_ids(connection: AsyncConnection) -> dict[str, int]:
    """Everybody's surrogate key."""
    return {row.key: row.id for row in await connection.execute(_ALL)}


async def apply(connection: AsyncConnection, facts: Sequence[Said]) -> None:
    """Fold what is said into the rows, and classify all whom it concerns."""
    keys = sorted({fact.municipality.id for fact in facts})
    found = await connection.execute(_LOAD, {"keys": keys})
    rows: dict[str, dict[str, Any]] = {row.key: dict(row._mapping) for row in found}  # noqa: SLF001 - SQLAlchemy's public name
    free = await next_id(connection, "authorities")
    aliases: dict[str, str] = {}
    for fact in facts:
        key = fact.municipality.id
        if isinstance(fact, said.MunicipalityRegistered):
            rows[key] = _registered(fact, rows.get(key, {}).get("id") or free)
            free += rows[key]["id"] == free
            aliases[key] = key
        elif key not in rows:
            raise NeverRegistered(key)
        else:
            rows[key].update(_changed(fact, rows[key]))
        if isinstance(fact, said.MunicipalityRekeyed):
            aliases[fact.key] = key
    await _classify(connection, rows)
    await upsert(connection, "authorities", ["key"], rows.values())
    also = [{"key": alias, "authority": rows[key]["id"]} for alias, key in aliases.items()]
    await upsert(connection, "authority_aliases", ["key"], also)
    if below := await _below(connection, facts):
        await connection.execute(_CLASSIFY, {"authorities": below})


async def _below(connection: AsyncConnection, facts: Sequence[Said]) -> list[int]:
    keys = sorted({fact.municipality.id for fact in facts if mask(fact.municipality.levels) & _CLASSIFYING})
    return list((await connection.execute(_BELOW, {"keys": keys})).scalars()) if keys else []


async def _classify(connection: AsyncConnection, rows: Mapping[str, dict[str, Any]]) -> None:
    """Whether each has an administration of its own, in which district it lies, and so who its peers are."""
    elsewhere = sorted({parent for row in rows.values() for parent in row["parents"]} - rows.keys())
    found = await connection.execute(_ABOVE, {"keys": elsewhere})
    above = {row.key: (row.id, row.levels) for row in found}
    above |= {key: (row["id"], row["levels"]) for key, row in rows.items()}
    for row in rows.values():
        parents = [above[parent] for parent in row["parents"] if parent in above]
        own = not row["levels"] & _COMMUNE or not any(levels & _ASSOCIATION for _, levels in parents)
        districts = [number for number, levels in parents if levels & _DISTRICT]
        row["own_administration"] = own
        row["district"] = row["id"] if row["levels"] & _DISTRICT else next(iter(districts), None)
        row["peer_group"] = peer_group(row["levels"], row["size"], own)


def folded(name: str) -> str:
    """Lower case in two spellings, so that Görlitz is found as `goerlitz` and as `gorlitz`."""
    first, second = spellings(name)
    return first if first == second else f"{first} {second}"


def spellings(name: str) -> tuple[str, str]:
    """The name with umlauts written out, and with them left off."""
    lower = unicodedata.normalize("NFC", name).casefold()
    written_out = lower.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return _bare(written_out), _bare(lower)


def _bare(name: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))


def _registered(fact: said.MunicipalityRegistered, number: int) -> dict[str, Any]:
    place = fact.location
    return _of(fact.municipality) | {
        "id": number,
        "key": fact.municipality.id,
        "kind": fact.kind,
        "inhabitants": fact.inhabitants,
        "inhabitants_on": fact.inhabitants_on,
        "parents": list(fact.parents),
        "since": fact.effective_on or SINCE_EVER,
        "gone_on": FOREVER,
        "successor": None,
        "latitude": place and place.latitude,
        "longitude": place and place.longitude,
        "postcode": fact.postcode,
        "size": size_class(fact.inhabitants),
        "own_administration": True,
        "district": None,
        "peer_group": 0,
    }


def _of(ref: parts.MunicipalityRef) -> dict[str, Any]:
    return {
        "name": ref.name,
        "levels": mask(ref.levels),
        "region": ref.region,
        "country": ref.region[:2],
        "folded": folded(ref.name),
    }


def _changed(fact: Said, row: dict[str, Any]) -> dict[str, Any]:
    change = _of(fact.municipality)
    if isinstance(fact, said.MunicipalityMoved):
        change["parents"] = list(fact.parents)
    elif isinstance(fact, said.MunicipalityCounted):
        if row["inhabitants_on"] is None or fact.inhabitants_on >= row["inhabitants_on"]:
            change |= {"inhabitants": fact.inhabitants, "inhabitants_on": fact.inhabitants_on}
            change["size"] = size_class(fact.inhabitants)
    elif isinstance(fact, said.MunicipalityMerged):
        change |= {"gone_on": fact.effective_on, "successor": fact.successor.id}
    elif isinstance(fact, said.MunicipalityDissolved):
        change["gone_on"] = fact.effective_on
    return change
