"""Signing in at an identity provider: over there and back, and every way in which that goes wrong."""

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from httpx import Response

from edge.testing import Tokens
from tests.harness.issuer import LocalIssuer
from tests.progress.pages.looking import Client, Told, shown, words
from tests.progress.pages.test_signing_in import NOON
from tests.progress.saxony import LEIPZIG, reporting_saxony

OURS: Final = {"public_url": "http://testserver.local", "oidc_client_id": "ozg-pages"}


@pytest.fixture
async def local() -> AsyncIterator[LocalIssuer]:
    async with LocalIssuer(NOON).running() as running:
        running.person = {"municipality": LEIPZIG}
        yield running


def settings(local: LocalIssuer, **more: Any) -> dict[str, Any]:
    return OURS | {"oidc_issuer": local.url, "tokens": Tokens(NOON)} | more


async def over_there(address: str) -> str:
    """Sign in at the issuer as a browser does; where it sends the person back to."""
    async with aiohttp.ClientSession() as session, session.get(address, allow_redirects=False) as answer:
        assert answer.status == 302
        back = urlsplit(answer.headers["location"])
    assert (back.scheme, back.netloc) == ("http", "testserver.local")
    return f"{back.path}?{back.query}"


async def go(client: Client, wanted: str = "/leistungen") -> str:
    begun = await client.get("/anmelden/oidc", params={"next": wanted}, follow_redirects=False)
    assert begun.status_code == 303, begun.text
    return begun.headers["location"]


async def come_back(client: Client, path: str) -> Response:
    return await client.get(path, follow_redirects=False)


@pytest.mark.parametrize("secret", [None, "geheim & mehr"])
async def test_a_clerk_signs_in_where_they_always_do(told: Told, local: LocalIssuer, secret: str | None) -> None:
    local.secret = secret
    async with told(reporting_saxony(), **settings(local, oidc_client_secret=secret)) as client:
        assert "Mit dem Anmeldedienst anmelden" in words(await shown(client, "/anmelden"))
        address = await go(client)
        asked = parse_qs(urlsplit(address).query)
        assert asked["redirect_uri"] == ["http://testserver.local/anmelden/zurueck"]
        assert asked["scope"] == ["openid"]
        answer = await come_back(client, await over_there(address))
        assert (answer.status_code, answer.headers["location"]) == (303, "/leistungen"), answer.text
        kept = [one for one in answer.headers.get_list("set-cookie") if one.startswith("ozg-session=")]
        assert "HttpOnly" in kept[0]
        assert "Leipzig, Stadt" in words(await shown(client, "/"))


async def test_a_code_is_good_for_whoever_began_and_once(told: Told, local: LocalIssuer) -> None:
    async with told(reporting_saxony(), **settings(local)) as client:
        first = await over_there(await go(client))
        client.cookies.clear()
        assert (await come_back(client, first)).status_code == 400
        await go(client)
        other = await come_back(client, first)
        assert other.status_code == 400
        assert "set-cookie" not in other.headers
        mine = await over_there(await go(client))
        kept = dict(client.cookies)
        assert (await come_back(client, mine)).status_code == 303
        for name, value in kept.items():
            client.cookies.set(name, value, domain="testserver.local")
        again = await come_back(client, mine)
        assert again.status_code == 400
        assert "invalid_grant" in again.text


async def test_what_the_issuer_does_not_grant_is_said(told: Told, local: LocalIssuer) -> None:
    async with told(reporting_saxony(), **settings(local)) as client:
        local.refuses = "access_denied"
        denied = await come_back(client, await over_there(await go(client)))
        assert (denied.status_code, "access_denied" in denied.text) == (400, True)
        local.refuses = None
        local.person = {"realm_access": {"roles": []}}
        nobody = await come_back(client, await over_there(await go(client)))
        assert nobody.status_code == 403
        assert "keine Rolle" in nobody.text
        local.person = {"aud": "account"}
        elsewhere = await come_back(client, await over_there(await go(client)))
        assert elsewhere.status_code == 401
        local.person = {"groups": ["/" + "x" * 4000]}
        large = await come_back(client, await over_there(await go(client)))
        assert "Browser behalten höchstens" in large.text
        assert "Angemeldet für" not in words(await shown(client, "/"))


async def test_another_client_or_issuer_gets_nowhere(told: Told, local: LocalIssuer) -> None:
    local.secret = "right"
    async with told(reporting_saxony(), **settings(local, oidc_client_secret="wrong")) as client:
        answer = await come_back(client, await over_there(await go(client)))
        assert (answer.status_code, "invalid_client" in answer.text) == (400, True)
        back = await over_there(await go(client))
        mixed = await come_back(client, back.replace("iss=", "iss=x"))
        assert (mixed.status_code, "another issuer" in mixed.text) == (400, True)


async def test_an_issuer_that_is_down_is_named(told: Told, local: LocalIssuer) -> None:
    async with told(reporting_saxony(), **settings(local)) as client:
        local.fails = 500
        answer = await client.get("/anmelden/oidc", follow_redirects=False)
    assert (answer.status_code, "cannot be asked" in answer.text) == (400, True)


async def test_without_one_there_is_only_the_token(told: Told) -> None:
    async with told(reporting_saxony(), tokens=Tokens(NOON)) as client:
        assert "Anmeldedienst" not in words(await shown(client, "/anmelden"))
        assert (await client.get("/anmelden/oidc", follow_redirects=False)).status_code == 400
