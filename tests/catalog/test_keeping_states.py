"""Current states are kept beside the log in the same transaction and come back as they were."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from catalog.domain.asking import INSTALLATION, By
from catalog.domain.availability import OpenSolution
from catalog.domain.bundle import ListBundle
from catalog.domain.entry import Entry
from catalog.domain.municipality import MunicipalityHasEnded
from catalog.domain.municipality_changes import (
    CountMunicipality,
    MergeMunicipality,
    MoveMunicipality,
    RegisterMunicipality,
    RekeyMunicipality,
    RenameMunicipality,
)
from catalog.domain.responsibility_changes import AssignResponsibility, EndResponsibility
from catalog.domain.service import WithdrawService
from catalog.domain.solution_changes import PublishSolution
from catalog.domain.status_changes import ConfirmStatuses, RecordStatus, RetractStatus
from catalog.domain.status_refusals import NotResponsible
from catalog.keeping import keepers
from catalog.keeping.looking import look
from catalog.keeping.tables import metadata
from catalog.migrating import migrate
from edge.correlation import uuid7
from events.contracts.parts import Basis, Location
from events.deciding import Command, Key
from events.log.append import AppendQueue, Context, Log
from events.log.connect import engine
from tests.harness.postgres import Databases
from tests.situations import saxony
from tests.situations.saxony import (
    ALTMITTWEIDA,
    AMT_MITTWEIDA,
    CHEMNITZ,
    DOG_TAX,
    LEIPZIG,
    MITTELSACHSEN,
    MITTWEIDA,
    MOVING_HOUSE,
    OUTBOX,
    SACHSEN,
)
from tests.situations.world import World

TODAY = date(2026, 11, 2)
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


class Kept:
    """A real database that hears the same commands as a world in memory."""

    def __init__(self, url: str, queue: AppendQueue) -> None:
        self.url = url
        self.engine = engine(url)
        self.queue = queue
        self.world = World(TODAY)

    async def hears(self, *commands: Command) -> None:
        for command in commands:
            self.world.hears(command)
            await self.queue.append(command, Context("inst/operator/1"))

    async def agrees_on(self, *keys: Key) -> None:
        """What is read back is what a pure fold makes of it."""
        found = await look(self.engine, keys)
        for key in keys:
            assert found.get(key) == self.world._state(key), key


@pytest.fixture
async def kept(make_database: Databases) -> AsyncIterator[Kept]:
    url = await make_database.prepared("catalog", migrate)
    clock = lambda: datetime(2026, 11, 2, 9, tzinfo=UTC)  # noqa: E731 - said where it is used
    new_id = iter(uuid.UUID(int=number) for number in range(1, 10_000)).__next__
    async with AppendQueue(url, log=Log("catalog", "inst"), keepers=keepers(), clock=clock, new_id=new_id) as queue:
        kept = Kept(url, queue)
        await kept.hears(*saxony.authorities(), *saxony.services())
        yield kept
        await kept.engine.dispose()


async def test_migrating_twice_changes_nothing_and_makes_the_tables_that_are_read(database: str) -> None:
    await migrate(database)
    await migrate(database)
    reading = engine(database)
    async with reading.connect() as connection:
        there = await connection.run_sync(
            lambda sync: {
                table: {column["name"] for column in sa.inspect(sync).get_columns(table)} for table in metadata.tables
            }
        )
    await reading.dispose()
    for name, table in metadata.tables.items():
        assert {column.name for column in table.columns} <= there[name]


async def test_municipalities_come_back_by_every_key(kept: Kept) -> None:
    new_key = "ars:145225119999"
    await kept.hears(
        RenameMunicipality(id=MITTWEIDA, name="Große Kreisstadt Mittweida", effective_on=JUNE),
        RekeyMunicipality(id=MITTWEIDA, key=new_key, effective_on=JUNE),
        CountMunicipality(id=MITTWEIDA, inhabitants=14_000, inhabitants_on=JUNE),
        MoveMunicipality(id=ALTMITTWEIDA, parents=(MITTELSACHSEN, SACHSEN), effective_on=JUNE),
        MergeMunicipality(id=CHEMNITZ, successor=LEIPZIG, effective_on=JULY),
    )
    keys = [
        Key("municipality", one) for one in (MITTWEIDA, new_key, ALTMITTWEIDA, CHEMNITZ, LEIPZIG, "ars:000000000001")
    ]
    await kept.agrees_on(*keys)
    found = await look(kept.engine, keys)
    assert found[keys[1]].id == MITTWEIDA
    assert [one.name for one in found[keys[0]].above] == [
        "Verwaltungsgemeinschaft Mittweida",
        "Mittelsachsen",
        "Sachsen",
    ]


async def test_a_registration_keeps_every_fact(kept: Kept) -> None:
    given = RegisterMunicipality(
        id="katottg:UA01", name="Громада", levels=("commune",), region="UA-32", kind="hromada", inhabitants=1,
        inhabitants_on=JUNE, location=Location(latitude=50.5, longitude=30.25), postcode="01001", language="uk",
        translations={"de": {"name": "Hromada"}}, basis=Basis(kind="register", url="https://x.test", as_of=JUNE),
    )  # fmt: skip
    await kept.hears(given)
    await kept.agrees_on(Key("municipality", "katottg:UA01"))


async def test_services_and_bundles_come_back(kept: Kept) -> None:
    await kept.hears(
        WithdrawService(service=DOG_TAX, effective_on=JUNE, successor=MOVING_HOUSE),
        ListBundle(id="10119", title="Personalausweis", theme="querschnittsleistungen", services=(MOVING_HOUSE,)),
    )
    await kept.agrees_on(Key("service", DOG_TAX), Key("service", OUTBOX), Key("bundle", "10119"))


async def test_responsibilities_come_back_with_what_concerns_a_cell(kept: Kept) -> None:
    by = By("editor", AMT_MITTWEIDA)
    facts: dict[str, Any] = {"municipality": AMT_MITTWEIDA, "service": MOVING_HOUSE, "today": TODAY}
    await kept.hears(
        AssignResponsibility(members=(MITTWEIDA, ALTMITTWEIDA), effective_on=JUNE, by=by, **facts),
        AssignResponsibility(members=(MITTWEIDA,), effective_on=JULY, by=by, **facts),
        EndResponsibility(effective_on=TODAY, **facts),
        AssignResponsibility(municipality=CHEMNITZ, service=DOG_TAX, region="DE", effective_on=JUNE, by=INSTALLATION, today=TODAY),
    )  # fmt: skip
    await kept.agrees_on(
        Key("responsibility", f"{AMT_MITTWEIDA}/{MOVING_HOUSE}"),
        Key("responsibility", f"{CHEMNITZ}/{DOG_TAX}"),
    )
    cells = {
        name: Key("responsible", f"{name}/{service}")
        for name, service in ((MITTWEIDA, MOVING_HOUSE), (LEIPZIG, DOG_TAX), (AMT_MITTWEIDA, MOVING_HOUSE))
    }
    found = await look(kept.engine, [*cells.values(), Key("responsible", f"{LEIPZIG}/{MOVING_HOUSE}")])
    assert {name: len(found[key].assignments) for name, key in cells.items()} == {
        MITTWEIDA: 2,
        LEIPZIG: 1,
        AMT_MITTWEIDA: 2,
    }
    assert found[cells[LEIPZIG]].assignments[0].municipality.name == "Chemnitz"
    assert len(found) == 3


async def test_statuses_come_back_with_their_timeline_and_notes(kept: Kept) -> None:
    for phase, day, note in (("planned", JUNE, None), ("live", JULY, "endlich")):
        entry = Entry(service=MOVING_HOUSE, phase=phase, effective_on=day, note=note)  # type: ignore[arg-type]
        await kept.hears(RecordStatus(municipality=LEIPZIG, entry=entry, today=TODAY))
    cell = Key("status", f"{LEIPZIG}/{MOVING_HOUSE}")
    await kept.agrees_on(cell)
    await kept.hears(ConfirmStatuses(municipality=LEIPZIG, services=(MOVING_HOUSE,), today=TODAY))
    await kept.agrees_on(cell)
    await kept.hears(RetractStatus(municipality=LEIPZIG, service=MOVING_HOUSE, today=TODAY))
    await kept.agrees_on(cell)


async def test_solutions_come_back_with_where_they_are_open(kept: Kept) -> None:
    await kept.hears(
        PublishSolution(
            slug="postausgang", name="Postausgang", kind="saas", efa=True, services=(OUTBOX,), publisher=LEIPZIG, by=INSTALLATION
        ),
        OpenSolution(slug="postausgang", regions=("DE-SN", "DE-SH"), by=INSTALLATION, today=TODAY),
    )  # fmt: skip
    await kept.agrees_on(Key("solution", "postausgang"))


async def test_a_change_in_between_is_seen_by_the_next_command(kept: Kept) -> None:
    """Municipalities are remembered between batches; a merge must not be overlooked."""
    entry = Entry(service=MOVING_HOUSE, phase="planned", effective_on=JUNE)
    await kept.hears(RecordStatus(municipality=MITTWEIDA, entry=entry, today=TODAY))
    await kept.hears(MergeMunicipality(id=MITTWEIDA, successor=CHEMNITZ, effective_on=JULY))
    late = RecordStatus(
        municipality=MITTWEIDA, entry=Entry(service=DOG_TAX, phase="live", effective_on=JULY), today=TODAY
    )
    with pytest.raises(MunicipalityHasEnded):
        await kept.queue.append(late, Context("x"))


async def test_another_process_is_seen_too(kept: Kept) -> None:
    """What one process remembers is forgotten as soon as another appends."""
    entry = Entry(service=MOVING_HOUSE, phase="planned", effective_on=JUNE)
    await kept.hears(RecordStatus(municipality=MITTWEIDA, entry=entry, today=TODAY))
    other = AppendQueue(kept.url, log=kept.queue.log, keepers=keepers(), clock=lambda: datetime.now(UTC), new_id=uuid7)
    async with other:
        assign = AssignResponsibility(
            municipality=AMT_MITTWEIDA, service=MOVING_HOUSE, members=(MITTWEIDA,), effective_on=JUNE, by=INSTALLATION, today=TODAY
        )  # fmt: skip
        await other.append(assign, Context("x"))
    again = RecordStatus(
        municipality=MITTWEIDA, entry=Entry(service=MOVING_HOUSE, phase="live", effective_on=JULY), today=TODAY
    )
    with pytest.raises(NotResponsible, match="Verwaltungsgemeinschaft"):
        await kept.queue.append(again, Context("x"))
