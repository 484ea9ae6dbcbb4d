"""JetStream: the streams and what is asked of them.

The log is the truth; a stream is a copy of it whose sequence numbers are the log's positions. A stream belongs to its operator:
it is created with safe settings if it is missing, an existing one is never reconfigured.
"""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec
import structlog
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from events.bus.connection import ANSWER_SECONDS, ManyAtOnce, connected
from events.bus.publishing import RUN_LIMIT, Message, Publisher, Sent

log = structlog.get_logger(__name__)

NAMES: Final = {"catalog": "CATALOG", "progress": "PROGRESS", "notifier": "NOTIFIER"}
BATCH_LIMIT: Final = 1000
"""The most messages that nats-server accepts as one atomic batch."""
BATCH_BYTES: Final = 16 * 2**20
"""More than this in one batch is cut: a batch is held in the server's memory until its last message."""

PROBES: Final = 16
"""At how many places, one after the other, a stream is read to see that its files are still there."""


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator decides about a stream that we create; `None` keeps everything."""

    replicas: int = 1
    max_age: timedelta | None = None
    max_bytes: int | None = None


class End(NamedTuple):
    """How a stream ends. `id` is that of its last message: None if that has been aged out, "" if it is no event of ours.

    A `hollow` stream lacks messages that nobody allowed it to forget: its files are gone, whatever the server still says.
    """

    sequence: int
    id: str | None
    created: str
    hollow: bool


class _HasId(msgspec.Struct):
    id: str


_identify = msgspec.json.Decoder(_HasId)


def wanted(speaker: str, settings: StreamSettings) -> StreamConfig:
    """The configuration with which a speaker's stream is created."""
    return StreamConfig(
        name=NAMES[speaker],
        description=f"Every event of the {speaker}'s log; the sequence is the log's position.",
        subjects=[f"ozg.{speaker}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        num_replicas=settings.replicas,
        max_age=settings.max_age.total_seconds() if settings.max_age else 0,
        max_bytes=settings.max_bytes or -1,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        allow_atomic=True,
    )


class Stream:
    """One speaker's stream, as its relay and its operator see it."""

    def __init__(self, client: ManyAtOnce, speaker: str, settings: StreamSettings) -> None:
        self.name = NAMES[speaker]
        self._publisher = Publisher(client, self.name)
        self._jetstream: JetStreamContext = client.jetstream(timeout=ANSWER_SECONDS)
        self._wanted = wanted(speaker, settings)
        self._atomic = True
        self._warned: set[str] = set()
        self._probed = 0

    async def provision(self) -> StreamInfo:
        """The stream as it is, created if it is missing. Another's settings stay as they are; they are only warned about."""
        try:
            info = await self._jetstream.stream_info(self.name)
        except NotFoundError:
            info = await self._jetstream.add_stream(self._wanted)
            log.info("stream created", stream=self.name)
        self._atomic = bool(info.config.allow_atomic)
        self._warn(info.config)
        return info

    async def end(self) -> End:
        """Provision, and say how the stream ends."""
        info = await self.provision()
        sequence = info.state.last_seq
        hollow = sequence > 0 and not _forgets(info.config) and await self._lacks(sequence, info.state.messages)
        identity = await self.id_at(sequence) if sequence and not hollow else None
        return End(sequence, identity, str(info.created), hollow)

    async def created(self) -> str | None:
        """When the stream was created; None if it is missing."""
        try:
            return str((await self._jetstream.stream_info(self.name)).created)
        except NotFoundError:
            return None

    async def id_at(self, sequence: int) -> str | None:
        """The id of the event in a message; None if there is no such message."""
        try:
            message: RawStreamMsg = await self._jetstream.get_msg(self.name, sequence, direct=False)
        except NotFoundError:
            return None
        try:
            return _identify.decode(message.data or b"").id
        except msgspec.DecodeError:
            return ""

    async def _lacks(self, sequence: int, messages: int) -> bool:
        """Whether messages are missing. The server trusts its memory, so the first and another each time are really read."""
        self._probed = (self._probed + 1) % PROBES
        probes = {1, 1 + (sequence - 1) * self._probed // PROBES}
        return messages != sequence or None in [await self.id_at(probe) for probe in probes]

    async def send(self, messages: Sequence[Message], after: int) -> Sent:
        """Write as many of those that follow `after` as go at once. Raises MaxPayloadError and what the client raises."""
        part = _cut(messages)
        return await self._publisher.send(part, after, atomic=self._atomic and len(part) > RUN_LIMIT)

    async def acknowledged(self, sent: Sent) -> int:
        """The new end, once all that was sent is kept. Raises OutOfStep, StreamMissing, Unanswered, APIError."""
        return await self._publisher.acknowledged(sent, ANSWER_SECONDS)

    async def publish(self, messages: Sequence[Message], after: int) -> int:
        """Send, and wait until it is kept."""
        return await self.acknowledged(await self.send(messages, after))

    async def recreate(self) -> None:
        """Delete it with everything in it and create it empty, with the settings that it had."""
        try:
            config = (await self._jetstream.stream_info(self.name)).config
        except NotFoundError:
            config = self._wanted
        with contextlib.suppress(NotFoundError):
            await self._jetstream.delete_stream(self.name)
        await self._jetstream.add_stream(config)
        log.warning("stream deleted and created anew", stream=self.name)

    def _warn(self, found: StreamConfig) -> None:
        for name in ("subjects", "storage", "deny_delete", "deny_purge", "allow_direct", "allow_atomic"):
            ours, theirs = getattr(self._wanted, name), getattr(found, name)
            if ours != theirs and name not in self._warned:
                self._warned.add(name)
                log.warning("stream has other settings", stream=self.name, setting=name, found=theirs, advised=ours)


def _forgets(config: StreamConfig) -> bool:
    """Whether the operator lets the stream lose old messages; if not, an empty one has lost them otherwise."""
    limits = (config.max_age, config.max_msgs, config.max_bytes, config.max_msgs_per_subject)
    return any(limit is not None and limit > 0 for limit in limits)


def _cut(messages: Sequence[Message]) -> Sequence[Message]:
    """As many as fit into one batch, at least one."""
    size = 0
    for count, message in enumerate(messages[:BATCH_LIMIT]):
        size += len(message.document)
        if size > BATCH_BYTES and count:
            return messages[:count]
    return messages[:BATCH_LIMIT]


async def rebuild(nats_url: str, speaker: str, settings: StreamSettings | None = None) -> None:
    """For operators: empty the stream, so that the relay fills it from the log. Subscribers see everything again."""
    async with connected(nats_url, f"{speaker}-rebuild") as connection:
        await Stream(connection.client, speaker, settings or StreamSettings()).recreate()
