"""`/-/status` of the notifier: how far it heard, what waits, and who does not answer, for those who may know."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.status import facts
from tests.notifier.app import running
from tests.notifier.listening import Listening
from tests.notifier.telling import CHEMNITZ, OUTBOX, Told, opened, registered, solution
from tests.notifier.times import Clock, Ids
from tests.progress.a_feed import StoryFeed
from tests.progress.story import Story

_FOLLOWS = "INSERT INTO followers (name, source, position) VALUES ('notifier', '//test/catalog', 0)"


async def test_who_does_not_answer_is_named_to_operators_only(
    notifier_database: str, clock: Clock, new_id: Ids, told: Told, listening: Listening, engine: AsyncEngine
) -> None:
    await listening("https://hooks.example.org/", CHEMNITZ)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE deliveries SET attempts = 3, due_at = now() + interval '1 hour'"))
    async with running(notifier_database, clock, new_id, catalog_url="http://127.0.0.1:9/nobody") as app:
        _, everyone = await app.call("GET", "/-/status?format=json")
        _, operator = await app.call("GET", "/-/status?format=json", as_=("operator", None))
    assert everyone["status"] == "ok"
    counted = {
        "deliveries_due": 0,
        "deliveries_again": 1,
        "deliveries_given_up": 0,
        "endpoints_failing": 1,
        "relay": None,
        "relay_lag": None,
    }
    assert everyone["facts"].items() >= counted.items()
    assert "hooks.example.org" not in str(everyone)
    (named,) = [value for name, value in operator["facts"].items() if "hooks.example.org:443" in name]
    assert named == "1 · 3×"


async def test_what_is_not_yet_heard_is_counted_by_the_catalogs_own_word(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text(_FOLLOWS))
    feed = StoryFeed(Story())
    feed.story.say(registered(CHEMNITZ))
    said = {fact.name: fact.value for fact in await facts(engine, feed, None, by_name=False)}
    assert said["notifier_lag"] == 1
