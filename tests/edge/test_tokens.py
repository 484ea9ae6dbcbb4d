"""Who calls is checked offline, and whatever writes is closed unless opened."""

import stat
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from litestar import post
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from edge.app import RouteUnguarded
from edge.guarding import closed, require, routes, unguarded
from edge.testing import Tokens
from edge.token_refusals import TokenRefused
from edge.tokens import (
    Caller,
    Verifier,
    generate_keys,
    issue,
    load_private_key,
    load_public_keys,
)
from tests.edge.shelf import shelf_app

BOX = "/api/shelf/v1/boxes/a:1"
Client = AsyncTestClient[ASGIApp]


def refused(tokens: Tokens, token: str, verifier: Verifier | None = None) -> str:
    """Why the token is refused."""
    with pytest.raises(TokenRefused) as refusal:
        (verifier or tokens.verifier()).verify(token)
    return refusal.value.reason


def test_a_token_says_who_calls(tokens: Tokens) -> None:
    caller = tokens.verifier().verify(tokens.token("editor", "ars:147130000000"))
    assert (caller.authority, caller.role) == ("ars:147130000000", "editor")
    assert caller.actor("here") == f"ars:147130000000/editor/{caller.id}"
    assert Caller(None, "operator", "x").actor("here") == "here/operator/x"


def test_an_editor_acts_for_its_own_authority_and_an_operator_for_all() -> None:
    assert Caller("a", "editor", "x").may_act_for("a")
    assert not Caller("a", "editor", "x").may_act_for("b")
    assert not Caller(None, "editor", "x").may_act_for("b")
    assert Caller(None, "operator", "x").may_act_for("b")


def test_each_way_to_be_wrong_has_its_own_words(tokens: Tokens) -> None:
    good = tokens.token()
    head, body, signature = good.split(".")
    assert refused(tokens, "nonsense") == "malformed"
    assert refused(tokens, "a.b.c") == "malformed"
    assert refused(tokens, "é.é.é") == "malformed"
    assert refused(tokens, "x" * 5000 + "..") == "malformed"
    assert refused(tokens, Tokens().token()) == "wrong-key"
    assert refused(tokens, f"{head}.{body}.{signature[:-4]}AAAA") == "wrong-key"
    assert refused(tokens, f"{head}.{body[:-4]}AAAA.{signature}") == "wrong-key"
    verifier = tokens.verifier()
    expired = tokens.token(lifetime=timedelta(seconds=-1))
    assert refused(tokens, expired, verifier) == "expired"
    public = [OKPKey.import_key(tokens.key.as_pem(private=False))]
    assert refused(tokens, good, Verifier(public, tokens.clock, audience="other")) == "wrong-audience"
    assert refused(tokens, good, Verifier(public, tokens.clock, issuer="other")) == "wrong-issuer"


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_another_algorithm_is_never_accepted(tokens: Tokens, alg: str) -> None:
    claims = {"sub": "x", "role": "operator", "aud": "ozg", "exp": 9_999_999_999}
    if alg == "none":
        token = "eyJhbGciOiJub25lIn0." + tokens.token().split(".")[1] + "."
    else:
        secret = OctKey.import_key(str(tokens.key.as_dict(private=False)["x"]))
        token = jwt.encode({"alg": alg}, claims, secret, algorithms=[alg])
    assert refused(tokens, token) == "malformed"


@pytest.mark.parametrize("claims", [{"role": "king"}, {"exp": None}, {"sub": 3}, {"aud": None}])
def test_claims_that_do_not_do_are_refused(tokens: Tokens, claims: dict[str, object]) -> None:
    whole = {"sub": "x", "role": "operator", "aud": "ozg", "exp": 9_999_999_999} | claims
    with pytest.warns(match="EdDSA"):
        token = jwt.encode(
            {"alg": "EdDSA"}, {k: v for k, v in whole.items() if v is not None}, tokens.key, algorithms=["EdDSA"]
        )
    assert refused(tokens, token) == "bad-claims"


def test_a_remembered_token_still_expires(tokens: Tokens) -> None:
    verifier, token = tokens.verifier(), tokens.token(lifetime=timedelta(minutes=5))
    assert verifier.verify(token) is verifier.verify(token)
    tokens.now += timedelta(minutes=5)
    assert refused(tokens, token, verifier) == "expired"


def test_only_so_many_tokens_are_remembered(tokens: Tokens) -> None:
    verifier = Verifier([tokens.key], tokens.clock, remember=3)
    for _ in range(10):
        verifier.verify(tokens.token())
    assert len(verifier._verified) == 3


def test_keys_are_made_once_and_only_the_owner_reads_the_private_half(tmp_path: Path) -> None:
    private, public = tmp_path / "keys" / "private.pem", tmp_path / "keys" / "public.pem"
    assert generate_keys(private, public)
    before = private.read_bytes()
    public.unlink()
    assert not generate_keys(private, public)
    assert private.read_bytes() == before
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    now = datetime(2026, 11, 1, tzinfo=UTC)
    token = issue(
        load_private_key(private),
        issuer="i",
        authority=None,
        role="operator",
        lifetime=timedelta(hours=1),
        now=now,
        id=uuid.UUID(int=1),
    )
    assert Verifier(load_public_keys(public), lambda: now).verify(token).role == "operator"


def test_two_public_keys_in_a_file_allow_for_changing_keys(tmp_path: Path) -> None:
    old, new = Tokens(), Tokens()
    file = tmp_path / "public.pem"
    file.write_bytes(old.key.as_pem(private=False) + new.key.as_pem(private=False))
    verifier = Verifier(load_public_keys(file), old.clock)
    assert verifier.verify(old.token()).role == verifier.verify(new.token()).role == "editor"
    file.write_text("no key")
    with pytest.raises(ValueError, match="must hold Ed25519"):
        load_public_keys(file)


@pytest.mark.parametrize(
    ("header", "problem", "challenge"),
    [
        (None, "token-missing", "Bearer"),
        ("Basic YTpi", "token-missing", 'Bearer error="invalid_request"'),
        ("Bearer", "token-missing", 'Bearer error="invalid_request"'),
        ("Bearer nonsense", "token-malformed", 'Bearer error="invalid_token", error_description="malformed"'),
    ],
)
async def test_a_write_without_a_good_token_is_refused(
    shelf: Client, header: str | None, problem: str, challenge: str
) -> None:
    answer = await shelf.put(BOX, json={"text": "a"}, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["type"] == f"urn:ozg:problem:{problem}"
    assert answer.headers["www-authenticate"] == challenge


async def test_the_token_is_checked_before_the_body(shelf: Client) -> None:
    assert (await shelf.put(BOX, content=b"{")).status_code == 401


async def test_another_role_is_refused(shelf: Client, tokens: Tokens) -> None:
    answer = await shelf.put(BOX, json={"text": "a"}, headers=tokens.bearer("reader"))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ozg:problem:wrong-role")


def test_an_app_with_a_write_that_nobody_guards_does_not_start(tokens: Tokens) -> None:
    @post("/forgotten")
    async def forgotten() -> None: ...

    with pytest.raises(RouteUnguarded, match="POST /forgotten"):
        shelf_app(tokens, more=[forgotten])


def test_guards_of_a_router_count(tokens: Tokens) -> None:
    from litestar import Router

    @post("/inside")
    async def inside() -> None: ...

    app = shelf_app(tokens, more=[Router("/r", route_handlers=[inside], guards=[require("operator")])])
    assert unguarded(app) == []
    assert ("POST", "/r/inside") in {(method, path) for method, path, _ in closed(app)}


async def test_every_closed_route_refuses_without_token(tokens: Tokens, shelf: Client) -> None:
    found = list(closed(shelf_app(tokens)))
    assert len(found) == 3
    for method, path, _ in found:
        answer = await shelf.request(method, "/api/shelf/v1" + path.replace("{key}", "a:1"))
        assert answer.status_code == 401


async def test_reading_may_need_a_token_but_health_and_docs_never_do(tokens: Tokens) -> None:
    app = shelf_app(tokens, reading="token")
    async with AsyncTestClient(app=app) as client:
        assert (await client.get("/boxes")).status_code == 401
        assert (await client.get("/boxes", headers=tokens.bearer("reader"))).status_code == 200
        for path in ("/-/health", "/-/ready", "/-/version", "/-/metrics", "/docs", "/openapi.json"):
            assert (await client.get(path)).status_code == 200, path
        document = (await client.get("/openapi.json")).json()
    assert document["paths"]["/boxes"]["get"]["security"] == [{"bearer": []}]
    assert {path for _, path, handler in routes(app) if handler.opt.get("open")} >= {"/-/health", "/wishes"}
