"""A municipality's sheet: each service it delivers or recorded something of, with what is in force today."""

from datetime import date

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from catalog.domain import municipality as municipalities
from catalog.domain import responsibility
from catalog.domain import service as services
from catalog.domain.municipality import Municipality, MunicipalityUnknown
from catalog.domain.responsibility import NOBODY_SAID, delivers
from catalog.domain.service import Service
from catalog.domain.status import NOTHING, Recording, StatusState, Timeline
from catalog.keeping.looking import look, plain
from catalog.keeping.statuses import of_municipality
from events.contracts.parts import Basis, Maturity, MunicipalityRef
from events.contracts.words import Phase, Reason

_KEYS = "SELECT key FROM services"


class SheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A service and what is in force; all null where nothing is recorded. `note` only for those who may write it."""

    service: str
    title: str
    phase: Phase | None
    maturity: Maturity | None
    effective_on: date | None
    expected_live_on: date | None
    online_url: str | None
    solution: str | None
    reason: Reason | None
    note: str | None
    basis: Basis | None
    recorded_on: date | None
    confirmed_on: date | None
    version: int


class MunicipalitySheet(msgspec.Struct, frozen=True, kw_only=True):
    """All rows, services by key and components last."""

    municipality: MunicipalityRef
    rows: tuple[SheetRow, ...]


async def sheet_of(engine: AsyncEngine, key: str, today: date, *, with_notes: bool) -> MunicipalitySheet:
    """The sheet, by any key of the municipality. Raises MunicipalityUnknown."""
    here = await known(engine, key)
    async with plain(engine) as connection:
        recorded = await of_municipality(connection, here.id)
        keys = [row["key"] for row in await connection.fetch(_KEYS)]
    wanted = [services.key_of(each) for each in keys] + [responsibility.concerning(here.id, each) for each in keys]
    states = await look(engine, wanted)
    rows = []
    for each in keys:
        service: Service = states[services.key_of(each)]
        said = states.get(responsibility.concerning(here.id, each)) or NOBODY_SAID
        state = recorded.get(each, NOTHING)
        standing = state.timeline.on(today)
        ours = service.withdrawn_on is None and here.ended_on is None and delivers(here, service, said, today)
        if ours or standing is not None:
            rows.append((service.listed.kind == "component", each, _row(service, state, standing, with_notes)))
    return MunicipalitySheet(
        municipality=here.ref, rows=tuple(row for *_, row in sorted(rows, key=lambda row: row[:2]))
    )


async def known(engine: AsyncEngine, key: str) -> Municipality:
    """The municipality of that key. Raises MunicipalityUnknown."""
    asked = municipalities.key_of(key)
    found: Municipality | None = (await look(engine, [asked])).get(asked)
    if found is None:
        raise MunicipalityUnknown(key)
    return found


async def timelines_of(engine: AsyncEngine, municipality: str) -> dict[str, Timeline]:
    """All that is recorded for it, by service."""
    async with plain(engine) as connection:
        recorded = await of_municipality(connection, municipality)
    return {service: state.timeline for service, state in recorded.items()}


def _row(service: Service, state: StatusState, standing: Recording | None, with_notes: bool) -> SheetRow:
    status = standing.state if standing is not None else None
    return SheetRow(
        service=service.key,
        title=service.ref.title,
        phase=status.phase if status else None,
        maturity=status.maturity if status else None,
        effective_on=standing.effective_on if standing else None,
        expected_live_on=status.expected_live_on if status else None,
        online_url=status.online_url if status else None,
        solution=status.solution if status else None,
        reason=status.reason if status else None,
        note=standing.note if standing and with_notes else None,
        basis=status.basis if status else None,
        recorded_on=standing.recorded_on if standing else None,
        confirmed_on=state.confirmed_on,
        version=state.version,
    )
