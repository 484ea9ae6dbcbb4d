"""What a subscription would have been told in the last year, had it been open: what was kept, let through by its filter.

Alerts of a municipality are kept whether or not somebody subscribes. For a filter without one, alerts are raised only while it
listens; of what it would have heard, the news of solutions are kept for the public feeds, and the rest is not: `not_kept`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from events.contracts import envelope, registry
from events.contracts.notifier import AlertRaised, AlertReason, Filter
from events.contracts.parts import ServiceRef
from events.log.connect import Connection
from notifier.audience import occasions, services
from notifier.audience.subscriptions import Authority
from notifier.domain.wanting import NAMES, Topic, event_name, lets_through

SPAN: Final = timedelta(days=365)
MOST: Final = 5_000
"""So many alerts or news are looked through, the newest first."""
SHOWN: Final = 50

# Not what one subscription alone was told: its summary, and that it was disabled.
_OWN: Final = """
SELECT a.id, a.raised_at, a.reason, e.document
FROM alerts a JOIN events e ON e.position = a.position
WHERE a.authority_id = $1 AND a.raised_at >= $2 AND a.reason IN ('lacks-service', 'declared-need', 'uses-solution')
ORDER BY a.position DESC LIMIT $3
"""


class Would(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would have been told; `about` is the event that caused it."""

    time: datetime
    reason: AlertReason
    event: str
    about: str
    title: dict[str, str]
    services: tuple[ServiceRef, ...]
    solution: str | None
    demonstration: bool


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """All that would have been told since then, and the newest of it. `complete`: not more than can be looked through.

    `not_kept` names events that the filter asks for too, but of which no history is kept here.
    """

    since: datetime
    count: int
    complete: bool
    not_kept: tuple[str, ...]
    items: tuple[Would, ...]


_Kept = tuple[Topic, Would]


async def preview(connection: Connection, wanted: Filter, authority: Authority | None, now: datetime) -> Preview:
    """Asked of the filter by the very rule that its alerts are chosen by."""
    since = now - SPAN
    kept = await (_news(connection, since) if authority is None else _own(connection, authority.id, since))
    told = [one for topic, one in kept if lets_through(wanted, topic)]
    return Preview(
        since=since,
        count=len(told),
        complete=len(kept) < MOST,
        not_kept=() if authority is not None else _not_kept(wanted),
        items=tuple(told[:SHOWN]),
    )


async def _own(connection: Connection, authority: int, since: datetime) -> list[_Kept]:
    rows = await connection.fetch(_OWN, authority, since, MOST)
    said = [(row, _alert(row["document"])) for row in rows]
    themes = await services.themes(connection, {service.key for _, one in said for service in one.services})
    return [(_topic(one, themes), _told(row["raised_at"], one)) for row, one in said]


def _alert(document: bytes) -> AlertRaised:
    said = registry.decode(envelope.decode(document))
    assert isinstance(said, AlertRaised)
    return said


def _topic(one: AlertRaised, themes: dict[str, Any]) -> Topic:
    """As it was when it was raised, but for themes: these are as they are listed today."""
    keys = frozenset(service.key for service in one.services)
    return Topic(
        event=event_name(one.about.type) or "",
        services=keys,
        themes=frozenset(themes[key] for key in keys if key in themes),
        regions=frozenset({one.municipality.region} if one.municipality is not None else ()),
    )


def _told(time: datetime, one: AlertRaised) -> Would:
    return Would(
        time=time,
        reason=one.reason,
        event=event_name(one.about.type) or "",
        about=one.about.id,
        title=one.title,
        services=one.services,
        solution=one.solution.slug if one.solution is not None else None,
        demonstration=bool(one.demonstration),
    )


async def _news(connection: Connection, since: datetime) -> list[_Kept]:
    kept = await occasions.kept_since(connection, since, MOST)
    titles = await services.titles(connection, {key for one in kept for key in one.services})
    return [
        (
            Topic(one.event, frozenset(one.services), frozenset(one.themes), frozenset(one.regions)),
            Would(
                time=one.time,
                reason="filter",
                event=one.event,
                about=str(one.id),
                title={"de": one.title_de, "en": one.title_en},
                services=tuple(ServiceRef(key=key, title=titles.get(key, key)) for key in one.services),
                solution=one.slug,
                demonstration=one.demonstration,
            ),
        )
        for one in kept
    ]


def _not_kept(wanted: Filter) -> tuple[str, ...]:
    asked: Iterable[str] = wanted.events or NAMES
    return tuple(name for name in asked if name not in occasions.KEPT)
