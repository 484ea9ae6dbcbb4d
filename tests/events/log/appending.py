"""A program that appends for ever and prints what was acknowledged: `single` one event at a time, `bulk` hundreds at once."""

import asyncio
import itertools
import sys

import msgspec

from events.deciding import Answer, Key, Said
from events.log.append import AppendQueue
from events.log.bulk import Bulk, BulkAppender, Moved
from events.log.room import Room
from events.turns import Turns
from tests.events.log import toy
from tests.events.log.toy import CONTEXT, Say

SHARED = 5
"""So few streams the single ones append to, whichever process they are in."""
MANY = 300
CALLERS = 8


async def main(url: str, name: str, kind: str) -> None:
    async with toy.queue(url) as queue:
        if kind == "bulk":
            await _bulks(url, queue, name)
        else:
            await asyncio.gather(*(_singles(queue, f"{name}.{caller}") for caller in range(CALLERS)))


async def _singles(queue: AppendQueue, name: str) -> None:
    for number in itertools.count():
        await queue.append(Say(f"shared{number % SHARED}", f"{name}-{number}"), CONTEXT)
        _acknowledged(f"{name}-{number}")


async def _bulks(url: str, queue: AppendQueue, name: str) -> None:
    tools = {"log": toy.LOG, "keepers": [toy.TallyKeeper()], "clock": toy.now, "new_id": toy.new_id}
    appender = BulkAppender(url, Room(queue), **tools, turns=Turns())  # type: ignore[arg-type]
    for number in itertools.count():
        text = f"{name}-{number}"
        keys = [Key("tally", f"{text}.{n}") for n in range(MANY)]
        bulk = Bulk([Said(key, toy.status(key.id, text)) for key in keys], {}, 0, [])
        try:
            await appender.append(bulk, CONTEXT, _reply)
        except Moved:
            continue
        _acknowledged(text)


def _acknowledged(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _reply(position: int) -> Answer:
    return Answer(outcome="mixed", version=0, position=position, body=msgspec.Raw(b"{}"))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
