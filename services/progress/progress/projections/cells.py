"""The cells of one municipality, one by one: which to show is known from the sets, and only those are read."""

from datetime import date
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from events.log.connect import Connection
from progress.domain.classes import SERVICES
from progress.domain.measures import MEASURES, bit
from progress.facts.bitmaps import Bits
from progress.facts.recordings import BASES, PHASES, REASONS
from progress.projections import standing
from progress.projections.catalogue import Service
from progress.projections.held import EXCLUDED, RECORDED
from progress.projections.moment import Moment, records
from progress.projections.standing import Cells

Which = Literal["all", "recorded", "online", "compliant", "not_assessed", "in_work", "excluded", "not_recorded"]


class MunicipalityRef(msgspec.Struct, frozen=True, kw_only=True):
    """A municipality by id and name."""

    id: str
    name: str


class ServiceRef(msgspec.Struct, frozen=True, kw_only=True):
    """A service by key and title."""

    key: str
    title: str


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded status, with the event behind it."""

    phase: str
    online: bool
    compliant: bool
    model: str | None
    level: int | None
    reason: str | None
    solution: str | None
    online_url: str | None
    expected_live_on: date | None
    effective_on: date
    recorded_on: date
    confirmed_on: date | None
    basis: str
    basis_url: str | None
    event: int
    """The position of the event in the catalog's feed: `/api/catalog/v1/events?after=<position - 1>&limit=1`."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One service in one municipality; `status` is null where nothing is recorded."""

    service: ServiceRef
    theme: str
    level: str
    bundle: str | None
    countable: bool
    own: bool
    delivered_by: MunicipalityRef
    status: Stand | None


EVERY: Final[Bits] = -1
"""The set of all services."""
STATE_AT: Final = """e.effective_on <= :day AND :day < e.until AND e.recorded_on <= :known"""
"""Whether a row `e` of recordings speaks of `:day` and was known at `:known`; of those, the highest position holds."""

_CELLS: Final = f"""
    SELECT n.service, a.key AS provider, a.name AS provider_name, r.*, c.confirmed_on, o.key AS solution_key
    FROM unnest(CAST(:providers AS integer[]), CAST(:services AS integer[])) n (provider, service)
    JOIN authorities a ON a.id = n.provider
    LEFT JOIN LATERAL (
        SELECT e.* FROM recordings e
        WHERE e.authority = n.provider AND e.service = n.service AND {STATE_AT}
        ORDER BY e.position DESC LIMIT 1
    ) r ON true
    LEFT JOIN solutions o ON o.id = r.solution
    LEFT JOIN confirmations c ON c.authority = n.provider AND c.service = n.service AND r.bits IS NOT NULL
         AND c.confirmed_on >= r.effective_on AND c.confirmed_on <= least(CAST(:day AS date), CAST(:known AS date))
"""  # noqa: S608 - composed of our own constants


async def listed(
    connection: Connection,
    authority: int,
    moment: Moment,
    *,
    which: Which = "all",
    own: bool | None = None,
    among: Bits = EVERY,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Cell]:
    """The single cells by theme and key, a page at a time: those that a figure counted, or all; perhaps only `among` some."""
    town = await standing.numbered(connection, authority, moment)
    catalogue = await standing.catalogue_of(connection, town)
    cells = await standing.cells_of(connection, town, catalogue, moment)
    shown = list(islice(catalogue.within(_chosen(cells, which, own) & among, after), limit))
    providers = [cells.provider(one.id) for one in shown]
    found = await records(
        connection, _CELLS, providers=providers, services=[one.id for one in shown], **moment.parameters
    )
    rows = {row[0]: row for row in found}
    return [_cell(one, provider == authority, rows[one.id]) for one, provider in zip(shown, providers, strict=True)]


def _chosen(cells: Cells, which: Which, own: bool | None) -> Bits:
    services = cells.all if own is None else cells.own if own else cells.all & ~cells.own
    if which == "all":
        return services
    if which == "not_recorded":
        return services & ~(cells.held[RECORDED] | cells.held[EXCLUDED])
    return services & cells.held[MEASURES.index(which)]


def _cell(service: Service, own: bool, row: Any) -> Cell:
    return Cell(
        service=ServiceRef(key=service.key, title=service.title),
        theme=service.theme,
        level=service.level,
        bundle=service.bundle,
        countable=service.family == SERVICES,
        own=own,
        delivered_by=MunicipalityRef(id=row["provider"], name=row["provider_name"]),
        status=stand(row),
    )


def stand(row: Any) -> Stand | None:
    """A status from a row that holds the columns of `recordings`, `solution_key` and `confirmed_on`."""
    if row["bits"] is None:
        return None
    return Stand(
        phase=PHASES[row["phase"]],
        online=bool(row["bits"] & bit("online")),
        compliant=bool(row["bits"] & bit("compliant")),
        model=row["model"],
        level=row["level"],
        reason=None if row["reason"] is None else REASONS[row["reason"]],
        solution=row["solution_key"],
        online_url=row["online_url"],
        expected_live_on=row["expected_live_on"],
        effective_on=row["effective_on"],
        recorded_on=row["recorded_on"],
        confirmed_on=row["confirmed_on"],
        basis=BASES[row["basis"]],
        basis_url=row["basis_url"],
        event=row["position"],
    )
