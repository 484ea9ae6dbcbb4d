"""Whoever asks while events come in is told one state: that of the position which the answer names.

The usual questions are one statement, or two that must be of the same state, beside what is in memory: no transaction holds
them together. So each answer is compared with what a snapshot at that position says.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import catalog as said
from events.log.connect import Connection
from progress.applying import Progress
from progress.desk import Desk
from progress.facts import bitmaps
from progress.projections import neighbours, services, whole
from progress.projections.blind_spots import blind_spots
from progress.projections.moment import Moment, NeedsSnapshot, Unknown, reading
from progress.projections.municipalities import municipality
from progress.readers import Readers
from progress.settings import ProgressSettings
from progress.worker import now
from tests.progress.saxony import CHEMNITZ, DOG, KIEL, LICENCE, MITTWEIDA, MOVING, TODAY, UNION, reporting_saxony
from tests.progress.story import Event, Story, live
from tests.progress.test_counters_equal_a_recount import start_over

MOMENTS = [Moment(day, TODAY, latest=True) for day in (TODAY - timedelta(days=150), TODAY)]
EARLIER = Moment(TODAY, TODAY - timedelta(days=150), latest=False)
Question = Callable[[Connection], Awaitable[Any]]
QUESTIONS: list[Question] = [
    *(lambda connection, moment=moment: whole.overview(connection, moment) for moment in [*MOMENTS, EARLIER]),
    *(lambda connection, moment=moment: whole.region(connection, "DE-SN", moment) for moment in MOMENTS),
    *(lambda connection, key=key: municipality(connection, key, MOMENTS[1]) for key in (CHEMNITZ, MITTWEIDA)),
    *(lambda connection, key=key: services.service(connection, key, MOMENTS[1]) for key in (MOVING, DOG, LICENCE)),
    *(lambda connection, key=key: blind_spots(connection, key, MOMENTS[1]) for key in (KIEL, CHEMNITZ)),
]


def busy_saxony() -> Story:
    """Statuses and changes of the catalogue, one after the other."""
    story = reporting_saxony()
    peer = story.town("ars:146120000000", ("commune", "district"), inhabitants=240_000, name="Dresden, Stadt")
    for town, key in ((peer, MOVING), (KIEL, LICENCE), (peer, DOG)):
        story.record(town, key, live(3), TODAY - timedelta(days=3))
    story.assign(UNION, MOVING, TODAY - timedelta(days=2), region="DE-SN")
    story.record(UNION, MOVING, live(3), TODAY)
    listed = story.services[DOG]
    facts = {name: getattr(listed, name) for name in listed.__struct_fields__}
    story.say(said.ServiceRevised(**facts | {"theme": "umwelt"}))
    story.record(CHEMNITZ, LICENCE, live(3), TODAY)
    return story


@pytest.fixture
async def desk(progress_url: str, progress_database: AsyncEngine) -> AsyncIterator[Desk]:
    readers = Readers(progress_url, size=2)
    yield Desk(readers, now, ProgressSettings().time_zone)
    await readers.close()


async def apply(database: AsyncEngine, event: Event) -> None:
    with patch.object(bitmaps, "OFTEN", 1):  # so that there are some
        await _apply(database, event)


async def _apply(database: AsyncEngine, event: Event) -> None:
    async with database.begin() as connection:
        await Progress(UTC).apply(connection, [event])
        position = {"position": event.position}
        if (await connection.execute(text("UPDATE followers SET position = :position"), position)).rowcount == 0:
            insert = "INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :position, 'x')"
            await connection.execute(text(insert), position)


async def told(asking: Awaitable[Any]) -> Any:
    """An answer, or that there is no such thing yet."""
    try:
        return await asking
    except Unknown as unknown:
        return str(unknown)


async def in_a_snapshot(database: AsyncEngine) -> list[Any]:
    async with reading(database) as connection:
        return [await told(question(connection)) for question in QUESTIONS]


async def test_after_every_event_it_is_what_a_snapshot_says(desk: Desk, progress_database: AsyncEngine) -> None:
    for event in busy_saxony().log:
        await apply(progress_database, event)
        answers = [await told(desk.ask(question)) for question in QUESTIONS]
        assert answers == await in_a_snapshot(progress_database)


async def test_while_events_come_in_every_answer_is_of_the_position_it_names(
    desk: Desk, progress_database: AsyncEngine
) -> None:
    log = busy_saxony().log
    expected = {}
    for event in log:
        await apply(progress_database, event)
        expected[event.position] = await in_a_snapshot(progress_database)
    await start_over(progress_database)
    await apply(progress_database, log[0])
    found: list[tuple[int, Any]] = []
    answered, done = asyncio.Event(), asyncio.Event()

    async def ask(number: int) -> None:
        while not done.is_set():
            found.append((number, await told(desk.ask(QUESTIONS[number]))))
            number = (number + 1) % len(QUESTIONS)
            answered.set()

    async with asyncio.TaskGroup() as tasks:
        for number in (0, 5):
            tasks.create_task(ask(number))
        for event in log[1:]:
            await apply(progress_database, event)
            answered.clear()
            await answered.wait()
        done.set()

    answers = [(number, answer) for number, answer in found if not isinstance(answer, str)]
    assert len({answer.position for _, answer in answers}) > len(log) // 3
    for number, answer in answers:
        assert answer == expected[answer.position][number]


async def test_an_event_between_its_two_statements_is_in_all_of_an_answer_or_in_nothing_of_it(
    desk: Desk, progress_database: AsyncEngine
) -> None:
    *log, last, very_last = busy_saxony().log
    for event in (*log, last):
        await apply(progress_database, event)
    question = QUESTIONS[-2]
    before = await desk.ask(question)
    assert before.items
    of, coming = neighbours.of, [very_last]

    async def meanwhile(*asked: Any) -> Any:
        if coming:
            await apply(progress_database, coming.pop())
        return await of(*asked)

    with patch.object(neighbours, "of", meanwhile):
        answer = await desk.ask(question)
    assert answer.position == before.position + 1
    assert answer == (await in_a_snapshot(progress_database))[-2]


async def test_what_takes_several_statements_is_never_asked_outside_a_snapshot(desk: Desk) -> None:
    async def outside(connection: Connection) -> Any:
        assert not connection.is_in_transaction()
        return await whole.overview(connection, EARLIER)

    with pytest.raises(NeedsSnapshot):
        await desk.readers.at_once(outside)
