"""`python -m catalog.apart SOCKET`: the process for sheets. Started by the catalog, and over as soon as that closes its end."""

import asyncio
import gc
import os
import signal
import socket
import sys
from datetime import UTC, datetime

import sqlalchemy.exc
import structlog
import uvloop

from catalog.apart.talk import Begin, Close, Done, Drop, Failed, Given, Job, Kept, Leave, Ready, Take, hear, say
from catalog.keeping import keepers
from catalog.sheets import Sheets
from edge import logs
from edge.correlation import bind, uuid7
from events.contracts.refusals import Refusal
from events.log.append import AppendQueue, IdempotencyKeyReused, Log, StorageUnavailable, Unstorable
from events.log.bulk import BulkAppender
from events.log.connect import engine as engine_for
from events.log.storage import PASSING, UNANSWERED
from events.turns import Turns

YOUNG = 20_000
"""New objects until the garbage collector looks through them, as in the catalog itself."""
WRITING = 0.01
"""Seconds at a time for the one that is being written, for whom others wait in the log; those that are read wait for it."""
_TOLD = (Refusal, IdempotencyKeyReused, StorageUnavailable, Unstorable)
_AWAY = (*UNANSWERED, *PASSING, sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError)

log = structlog.get_logger("catalog")


class SheetFailed(Exception):
    """A mistake of ours; the log of the process for sheets has the trace."""


class _Gap:
    """Room in the log, asked of the process whose append queue it is about."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._one = asyncio.Lock()
        self._turn = 0
        self._given: asyncio.Future[int] | None = None

    async def take(self, beginning: str | None) -> int:
        await self._one.acquire()
        self._turn += 1
        self._given = asyncio.get_running_loop().create_future()
        say(self._writer, Take(self._turn, beginning))
        try:
            return await self._given
        except BaseException:
            self.leave()
            raise

    def given(self, given: Given) -> None:
        """Unless whoever asked has gone."""
        if self._given is not None and given.turn == self._turn and not self._given.done():
            self._given.set_result(given.gap)

    def close(self) -> None:
        say(self._writer, Close())

    def leave(self, position: int | None = None, others: int = 0) -> None:
        say(self._writer, Leave(position, others))
        self._one.release()


class _Clerk:
    """Keeps the sheets that it is given, several at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begin: Begin) -> None:
        self._reader = reader
        self._writer = writer
        self._gap = _Gap(writer)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        url, of = begin.database_url, Log("catalog", begin.installation)
        self._queue = AppendQueue(
            url, log=of, keepers=keepers(), clock=_now, new_id=uuid7, on_append=lambda: say(writer, Kept())
        )
        bulk = BulkAppender(url, self._gap, log=of, keepers=keepers(), clock=_now, new_id=uuid7, turns=Turns(WRITING))
        self._sheets = Sheets(engine_for(url, pool_size=2), self._queue, bulk, Turns())

    async def work(self) -> None:
        """Until the catalog is gone."""
        async with self._queue:
            say(self._writer, Ready())
            while True:
                match await hear(self._reader):
                    case Job() as job:
                        self._tasks[job.number] = asyncio.create_task(self._keep(job), name=f"sheet-{job.number}")
                    case Drop(number) if number in self._tasks:
                        self._tasks[number].cancel()
                    case Given() as given:
                        self._gap.given(given)

    async def _keep(self, job: Job) -> None:
        bind(job.context.correlation_id or "", job.context.traceparent)
        try:
            sheet, outcome = await self._sheets.keep(job.upload, job.context, job.idempotency)
            say(self._writer, Done(job.number, sheet._replace(rows=(), refused=()), outcome))
            await self._writer.drain()
        except _TOLD as no:
            say(self._writer, Failed(job.number, no))
        except _AWAY as lost:
            log.warning("sheet not kept", error=repr(lost))
            say(self._writer, Failed(job.number, StorageUnavailable("the database did not answer")))
        except asyncio.CancelledError:
            say(self._writer, Failed(job.number, StorageUnavailable("given up")))
            raise
        except Exception as mistake:
            log.exception("sheet failed")
            say(self._writer, Failed(job.number, SheetFailed(repr(mistake))))
        finally:
            del self._tasks[job.number]


def _now() -> datetime:
    return datetime.now(UTC)


async def _main(listening: int) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=listening))
    try:
        begin = await hear(reader)
        logs.configure(begin.log_format, begin.log_level)
        clerk = _Clerk(reader, writer, begin)
        gc.collect()
        gc.freeze()
        await clerk.work()
    except (asyncio.IncompleteReadError, ConnectionError):
        os._exit(
            0
        )  # whatever is under way has nobody to hear of it, and threads that read a file need not be waited for


if __name__ == "__main__":
    # Not niced: while it holds the log's head, whoever waits for a single answer would wait for it all the longer.
    # Both signals may reach all processes of a terminal or a service; the catalog decides when the sheets in hand are done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    gc.set_threshold(YOUNG)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(int(sys.argv[1])))
