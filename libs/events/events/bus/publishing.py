"""How messages get into a stream: many in one write, one answer for all of them.

Two ways, each the faster one where it is used. A *batch* costs the disk one sync however many are in it, but the server keeps it in
files of its own until it is complete, which takes milliseconds. A *run* is plain messages, each naming the sequence it expects
before it, so that behind one that is refused nothing gets in; each costs a sync. Either way the answer to the last one speaks
for all, and further ones may be written before it has come.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol
from uuid import uuid4

import msgspec
from nats.aio.msg import Msg
from nats.errors import BadSubjectError, MaxPayloadError
from nats.js.errors import APIError

from events.bus.connection import ManyAtOnce
from events.contracts.envelope import CONTENT_TYPE

RUN_LIMIT: Final = 16
"""Up to so many go faster one by one than as a batch."""

WRONG_LAST_SEQUENCE: Final = 10071
BATCH_INCOMPLETE: Final = 10176
ATOMIC_DISABLED: Final = 10174
_NO_RESPONDERS: Final = "503"
_BLANK: Final = re.compile(r"\s")
_HEAD: Final = b"NATS/1.0\r\nContent-Type: " + CONTENT_TYPE.encode()


class Message(Protocol):
    """What is published: the log's entries are such."""

    @property
    def topic(self) -> str: ...
    @property
    def document(self) -> bytes: ...


class OutOfStep(Exception):
    """The stream does not end where the publisher thought."""


class StreamMissing(Exception):
    """No stream takes what was published."""


class Unanswered(Exception):
    """Nobody said whether it was kept."""


class Sent(NamedTuple):
    """What was written; if it was all kept, the stream ends at `end`. The first and the last message are answered."""

    end: int
    answers: "tuple[asyncio.Future[Msg], ...]"


class Publisher:
    """Writes to one stream over one connection."""

    def __init__(self, client: ManyAtOnce, stream: str) -> None:
        self._client = client
        self._stream = stream
        self._inbox = ""
        self._asked: dict[str, asyncio.Future[Msg]] = {}

    async def send(self, messages: Sequence[Message], after: int, *, atomic: bool) -> Sent:
        """Write them behind that sequence, as one batch or as a run. Raises MaxPayloadError and what the client raises."""
        if not self._inbox:
            inbox = self._client.new_inbox()
            await self._client.subscribe(f"{inbox}.*", cb=self._hear)
            self._inbox = inbox
        heads = list(_batch(len(messages), after) if atomic else _run(len(messages), after))
        if _BLANK.search("".join([message.topic for message in messages])):
            raise BadSubjectError
        if max(len(message.document) for message in messages) + max(map(len, heads)) > self._client.max_payload:
            raise MaxPayloadError
        answers: dict[int, asyncio.Future[Msg]] = {}
        frames = []
        last = len(messages) - 1
        for number, (message, head) in enumerate(zip(messages, heads, strict=True)):
            reply = b""
            if number == last or (number == 0 and not atomic):
                reply, answers[number] = self._ask()
            document = message.document
            size = len(head)
            frames.append(
                b"HPUB %b %b%d %d\r\n%b%b\r\n"
                % (message.topic.encode(), reply, size, size + len(document), head, document)
            )
        await self._client.write(b"".join(frames))
        return Sent(after + len(messages), tuple(answers.values()))

    async def acknowledged(self, sent: Sent, within: float) -> int:
        """The stream's new end. Raises OutOfStep, StreamMissing, Unanswered, APIError."""
        end = 0
        for answer in sent.answers:
            try:
                async with asyncio.timeout(within):
                    end = self._read(await answer)
            except TimeoutError:
                raise Unanswered(f"{self._stream} did not answer within {within:.0f} s") from None
        if end != sent.end:
            raise OutOfStep(f"{self._stream} ends at {end} instead of {sent.end}")
        return end

    def _ask(self) -> tuple[bytes, asyncio.Future[Msg]]:
        """Where to answer, and the answer."""
        token = uuid4().hex
        future: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._asked[token] = future
        future.add_done_callback(lambda _: self._asked.pop(token, None))
        return f"{self._inbox}.{token} ".encode(), future

    async def _hear(self, message: Msg) -> None:
        future = self._asked.get(message.subject.rpartition(".")[2])
        if future is not None and not future.done():
            future.set_result(message)

    def _read(self, message: Msg) -> int:
        if message.headers and message.headers.get("Status") == _NO_RESPONDERS:
            raise StreamMissing(f"no stream takes what is meant for {self._stream}")
        answer = msgspec.json.decode(message.data, type=_Answer)
        if answer.error is None:
            return answer.seq
        if answer.error.err_code in (WRONG_LAST_SEQUENCE, BATCH_INCOMPLETE, ATOMIC_DISABLED):
            raise OutOfStep(f"{self._stream}: {answer.error.description}")
        raise APIError(
            code=answer.error.code,
            err_code=answer.error.err_code,
            description=answer.error.description,
            stream=self._stream,
        )


def _batch(count: int, after: int) -> Iterator[bytes]:
    """The headers of one atomic batch."""
    start = b"%b\r\nNats-Batch-Id: %b\r\nNats-Batch-Sequence: " % (_HEAD, uuid4().hex.encode())
    for number in range(1, count + 1):
        expected = b"\r\nNats-Expected-Last-Sequence: %d" % after if number == 1 else b""
        commit = b"\r\nNats-Batch-Commit: 1" if number == count else b""
        yield b"%b%d%b%b\r\n\r\n" % (start, number, expected, commit)


def _run(count: int, after: int) -> Iterator[bytes]:
    """The headers of messages that follow each other."""
    for sequence in range(after, after + count):
        yield b"%b\r\nNats-Expected-Last-Sequence: %d\r\n\r\n" % (_HEAD, sequence)


class _Refusal(msgspec.Struct):
    code: int
    err_code: int
    description: str


class _Answer(msgspec.Struct):
    """JetStream's answer to a publication."""

    seq: int = 0
    error: _Refusal | None = None
