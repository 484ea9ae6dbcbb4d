"""The relay carries the log into JetStream: one more follower, whose position is the stream's own last message.

There is no checkpoint to drift. If JetStream loses its tail, or all of it, the same bytes are published again. If the stream
tells another history than the log (a restored backup), the relay halts until an operator has rebuilt the stream.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

import asyncpg
import msgspec
import nats.errors
import structlog

from events.bus.carrying import Carrying
from events.bus.connection import Connection as NatsConnection
from events.bus.connection import ConnectionEnded, connected, stopped
from events.bus.outbox import DATABASE_SECONDS, Halted, Log
from events.bus.publishing import OutOfStep, StreamMissing, Unanswered
from events.bus.streams import Stream, StreamSettings
from events.log.connect import connect
from events.log.tables import channel
from events.tracing import Tracer

if TYPE_CHECKING:
    Postgres = asyncpg.Connection[asyncpg.Record]

log = structlog.get_logger(__name__)

CHECK_SECONDS: Final = 5.0
"""How often a relay looks whether the stream is still as it left it, and a halted one whether it was rebuilt."""
ELECTION_SECONDS: Final = 1.0
PAUSES: Final = (0.1, 0.3, 1.0, 3.0, 5.0)
TIMEOUTS_UNTIL_RECREATED: Final = 3

State = Literal["starting", "standby", "relaying", "waiting", "halted"]


class RelayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`position` is the log's head, `stream_position` the stream's end, as last seen; `reason` says why it does not relay."""

    state: State = "starting"
    reason: str | None = None
    position: int = 0
    stream_position: int = 0

    @property
    def lag(self) -> int:
        """How many events are kept and not yet published."""
        return max(0, self.position - self.stream_position)


class Relay:
    """Run one in every process that may write; an advisory lock elects the one that relays."""

    def __init__(
        self,
        database_url: str,
        nats_url: str,
        *,
        speaker: str,
        settings: StreamSettings | None = None,
        check_seconds: float = CHECK_SECONDS,
        tracer: Tracer | None = None,
    ) -> None:
        self.speaker = speaker
        self.status = RelayStatus()
        self._database_url = database_url
        self._nats_url = nats_url
        self._settings = settings or StreamSettings()
        self._check_seconds = check_seconds
        self._tracer = tracer
        self._woken = asyncio.Event()
        self._resumed = asyncio.Event()
        self._timeouts = 0
        self._failures = 0

    def wake(self) -> None:
        """Something was appended in this process."""
        self._woken.set()

    def resume(self) -> None:
        """An operator says: look again."""
        self._resumed.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Relay"]:
        """Relay in the background."""
        task = asyncio.create_task(self.run(), name=f"{self.speaker}-relay")
        try:
            yield self
        finally:
            await stopped(task)

    async def run(self) -> None:
        """For ever: outages of either server are waited out."""
        while True:
            try:
                async with (
                    self._elected() as database,
                    connected(self._nats_url, f"{self.speaker}-relay") as connection,
                ):
                    await self._relay(Log(database), connection)
            except Halted as halted:
                await self._stay_halted(halted)
            except Exception as error:  # noqa: BLE001  whatever it is: say so, pause, begin again from the stream's end
                await self._pause(error)

    async def _relay(self, events: Log, connection: NatsConnection) -> None:
        stream = Stream(connection.client, self.speaker, self._settings)
        while not connection.ended.is_set():
            position = await self._agree(events, stream)
            try:
                await self._carry(events, stream, connection, position)
            except (OutOfStep, StreamMissing) as why:
                log.info("the stream ends elsewhere", stream=stream.name, position=position, why=str(why))
                await asyncio.sleep(PAUSES[0])
            except nats.errors.MaxPayloadError:
                raise Halted(
                    f"an event behind position {self.status.stream_position} is larger than NATS accepts (max_payload)",
                    None,
                ) from None
            except Unanswered:
                await self._timed_out(stream)
        raise ConnectionEnded("NATS closed the connection for good")

    async def _carry(self, events: Log, stream: Stream, connection: NatsConnection, position: int) -> None:
        """Until the connection was lost and is back, or it is time to look whether the stream is still there."""
        reconnects, checked = connection.reconnects, monotonic()

        def due() -> bool:
            return (
                connection.ended.is_set()
                or reconnects != connection.reconnects
                or monotonic() - checked >= self._check_seconds
            )

        carrying = Carrying(events, stream, position, woken=self._woken, on_read=self._saw_head, tracer=self._tracer)
        async with contextlib.aclosing(carrying.ends(due)) as ends:
            async for end in ends:
                self._timeouts = self._failures = 0
                self._saw(max(self.status.position, end), end)

    async def _timed_out(self, stream: Stream) -> None:
        """Its files may be gone under a running server: then it says it is well and takes nothing, until it is recreated."""
        if await stream.created() is None:
            return
        self._timeouts += 1
        log.warning("publishing timed out although the stream is there", stream=stream.name, times=self._timeouts)
        if self._timeouts >= TIMEOUTS_UNTIL_RECREATED:
            await stream.recreate()
            self._timeouts = 0

    async def _agree(self, events: "Log", stream: Stream) -> int:
        """Where the stream ends, if the log says the same about that position. Raises Halted."""
        end = await stream.end()
        head = await events.head()
        if end.hollow:
            await stream.recreate()
            end = await stream.end()
        if end.sequence > head:
            raise Halted(
                f"the stream {stream.name} is at {end.sequence}, ahead of the log at {head}: one of them was restored",
                end.created,
            )
        if end.id is not None and end.id != await events.id_at(end.sequence):
            raise Halted(
                f"the stream {stream.name} tells another event than the log at position {end.sequence}", end.created
            )
        self._saw(head, end.sequence)
        self._failures = 0
        return end.sequence

    def _saw(self, head: int, stream_position: int) -> None:
        self.status = RelayStatus(state="relaying", position=head, stream_position=stream_position)

    def _saw_head(self, head: int) -> None:
        self._saw(max(self.status.position, head), self.status.stream_position)

    def _announced(self, *said: object) -> None:
        """What was appended in this process has been read before the database announces it."""
        position = said[-1]
        if not (isinstance(position, str) and position.isdigit() and int(position) <= self.status.position):
            self.wake()

    async def _pause(self, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if self.status.reason != reason:
            log.warning("relay waits", speaker=self.speaker, reason=reason)
        self.status = msgspec.structs.replace(self.status, state="waiting", reason=reason)
        await asyncio.sleep(PAUSES[min(self._failures, len(PAUSES) - 1)])
        self._failures += 1

    async def _stay_halted(self, halted: Halted) -> None:
        """Until an operator rebuilt the stream or says `resume`; an agreement by chance is none."""
        self._resumed.clear()
        log.error("relay halted", speaker=self.speaker, reason=str(halted))
        self.status = msgspec.structs.replace(self.status, state="halted", reason=str(halted))
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._check_seconds):
                    await self._resumed.wait()
                    return
            if halted.created is not None and await self._stream_created() not in (halted.created, ""):
                log.warning("the stream was rebuilt; relaying again", speaker=self.speaker)
                return

    async def _stream_created(self) -> str | None:
        """When the stream was created, None if it is gone, "" if nobody can say."""
        try:
            async with connected(self._nats_url, f"{self.speaker}-relay") as connection:
                return await Stream(connection.client, self.speaker, self._settings).created()
        except Exception:  # noqa: BLE001  an outage while halted changes nothing
            return ""

    @contextlib.asynccontextmanager
    async def _elected(self) -> AsyncIterator["Postgres"]:
        """The connection that holds the lock, listens and reads: if it is lost, so is the office."""
        database = await connect(self._database_url, application_name=f"{self.speaker}-relay")
        try:
            while not await database.fetchval(
                "SELECT pg_try_advisory_lock($1)", _office(self.speaker), timeout=DATABASE_SECONDS
            ):
                self.status = RelayStatus(state="standby", reason="another process relays")
                await asyncio.sleep(ELECTION_SECONDS)
            await database.add_listener(channel(self.speaker), self._announced)
            yield database
        finally:
            await _close(database)


def _office(speaker: str) -> int:
    """The number of the advisory lock: the same in every process and release."""
    return int.from_bytes(hashlib.blake2b(f"ozg relay {speaker}".encode(), digest_size=8).digest(), signed=True)


async def _close(database: "Postgres") -> None:
    try:
        await database.close(timeout=DATABASE_SECONDS / 5)
    except Exception:  # noqa: BLE001  it may be gone already
        database.terminate()
