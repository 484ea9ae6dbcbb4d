"""Everything that was ever said of one service in one municipality, from the log itself."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import envelope, registry
from events.contracts.catalog import StatusConfirmed, StatusRecorded, StatusRetracted
from events.contracts.parts import MunicipalityRef, Status
from events.deciding import Key
from events.log import read
from events.log.tables import notes


class HistoryItem(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a status: which days it is about, what held and what holds there since."""

    event: Literal["recorded", "retracted", "confirmed"]
    effective_on: date
    until: date | None
    state: Status | None
    replaced: Status | None
    correction: bool
    recorded_on: date
    time: datetime
    authority: str
    role: str
    version: int
    position: int
    id: str
    delegate: MunicipalityRef | None = None
    """Who said it in the municipality's stead, if it was not the municipality itself."""
    note: str | None = None


async def history(engine: AsyncEngine, key: Key, *, with_notes: bool) -> list[HistoryItem]:
    """Oldest first."""
    async with engine.connect() as connection:
        documents = await read.stream(connection, key.stream)
        items = [_item(version, document) for version, document in enumerate(documents, 1)]
        if not (with_notes and items):
            return items
        wanted = select(notes).where(notes.c.position.in_([item.position for item in items]))
        noted = {row.position: row.note for row in await connection.execute(wanted)}
    return [msgspec.structs.replace(item, note=noted.get(item.position)) for item in items]


def _item(version: int, document: bytes) -> HistoryItem:
    said = envelope.decode(document)
    authority, _, rest = said.actor.partition("/")
    common: dict[str, Any] = {
        "time": said.time,
        "authority": authority,
        "role": rest.partition("/")[0],
        "version": version,
        "position": said.position,
        "id": said.id,
    }
    data = registry.decode(said)
    common["delegate"] = getattr(data, "delegate", None) or None
    if isinstance(data, StatusConfirmed):
        return HistoryItem(
            event="confirmed",
            effective_on=data.effective_on,
            until=None,
            state=data.state,
            replaced=data.state,
            correction=False,
            recorded_on=data.confirmed_on,
            **common,
        )
    assert isinstance(data, StatusRecorded | StatusRetracted)
    return HistoryItem(
        event="recorded" if isinstance(data, StatusRecorded) else "retracted",
        effective_on=data.effective_on,
        until=data.until,
        state=data.state,
        replaced=data.replaced,
        correction=isinstance(data, StatusRetracted) or data.correction,
        recorded_on=data.recorded_on,
        **common,
    )
