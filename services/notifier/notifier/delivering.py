"""The delivery worker: claim what is due, send it side by side, write down what came of it. Crash-safe, at least once."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

import asyncpg
import structlog

from events.log.connect import CONNECT_LIMIT, STATEMENT_LIMIT, Connection
from events.log.watching import Head
from events.tracing import origins
from notifier.audience.raising import Desk
from notifier.channels.deliveries.claiming import Claim, claim
from notifier.channels.deliveries.endpoints import Endpoint, Endpoints, learn
from notifier.channels.deliveries.failing import PATIENCE
from notifier.channels.deliveries.queueing import Queue, Turn
from notifier.channels.deliveries.settling import Outcome, State, settle
from notifier.channels.email.gathering import release
from notifier.channels.email.mailing import Mailing
from notifier.channels.webhook.sending import Answered, Request, Sender
from notifier.domain.answer import Meaning, meaning, wish
from notifier.domain.schedule import next_attempt

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.3
PAUSE_SECONDS: Final = 1.0
"""When the database does not answer."""
AHEAD: Final = 8
"""For each request under way, so many may be claimed, so that sending never waits for claiming."""
# A claim that a power cut takes back is due again at once, as it would be a minute later: no disk is waited for.
_NOT_ON_DISK: Final = "SET LOCAL synchronous_commit = off"
FAREWELL_SECONDS: Final = 5.0
"""So long requests under way may take when the worker stops."""
GATHER_SECONDS: Final = 0.1
REQUESTS_FIRST_SECONDS: Final = 1.0
"""So long nothing is written down while there is something to send; a crash in between means that it is delivered twice."""
SETTLE_MOST: Final = 1000
# A fresh database would get generic plans made for empty tables and keep them; and thousands may be due at once of which
# statistics know nothing yet, so what is claimed is read in order from the index, never gathered and sorted.
SETTINGS: Final = {
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
    "enable_bitmapscan": "off",
    "enable_seqscan": "off",
}


class Delivering:
    """Several may run, in one process or many: rows are locked, not workers."""

    def __init__(
        self,
        database_url: str,
        desk: Desk,
        sender: Sender,
        mailing: Mailing | None = None,
        *,
        at_once: int = 128,
        per_endpoint: int = 16,
        jitter: Callable[[], float] = random.random,
        on_attempt: Callable[[Meaning], None] = lambda _: None,
    ) -> None:
        self._database_url = database_url
        self._pool: Pool
        self._desk = desk
        self._sender = sender
        self._mailing = mailing
        self._most_claimed = AHEAD * at_once
        self._endpoints = Endpoints(per_endpoint)
        self._queue = Queue(self._endpoints, at_once)
        self._jitter = jitter
        self._on_attempt = on_attempt
        self._head = Head(database_url, desk.log.speaker)
        self._sending: set[asyncio.Task[None]] = set()
        self._enough = 0
        self._done = asyncio.Event()
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Delivering"]:
        """Deliver in the background; on leaving, what is under way gets a few seconds."""
        self._pool = await asyncpg.create_pool(
            self._database_url,
            min_size=0,
            max_size=2,
            timeout=CONNECT_LIMIT,
            command_timeout=STATEMENT_LIMIT,
            reset=_as_it_is,
            server_settings=SETTINGS,
        )
        claiming = asyncio.create_task(self._claim_on(), name="claiming")
        settling = asyncio.create_task(self._settle_on(), name="settling")
        try:
            async with self._head.watched():
                yield self
        finally:
            claiming.cancel()
            await asyncio.gather(claiming, return_exceptions=True)
            await self._finish()
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
            self._pool.terminate()

    async def _claim_on(self) -> None:
        while True:
            seen = self._head.position
            try:
                claims = await self._claim()
            except Exception as error:  # noqa: BLE001  the database is away: what is due stays due
                log.warning("claiming deliveries failed", error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            for one in claims:
                self._queue.put(one)
            self._begin()
            await self._wait(len(claims), seen)

    async def _claim(self) -> list[Claim]:
        free = self._most_claimed - self._queue.claimed
        if free <= 0:
            return []
        now = self._desk.clock()
        room = self._endpoints.room(now)
        async with self._transaction() as connection:
            if self._mailing is not None:
                await release(connection, self._desk)
            await connection.execute(_NOT_ON_DISK)
            return await claim(
                connection,
                now,
                limit=free,
                room=room,
                room_of_others=self._endpoints.per_endpoint,
                safe=self._desk.safe,
            )

    async def _wait(self, found: int, seen: int) -> None:
        """Until half of what may wait is left, or of what was just claimed if that is little; but no longer than a moment.

        If there was nothing: until something is said.
        """
        if not found:
            await self._head.beyond(seen, POLL_SECONDS)
            return
        self._enough = min(self._most_claimed // 2, self._queue.claimed - (found + 1) // 2)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._fewer(self._enough)

    async def _fewer(self, claimed: int) -> None:
        """Until no more than that wait or are under way."""
        while self._queue.claimed > claimed:
            self._done.clear()
            await self._done.wait()

    def _begin(self) -> None:
        """As many requests as there are turns; each goes on to the next turn when it is over."""
        while (turn := self._queue.next()) is not None:
            task = asyncio.create_task(self._deliver_on(turn))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _deliver_on(self, first: Turn) -> None:
        turn: Turn | None = first
        while turn is not None:
            try:
                outcome = await self._send(*turn)
            finally:
                self._queue.over(turn.endpoint)
                if self._queue.claimed <= self._enough:
                    self._done.set()
            if outcome is not None:
                self._outcomes.put_nowait(outcome)
            turn = self._queue.next()

    async def _send(self, one: Claim, endpoint: Endpoint) -> Outcome | None:
        now = self._desk.clock()
        if now > one.safe_until:
            return None  # its turn came too late: the lease brings it back
        if one.mail is not None and self._mailing is None:
            return None  # a worker that sends mail may have it when the lease is over
        if (instead := self._instead(one, now)) is not None:
            return Outcome(one, instead, now, None)
        try:
            answered = await self._ask(one, now)
        except Exception as mistake:
            log.exception("sending failed", delivery=str(one.id))
            answered = Answered(None, 0, f"{type(mistake).__name__} here")
        return self._judge(one, endpoint, answered)

    def _instead(self, one: Claim, now: datetime) -> State | None:
        """What becomes of it where nothing is to be sent."""
        if not one.listening or (one.mail is not None and one.mail.is_void(one.alerts, now)):
            return "closed"
        if one.disabled:
            return "given-up"
        return "carried" if self._day_is_over(one, now) else None

    async def _ask(self, one: Claim, now: datetime) -> Answered:
        if one.mail is not None and self._mailing is not None:
            return await self._mailing.send(one, now)
        request = Request(one.url, one.secrets, one.webhook_id, one.body, one.batch)
        tracer = self._desk.tracer
        if tracer is None:
            return await self._sender.send(request, now)
        with tracer.during(
            "deliver webhook", origins(one.documents), "client", delivery=str(one.id), attempt=one.attempts + 1
        ) as spans:
            answered = await self._sender.send(request, now)
            spans.note(**({"status": answered.status} if answered.status is not None else {"error": "no answer"}))
            return answered

    def _judge(self, one: Claim, endpoint: Endpoint, answered: Answered) -> Outcome:
        now = self._desk.clock()
        means: Meaning = "refused" if answered.refused else meaning(answered.status)
        asked = wish(answered.status, answered.retry_after, now)
        learn(endpoint, answered, asked, now)
        self._on_attempt(means)
        if means == "taken":
            return Outcome(one, "delivered", now, answered)
        if means == "gone":
            return Outcome(one, "closed", now, answered)
        if means == "refused":
            return Outcome(one, "given-up", now, answered)
        due_at = next_attempt(one.attempts + 1, now, jitter=self._jitter(), wish=asked)
        if one.mail is not None and one.digest_on is not None:
            if one.failing_since is not None and now - one.failing_since >= PATIENCE:
                return Outcome(one, "given-up", now, answered)
            if due_at is None or self._day_is_over(one, due_at):
                return Outcome(one, "carried", now, answered)
        if due_at is None:
            return Outcome(one, "given-up", now, answered)
        return Outcome(one, "due", now, answered, due_at)

    def _day_is_over(self, one: Claim, at: datetime) -> bool:
        """A mail leaves on its day or with the next one, so that nobody gets two on one day; a question has no day."""
        return one.digest_on is not None and one.mail is not None and self._desk.day(at) != one.digest_on

    async def _settle_on(self) -> None:
        """What is waiting, in one transaction; requests go first, because nobody waits for it to be written down."""
        while True:
            outcomes = [await self._outcomes.get()]
            if self._outcomes.qsize() < SETTLE_MOST:
                await self._quiet()
            while len(outcomes) < SETTLE_MOST and not self._outcomes.empty():
                outcomes.append(self._outcomes.get_nowait())
            await self._settle(outcomes)
            for _ in outcomes:
                self._outcomes.task_done()

    async def _quiet(self) -> None:
        """Until nothing is to be sent, but no longer than a moment."""
        await asyncio.sleep(GATHER_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REQUESTS_FIRST_SECONDS - GATHER_SECONDS):
                await self._fewer(0)

    async def _settle(self, outcomes: list[Outcome]) -> None:
        """A failed one is repeated while the leases last; after that somebody delivers again."""
        for _ in range(3):
            try:
                async with self._transaction() as connection:
                    await settle(connection, self._desk, outcomes)
            except Exception as error:  # noqa: BLE001  at least once: what is not written down is delivered again
                log.warning("settling deliveries failed", error=repr(error), deliveries=len(outcomes))
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._pool.acquire() as connection, connection.transaction():
            yield cast("Connection", connection)

    async def _finish(self) -> None:
        self._enough = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._fewer(0)
        for task in self._sending:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._outcomes.join()


async def _as_it_is(_: object) -> None:
    """Connections are ours alone and never changed, so none is reset."""
