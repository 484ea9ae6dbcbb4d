"""Calls with tokens of an issuer: beside own ones, across a change of keys, and while it is down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import ASGITransport, AsyncClient

from edge import issuer as issuers
from edge.issuer import Issuer
from edge.mounting import mount, running
from edge.testing import Tokens
from tests.edge.issuing import Ticks, configured
from tests.edge.shelf import shelf_app
from tests.harness.issuer import LocalIssuer

BOX = "/api/boxes/ars:147130000000"


@asynccontextmanager
async def opened(tokens: Tokens, issuer: Issuer) -> AsyncIterator[AsyncClient]:
    app = mount({"/api": shelf_app(tokens, issuer=issuer, reading="token")})
    transport = ASGITransport(app)  # type: ignore[arg-type]  # the same, typed twice
    async with running(app), AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        yield client


@pytest.fixture
async def shelf(local: LocalIssuer, tokens: Tokens, ticks: Ticks) -> AsyncIterator[AsyncClient]:
    async with opened(tokens, configured(local, tokens, ticks)) as client:
        yield client


async def test_its_tokens_and_own_ones_do_side_by_side(shelf: AsyncClient, local: LocalIssuer, tokens: Tokens) -> None:
    role = {"realm_access": {"roles": ["ozg-operator"]}}
    for headers in (local.bearer(**role), tokens.bearer("operator")):
        assert (await shelf.put(BOX, json={"text": "books"}, headers=headers)).status_code == 200
        assert (await shelf.get(BOX, headers=headers)).status_code == 200
    answer = await shelf.put(BOX, json={"text": "books"}, headers=local.bearer(realm_access={"roles": ["ozg-reader"]}))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ozg:problem:wrong-role")
    answer = await shelf.put(BOX, json={"text": "books"}, headers=local.bearer(realm_access={}))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ozg:problem:token-no-role")


async def test_a_call_with_a_new_key_waits_for_it_rather_than_being_refused(
    shelf: AsyncClient, local: LocalIssuer, ticks: Ticks
) -> None:
    assert (await shelf.get("/api/boxes", headers=local.bearer())).status_code == 200
    local.rotate("second")
    ticks.at += issuers.AT_MOST_EVERY_SECONDS
    assert (await shelf.get("/api/boxes", headers=local.bearer(kid="second"))).status_code == 200


async def test_while_it_is_down_own_tokens_go_on_and_its_own_are_asked_to_wait(
    local: LocalIssuer, tokens: Tokens, ticks: Ticks
) -> None:
    local.fails = 500
    async with opened(tokens, configured(local, tokens, ticks)) as shelf:
        assert (await shelf.get("/api/boxes", headers=tokens.bearer("reader"))).status_code == 200
        answer = await shelf.get("/api/boxes", headers=local.bearer())
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:ozg:problem:token-issuer-unreachable")
        assert int(answer.headers["retry-after"]) > 0
        health = (await shelf.get("/api/-/health")).json()
        assert "answered 500" in health["conditions"]["identity"]
