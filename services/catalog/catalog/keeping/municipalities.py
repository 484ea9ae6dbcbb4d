"""Municipalities as they are now. Every key one ever had leads to it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from catalog.domain import municipality
from catalog.domain.municipality import Municipality, OfficialKey
from catalog.keeping.tables import metadata, packed, unpacked
from events.contracts.parts import Basis, Location, MunicipalityRef
from events.deciding import Recorded
from events.log.statement import Statement

municipalities = sa.Table(
    "municipalities",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("levels", ARRAY(sa.Text), nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("parents", ARRAY(sa.Text), nullable=False),
    sa.Column("keys", JSONB, nullable=False),
    sa.Column("inhabitants", sa.BigInteger),
    sa.Column("inhabitants_on", sa.Date),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("postcode", sa.Text),
    sa.Column("basis", JSONB, nullable=False),
    sa.Column("registered_on", sa.Date),
    sa.Column("ended_on", sa.Date),
    sa.Column("successor", JSONB),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("translations", JSONB),
)

municipality_keys = sa.Table(
    "municipality_keys",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("municipality", sa.Text, nullable=False),
)

_LOAD = """
SELECT k.key AS asked, m.id, m.version, m.name, m.levels, m.region, m.kind, m.parents, m.keys::text AS keys, m.inhabitants,
       m.inhabitants_on, m.latitude, m.longitude, m.postcode, m.basis::text AS basis, m.registered_on, m.ended_on,
       m.successor::text AS successor, m.language, m.translations::text AS translations, (
    SELECT coalesce(
        jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'levels', p.levels, 'region', p.region) ORDER BY n), '[]'
    )::text
    FROM unnest(m.parents) WITH ORDINALITY AS above(id, n) JOIN municipalities p ON p.id = above.id
) AS above
FROM municipality_keys k JOIN municipalities m ON m.id = k.municipality
WHERE k.key = ANY($1::text[])
"""
_LOADED = (
    *(
        "asked",
        "id",
        "version",
        "name",
        "levels",
        "region",
        "kind",
        "parents",
        "keys",
        "inhabitants",
        "inhabitants_on",
        "latitude",
    ),
    *("longitude", "postcode", "basis", "registered_on", "ended_on", "successor", "language", "translations", "above"),
)
_SAVE = """
INSERT INTO municipalities (
    id, version, name, levels, region, kind, parents, keys, inhabitants, inhabitants_on, latitude, longitude, postcode,
    basis, registered_on, ended_on, successor, language, translations
)
SELECT id, version, name, ARRAY(SELECT jsonb_array_elements_text(levels)), region, kind,
       ARRAY(SELECT jsonb_array_elements_text(parents)), keys, inhabitants, inhabitants_on, latitude, longitude, postcode,
       basis, registered_on, ended_on, successor, language, translations
FROM unnest(
    $1::text[], $2::int[], $3::text[], $4::jsonb[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[], $9::bigint[],
    $10::date[], $11::float8[], $12::float8[], $13::text[], $14::jsonb[], $15::date[], $16::date[], $17::jsonb[],
    $18::text[], $19::jsonb[]
) AS g(id, version, name, levels, region, kind, parents, keys, inhabitants, inhabitants_on, latitude, longitude,
       postcode, basis, registered_on, ended_on, successor, language, translations)
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, name = excluded.name, parents = excluded.parents, keys = excluded.keys,
    inhabitants = excluded.inhabitants, inhabitants_on = excluded.inhabitants_on, ended_on = excluded.ended_on,
    successor = excluded.successor
"""
_SAVE_KEYS = """
INSERT INTO municipality_keys (key, municipality) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (key) DO NOTHING
"""


class Municipalities:
    """Few, and asked for by every command: remembered."""

    kind = "municipality"
    remembered = True
    quoted = True

    def asking(self, ids: Sequence[str]) -> Statement:
        """By any key; an alias leads to the municipality that bears it now."""
        return Statement(_LOAD, [ids])

    def states(self, rows: Iterable[Any]) -> Mapping[str, Municipality]:
        """By the key asked for."""
        return {row[0]: state_of(dict(zip(_LOADED, row, strict=True))) for row in rows}

    def evolve(self, state: Municipality | None, recorded: Recorded) -> Municipality:
        """As the domain says."""
        return municipality.evolve(state, recorded)

    def save(self, states: Mapping[str, Municipality]) -> Sequence[Statement]:
        """All of them, with their keys."""
        kept = list(states.values())
        columns = [
            [one.id for one in kept],
            [one.version for one in kept],
            [one.name for one in kept],
            [packed(one.levels) for one in kept],
            [one.region for one in kept],
            [one.kind for one in kept],
            [packed(one.parents) for one in kept],
            [packed(one.keys) for one in kept],
            [one.inhabitants for one in kept],
            [one.inhabitants_on for one in kept],
            [one.location.latitude if one.location else None for one in kept],
            [one.location.longitude if one.location else None for one in kept],
            [one.postcode for one in kept],
            [packed(one.basis) for one in kept],
            [one.registered_on for one in kept],
            [one.ended_on for one in kept],
            [packed(one.successor) for one in kept],
            [one.language for one in kept],
            [packed(one.translations) for one in kept],
        ]
        borne = [(official.key, one.id) for one in kept for official in one.keys]
        keys = [[key for key, _ in borne], [identity for _, identity in borne]]
        return [Statement(_SAVE, columns), Statement(_SAVE_KEYS, keys)]


def state_of(row: Mapping[str, Any]) -> Municipality:
    """The state in a row of the table, by name (with `above`)."""
    located = row["latitude"] is not None and row["longitude"] is not None
    return Municipality(
        version=row["version"],
        id=row["id"],
        name=row["name"],
        levels=tuple(row["levels"]),
        region=row["region"],
        kind=row["kind"],
        parents=tuple(row["parents"]),
        above=unpacked(row["above"], tuple[MunicipalityRef, ...]) or (),
        keys=unpacked(row["keys"], tuple[OfficialKey, ...]) or (),
        inhabitants=row["inhabitants"],
        inhabitants_on=row["inhabitants_on"],
        location=Location(latitude=row["latitude"], longitude=row["longitude"]) if located else None,
        postcode=row["postcode"],
        basis=unpacked(row["basis"], Basis) or municipality.REFERENCE,
        registered_on=row["registered_on"],
        ended_on=row["ended_on"],
        successor=unpacked(row["successor"], MunicipalityRef),
        language=row["language"],
        translations=unpacked(row["translations"], dict[str, dict[str, str]]),
    )
