"""Pages neither repeat nor skip; changes say which version they were made on."""

from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from edge.conditional import Tags, not_modified, parse_idempotency_key, parse_tags
from edge.paging import cursor, read_cursor
from edge.problems import Problem
from edge.testing import Tokens
from tests.edge.shelf import shelf_app

BOXES = "/api/shelf/v1/boxes"
Client = AsyncTestClient[Any]


async def fill(client: Client, tokens: Tokens, prefix: str, keys: list[str]) -> None:
    for key in keys:
        body = {"text": key, "colour": "green"}
        answer = await client.put(f"{prefix}/boxes/{key}", json=body, headers=tokens.bearer("operator"))
        assert answer.status_code == 200


async def test_following_next_links_reads_everything_once(shelf: Client, tokens: Tokens) -> None:
    keys = [f"k:{number:02}" for number in range(7)]
    await fill(shelf, tokens, "/api/shelf/v1", keys)
    seen: list[str] = []
    address: str | None = f"{BOXES}?colour=green&limit=3"
    while address:
        answer = await shelf.get(address)
        seen += [box["key"] for box in answer.json()["items"]]
        address = answer.links["next"]["url"] if "next" in answer.links else None
        assert (answer.json()["next"] is None) == (address is None)
        assert address is None or address.startswith(f"{BOXES}?colour=green&limit=3&after=")
    assert seen == keys


async def test_links_carry_the_public_address(tokens: Tokens) -> None:
    async with AsyncTestClient(app=shelf_app(tokens, public_url="https://ozg.example/")) as client:
        await fill(client, tokens, "", ["a", "b"])
        answer = await client.get("/boxes?limit=1")
    assert answer.links["next"]["url"].startswith("https://ozg.example/boxes?limit=1&after=")


@pytest.mark.parametrize("after", ["!!!", "eyJ4IjoxfQ", "%F0%9F%98%80", "MQ", "InFcdTAwMDAi"])
async def test_a_foreign_cursor_is_a_problem(shelf: Client, after: str) -> None:
    answer = await shelf.get(f"{BOXES}?after={after}")
    assert (answer.status_code, answer.json()["field"]) == (400, "after")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "1.5", "", "1e2", "1.0", "null", "%2B5", "٣"])
async def test_a_limit_out_of_range_is_a_problem(shelf: Client, limit: str) -> None:
    answer = await shelf.get(f"{BOXES}?limit={limit}")
    assert (answer.status_code, answer.json()["field"]) == (400, "limit")


async def test_a_parameter_says_what_it_means_once(shelf: Client) -> None:
    twice = await shelf.get(f"{BOXES}?colour=red&colour=green")
    assert (twice.status_code, twice.json()["detail"]) == (400, "colour: It is given more than once; give it once.")
    nothing = await shelf.get(f"{BOXES}?colour=null")
    assert (nothing.status_code, nothing.json()["detail"]) == (
        400,
        "colour: 'null' is not allowed here. Use one of: green, red.",
    )
    assert (await shelf.get(f"{BOXES}?anything=else&anything=twice")).status_code == 200


@pytest.mark.parametrize("key", ["leika:99115005060000", "ä ö/ü", ""])
def test_a_cursor_comes_back_as_it_went(key: str) -> None:
    assert read_cursor(cursor((key, 3)), tuple[str, int]) == (key, 3)


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ('"v3"', Tags(frozenset({'"v3"'}))),
        ('"v3", "v4"', Tags(frozenset({'"v3"', '"v4"'}))),
        (' W/"v3" ', Tags(frozenset({'W/"v3"'}))),
        ("*", Tags(anything=True)),
        ('"a,b"', Tags(frozenset({'"a,b"'}))),
    ],
)
def test_if_match_lists_tags(header: str, tags: Tags) -> None:
    assert parse_tags(header) == tags


@pytest.mark.parametrize("header", ["v3", '"v3', '"v3" "v4"', '"v3",', "", '*, "v3"', '"v\n3"'])
def test_a_malformed_if_match_is_a_problem(header: str) -> None:
    with pytest.raises(Problem) as problem:
        parse_tags(header)
    assert problem.value.status == 400


def test_weak_tags_never_match_a_change_but_save_a_reading() -> None:
    weak = parse_tags('W/"v3"')
    assert not weak.match(3)
    assert not_modified(weak, 3)
    assert not not_modified(weak, 4)
    assert not not_modified(None, 3)


def test_one_listed_version_is_the_expected_one() -> None:
    assert parse_tags('"v3"').version == 3
    assert parse_tags('"v3", "v4"').version is None
    assert parse_tags("*").version is None
    assert parse_tags('"x"').versions == frozenset()
    assert not parse_tags("*").match(None)
    assert parse_tags("*").match(7)


async def test_a_stale_etag_is_refused_and_says_what_holds(shelf: Client, tokens: Tokens) -> None:
    async def change(**headers: str) -> Any:
        sent = tokens.bearer("operator") | headers
        return await shelf.put(f"{BOXES}/a", json={"text": "a"}, headers=sent)

    assert (await change(**{"If-Match": "*"})).status_code == 412
    assert (await change()).headers["etag"] == '"v1"'
    assert (await change(**{"If-Match": '"v1"'})).headers["etag"] == '"v2"'
    stale = await change(**{"If-Match": '"v1"'})
    assert (stale.status_code, stale.headers["etag"], stale.json()["current_version"]) == (412, '"v2"', 2)


async def test_a_reader_who_has_it_gets_304(shelf: Client, tokens: Tokens) -> None:
    await fill(shelf, tokens, "/api/shelf/v1", ["a"])
    same = await shelf.get(f"{BOXES}/a", headers={"If-None-Match": '"v1"'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"v1"')
    assert (await shelf.get(f"{BOXES}/a", headers={"If-None-Match": '"v2"'})).status_code == 200


@pytest.mark.parametrize("key", ["a", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "~!"])
def test_an_idempotency_key_is_printable(key: str) -> None:
    assert parse_idempotency_key(key) == key.strip('"')


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "ü", "a\tb"])
def test_other_idempotency_keys_are_problems(key: str) -> None:
    with pytest.raises(Problem) as problem:
        parse_idempotency_key(key)
    assert problem.value.field == "Idempotency-Key"


async def test_the_idempotency_key_reaches_the_route(shelf: Client) -> None:
    wish = "/api/shelf/v1/wishes"
    answer = await shelf.post(wish, json={"text": "a"}, headers={"Idempotency-Key": "k1"})
    assert answer.json() == {"wish": "a", "key": "k1"}
    assert (await shelf.post(wish, json={"text": "a"}, headers={"Idempotency-Key": "a b"})).status_code == 400
