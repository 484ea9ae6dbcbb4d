"""A short run of the chaos, and the proof that its check would see what it looks for."""

import asyncio
import random
from collections.abc import Callable

import pytest

from tests.chaos.__main__ import one_round
from tests.chaos.checking import check
from tests.chaos.load import Load
from tests.chaos.report import Line
from tests.chaos.stories import stories
from tests.chaos.world import DELEGATE, World, world

SEED = 20261122
FAULTS = 8

Plant = Callable[[World], object]


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_nothing_is_lost_or_doubled_in_a_short_run() -> None:
    async with world() as place:
        assert await one_round(place, random.Random(SEED), "chaos-1", most=FAULTS)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_the_check_sees_each_planted_difference() -> None:
    async with world() as place:
        place.load = Load(place.installation, place.tokens, await stories(place, "chaos-1"), "chaos-1")
        async with place.load.writing():
            await place.load.more(300)
        assert _different(await check(place)) == set()
        for plants in PLANTS:
            for plant in plants.values():
                await asyncio.to_thread(plant, place)
            assert plants.keys() <= _different(await check(place))


def _different(lines: list[Line]) -> set[str]:
    return {line.what for line in lines if not line.right}


def _in_log(name: str, old: str, new: str, of: str = "") -> Plant:
    """Written past the log's own guard, into the first event `of` that type that has those words in it."""
    statement = f"""
        ALTER TABLE events DISABLE TRIGGER USER;
        WITH told AS (SELECT position, convert_from(document, 'UTF8') AS text FROM events)
        UPDATE events SET document = convert_to(replace(text, '{old}', '{new}'), 'UTF8') FROM told
        WHERE events.position = told.position
          AND told.position = (SELECT min(position) FROM told WHERE text LIKE '%{old}%' AND text LIKE '%{of}%');
        ALTER TABLE events ENABLE TRIGGER USER"""
    return _sql(name, statement)


def _sql(name: str, statement: str) -> Plant:
    return lambda place: place.postgres.sql(statement, name)


def _forget(place: World) -> None:
    """Of all, because the last one may have been a trial, or come twice."""
    for one in place.receivers:
        one.received.clear()


def _never_call(kind: str) -> Plant:
    def plant(place: World) -> None:
        kept = {id_: one for id_, one in place.load.acknowledged.items() if one.write.kind != kind}
        place.load.acknowledged = kept

    return plant


PLANTS: list[dict[str, Plant]] = [
    {
        "acknowledged: status": _in_log("catalog", "chaos-1-status-", "other-"),
        "acknowledged: clearing": _in_log("catalog", "chaos-1-clearing-", "other-"),
        "acknowledged: large sheet": _in_log("catalog", "chaos-1-large-sheet-", "other-"),
        "acknowledged: closed subscription": _in_log("notifier", "chaos-1-closed-subscription-", "other-"),
        "answers nobody should get": lambda place: place.load.refused.append("PUT /somewhere: 500"),
        "routes that write were called": _never_call("bundle"),
        "told to be a delegate's": _in_log(
            "catalog", f'"delegate":{{"id":"{DELEGATE}"', '"delegate":{"id":"another"', of="status-recorded"
        ),
        "secrets": _sql("notifier", "UPDATE subscriptions SET secret = 'another'"),
        "catalog's states = fold(log)": _sql("catalog", "UPDATE delegations SET version = version - 1"),
        "read models = fold(log)": _sql(
            "progress", "DELETE FROM live.recordings WHERE ctid = (SELECT min(ctid) FROM live.recordings)"
        ),
        "alerts": _in_log("notifier", "lacks-service", "uses-solution"),
        "webhooks of them": _forget,
        "stream CATALOG = log": _in_log("catalog", "chaos-1-retraction-", "other-"),
        "stream NOTIFIER = log": _in_log("notifier", "chaos-1-subscription-", "other-"),
    },
    {
        "sent again: the same answer": _sql("catalog", "DELETE FROM idempotency_keys"),
    },
]
"""What each line is to see. Those of one group are planted together: each is seen by a line of its own."""
