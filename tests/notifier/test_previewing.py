"""The preview of a subscription: what it says is what a subscription that was open all the time was told."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import envelope, registry
from events.contracts.notifier import AlertRaised, Filter
from events.contracts.parts import MunicipalityRef
from events.log.connect import Connection
from events.log.write import Context
from notifier.audience import occasions, previewing
from notifier.audience.hearing import Hearing
from notifier.audience.previewing import SPAN, preview
from notifier.audience.raising import Desk
from notifier.audience.subscriptions import Wish, find_authority, open_subscription
from notifier.database import driver
from tests.notifier.app import App
from tests.notifier.listening import SECRET
from tests.notifier.telling import (
    CHEMNITZ,
    FLENSBURG,
    LEIPZIG,
    LICENCE,
    OUTBOX,
    REGISTRATION,
    Told,
    closed,
    listed,
    opened,
    registered,
    solution,
    status,
)
from tests.notifier.test_audience_against_a_model import REGIONS, SERVICES, TOWNS, World, ops
from tests.notifier.times import Clock

EDITOR = ("editor", CHEMNITZ.id)
EVENTS = (*sorted(occasions.KEPT), "responsibility-assigned", "status-recorded")
One = tuple[str, str, str | None, tuple[str, ...]]


def some(values: Any) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


filters = st.builds(
    Filter,
    services=some([service.key for service in SERVICES]),
    themes=some(["querschnittsleistungen", "ein_auswanderung"]),
    regions=some(REGIONS),
    events=some(EVENTS),
)
wishes = st.tuples(st.sampled_from([None, *TOWNS]), filters)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(ops, min_size=5, max_size=30), wanted=st.lists(wishes, min_size=1, max_size=6))
async def test_a_preview_is_what_an_open_subscription_was_told(
    engine: AsyncEngine,
    desk: Desk,
    clock: Clock,
    story: list[tuple[Any, ...]],
    wanted: list[tuple[MunicipalityRef | None, Filter]],
) -> None:
    world, told = World(), Told(engine, Hearing(desk))
    clock.now = told.now
    async with engine.connect() as connection:
        below = await driver(connection)
        facts = [*map(registered, TOWNS), *(listed(one) for one in SERVICES)]
        await Hearing(desk).apply(connection, [told.heard(fact) for fact in facts])
        listening = [await _listen(below, desk, town, one) for town, one in wanted]
        for op in story:
            if op[0] == "wait":
                told.later(op[1])
                clock.now = told.now
            heard = [told.heard(fact) for fact in world.facts(op)]
            await Hearing(desk).apply(connection, heard)
        for id_, (town, one) in zip(listening, wanted, strict=True):
            authority = None if town is None else await find_authority(below, town.id)
            found = await preview(below, one, authority, clock.now)
            expected = await _told(below, id_, clock.now - SPAN)
            assert _said(found) == expected
            assert found.count == expected.total()
        await connection.rollback()


async def _listen(connection: Connection, desk: Desk, town: MunicipalityRef | None, wanted: Filter) -> UUID:
    wish = Wish("test", "webhook", "https://a", "a", SECRET, town.id if town is not None else None, wanted, "instant")
    return await open_subscription(connection, desk, wish, Context("test/editor/1"))


_TOLD = """
SELECT e.document FROM deliveries d JOIN alerts a ON a.position = ANY(d.alerts) JOIN events e ON e.position = a.position
WHERE d.subscription_id = $1 AND a.raised_at >= $2
"""


async def _told(connection: Connection, subscription: UUID, since: datetime) -> Counter[One]:
    """But for its summary, and for events of which no history is kept."""
    said = [
        registry.decode(envelope.decode(row["document"])) for row in await connection.fetch(_TOLD, subscription, since)
    ]
    return Counter(
        (
            one.about.id,
            one.reason,
            one.solution.slug if one.solution else None,
            tuple(sorted(s.key for s in one.services)),
        )
        for one in said
        if isinstance(one, AlertRaised)
        and one.reason != "open-now"
        and (one.reason != "filter" or one.about.type.split(".")[2] in occasions.KEPT)
    )


def _said(found: previewing.Preview) -> Counter[One]:
    return Counter(
        (one.about, one.reason, one.solution, tuple(sorted(s.key for s in one.services))) for one in found.items
    )


async def test_a_town_sees_what_a_filter_would_have_left(app: App, told: Told) -> None:
    await told(
        opened(solution("post", OUTBOX), "DE-SN"),
        opened(solution("umzug", REGISTRATION), "DE-SN"),
        opened(solution("anderswo", OUTBOX), "DE-SH"),
    )
    body = {"municipality": "145110000000", "filter": {"services": ["basis:postausgang"]}, "mode": "digest"}
    status_, found = await app.call("POST", "/subscriptions/preview", body, as_=EDITOR)
    assert (status_, found["count"], found["complete"], found["not_kept"]) == (200, 1, True, [])
    (one,) = found["items"]
    assert (one["solution"], one["reason"], one["event"]) == ("post", "lacks-service", "solution-became-available")
    assert one["services"] == [{"key": OUTBOX.key, "title": OUTBOX.title}]
    everything = await app.call("POST", "/subscriptions/preview", {"municipality": CHEMNITZ.id}, as_=EDITOR)
    assert [one["solution"] for one in everything[1]["items"]] == ["umzug", "post"]


async def test_nothing_is_opened_and_nothing_said_by_a_preview(app: App, told: Told) -> None:
    await told(opened(solution("post", OUTBOX), "DE-SN"))
    await app.call("POST", "/subscriptions/preview", {"municipality": CHEMNITZ.id}, as_=EDITOR)
    assert (await app.call("GET", "/subscriptions", as_=EDITOR))[1]["items"] == []
    assert len((await app.call("GET", f"/municipalities/{CHEMNITZ.id}/alerts"))[1]["items"]) == 1


async def test_a_year_is_enough(app: App, told: Told, clock: Clock) -> None:
    await told(opened(solution("post", OUTBOX), "DE-SN"))
    clock.pass_(days=364)
    body = {"filter": {"regions": ["DE-SN"], "events": ["solution-became-available"]}}
    assert [await _count(app, one) for one in (body, {"municipality": CHEMNITZ.id})] == [1, 1]
    clock.pass_(days=2)
    assert [await _count(app, one) for one in (body, {"municipality": CHEMNITZ.id})] == [0, 0]


async def test_what_is_not_kept_is_named(app: App, told: Told) -> None:
    await told(
        status(LEIPZIG, LICENCE, "live"),
        opened(solution("post", OUTBOX), "DE-SN"),
        closed(solution("post", OUTBOX), "DE-SN"),
    )
    body = {"filter": {"regions": ["DE-SN"]}}
    _, found = await app.call("POST", "/subscriptions/preview", body, as_=EDITOR)
    assert found["count"] == 2
    assert "status-recorded" in found["not_kept"]
    assert "solution-revised" not in found["not_kept"]


async def test_no_more_is_looked_through_than_is_bearable(
    app: App, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "MOST", 2)
    monkeypatch.setattr(previewing, "SHOWN", 1)
    for slug in ("a", "b", "c"):
        await told(opened(solution(slug, OUTBOX), "DE-SN"))
    _, found = await app.call("POST", "/subscriptions/preview", {"municipality": CHEMNITZ.id}, as_=EDITOR)
    assert (found["count"], found["complete"], [one["solution"] for one in found["items"]]) == (2, False, ["c"])


@pytest.mark.parametrize(
    ("body", "as_", "status_", "field"),
    [
        ({"municipality": CHEMNITZ.id}, None, 401, None),
        ({"municipality": CHEMNITZ.id}, ("reader", None), 403, None),
        ({}, EDITOR, 422, "filter"),
        ({"filter": {"themes": ["wetter"]}}, EDITOR, 422, "filter.themes"),
        ({"municipality": "999999999999"}, EDITOR, 404, "municipality"),
        ({"municipality": "Chemnitz"}, EDITOR, 400, "municipality"),
        ({"municipality": CHEMNITZ.id, "channel": {}}, EDITOR, 400, "channel"),
    ],
)
async def test_what_is_wrong_is_named(
    app: App, told: Told, body: object, as_: tuple[Any, str | None] | None, status_: int, field: str | None
) -> None:
    answered, problem = await app.call("POST", "/subscriptions/preview", body, as_=as_)
    assert (answered, problem.get("field")) == (status_, field), problem


async def test_the_preview_of_another_town_is_as_open_as_its_inbox(app: App, told: Told) -> None:
    await told(opened(solution("post", OUTBOX), "DE-SH"))
    assert await _count(app, {"municipality": FLENSBURG.id}) == 1


async def _count(app: App, body: dict[str, Any]) -> int:
    status_, found = await app.call("POST", "/subscriptions/preview", body, as_=EDITOR)
    assert status_ == 200, found
    return int(found["count"])
