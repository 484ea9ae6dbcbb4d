"""Answers that are kept: given out only in the state in which they were made, never to another question, within their bytes."""

from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from progress.answers import Answers
from progress.projections import municipalities, whole
from tests.progress.test_calls import PREFIX, Client, client

__all__ = ["client"]

OVERVIEW = f"{PREFIX}/overview"


async def test_what_is_asked_a_third_time_is_not_made_again(client: Client) -> None:
    made = [await client.get(OVERVIEW) for _ in range(2)]
    with patch.object(whole, "overview", side_effect=AssertionError):
        kept = await client.get(OVERVIEW)

    assert {(one.content, one.headers["etag"], one.headers["content-type"]) for one in [*made, kept]} == {
        (kept.content, kept.headers["etag"], "application/json")
    }


@pytest.mark.parametrize(
    "change",
    ["UPDATE followers SET position = position + 1", "UPDATE versions SET stamp = gen_random_uuid()"],
)
async def test_after_any_event_and_any_rebuild_it_is_made_anew(
    client: Client, progress_database: AsyncEngine, change: str
) -> None:
    before = [(await client.get(OVERVIEW)).json() for _ in range(3)][-1]
    async with progress_database.begin() as connection:
        await connection.execute(text("UPDATE place_counts_months SET online = online + 1000 WHERE place = 'DE'"))
        await connection.execute(text(change))

    after = (await client.get(OVERVIEW)).json()
    assert after["counts"]["online"] > before["counts"]["online"] + 999
    assert (await client.get(OVERVIEW)).json() == after


async def test_other_questions_have_other_answers(client: Client) -> None:
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = [
        ("/overview", {}, {}),
        ("/overview", {"as_of": "2026-06-30"}, {}),
        ("/overview", {"known_at": "2026-06-30"}, {}),
        ("/overview", {"unit": "bundles"}, {}),
        ("/overview", {"format": "csv"}, {}),
        ("/overview", {}, {"Accept": "text/csv"}),
        ("/regions/DE-SN", {}, {}),
        ("/municipalities/145110000000", {}, {}),
        ("/municipalities/145110000000/blind-spots", {}, {}),
    ]

    async def ask() -> list[Any]:
        return [
            (await client.get(f"{PREFIX}{path}", params=query, headers=headers)).content
            for path, query, headers in asked
        ]

    first = await ask()
    assert len(set(first)) == len(asked) - 1  # the two tables are the same
    assert [await ask() for _ in range(3)] == [first] * 3


async def test_whoever_waits_for_an_event_is_not_given_an_older_answer(client: Client) -> None:
    position = (await client.get(OVERVIEW)).json()["position"]
    for _ in range(3):
        with patch.object(whole, "overview", wraps=whole.overview) as making:
            await client.get(OVERVIEW, params={"at_least": str(position)})
        assert making.call_count == 1


async def test_refusals_are_not_kept(client: Client) -> None:
    with patch.object(municipalities, "municipality", wraps=municipalities.municipality) as making:
        for _ in range(3):
            assert (await client.get(f"{PREFIX}/municipalities/999999999999")).status_code == 404
    assert making.call_count == 3


def test_only_so_many_bytes_are_kept_the_last_ones() -> None:
    answers = Answers(most=10_000)
    for number in range(20):
        answers.keep(str(number), 1, b"x" * 1000)

    there = [number for number in range(20) if answers.again(str(number))]
    assert there == list(range(13, 20))
    assert answers.find("19", 1) == b"x" * 1000
    assert answers.find("19", 2) is None
    answers.keep("big", 1, b"x" * 20_000)
    assert not any(answers.again(name) for name in [*map(str, there), "big"])


def test_what_was_asked_once_has_no_answer_yet() -> None:
    answers = Answers()
    answers.keep("once", None, b"answer")

    assert answers.again("once")
    assert answers.find("once", None) is None
    answers.keep("once", "state", b"answer")
    answers.keep("once", None, b"answer")
    assert answers.find("once", "state") is None
