"""The three services, each on a fresh copy of a database that was filled once."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from tests.hardening.place import Place
from tests.hardening.places import PLACES
from tests.harness.postgres import Databases


class Opened(Protocol):
    """`await opened("catalog", reading="token")`."""

    async def __call__(self, service: str, **settings: Any) -> Place: ...


@pytest.fixture
async def opened(make_database: Databases) -> AsyncIterator[Callable[..., Any]]:
    """Opens one of the services for the test."""
    async with AsyncExitStack() as stack:

        async def open_(service: str, **settings: Any) -> Place:
            return await stack.enter_async_context(PLACES[service](make_database, **settings))

        yield open_
