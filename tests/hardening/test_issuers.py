"""Where an issuer is configured its tokens do in every service; those of any other issuer do nowhere."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.hardening.conftest import Opened
from tests.hardening.place import calls, problem_of
from tests.hardening.places import PLACES, app_of
from tests.hardening.test_who_may import ask
from tests.harness.issuer import LocalIssuer

SERVICES: Final = sorted(PLACES)
OPERATOR: Final = {"realm_access": {"roles": ["ozg-operator"]}}


@pytest.fixture
async def local() -> AsyncIterator[LocalIssuer]:
    async with LocalIssuer().running() as running:
        yield running


@pytest.mark.parametrize("service", SERVICES)
async def test_its_tokens_open_what_own_ones_open(opened: Opened, local: LocalIssuer, service: str) -> None:
    place = await opened(service, oidc_issuer=local.url, reading="token")
    local.now = place.tokens.now
    reading = "/subscriptions" if service == "notifier" else "/-/version" if service == "progress" else "/services"
    answer = await place.call("GET", reading, headers=local.bearer())
    assert answer.status_code == 200, answer.text
    if service == "catalog":
        record = next(call for call in calls(service, place.app) if call.id == "record_status")
        assert (await ask(place, record, headers=local.bearer())).status_code == 200
        history = await place.call("GET", f"{record.path.format(**place.known)}/history", headers=local.bearer())
        assert history.json()["items"][-1]["authority"] == "ars:147130000000"
        other = await ask(place, record, headers=local.bearer(municipality="145110000000"))
        assert problem_of(other)["type"] == "urn:ozg:problem:not-your-municipality"


@pytest.mark.parametrize("service", SERVICES)
async def test_tokens_of_another_issuer_open_nothing(opened: Opened, local: LocalIssuer, service: str) -> None:
    place = await opened(service, oidc_issuer=local.url, reading="token")
    local.now = place.tokens.now
    stranger = LocalIssuer(local.now)
    stranger.url = local.url
    elsewhere = LocalIssuer(local.now)
    elsewhere.url = "https://login.elsewhere.example/realms/ozg"
    before = await place.position()
    for call in calls(service, app_of(service, reading="token")):
        if call.path.startswith("/-/") or (call.writes and not call.roles):
            continue
        path = call.path.format(**place.known)
        for headers, slug in (
            (stranger.bearer(**OPERATOR), "token-wrong-key"),
            (elsewhere.bearer(**OPERATOR), "token-malformed"),
            (local.bearer(**OPERATOR, aud="account"), "token-wrong-audience"),
            (local.bearer(**OPERATOR, exp=1), "token-expired"),
            (local.bearer(realm_access={}), "token-no-role"),
        ):
            problem = problem_of(await place.call(call.method, path, headers=headers))
            assert problem["type"] == f"urn:ozg:problem:{slug}", (call, problem)
    assert await place.position() == before
