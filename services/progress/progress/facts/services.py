"""The services and bundles that figures are about."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as said
from progress.domain.classes import delivered_by, family
from progress.facts.heard import Heard
from progress.facts.writing import FOREVER, SINCE_EVER, NeverRegistered, next_id, upsert

TABLES = (
    """CREATE TABLE services (
        id integer PRIMARY KEY, key text NOT NULL UNIQUE, title text NOT NULL, titles text NOT NULL,
        kind text NOT NULL, country text NOT NULL, level text NOT NULL, delivered_by smallint NOT NULL,
        theme text NOT NULL, bundle text, countable boolean NOT NULL, family smallint NOT NULL,
        audience text, provisional boolean NOT NULL, since date NOT NULL, withdrawn_on date NOT NULL, successor text)""",
    "CREATE INDEX services_theme ON services (theme)",
    "CREATE INDEX services_bundle ON services (bundle)",
    """CREATE TABLE bundles (
        id text PRIMARY KEY, title text NOT NULL, titles text NOT NULL, theme text NOT NULL, services text[] NOT NULL)""",
)

Said = said.ServiceListed | said.ServiceRevised | said.ServiceWithdrawn

_LOAD = text("SELECT * FROM services WHERE key = ANY(:keys)")
_CONCERNED = text("SELECT id FROM services WHERE key = ANY(:keys)")


def heard_of(heard: Sequence[Heard]) -> list[Said]:
    """What is said of services."""
    return [one.data for one in heard if isinstance(one.data, Said)]


async def concerned(connection: AsyncConnection, facts: Sequence[Said]) -> list[int]:
    """Those known already whose classification may change."""
    keys = sorted({fact.service.key for fact in facts})
    return list((await connection.execute(_CONCERNED, {"keys": keys})).scalars())


async def apply(connection: AsyncConnection, facts: Sequence[Said]) -> None:
    """Fold what is said into the rows."""
    keys = sorted({fact.service.key for fact in facts})
    found = await connection.execute(_LOAD, {"keys": keys})
    rows: dict[str, dict[str, Any]] = {row.key: dict(row._mapping) for row in found}  # noqa: SLF001 - SQLAlchemy's public name
    free = await next_id(connection, "services")
    for fact in facts:
        key = fact.service.key
        if isinstance(fact, said.ServiceListed):
            known = rows.get(key)
            rows[key] = _listed(fact, known["id"] if known else free)
            if known is None:
                free += 1
            elif isinstance(fact, said.ServiceRevised):
                # A revision speaks of the content; since when the service counts was said when it was listed.
                rows[key]["since"], rows[key]["withdrawn_on"] = known["since"], known["withdrawn_on"]
        elif key not in rows:
            raise NeverRegistered(key)
        else:
            rows[key]["withdrawn_on"] = fact.effective_on
            rows[key]["successor"] = fact.successor and fact.successor.key
    await upsert(connection, "services", ["key"], rows.values())


async def apply_bundles(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
    """The last word on each bundle."""
    rows = {
        one.data.bundle.id: {
            "id": one.data.bundle.id,
            "title": one.data.bundle.title,
            "titles": _titles(one.data.language, one.data.bundle.title, one.data.translations),
            "theme": one.data.theme,
            "services": list(one.data.services),
        }
        for one in heard
        if isinstance(one.data, said.BundleListed)
    }
    await upsert(connection, "bundles", ["id"], rows.values())


def _listed(fact: said.ServiceListed, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "key": fact.service.key,
        "title": fact.service.title,
        "titles": _titles(fact.language, fact.service.title, fact.translations),
        "kind": fact.kind,
        "country": fact.country,
        "level": fact.level,
        "delivered_by": delivered_by(fact.level),
        "theme": fact.theme,
        "bundle": fact.bundle,
        "countable": fact.countable,
        "family": family(fact.kind, fact.countable),
        "audience": fact.audience,
        "provisional": fact.provisional,
        "since": fact.effective_on or SINCE_EVER,
        "withdrawn_on": FOREVER,
        "successor": None,
    }


def _titles(language: str, title: str, translations: dict[str, dict[str, str]] | None) -> dict[str, str]:
    """The title by language; translations come as `{"en": {"title": …}}`."""
    others = {other: texts["title"] for other, texts in (translations or {}).items() if "title" in texts}
    return others | {language: title}
