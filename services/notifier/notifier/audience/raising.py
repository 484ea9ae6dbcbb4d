"""Raising alerts: the event, the inbox row and the deliveries, all in the transaction that heard of the cause."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from events.contracts.notifier import AlertRaised
from events.contracts.parts import MunicipalityRef
from events.deciding import Key
from events.log.connect import Connection
from events.log.write import Clock, Context, Log, NewId, Written, write
from notifier.domain.schedule import digest_due
from notifier.domain.wanting import Topic, within

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
    SELECT s.id, s.endpoint, s.mode = 'digest' OR raised.later AS gathered, raised.position, raised.event_id
    FROM unnest($1::bigint[], $2::uuid[], $3::int[], $4::bool[], $5::text[], $6::text[], $7::text[], $8::text[])
        AS raised (position, event_id, authority_id, later, services, themes, regions, within)
    JOIN subscriptions s ON coalesce(s.authority_id, 0) = raised.authority_id AND s.closed_at IS NULL
    WHERE ($10::uuid IS NULL OR s.id = $10)
      AND (s.events = '{}' OR $9 = ANY(s.events))
      AND (s.services = '{}' OR s.services && string_to_array(raised.services, ' '))
      AND (s.themes = '{}' OR s.themes && string_to_array(raised.themes, ' '))
      AND (s.regions = '{}' OR s.regions && string_to_array(raised.within, ' ')
           OR s.within_regions && string_to_array(raised.regions, ' '))
)
"""

_THEN_DELIVER = """
, at_once AS (
    INSERT INTO deliveries (id, subscription_id, endpoint, webhook_id, alerts, state, due_at, created_at)
    SELECT uuidv7(), id, endpoint, event_id || '_' || id, ARRAY[position], 'due', $11, $11 FROM wanted WHERE NOT gathered
), so_far AS (
    SELECT listener.id, coalesce(sum(cardinality(d.alerts)), 0) AS alerts
    FROM (SELECT DISTINCT id FROM wanted WHERE gathered) AS listener
    LEFT JOIN deliveries d ON d.subscription_id = listener.id AND d.digest_on = $12 AND d.claim = 0
    GROUP BY listener.id
), parted AS (
    SELECT id, endpoint, position,
           ((so_far.alerts + row_number() OVER (PARTITION BY id ORDER BY position) - 1) / $14)::int AS part
    FROM wanted JOIN so_far USING (id) WHERE gathered
)
INSERT INTO deliveries AS d
    (id, subscription_id, endpoint, webhook_id, alerts, digest_on, digest_part, state, due_at, created_at)
SELECT gathering, id, endpoint, 'digest_' || gathering, alerts, $12, part, 'due', $13, $11
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

    def context(self, correlation_id: str | None, traceparent: str | None) -> Context:
        """The notifier speaks for its installation."""
        return Context(f"{self.log.installation}/notifier/follower", correlation_id, traceparent)

    def day(self, time: datetime) -> date:
        """The calendar day there."""
        return time.astimezone(self.zone).date()


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
    for start in range(0, len(drafts), CHUNK):
        await _raise(connection, desk, drafts[start : start + CHUNK], context, subscription)


async def matched(connection: Connection, topics: Sequence[Topic]) -> set[int]:
    """Which of these, by index, at least one filter without a municipality lets through; all are of one event's name."""
    indexes = range(len(topics))
    columns = [list(indexes), [None] * len(topics), [EVERYONE] * len(topics), [False] * len(topics), *_columns(topics)]
    rows = await connection.fetch(_MATCHED, *columns, topics[0].event, None)
    return {row["position"] for row in rows}


async def _raise(
    connection: Connection, desk: Desk, drafts: Sequence[Draft], context: Context, subscription: UUID | None
) -> None:
    ids = [desk.new_id() for _ in drafts]
    facts = [
        (Key("alert", str(id_)), msgspec.structs.replace(draft.fact, alert=str(id_), municipality=draft.municipality))
        for id_, draft in zip(ids, drafts, strict=True)
    ]
    written = await write(connection, desk.log, facts, context=context, clock=desk.clock, new_id=desk.new_id)
    now = desk.clock()
    positions = [one.recorded.position for one in written]
    authorities = [draft.authority_id for draft in drafts]
    await connection.execute(_KEEP, positions, ids, authorities, [draft.fact.reason for draft in drafts], now)
    due = digest_due(now, desk.zone)
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


def _event_ids(written: Sequence[Written]) -> Iterator[UUID]:
    return (one.recorded.id for one in written)


def _columns(topics: Sequence[Topic]) -> list[list[str]]:
    """Services, themes, regions and their countries, each as one text: an array of arrays would be flattened."""
    rows = [_row(topic) for topic in topics]
    return [list(column) for column in zip(*rows, strict=True)]


@lru_cache(maxsize=1000)
def _row(topic: Topic) -> tuple[str, str, str, str]:
    texts = (topic.services, topic.themes, topic.regions, within(topic.regions))
    services, themes, regions, around = (" ".join(text) for text in texts)
    return services, themes, regions, around
