"""A state machine of appends, conflicts, repeats, crashes and restarts, held against a model of the log."""

import asyncio
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from events.deciding import Answer, Key
from events.log.append import AppendQueue, Idempotency, StorageUnavailable, WrongVersion
from events.log.connect import connect, engine
from tests.events.log import toy
from tests.events.log.toy import CONTEXT, Say
from tests.harness.postgres import Databases

streams = st.sampled_from(["a", "b", "c"])


class LogMachine(RuleBasedStateMachine):
    """Every rule leaves the outcome known: after a crash the same command is repeated under its idempotency key."""

    make_database: Databases

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.url = self.make_database(template="template0")
        self.run(toy.prepare(self.url))
        self.said: Counter[str] = Counter()
        self.keys: dict[str, Answer] = {}
        self.queue = self.open()

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    def open(self) -> AppendQueue:
        queue: AppendQueue = self.run(toy.queue(self.url).__aenter__())
        return queue

    def append(self, say: Say, **options: Any) -> Any:
        """Settle one append; where the outcome is unknown, repeat it under its key as a client would."""
        while True:
            try:
                return self.run(self.queue.append(say, CONTEXT, **options))
            except StorageUnavailable:
                continue

    @rule(stream=streams, times=st.integers(0, 4))
    def say(self, stream: str, times: int) -> None:
        key = Idempotency("m", f"key-{len(self.keys)}", b"1")
        answer = self.append(Say(stream, times=times), idempotency=key)
        self.said[stream] += times
        assert answer.version == self.said[stream]
        assert answer.position == self.said.total()
        self.keys[key.key] = answer

    @rule(stream=streams, off=st.sampled_from([-1, 1, 2]))
    def expect_wrongly(self, stream: str, off: int) -> None:
        with pytest.raises(WrongVersion) as refused:
            self.append(Say(stream), expected=(Key("tally", stream), self.said[stream] + off))
        assert refused.value.current == self.said[stream]

    @rule(data=st.data(), stream=streams)
    def repeat(self, data: st.DataObject, stream: str) -> None:
        if self.keys:
            key = data.draw(st.sampled_from(sorted(self.keys)))
            assert self.append(Say(stream), idempotency=Idempotency("m", key, b"1")) == self.keys[key]

    @rule(many=st.lists(streams, min_size=2, max_size=12))
    def say_together_and_lose_the_connection(self, many: list[str]) -> None:
        """Some commits may have happened, some not; each is repeated under its key until it is answered."""
        keyed = [(stream, Idempotency("m", f"key-{len(self.keys)}-{n}", b"1")) for n, stream in enumerate(many)]
        self.run(self._crash_during([self.queue.append(Say(s), CONTEXT, idempotency=k) for s, k in keyed]))
        for stream, key in keyed:
            self.keys[key.key] = self.append(Say(stream), idempotency=key)
            self.said[stream] += 1

    async def _crash_during(self, appends: list[Any]) -> None:
        tasks = [asyncio.ensure_future(one) for one in appends]
        await asyncio.sleep(0)
        killer = await connect(self.url)
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await killer.close()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(result, Answer | StorageUnavailable)

    @rule()
    def restart(self) -> None:
        self.run(self.queue.__aexit__(None, None, None))
        self.queue = self.open()

    @invariant()
    def the_log_is_the_model(self) -> None:
        self.run(self._compare())

    async def _compare(self) -> None:
        database = engine(self.url)
        async with database.connect() as connection:
            positions = list(await connection.scalars(sa.text("SELECT position FROM events ORDER BY 1")))
            versions = await connection.execute(
                sa.text("SELECT stream, array_agg(version ORDER BY 1) FROM events GROUP BY 1")
            )
            kept = {stream: sorted(found) for stream, found in versions}
            tallies = {row.id: row.version for row in await connection.execute(sa.text("SELECT * FROM tallies"))}
        await database.dispose()
        said = {stream: count for stream, count in self.said.items() if count}
        assert positions == list(range(1, self.said.total() + 1))
        assert kept == {f"tally/{stream}": list(range(1, count + 1)) for stream, count in said.items()}
        assert tallies == said

    def teardown(self) -> None:
        self.run(self.queue.__aexit__(None, None, None))
        self.loop.close()


@pytest.mark.timeout(300)
def test_the_log_behaves_as_its_model(make_database: Databases) -> None:
    machine = type("Machine", (LogMachine,), {"make_database": make_database})
    few = settings(max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)
