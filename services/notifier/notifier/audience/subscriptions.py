"""Who listens: opening and reactivating a subscription, and the one summary that each then gets of what is open now."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from events.contracts import envelope
from events.contracts.notifier import (
    AlertRaised,
    Cause,
    ChannelKind,
    Filter,
    SubscriptionConfirmed,
    SubscriptionOpened,
    SubscriptionReactivated,
)
from events.contracts.parts import MunicipalityRef, ServiceRef, Solution, SolutionRef
from events.deciding import Key
from events.log.connect import Connection
from events.log.write import Context, lock_head, write
from notifier.audience import services, solutions
from notifier.audience.lacking import lacking, municipality
from notifier.audience.raising import Desk, Draft, raise_alerts
from notifier.domain import wording
from notifier.domain.letter import Language
from notifier.domain.subscription import Mode, MunicipalityEnded, MunicipalityUnknown
from notifier.domain.wanting import Topic, lets_through, within

_FIND_AUTHORITY = """
SELECT id, key, name, levels, region, ended_on, successor FROM authorities
WHERE key = $1 OR aliases @> ARRAY[$1] ORDER BY key = $1 DESC LIMIT 1
"""
_OPEN = """
INSERT INTO subscriptions (id, owner, channel, url, endpoint, secret, authority_id, services, themes, regions,
    within_regions, events, mode, opened_at, language, confirm_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
_REACTIVATE = """
UPDATE subscriptions s SET disabled_at = NULL, failing_since = NULL
WHERE id = $1 AND disabled_at IS NOT NULL AND closed_at IS NULL
RETURNING id
"""
_WANTED = """
SELECT services, themes, regions, events, (SELECT key FROM authorities WHERE id = s.authority_id) AS key
FROM subscriptions s WHERE id = $1
"""
_OPEN_NOW = """
SELECT o.slug, o.document, v.region, array_agg(s.id) AS services
FROM availabilities v
JOIN solutions o ON o.slug = v.slug AND NOT o.withdrawn
JOIN solution_services c ON c.slug = v.slug
JOIN services s ON s.id = c.service_id AND NOT s.withdrawn
WHERE v.until_on IS NULL OR v.until_on > $1
GROUP BY o.slug, v.region
"""

OPENING = "solution-became-available"


class Wish(NamedTuple):
    """A subscription as it is asked for, understood and checked. With `confirm_until` it hears nothing until it is confirmed."""

    owner: str
    channel: ChannelKind
    url: str
    endpoint: str
    secret: str
    municipality: str | None
    filter: Filter
    mode: Mode
    language: Language | None = None
    confirm_until: datetime | None = None


class Open(NamedTuple):
    """Something open that a new subscriber may want to know: for which services, where."""

    solution: Solution
    region: str
    services: tuple[int, ...]


class Authority(NamedTuple):
    """A municipality as it is known here."""

    id: int
    ref: MunicipalityRef
    ended_on: date | None
    successor: str | None


async def open_subscription(connection: Connection, desk: Desk, wish: Wish, context: Context) -> UUID:
    """From now on it hears, or from when it is confirmed. Raises MunicipalityUnknown, MunicipalityEnded.

    The event comes first: its lock on the log makes what is open now, and what opens from now on, meet without a gap.
    """
    authority = await find_authority(connection, wish.municipality) if wish.municipality is not None else None
    now = desk.clock()
    today = desk.day(now)
    if authority is not None and authority.ended_on is not None and authority.ended_on <= today:
        raise MunicipalityEnded(authority.ref.name, authority.successor)
    id_ = desk.new_id()
    opened = SubscriptionOpened(
        subscription=str(id_),
        channel=wish.channel,
        municipality=authority.ref if authority is not None else None,
        filter=wish.filter,
        mode=wish.mode,
    )
    key = Key("subscription", str(id_))
    (written,) = await write(
        connection, desk.log, [(key, opened)], context=context, clock=desk.clock, new_id=desk.new_id
    )
    await connection.execute(
        _OPEN,
        id_,
        wish.owner,
        wish.channel,
        wish.url,
        wish.endpoint,
        desk.safe.seal(id_, wish.secret),
        authority.id if authority is not None else None,
        wish.filter.services,
        wish.filter.themes,
        wish.filter.regions,
        within(wish.filter.regions),
        wish.filter.events,
        wish.mode,
        now,
        wish.language,
        wish.confirm_until,
    )
    if wish.confirm_until is not None:
        return id_
    draft = await _summary(connection, wish.filter, authority, today, cause(written.document))
    if draft is not None:
        await raise_alerts(connection, desk, [draft], context, subscription=id_)
    return id_


async def reactivate(connection: Connection, desk: Desk, id_: UUID, context: Context) -> None:
    """From now on it hears again, if it was disabled. The head comes first, as for everyone who changes subscriptions."""
    await lock_head(connection, desk.log)
    if await connection.fetchval(_REACTIVATE, id_) is not None:
        await begin(connection, desk, id_, SubscriptionReactivated(subscription=str(id_)), context)


async def begin(
    connection: Connection,
    desk: Desk,
    id_: UUID,
    said: SubscriptionConfirmed | SubscriptionReactivated,
    context: Context,
) -> None:
    """Say so, and sum up what is open now. Whoever calls holds the head."""
    key = Key("subscription", str(id_))
    (written,) = await write(connection, desk.log, [(key, said)], context=context, clock=desk.clock, new_id=desk.new_id)
    (row,) = await connection.fetch(_WANTED, id_)
    authority = await find_authority(connection, row["key"]) if row["key"] is not None else None
    wanted = Filter(**{field: tuple(row[field]) for field in Filter.__struct_fields__})
    draft = await _summary(connection, wanted, authority, desk.day(desk.clock()), cause(written.document))
    if draft is not None:
        await raise_alerts(connection, desk, [draft], context, subscription=id_)


async def find_authority(connection: Connection, key: str) -> Authority:
    """By its key or a later one. Raises MunicipalityUnknown."""
    row = await connection.fetchrow(_FIND_AUTHORITY, key)
    if row is None:
        raise MunicipalityUnknown(key)
    return Authority(row["id"], municipality(row), row["ended_on"], row["successor"])


def cause(document: bytes) -> Cause:
    """An event of our own as the cause of an alert."""
    one = envelope.decode(document)
    return Cause(id=one.id, source=one.source, type=one.type, subject=one.subject, sequence=one.sequence, time=one.time)


async def _summary(
    connection: Connection, wanted: Filter, authority: Authority | None, today: date, because: Cause
) -> Draft | None:
    """Nothing if nothing is open."""
    found = await (_for_all(connection, today) if authority is None else _for_one(connection, authority, today))
    known = await services.known(connection, {service for one in found for service in one.services})
    topics = [
        Topic(
            event=OPENING,
            services=frozenset(known[service].ref.key for service in one.services),
            themes=frozenset(known[service].theme for service in one.services),
            regions=frozenset({one.region if authority is None else authority.ref.region}),
        )
        for one in found
    ]
    chosen = [one for one, topic in zip(found, topics, strict=True) if lets_through(wanted, topic)]
    if not chosen:
        return None
    numbers = {service for one in chosen for service in one.services}
    refs = tuple(sorted((known[number].ref for number in numbers), key=lambda ref: (ref.title, ref.key)))
    topic = Topic(
        event=OPENING,
        services=frozenset(ref.key for ref in refs),
        themes=frozenset(known[number].theme for number in numbers),
        regions=frozenset({one.region for one in chosen} if authority is None else {authority.ref.region}),
    )
    fact = _fact(because, authority, refs, [one.solution for one in chosen])
    return Draft(fact, topic) if authority is None else Draft(fact, topic, authority.id, authority.ref)


def _fact(
    because: Cause, authority: Authority | None, refs: Sequence[ServiceRef], open_now: Sequence[Solution]
) -> AlertRaised:
    by_slug = {one.slug: SolutionRef(slug=one.slug, name=one.name) for one in open_now}
    named = tuple(by_slug[slug] for slug in sorted(by_slug))
    title = wording.open_now(named, refs, lacking=authority is not None)
    demonstration = all(one.basis.kind == "demonstration" for one in open_now)
    return AlertRaised(
        alert="",
        reason="open-now",
        municipality=authority.ref if authority is not None else None,
        services=tuple(refs),
        solution=named[0] if len(named) == 1 else None,
        availability=None,
        about=because,
        title=wording.demonstration(title) if demonstration else title,
        solutions=named,
        demonstration=demonstration or None,
    )


async def _for_one(connection: Connection, authority: Authority, today: date) -> list[Open]:
    hearers = await lacking(connection, today, only=[authority.id], whatever_was_told=True)
    found = await solutions.find(connection, {(one.slug, one.open_in) for one in hearers})
    return [Open(found[one.slug, one.open_in][0], one.open_in, one.services) for one in hearers]


async def _for_all(connection: Connection, today: date) -> list[Open]:
    rows = await connection.fetch(_OPEN_NOW, today)
    return [
        Open(msgspec.json.decode(row["document"], type=Solution), row["region"], tuple(row["services"])) for row in rows
    ]
