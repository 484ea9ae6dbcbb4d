"""What the catalog and its process for sheets tell each other: pickled messages, each behind its length.

Both ends are the same program, on a pair of sockets that nobody else has, so a pickle can be trusted.
"""

import pickle
from asyncio import StreamReader, StreamWriter
from typing import Any, Literal, NamedTuple

from catalog.domain.sheet import SheetRefused
from catalog.importing.sheet import Sheet
from catalog.sheets import Upload
from events.deciding import Answer
from events.log.append import Context, Idempotency

_LENGTH = 8


class Begin(NamedTuple):
    """To the process, first: for whom it works."""

    database_url: str
    installation: str
    log_format: Literal["auto", "json", "pretty"]
    log_level: str


class Ready(NamedTuple):
    """The answer to it."""


class Job(NamedTuple):
    """To the process: a sheet to keep."""

    number: int
    upload: Upload
    context: Context
    idempotency: Idempotency | None


class Drop(NamedTuple):
    """To the process: nobody waits for it any more."""

    number: int


class Done(NamedTuple):
    """What became of a sheet."""

    number: int
    sheet: Sheet
    outcome: Answer | SheetRefused


class Failed(NamedTuple):
    """What was raised instead."""

    number: int
    error: Exception


class Take(NamedTuple):
    """It wants room in the log, for streams that begin so (see events.log.room)."""

    turn: int
    beginning: str | None


class Given(NamedTuple):
    """To the process: it has it, with so large a gap."""

    turn: int
    gap: int


class Close(NamedTuple):
    """It is about to lock the head."""


class Leave(NamedTuple):
    """It needs the room no longer."""

    position: int | None
    others: int


class Kept(NamedTuple):
    """It appended to the log by itself."""


def say(writer: StreamWriter, message: Any) -> None:
    """On its way; who sends much awaits `writer.drain()`."""
    pickled = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    writer.write(len(pickled).to_bytes(_LENGTH, "big") + pickled)


async def hear(reader: StreamReader) -> Any:
    """The next message. Raises asyncio.IncompleteReadError or ConnectionError when the other end is gone."""
    length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
    return pickle.loads(await reader.readexactly(length))  # noqa: S301  from ourselves, see above
