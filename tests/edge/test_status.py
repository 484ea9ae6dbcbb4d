"""People see how it goes on a page without scripts; programs get the same as JSON; who does not answer is for operators."""

from collections.abc import Sequence
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from edge.health import NotReady
from edge.mounting import mount
from edge.status import Fact, following, relaying
from edge.testing import Tokens
from tests.edge.shelf import shelf_app

PREFIX = "/api/shelf/v1"
SECRET = "hooks.example:443"


async def facts(operator: bool) -> Sequence[Fact]:
    """One of a shelf that hears of others and delivers to somebody."""
    told = [Fact("boxes", {"en": "boxes <here>", "de": "Kisten"}, 3), Fact("relay", "relay", None)]
    return [*told, *([Fact("endpoint", SECRET, "7")] if operator else [])]


def shelf(tokens: Tokens, **options: Any) -> AsyncTestClient[Any]:
    given: dict[str, Any] = {"facts": facts, "neighbours": {"barn": "/api/barn/v1/-/status"}} | options
    return AsyncTestClient(app=mount({PREFIX: shelf_app(tokens, **given)}))


async def test_the_page_says_in_the_readers_language_how_it_goes(tokens: Tokens) -> None:
    async with shelf(tokens) as client:
        english = await client.get(f"{PREFIX}/-/status")
        german = await client.get(f"{PREFIX}/-/status", headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
        style = await client.get(f"{PREFIX}/-/status/style.css")
    assert english.headers["content-type"].startswith("text/html")
    assert "All is well" in english.text
    assert "boxes &lt;here&gt;" in english.text
    assert "not known here" in english.text
    assert '<html lang="de">' in german.text
    assert "Alles in Ordnung" in german.text
    assert "Kisten" in german.text
    assert '<a href="/api/barn/v1/-/status">barn</a>' in german.text
    assert "<script" not in english.text
    assert " style=" not in english.text
    assert (style.status_code, style.headers["content-type"].split(";")[0]) == (200, "text/css")


@pytest.mark.parametrize(("query", "accept"), [("?format=json", "*/*"), ("", "application/json")])
async def test_programs_get_the_same_as_json(tokens: Tokens, query: str, accept: str) -> None:
    async with shelf(tokens) as client:
        body = (await client.get(f"{PREFIX}/-/status{query}", headers={"Accept": accept})).json()
    assert body == {
        "name": "shelf",
        "status": "ok",
        "facts": {"version": "1.2.3", "boxes": 3, "relay": None},
        "troubles": [],
    }


async def test_what_fails_stands_out_and_the_rest_is_still_told(tokens: Tokens) -> None:
    async def down() -> None:
        raise NotReady("no leader yet")

    async def silent(_: bool) -> Sequence[Fact]:
        raise ConnectionError("postgresql://user:password@db")

    async with shelf(
        tokens, facts=silent, checks={"database": down}, conditions={"relay": lambda: "halted: ahead"}
    ) as client:
        body = (await client.get(f"{PREFIX}/-/status?format=json")).json()
        page = await client.get(f"{PREFIX}/-/status")
    assert body["status"] == "degraded"
    assert body["troubles"] == ["database", "facts", "relay"]
    assert body["facts"]["relay"] == "halted: ahead"
    assert (page.status_code, "Somebody should look" in page.text) == (200, True)
    assert "password" not in page.text


async def test_who_is_delivered_to_is_told_to_operators_only(tokens: Tokens) -> None:
    async with shelf(tokens) as client:
        for headers, told in (
            ({}, False),
            (tokens.bearer("editor", "ars:147130000000"), False),
            (tokens.bearer("operator"), True),
        ):
            answer = await client.get(f"{PREFIX}/-/status", headers=headers)
            assert (answer.status_code, SECRET in answer.text) == (200, told)
        assert (await client.get(f"{PREFIX}/-/status", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_where_reading_needs_a_token_this_does_too(tokens: Tokens) -> None:
    async with shelf(tokens, reading="token") as client:
        assert (await client.get(f"{PREFIX}/-/status")).status_code == 401
        assert (await client.get(f"{PREFIX}/-/status", headers=tokens.bearer("reader"))).status_code == 200


def test_a_follower_that_halted_is_trouble_and_an_unknown_lag_is_none() -> None:
    assert [(fact.value, fact.trouble) for fact in following("a", "//b", 7, 9, None)] == [(7, False), (2, False)]
    assert [fact.value for fact in following("a", "//b", 7, None, "poison")] == [7, None, "poison"]
    assert following("a", "//b", 7, 7, "poison")[-1].trouble


def test_a_relay_on_standby_knows_no_lag() -> None:
    assert [fact.value for fact in relaying(9, ("relaying", 2))] == [9, "relaying", 2]
    assert [fact.value for fact in relaying(9, ("standby", 0))] == [9, "standby", None]
    assert [fact.value for fact in relaying(9, None)] == [9, None, None]
