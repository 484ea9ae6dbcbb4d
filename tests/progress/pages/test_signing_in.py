"""Signing in and out on the pages, and what a session does to the pages that people see."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from httpx import Response

from edge.testing import Tokens
from tests.progress.pages.looking import Client, Told, shown, words
from tests.progress.saxony import LEIPZIG, TODAY, reporting_saxony

NOON: Final = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
OWN: Final = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(NOON)


async def sign_in(client: Client, token: str, wanted: str = "", **headers: str) -> Response:
    return await client.post(
        "/anmelden", data={"token": token, "next": wanted}, headers=OWN | headers, follow_redirects=False
    )


async def test_a_clerk_signs_in_and_out_with_a_token(told: Told, tokens: Tokens) -> None:
    async with told(reporting_saxony(), tokens=tokens) as client:
        assert "Anmelden" in words(await shown(client, "/"))
        answer = await sign_in(client, f" Bearer {tokens.token('editor', LEIPZIG)}\n", "/leistungen?lang=en")
        assert (answer.status_code, answer.headers["location"]) == (303, "/leistungen?lang=en")
        kept = answer.headers["set-cookie"]
        assert "HttpOnly" in kept
        assert "SameSite=lax" in kept
        assert int(re.findall(r"Max-Age=(\d+)", kept)[0]) == 3600
        page = await shown(client, "/")
        assert "Angemeldet für Leipzig, Stadt (Erfassung)" in words(page).replace("  ", " ")
        assert "/kommunen/147130000000" in page
        account = words(await shown(client, "/anmelden"))
        assert "Sie können für diese Kommune Stände erfassen." in account
        out = await client.post("/abmelden", headers=OWN, follow_redirects=False)
        assert (out.status_code, out.headers["location"]) == (303, "/")
        assert "Angemeldet" not in words(await shown(client, "/"))


async def test_what_does_not_do_is_said_beside_the_field(told: Told, tokens: Tokens) -> None:
    async with told(reporting_saxony(), tokens=tokens) as client:
        for token, said in (
            ("", "kein vollständiges Token"),
            ("x.y.z", "kein vollständiges Token"),
            (Tokens(NOON).token(), "nicht von dieser Installation"),
            (tokens.token(lifetime=timedelta(hours=-1)), "abgelaufen"),
        ):
            answer = await sign_in(client, token)
            assert answer.status_code == 422
            assert re.search(rf'id="token-wrong">[^<]*{said}', answer.text), answer.text
            assert 'aria-describedby="token-wrong token-hint" aria-invalid="true"' in answer.text
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "evil",
        "/%0a\n/x",
        "/abmelden",
        "/anmelden?next=/",
    ],
)
async def test_after_signing_in_one_stays_here(told: Told, tokens: Tokens, wanted: str) -> None:
    async with told(reporting_saxony(), tokens=tokens) as client:
        answer = await sign_in(client, tokens.token("operator"), wanted)
        assert (answer.status_code, answer.headers["location"]) == (303, "/anmelden")


async def test_another_site_signs_nobody_in_or_out(told: Told, tokens: Tokens) -> None:
    async with told(reporting_saxony(), tokens=tokens) as client:
        foreign: dict[str, Any] = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        answer = await sign_in(client, tokens.token(), **foreign)
        assert answer.status_code == 403
        assert "Nicht von dieser Seite" in answer.text
        assert "set-cookie" not in answer.headers
        await sign_in(client, tokens.token("operator"))
        out = await client.post("/abmelden", headers=foreign, follow_redirects=False)
        assert out.status_code == 403
        assert "alle Kommunen" in words(await shown(client, "/"))


async def test_nobody_gets_the_page_of_another(told: Told, tokens: Tokens) -> None:
    async with told(reporting_saxony(), tokens=tokens) as client:
        anonymous = await client.get("/leistungen")
        known = {"If-None-Match": anonymous.headers["etag"]}
        assert (await client.get("/leistungen", headers=known)).status_code == 304
        assert "Cookie" in anonymous.headers["vary"]
        await sign_in(client, tokens.token("editor", LEIPZIG))
        mine = await client.get("/leistungen", headers=known)
        assert mine.status_code == 200
        assert "Leipzig" in mine.text
        assert mine.headers["cache-control"] == "private, no-store"
        assert "etag" not in mine.headers
        await client.post("/abmelden", headers=OWN, follow_redirects=False)
        assert (await client.get("/leistungen", headers=known)).status_code == 304


async def test_a_session_that_ended_is_none(told: Told, tokens: Tokens) -> None:
    async with told(reporting_saxony(), tokens=tokens) as client:
        client.cookies.set("ozg-session", tokens.token(lifetime=timedelta(seconds=-1)), domain="testserver.local")
        assert "Angemeldet" not in words(await shown(client, "/"))
        client.cookies.set("ozg-session", "nonsense", domain="testserver.local")
        assert "Angemeldet" not in words(await shown(client, "/"))


async def test_where_reading_needs_a_token_a_session_will_do(told: Told, tokens: Tokens) -> None:
    async with told(reporting_saxony(), tokens=tokens, reading="token") as client:
        closed = await shown(client, "/leistungen", status=401)
        assert 'href="/anmelden?next=/leistungen"' in closed
        assert "nur, wer angemeldet ist" in words(await shown(client, "/anmelden"))
        await sign_in(client, tokens.token("reader"))
        assert "Leistungen" in words(await shown(client, "/leistungen"))
        assert (await client.get("/api/progress/v1/overview")).status_code == 200


async def test_over_tls_the_cookie_belongs_to_this_host_alone(told: Told, tokens: Tokens) -> None:
    async with told(reporting_saxony(), tokens=tokens, public_url="https://ozg.example") as client:
        kept = (await sign_in(client, tokens.token())).headers["set-cookie"]
        assert kept.startswith("__Host-ozg-session=")
        assert "Secure" in kept
        assert "Path=/" in kept
        assert "Domain" not in kept
