"""What the append queue promises to its callers."""

import asyncio
import hashlib
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import envelope, registry
from events.deciding import Answer, Key
from events.log import read
from events.log.append import (
    AppendQueue,
    Idempotency,
    IdempotencyKeyReused,
    StorageUnavailable,
    Unstorable,
    WrongVersion,
)
from events.log.storage import Loaded, Storage
from events.log.tables import notes
from tests.events.log import toy
from tests.events.log.toy import CONTEXT, Say


async def documents(database: AsyncEngine) -> list[envelope.Envelope]:
    async with database.connect() as connection:
        return [envelope.decode(document) for document in await read.page(connection, 0)]


async def test_an_answer_means_that_the_event_is_in_the_log(queue: AppendQueue, database: AsyncEngine) -> None:
    answer = await queue.append(Say("a", "first"), CONTEXT)
    assert (answer.version, answer.position, msgspec.json.decode(answer.body)) == (1, 1, {"last": "first"})
    (document,) = await documents(database)
    assert (document.position, document.actor, document.correlationid) == (1, CONTEXT.actor, "correlation-1")
    assert document.source == "//test.example/catalog"
    assert registry.decode(document) == toy.status("a", "first")


async def test_many_callers_get_gapless_positions_and_versions(queue: AppendQueue, database: AsyncEngine) -> None:
    answers = await asyncio.gather(*(queue.append(Say(f"s{n % 7}"), CONTEXT) for n in range(300)))
    assert all(1 <= answer.position <= 300 for answer in answers)
    kept = await documents(database)
    assert [document.position for document in kept] == list(range(1, 301))
    async with database.connect() as connection:
        versions = await connection.execute(
            sa.text("SELECT stream, array_agg(version ORDER BY position) FROM events GROUP BY 1")
        )
        assert all(found == list(range(1, len(found) + 1)) for _, found in versions)
        assert await connection.scalar(sa.text("SELECT sum(version) FROM tallies")) == 300


async def test_a_refusal_or_a_mistake_fails_only_its_own_caller(queue: AppendQueue, database: AsyncEngine) -> None:
    results = await asyncio.gather(
        queue.append(Say("a"), CONTEXT),
        queue.append(Say("a", most=0), CONTEXT),
        queue.append(Say("b", mistake=True), CONTEXT),
        queue.append(Say("c"), CONTEXT),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [Answer, toy.TooMuch, ZeroDivisionError, Answer]
    assert len(await documents(database)) == 2


async def test_what_the_database_refuses_fails_only_the_bad_command(queue: AppendQueue, database: AsyncEngine) -> None:
    commands = [Say(f"s{n}", "bad \x00 text" if n == 41 else "good") for n in range(64)]
    results = await asyncio.gather(*(queue.append(one, CONTEXT) for one in commands), return_exceptions=True)
    assert [n for n, result in enumerate(results) if isinstance(result, Exception)] == [41]
    assert isinstance(results[41], Unstorable)
    assert [document.position for document in await documents(database)] == list(range(1, 64))


@pytest.mark.parametrize("away", ["ALLOW_CONNECTIONS false", "RENAME TO {name}_earlier"])
async def test_while_the_database_is_being_replaced_callers_are_asked_to_come_again(url: str, away: str) -> None:
    """As in a restore: it lets nobody in, or is not there for a moment."""
    name = urlsplit(url).path[1:]
    operator = await asyncpg.connect(url.replace(f"/{name}", "/postgres", 1))
    back = {"ALLOW_CONNECTIONS false": "{name} ALLOW_CONNECTIONS true"}.get(away, "{name}_earlier RENAME TO {name}")
    async with toy.queue(url) as queue:
        await queue.append(Say("a"), CONTEXT)
        await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await operator.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        await operator.execute(f"ALTER DATABASE {name} {away.format(name=name)}")
        for _ in range(3):
            with pytest.raises(StorageUnavailable):
                await queue.append(Say("a"), CONTEXT)
        await operator.execute(f"ALTER DATABASE {back.format(name=name)}")
        await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert (await queue.append(Say("a"), CONTEXT)).position == 2
    await operator.close()


async def test_a_stale_version_is_refused_and_names_the_current_one(queue: AppendQueue) -> None:
    await queue.append(Say("a"), CONTEXT, expected=(Key("tally", "a"), 0))
    await queue.append(Say("a"), CONTEXT, expected=(Key("tally", "a"), 1))
    with pytest.raises(WrongVersion) as refused:
        await queue.append(Say("a"), CONTEXT, expected=(Key("tally", "a"), 1))
    assert refused.value.current == 2


async def test_of_many_with_the_same_expectation_one_wins(queue: AppendQueue) -> None:
    results = await asyncio.gather(
        *(queue.append(Say("a"), CONTEXT, expected=(Key("tally", "a"), 0)) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, Answer) for result in results) == 1
    assert sum(isinstance(result, WrongVersion) for result in results) == 19


async def test_a_repeat_under_the_same_key_gets_the_first_answer(queue: AppendQueue, database: AsyncEngine) -> None:
    once = Idempotency("editor-1", "k1", hashlib.sha256(b"body").digest())
    together = await asyncio.gather(*(queue.append(Say("a"), CONTEXT, idempotency=once) for _ in range(5)))
    later = await queue.append(Say("a"), CONTEXT, idempotency=once, expected=(Key("tally", "a"), 0))
    assert {answer.position for answer in [*together, later]} == {1}
    assert len(await documents(database)) == 1


async def test_another_body_under_the_same_key_is_refused_and_another_scope_is_not(queue: AppendQueue) -> None:
    await queue.append(Say("a"), CONTEXT, idempotency=Idempotency("editor-1", "k1", b"1"))
    with pytest.raises(IdempotencyKeyReused):
        await queue.append(Say("a"), CONTEXT, idempotency=Idempotency("editor-1", "k1", b"2"))
    assert (await queue.append(Say("a"), CONTEXT, idempotency=Idempotency("editor-2", "k1", b"2"))).version == 2


async def test_a_refused_command_leaves_no_answer_under_its_key(queue: AppendQueue) -> None:
    await queue.append(Say("a"), CONTEXT)
    key = Idempotency("editor-1", "k1", b"1")
    with pytest.raises(toy.TooMuch):
        await queue.append(Say("a", most=0), CONTEXT, idempotency=key)
    assert (await queue.append(Say("b"), CONTEXT, idempotency=key)).position == 2


async def test_a_command_may_say_several_things_or_nothing(queue: AppendQueue, database: AsyncEngine) -> None:
    assert (await queue.append(Say("a", times=3), CONTEXT)).version == 3
    assert (await queue.append(Say("a", times=0), CONTEXT)).position == 3
    assert len(await documents(database)) == 3


async def test_a_note_stays_beside_the_log(queue: AppendQueue, database: AsyncEngine) -> None:
    await queue.append(Say("a", note="Frau Beispiel fragen"), CONTEXT)
    async with database.connect() as connection:
        assert (await connection.execute(sa.select(notes))).all() == [(1, "Frau Beispiel fragen")]
        assert b"Beispiel" not in (await read.page(connection, 0))[0]


async def test_a_commit_wakes_the_relay_of_the_same_process(url: str) -> None:
    woken = asyncio.Event()
    async with toy.queue(url, on_append=woken.set) as queue:
        await queue.append(Say("a", times=0), CONTEXT)
        assert not woken.is_set()
        await queue.append(Say("a"), CONTEXT)
        assert woken.is_set()


@pytest.mark.parametrize("failure", [asyncpg.InternalClientError("another operation is in progress"), KeyError("?")])
async def test_a_failure_to_read_ahead_stops_nobody(
    queue: AppendQueue, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """A database that was killed makes the driver say the oddest things; what is a mistake of ours is told by the second try."""
    failures = iter([failure])
    load = Storage.load

    async def failing(storage: Storage, *given: Any) -> Loaded:
        for once in failures:
            raise once
        return await load(storage, *given)

    await queue.append(Say("a"), CONTEXT)
    monkeypatch.setattr(Storage, "load", failing)
    assert (await queue.append(Say("b"), CONTEXT)).position == 2
    assert (await queue.append(Say("c"), CONTEXT)).position == 3
