"""Raising alerts: the event, the inbox row and the deliveries, all in the transaction that heard of the cause."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from events.contracts.notifier import AlertRaised
from events.contracts.parts import MunicipalityRef
from events.deciding import Key, Recorded
from events.log.connect import Connection
from events.log.statement import Statement
from events.log.write import Clock, Context, Log, NewId, Written, insert, lock_head, seal
from events.tracing import Origin, Tracer
from notifier.domain.schedule import DIGEST_AT, digest_due
from notifier.domain.wanting import Topic, within
from notifier.safe import Safe

CHUNK: Final = 2000
"""So many alerts are in memory as wire forms at a time, however many an opening raises."""

DIGEST_MOST: Final = 500
"""A digest with more alerts leaves as several requests, so that none grows without bound."""

EVERYONE: Final = 0
"""Stands for `authority_id` where an alert is for whoever's filter matches."""

_KEEP = """
INSERT INTO alerts (position, id, authority_id, reason, raised_at)
SELECT position, id, nullif(authority_id, 0), reason, $5
FROM unnest($1::bigint[], $2::uuid[], $3::int[], $4::text[]) AS raised (position, id, authority_id, reason)
"""

_WANTED = """
WITH wanted AS (
    SELECT s.id, s.endpoint, s.channel = 'email' AS mailed, s.mode = 'digest' OR raised.later AS gathered,
           raised.position, raised.event_id
    FROM unnest($1::bigint[], $2::uuid[], $3::int[], $4::bool[], $5::int[])
        AS raised (position, event_id, authority_id, later, topic)
    JOIN (
        SELECT topic, string_to_array(services, ' ') AS services, string_to_array(themes, ' ') AS themes,
               string_to_array(regions, ' ') AS regions, string_to_array(within, ' ') AS within
        FROM unnest($6::text[], $7::text[], $8::text[], $9::text[])
            WITH ORDINALITY AS named (services, themes, regions, within, topic)
    ) about ON about.topic = raised.topic
    JOIN subscriptions s ON coalesce(s.authority_id, 0) = raised.authority_id AND s.closed_at IS NULL AND s.disabled_at IS NULL
        AND s.confirm_until IS NULL
    WHERE ($11::uuid IS NULL OR s.id = $11)
      AND (s.events = '{}' OR $10 = ANY(s.events))
      AND (s.services = '{}' OR s.services && about.services)
      AND (s.themes = '{}' OR s.themes && about.themes)
      AND (s.regions = '{}' OR s.regions && about.within OR s.within_regions && about.regions)
)
"""

_THEN_DELIVER = """
, at_once AS (
    INSERT INTO deliveries (id, subscription_id, endpoint, webhook_id, alerts, state, due_at, created_at)
    SELECT uuidv7(), id, endpoint, event_id || '_' || id, ARRAY[position], 'due', $12, $12
    FROM wanted WHERE NOT gathered AND NOT mailed
), mailed AS (
    INSERT INTO deliveries AS d (id, subscription_id, endpoint, webhook_id, alerts, state, due_at, created_at)
    SELECT gathering, id, endpoint, 'mail_' || gathering, alerts, 'gathering', $14, $12
    FROM (
        SELECT uuidv7() AS gathering, id, endpoint, array_agg(position ORDER BY position) AS alerts
        FROM wanted WHERE mailed GROUP BY id, endpoint
    ) AS mail
    ON CONFLICT (subscription_id) WHERE state = 'gathering' DO UPDATE SET alerts = d.alerts || excluded.alerts
), so_far AS (
    SELECT listener.id, coalesce(sum(cardinality(d.alerts)), 0) AS alerts
    FROM (SELECT DISTINCT id FROM wanted WHERE gathered AND NOT mailed) AS listener
    LEFT JOIN deliveries d ON d.subscription_id = listener.id AND d.digest_on = $13 AND d.claim = 0
    GROUP BY listener.id
), parted AS (
    SELECT id, endpoint, position,
           ((so_far.alerts + row_number() OVER (PARTITION BY id ORDER BY position) - 1) / $15)::int AS part
    FROM wanted JOIN so_far USING (id) WHERE gathered AND NOT mailed
)
INSERT INTO deliveries AS d
    (id, subscription_id, endpoint, webhook_id, alerts, digest_on, digest_part, state, due_at, created_at)
SELECT gathering, id, endpoint, 'digest_' || gathering, alerts, $13, part, 'due', $14, $12
FROM (
    SELECT uuidv7() AS gathering, id, endpoint, part, array_agg(position ORDER BY position) AS alerts
    FROM parted GROUP BY id, endpoint, part
) AS digest
ON CONFLICT (subscription_id, digest_on, digest_part) WHERE digest_on IS NOT NULL AND claim = 0
DO UPDATE SET alerts = d.alerts || excluded.alerts
"""

_DELIVER = _WANTED + _THEN_DELIVER
_THEN_MATCHED = "SELECT DISTINCT position FROM wanted"
_MATCHED = _WANTED + _THEN_MATCHED


class Desk(NamedTuple):
    """What raising needs from outside."""

    log: Log
    clock: Clock
    new_id: NewId
    zone: ZoneInfo
    tracer: Tracer | None = None
    digest_at: time = DIGEST_AT
    safe: Safe = Safe()

    def context(self, correlation_id: str | None, traceparent: str | None) -> Context:
        """The notifier speaks for its installation."""
        return Context(f"{self.log.installation}/notifier/follower", correlation_id, traceparent)

    def day(self, moment: datetime) -> date:
        """The calendar day there."""
        return moment.astimezone(self.zone).date()

    def todays_digest(self, now: datetime) -> datetime:
        """When what had gathered before leaves today, or left."""
        return datetime.combine(self.day(now), self.digest_at, self.zone)

    def next_digest(self, now: datetime) -> datetime:
        """When what gathers from now on leaves."""
        return digest_due(now, self.zone, self.digest_at)


class Draft(NamedTuple):
    """An alert about to be raised; its id, and to whom it speaks, are filled in when it is.

    `later`: for the digest, whatever the subscription says.
    """

    fact: AlertRaised
    topic: Topic
    authority_id: int = EVERYONE
    municipality: MunicipalityRef | None = None
    later: bool = False


async def raise_alerts(
    connection: Connection, desk: Desk, drafts: Sequence[Draft], context: Context, *, subscription: UUID | None = None
) -> None:
    """All drafts speak of the same kind of event. `subscription` limits the deliveries to one listener."""
    if desk.tracer is None or not drafts:
        await _raise_all(connection, desk, drafts, context, subscription)
        return
    with desk.tracer.during("raise alerts", [Origin(context.traceparent, desk.clock())], alerts=len(drafts)) as spans:
        within = context._replace(traceparent=spans.within(context.traceparent))
        await _raise_all(connection, desk, drafts, within, subscription)


async def _raise_all(
    connection: Connection, desk: Desk, drafts: Sequence[Draft], context: Context, subscription: UUID | None
) -> None:
    for start in range(0, len(drafts), CHUNK):
        await _raise(connection, desk, drafts[start : start + CHUNK], context, subscription)


async def matched(connection: Connection, topics: Sequence[Topic]) -> set[int]:
    """Which of these, by index, at least one filter without a municipality lets through; all are of one event's name."""
    count = len(topics)
    columns = [list(range(count)), [None] * count, [EVERYONE] * count, [False] * count, *_columns(topics)]
    rows = await connection.fetch(_MATCHED, *columns, topics[0].event, None)
    return {row["position"] for row in rows}


async def _raise(
    connection: Connection, desk: Desk, drafts: Sequence[Draft], context: Context, subscription: UUID | None
) -> None:
    head = await lock_head(connection, desk.log)
    now = desk.clock()
    written = [_written(desk, draft, context, position, now) for position, draft in enumerate(drafts, head + 1)]
    positions = [one.recorded.position for one in written]
    ids = [one.recorded.key.id for one in written]
    authorities = [draft.authority_id for draft in drafts]
    kept = Statement(_KEEP, [positions, ids, authorities, [draft.fact.reason for draft in drafts], now])
    await insert(connection, desk.log, written, [kept])
    due = desk.next_digest(now)
    await connection.execute(
        _DELIVER,
        positions,
        list(_event_ids(written)),
        authorities,
        [draft.later for draft in drafts],
        *_columns([draft.topic for draft in drafts]),
        drafts[0].topic.event,
        subscription,
        now,
        due.date(),
        due,
        DIGEST_MOST,
    )


def _written(desk: Desk, draft: Draft, context: Context, position: int, now: datetime) -> Written:
    """Each alert begins a stream of its own."""
    alert = str(desk.new_id())
    fact = msgspec.structs.replace(draft.fact, alert=alert, municipality=draft.municipality)
    recorded = Recorded(
        position=position,
        id=desk.new_id(),
        key=Key("alert", alert),
        version=1,
        time=now,
        actor=context.actor,
        data=fact,
    )
    return seal(desk.log, recorded, context)


def _event_ids(written: Sequence[Written]) -> Iterator[UUID]:
    return (one.recorded.id for one in written)


def _columns(topics: Sequence[Topic]) -> list[list[Any]]:
    """Which topic each is about, counted from 1; then the different topics' services, themes, regions and their countries.

    Each as one text: an array of arrays would be flattened. Thousands are about the same.
    """
    numbers = {topic: number for number, topic in enumerate(dict.fromkeys(topics), 1)}
    rows = [_row(topic) for topic in numbers]
    return [[numbers[topic] for topic in topics], *(list(column) for column in zip(*rows, strict=True))]


def _row(topic: Topic) -> tuple[str, str, str, str]:
    texts = (topic.services, topic.themes, topic.regions, within(topic.regions))
    services, themes, regions, around = (" ".join(text) for text in texts)
    return services, themes, regions, around
