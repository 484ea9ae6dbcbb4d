"""The inbox is readable without a subscription; feeds are valid Atom with ids that stay."""

import re
from xml.etree import ElementTree as ET

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import catalog as c
from events.contracts import parts
from tests.notifier.app import App
from tests.notifier.listening import Listening
from tests.notifier.telling import (
    CHEMNITZ,
    FLENSBURG,
    LEIPZIG,
    LICENCE,
    OUTBOX,
    REGISTRATION,
    Told,
    availability,
    closed,
    opened,
    solution,
)

ATOM = "{http://www.w3.org/2005/Atom}"
POST = solution("postausgang", OUTBOX)


async def test_the_inbox_has_the_stored_bytes_newest_first(app: App, told: Told, listening: Listening) -> None:
    await told(opened(POST, "DE-SN"), opened(solution("melde", REGISTRATION), "DE-SN"))
    _, first = await app.call("GET", "/municipalities/145110000000/alerts?limit=1")
    _, second = await app.call("GET", f"/municipalities/145110000000/alerts?limit=1&after={first['next']}")
    assert [page["items"][0]["event"]["data"]["solution"]["slug"] for page in (first, second)] == [
        "melde",
        "postausgang",
    ]
    assert second["next"] is None
    raw = (await app.raw("GET", "/municipalities/145110000000/alerts")).content
    documents = await listening.documents()
    assert sum(document in raw for document in documents) == 2
    assert (await app.call("GET", "/municipalities/010010000000/alerts"))[1]["items"] == []
    assert (await app.call("GET", "/municipalities/999999999999/alerts"))[0] == 404


async def test_reading_can_wait_until_an_event_was_heard(app: App, told: Told, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            sa.text("INSERT INTO followers (name, source, position) VALUES ('notifier', '//test/catalog', 7)")
        )
    assert (await app.call("GET", "/municipalities/145110000000/alerts?at_least=7"))[0] == 200


async def test_everyone_can_follow_the_news_of_solutions(app: App, told: Told) -> None:
    await told(
        opened(POST, "DE-SN"),
        opened(solution("umtausch", LICENCE), "DE-SH"),
        c.SolutionTermsChanged(solution=POST, availability=availability("DE-SN"), replaced=availability("DE-SN")),
        closed(POST, "DE-SN"),
    )
    await told(opened(POST, "DE-SN"))  # again: no news
    assert len(await _entries(app, "/alerts.atom")) == 4
    assert len(await _entries(app, "/alerts.atom?region=DE")) == 4
    assert len(await _entries(app, "/alerts.atom?region=DE-SH")) == 1
    assert len(await _entries(app, "/alerts.atom?region=DE-BY")) == 0
    assert len(await _entries(app, "/alerts.atom?theme=ein_auswanderung")) == 1
    assert len(await _entries(app, "/alerts.atom?service=99108004012000")) == 1
    newest, *_ = await _entries(app, "/alerts.atom?service=basis:postausgang")
    assert "nicht mehr nachnutzbar" in (newest.findtext(f"{ATOM}title") or "")


async def test_a_feed_is_valid_atom_and_says_when_nothing_is_new(app: App, told: Told) -> None:
    await told(opened(solution("eins", parts.ServiceRef(key=OUTBOX.key, title="Post\x01 <&> „aus“")), "DE-SN"))
    for path in ("/alerts.atom", "/municipalities/145110000000/alerts.atom"):
        response = await app.raw("GET", path)
        assert response.headers["content-type"].startswith("application/atom+xml")
        feed = ET.fromstring(response.content)
        for name in ("id", "title", "updated", f"author/{ATOM}name"):
            assert feed.findtext(f"{ATOM}{name}"), name
        (entry,) = feed.findall(f"{ATOM}entry")
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry.findtext(f"{ATOM}id") or "")
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.findtext(f"{ATOM}updated") or "")
        again = await app.raw("GET", path, If_None_Match=response.headers["etag"])
        assert (again.status, again.content) == (304, b"")
        assert (await app.raw("GET", path)).content == response.content


async def test_unknown_regions_and_themes_are_refused(app: App) -> None:
    for asked in ("region=Sachsen", "theme=wetter", "service=x"):
        assert (await app.raw("GET", f"/alerts.atom?{asked}")).status == 400, asked


async def test_the_papers_of_the_service_are_served(app: App) -> None:
    for path in ("/-/health", "/-/ready", "/-/version", "/openapi.json", "/asyncapi.json", "/schemas/alert-raised/v1"):
        assert (await app.raw("GET", path)).status == 200, path
    metrics = (await app.raw("GET", "/-/metrics")).content.decode()
    for name in ("follower_position", "follower_lag", "deliveries_due", "delivery_attempts"):
        assert f"notifier_{name}" in metrics


async def test_the_inbox_of_one_is_not_that_of_another(app: App, told: Told) -> None:
    await told(opened(POST, availability("DE-SN", members=[LEIPZIG])))
    assert [len((await app.call("GET", f"/municipalities/{ref.id}/alerts"))[1]["items"]) for ref in (
        LEIPZIG, CHEMNITZ, FLENSBURG,
    )] == [1, 0, 0]  # fmt: skip


async def _entries(app: App, path: str) -> list[ET.Element]:
    response = await app.raw("GET", path)
    assert response.status == 200, response.content
    return ET.fromstring(response.content).findall(f"{ATOM}entry")
