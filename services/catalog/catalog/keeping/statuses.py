"""Statuses as they are now: one row a cell, with its whole timeline, because it is decided and shown as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from catalog.domain import status
from catalog.domain.status import StatusState, Timeline
from catalog.keeping.tables import metadata
from events.deciding import Recorded
from events.log.connect import Connection
from events.log.statement import Statement

statuses = sa.Table(
    "statuses",
    metadata,
    sa.Column("municipality", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("confirmed_on", sa.Date),
    sa.Column("timeline", JSONB, nullable=False),
)

_LOAD = """
SELECT s.municipality, s.service, s.version, s.confirmed_on, s.timeline::text, (
    SELECT json_object_agg(position, note)::text FROM notes
    WHERE position = ANY (ARRAY(SELECT (one ->> 'position')::bigint FROM jsonb_array_elements(s.timeline -> 'recordings') AS one))
) FROM statuses s
JOIN unnest($1::text[], $2::text[]) AS asked(municipality, service)
  ON s.municipality = asked.municipality AND s.service = asked.service
"""
_LOAD_ALL = """
SELECT service, version, confirmed_on, timeline::text AS timeline
FROM statuses WHERE municipality = $1 ORDER BY service
"""
_NOTES = "SELECT position, note FROM notes WHERE position = ANY($1::bigint[])"
_SAVE = """
INSERT INTO statuses (municipality, service, version, confirmed_on, timeline)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::date[], $5::jsonb[])
ON CONFLICT (municipality, service) DO UPDATE SET
    version = excluded.version, confirmed_on = excluded.confirmed_on, timeline = excluded.timeline
"""
_AT_A_TIME = 250
_decode = msgspec.json.Decoder(Timeline).decode
_decode_notes = msgspec.json.Decoder(dict[int, str]).decode
_encode = msgspec.json.Encoder().encode


class Statuses:
    """Many, so none is remembered."""

    kind = "status"
    remembered = False
    quoted = False
    table = "statuses"
    columns = ("municipality", "service", "version", "confirmed_on", "timeline")

    def asking(self, ids: Sequence[str]) -> Statement:
        """By `municipality/service`, with the notes lent from beside the log."""
        halves = [cell.partition("/") for cell in ids]
        return Statement(_LOAD, [[half[0] for half in halves], [half[2] for half in halves]])

    def states(self, rows: Iterable[Any]) -> Mapping[str, StatusState]:
        """By `municipality/service`."""
        return {
            f"{municipality}/{service}": StatusState(
                version=version,
                timeline=_with_notes(_decode(timeline), _decode_notes(notes) if notes else {}),
                confirmed_on=confirmed_on,
            )
            for municipality, service, version, confirmed_on, timeline, notes in rows
        }

    def evolve(self, state: StatusState | None, recorded: Recorded) -> StatusState:
        """As the domain says."""
        return status.evolve(state, recorded)

    def row(self, identity: str, state: StatusState) -> Sequence[object]:
        """One of them, without the notes."""
        municipality, _, service = identity.partition("/")
        return (
            municipality,
            service,
            state.version,
            state.confirmed_on,
            _encode(_without_notes(state.timeline)).decode(),
        )

    def save(self, states: Mapping[str, StatusState]) -> Sequence[Statement]:
        """All of them, without the notes."""
        halves = [cell.partition("/") for cell in states]
        kept = list(states.values())
        columns = [
            [half[0] for half in halves],
            [half[2] for half in halves],
            [one.version for one in kept],
            [one.confirmed_on for one in kept],
            [_encode(_without_notes(one.timeline)).decode() for one in kept],
        ]
        return [Statement(_SAVE, columns)]


async def of_municipality(connection: Connection, municipality: str) -> Mapping[str, StatusState]:
    """Everything recorded for one municipality, by service: one moment's, but not at one go, so that others get theirs too."""
    found: dict[str, StatusState] = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        cursor = await connection.cursor(_LOAD_ALL, municipality)
        while rows := await cursor.fetch(_AT_A_TIME):
            timelines = [_decode(row["timeline"]) for row in rows]
            positions = [one.position for timeline in timelines for one in timeline.recordings]
            notes = {row["position"]: row["note"] for row in await connection.fetch(_NOTES, positions)}
            for row, timeline in zip(rows, timelines, strict=True):
                found[row["service"]] = StatusState(
                    version=row["version"], timeline=_with_notes(timeline, notes), confirmed_on=row["confirmed_on"]
                )
    return found


def _with_notes(timeline: Timeline, notes: Mapping[int, str]) -> Timeline:
    if not notes:
        return timeline
    replace = msgspec.structs.replace
    return Timeline(tuple(replace(one, note=notes.get(one.position)) for one in timeline.recordings))


def _without_notes(timeline: Timeline) -> Timeline:
    if all(one.note is None for one in timeline.recordings):
        return timeline
    return Timeline(tuple(msgspec.structs.replace(one, note=None) for one in timeline.recordings))
