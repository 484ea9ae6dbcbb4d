"""Live events over JetStream: one ordered FastStream subscriber that fills an inbox.

It promises speed, not completeness: what it misses, the follower reads from the feed. So nothing here is durable or
acknowledged, and losing the server, the stream or the subscriber needs no more than a new one from the next position.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import structlog
from faststream.middlewares import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage
from faststream.nats.subscriber.usecases import PushStreamSubscriber
from nats.js.api import ConsumerConfig, DeliverPolicy

from events.bus.connection import (
    ANSWER_SECONDS,
    CLOSE_SECONDS,
    CONNECT_SECONDS,
    RECONNECT_PAUSE_SECONDS,
    go_on_unless_cancelled,
    stopped,
)

log = structlog.get_logger(__name__)

INBOX_LIMIT: Final = 20_000
HEARTBEAT_SECONDS: Final = 1.0
"""After two missed ones the client asks for a new consumer."""
PAUSE_SECONDS: Final = 1.0


class Delivery(NamedTuple):
    """One message: its number in the stream, which is the event's position, and its bytes."""

    position: int
    document: bytes


class Inbox:
    """What has arrived and was not taken yet. When it overflows it keeps nothing more: the feed has it all."""

    def __init__(self, limit: int = INBOX_LIMIT) -> None:
        self.overflowed = False
        self.interrupted = False
        self._limit = limit
        self._waiting: list[Delivery] = []
        self._arrived = asyncio.Event()

    def put(self, delivery: Delivery) -> None:
        """Never waits and never fails."""
        if self.overflowed:
            return
        if len(self._waiting) >= self._limit:
            self.overflowed = True
            self._waiting.clear()
        else:
            self._waiting.append(delivery)
        self._arrived.set()

    def interrupt(self) -> None:
        """The connection was lost and is back: whoever reads should compare histories."""
        self.interrupted = True
        self._arrived.set()

    async def take(self, patience: float) -> list[Delivery]:
        """Everything that waits; nothing if nothing came within `patience` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._arrived.wait()
        self._arrived.clear()
        taken, self._waiting = self._waiting, []
        return taken


class Live:
    """The stream of one speaker; `listening` may be entered again and again, from any position."""

    def __init__(self, nats_url: str, stream: str, *, limit: int = INBOX_LIMIT) -> None:
        self.stream = stream
        self._url = nats_url
        self._limit = limit

    @contextlib.asynccontextmanager
    async def listening(self, after: int) -> AsyncIterator[Inbox]:
        """An inbox into which falls what follows `after`, from whenever the server and the stream are there."""
        inbox = Inbox(self._limit)
        task = asyncio.create_task(self._listen(inbox, after), name=f"{self.stream}-live")
        try:
            yield inbox
        finally:
            await stopped(task)

    async def _listen(self, inbox: Inbox, after: int) -> None:
        """For ever, with a new connection whenever the old one ended or never came to be."""
        session = _Session(self._url, self.stream, inbox, after)
        while True:
            try:
                await session.live()
            except Exception as error:  # noqa: BLE001  whatever it is: the feed goes on, and so does this
                log.info("no live events for the moment", stream=self.stream, reason=repr(error))
            inbox.interrupt()
            await asyncio.sleep(PAUSE_SECONDS)


class _Session:
    """One subscriber after the other, each beginning where the one before it ended."""

    def __init__(self, url: str, stream: str, inbox: Inbox, after: int) -> None:
        self._url = url
        self._stream = stream
        self._inbox = inbox
        self._last = after
        self._consumer = ""
        self._ended = asyncio.Event()

    async def live(self) -> None:
        """Until the client gives its connection up. Raises what prevents the subscription."""
        self._ended.clear()
        broker = self._broker()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await broker.connect()
                await broker.start()
                go_on_unless_cancelled()
            log.debug("listening", stream=self._stream, after=self._last)
            await self._ended.wait()
        finally:
            await _stop(broker)

    def _broker(self) -> NatsBroker:
        broker = NatsBroker(
            self._url.split(","),
            name=f"{self._stream}-follower",
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_PAUSE_SECONDS,
            connect_timeout=int(ANSWER_SECONDS),
            ping_interval=10,
            max_outstanding_pings=2,
            error_cb=self._note_error,
            reconnected_cb=self._note_reconnect,
            closed_cb=self._note_end,
            ack_policy=AckPolicy.MANUAL,
            decoder=_as_it_is,
            apply_types=False,
            logger=None,
        )
        self._subscriber(broker)(self._hear)
        return broker

    def _subscriber(self, broker: NatsBroker) -> PushStreamSubscriber:
        return broker.subscriber(
            ">",
            stream=JStream(self._stream, declare=False),
            ordered_consumer=True,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            config=ConsumerConfig(opt_start_seq=self._last + 1, idle_heartbeat=HEARTBEAT_SECONDS),
            idle_heartbeat=HEARTBEAT_SECONDS,
            no_reply=True,
        )

    async def _hear(self, message: NatsMessage) -> None:
        metadata = message.raw_message.metadata
        position = metadata.sequence.stream
        if metadata.consumer != self._consumer:  # a new one may read another stream of the same name
            self._consumer = metadata.consumer
            self._inbox.interrupt()
        self._last = max(self._last, position)
        self._inbox.put(Delivery(position, message.body))

    async def _note_error(self, error: Exception) -> None:
        log.debug("NATS client", stream=self._stream, error=repr(error))

    async def _note_reconnect(self) -> None:
        self._inbox.interrupt()

    async def _note_end(self) -> None:
        self._ended.set()


async def _as_it_is(message: NatsMessage) -> NatsMessage:
    """FastStream would decode the JSON; we take the bytes, and the message's number with them."""
    return message


async def _stop(broker: NatsBroker) -> None:
    """Never raises: the client may fail with anything, a TypeError among it, while the server is down."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await broker.stop()
    except Exception as error:  # noqa: BLE001  closing is the last thing that is asked of it
        log.debug("live connection closed with an error", error=repr(error))
