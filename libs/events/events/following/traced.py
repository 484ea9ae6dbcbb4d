"""A follower's deed, told to whoever follows the requests that its events come from."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from events.following.applying import Apply, AtOnce
from events.following.bookmark import Step
from events.following.heard import Heard
from events.tracing import Spans, Tracer


def traced(apply: Apply, tracer: Tracer | None, name: str) -> Apply:
    """The same; what it says because of an event names the deed as its cause. Without a tracer the very same."""
    if tracer is None:
        return apply

    async def told(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        with tracer.during(f"apply {name}", heard, "consumer", **_extent(heard)) as spans:
            await apply(connection, [_within(spans, one) for one in heard])

    return told


def traced_at_once(at_once: AtOnce, tracer: Tracer | None, name: str) -> AtOnce:
    """The same; told only if it was done."""
    if tracer is None:
        return at_once

    async def told(connection: AsyncConnection, step: Step, heard: Sequence[Heard]) -> bool:
        with tracer.during(f"apply {name}", heard, "consumer", **_extent(heard)) as spans:
            done = await at_once(connection, step, heard)
            if not done:
                spans.drop()
            return done

    return told


def _extent(heard: Sequence[Heard]) -> dict[str, str | int]:
    return {"events": len(heard), "position": heard[-1].position}


def _within(spans: Spans, one: Heard) -> Heard:
    cause = spans.within(one.traceparent)
    return one if cause == one.traceparent else msgspec.structs.replace(one, traceparent=cause)
