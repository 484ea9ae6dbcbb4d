"""Appending, told to whoever follows the calls that it is for."""

from typing import Protocol

from events.deciding import Answer, Command, Key
from events.log.batch import Idempotency
from events.log.write import Clock, Context
from events.tracing import Origin, Tracer


class Appending(Protocol):
    """Where commands are decided and kept: the append queue, or the same that tells."""

    async def append(
        self,
        command: Command,
        context: Context,
        *,
        idempotency: Idempotency | None = None,
        expected: tuple[Key, int] | None = None,
    ) -> Answer:
        """Decide and keep."""


def traced(queue: Appending, tracer: Tracer | None, clock: Clock) -> Appending:
    """The same; the events name the appending as their cause. Without a tracer the very same."""
    return queue if tracer is None else _Traced(queue, tracer, clock)


class _Traced:
    def __init__(self, queue: Appending, tracer: Tracer, clock: Clock) -> None:
        self._queue = queue
        self._tracer = tracer
        self._clock = clock

    async def append(
        self,
        command: Command,
        context: Context,
        *,
        idempotency: Idempotency | None = None,
        expected: tuple[Key, int] | None = None,
    ) -> Answer:
        with self._tracer.during("append", [Origin(context.traceparent, self._clock())]) as spans:
            within = context._replace(traceparent=spans.within(context.traceparent))
            answer = await self._queue.append(command, within, idempotency=idempotency, expected=expected)
            spans.note(outcome=answer.outcome, position=answer.position)
            return answer
