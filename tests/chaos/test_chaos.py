"""A short run of the chaos, and the proof that its check would see what it looks for."""

import random
from collections.abc import Callable

import pytest

from tests.chaos.__main__ import one_round
from tests.chaos.checking import check
from tests.chaos.load import Load
from tests.chaos.report import Line
from tests.chaos.stories import stories
from tests.chaos.world import World, world

SEED = 20261122
FAULTS = 8

Plant = Callable[[World], object]


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_in_a_short_run() -> None:
    async with world() as place:
        assert await one_round(place, random.Random(SEED), "chaos-1", most=FAULTS)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_check_sees_each_planted_difference() -> None:
    async with world() as place:
        load = Load(place, await stories(place, "chaos-1"), "chaos-1")
        async with load.writing():
            await load.more(150)
        assert _different(await check(place, load.acknowledged)) == set()
        for plant, seen in PLANTS:
            plant(place)
            different = _different(await check(place, load.acknowledged))
            assert seen <= different, different


def _different(lines: list[Line]) -> set[str]:
    return {line.what for line in lines if not line.right}


def _in_log(name: str, old: str, new: str) -> Plant:
    """Written past the log's own guard, into the first event that has those words in it."""
    statement = f"""
        ALTER TABLE events DISABLE TRIGGER USER;
        UPDATE events SET document = convert_to(replace(convert_from(document, 'UTF8'), '{old}', '{new}'), 'UTF8')
        WHERE position = (SELECT min(position) FROM events WHERE convert_from(document, 'UTF8') LIKE '%{old}%');
        ALTER TABLE events ENABLE TRIGGER USER"""
    return lambda place: place.postgres.sql(statement, name)


def _forget(place: World) -> object:
    return next(one for one in place.receivers if one.received).received.pop()


PLANTS: list[tuple[Plant, set[str]]] = [
    (
        _in_log("catalog", "chaos-1-status-", "other-"),
        {"acknowledged: status", "stream CATALOG = log"},
    ),
    (
        lambda place: place.postgres.sql("UPDATE statuses SET version = version - 1 WHERE version > 1", "catalog"),
        {"catalog's states = fold(log)"},
    ),
    (
        lambda place: place.postgres.sql(
            "DELETE FROM live.recordings WHERE ctid = (SELECT min(ctid) FROM live.recordings)", "progress"
        ),
        {"read models = fold(log)"},
    ),
    (
        _in_log("notifier", "lacks-service", "uses-solution"),
        {"alerts", "stream NOTIFIER = log"},
    ),
    (_forget, {"webhooks of them"}),
]
