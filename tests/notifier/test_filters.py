"""What a subscription's filter lets through."""

import pytest

from events.contracts.notifier import Filter
from tests.notifier.listening import Listening
from tests.notifier.telling import (
    CHEMNITZ,
    FLENSBURG,
    LEIPZIG,
    LICENCE,
    OUTBOX,
    REGISTRATION,
    Told,
    opened,
    solution,
    status,
)

POST = solution("postausgang", OUTBOX)


async def test_a_filter_with_a_municipality_only_narrows(told: Told, listening: Listening) -> None:
    await listening("http://127.0.0.1:9/", CHEMNITZ, Filter(services=(REGISTRATION.key,)))
    await listening("http://127.0.0.1:9/", FLENSBURG, Filter(services=(OUTBOX.key,)))
    await told(opened(POST, "DE-SN"))
    assert not await listening.deliveries()
    await told(opened(solution("portal", OUTBOX, REGISTRATION), "DE-SN"))
    assert len(await listening.deliveries()) == 1


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        (Filter(services=(OUTBOX.key,)), 1),
        (Filter(services=(REGISTRATION.key,)), 0),
        (Filter(themes=("querschnittsleistungen",)), 1),
        (Filter(regions=("DE",)), 2),
        (Filter(regions=("DE-SN",)), 2),
        (Filter(regions=("DE-SH",)), 0),
        (Filter(events=("status-recorded",)), 1),
        (Filter(events=("solution-became-available",), regions=("DE-SN",)), 1),
    ],
)
async def test_a_filter_without_a_municipality_hears_what_matches(
    told: Told, listening: Listening, wanted: Filter, heard: int
) -> None:
    await listening("http://127.0.0.1:9/", None, wanted)
    await told(
        opened(POST, "DE-SN"),
        status(LEIPZIG, LICENCE, "live"),
        status(LEIPZIG, LICENCE, "pilot", correction=True),
    )
    assert len(await listening.deliveries()) == heard
    await told(opened(POST, "DE-SN"))  # again: silent
    assert len(await listening.deliveries()) == heard
