"""Whatever is sent, the answer is a problem that somebody can act on, in English and in German."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

import pytest
import pytest_asyncio

from tests.hardening.bad.case import Bad, judge
from tests.hardening.bad.cases import CASES
from tests.hardening.place import Place
from tests.hardening.places import PLACES
from tests.harness.postgres import Databases, PostgresServer

FITS_TWICE: Final = 1_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def places(
    postgres_server: PostgresServer, database_templates: dict[str, str]
) -> AsyncIterator[dict[str, Place]]:
    """The three services for all cases, because none of them changes anything."""
    databases = Databases(postgres_server, database_templates)
    async with AsyncExitStack() as stack:
        opened = {name: await stack.enter_async_context(open_(databases)) for name, open_ in PLACES.items()}
        before = {name: await place.position() for name, place in opened.items()}
        yield opened
        assert {name: await place.position() for name, place in opened.items()} == before
    databases.drop_all()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("bad", CASES, ids=str)
async def test_bad_input_is_refused_in_words_that_help(places: dict[str, Place], bad: Bad) -> None:
    place = places[bad.service]
    path, content = bad.path_with(place.known), bad.content_with(place.known)
    answer = await place.call(bad.method, path, role=bad.role, content=content, headers=bad.headers)
    problem = judge(bad, answer)
    if content is None or len(content) < FITS_TWICE:
        headers = {**bad.headers, "Accept-Language": "de"}
        german = judge(
            bad, await place.call(bad.method, path, role=bad.role, content=content, headers=headers), words=False
        )
        assert german["detail"] != problem["detail"]


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({str(bad) for bad in CASES}) == len(CASES)
