"""Waiting for something to become true, with a limit and without asserting how long it took."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_SECONDS = 60.0


async def until(condition: Callable[[], bool], what: object = "") -> None:
    """Raises TimeoutError, naming what was waited for: a thing, or a question that is asked in the end."""

    async def asked() -> bool:
        return condition()

    await until_true(asked, what)


async def until_true(condition: Callable[[], Awaitable[bool]], what: object = "") -> None:
    """The same for a question that must be awaited."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await condition():  # noqa: ASYNC110  many kinds of things are waited for, few have an Event
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"it never became true: {what() if callable(what) else what}") from None
