"""Tokens of an OIDC issuer: checked against the keys it really publishes, and refused whenever anything about them is not right."""

import asyncio
import hmac
from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from edge import issuer as issuers
from edge.issuer import Issuer
from edge.jwks import MOST_KEYS, KeysUnavailable, published, usable
from edge.testing import Tokens
from tests.edge.issuing import Ticks, configured, refused
from tests.harness.issuer import LocalIssuer

pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning", "ignore:EdDSA is deprecated")


def test_its_claims_say_who_calls(issuer: Issuer, local: LocalIssuer) -> None:
    token = local.token()
    assert issuer.issued(token)
    caller = issuer.verify(token)
    assert (caller.role, caller.authority) == ("editor", "ars:147130000000")
    assert issuer.verify(token) is caller


def test_whoever_calls_is_the_same_in_every_event_and_no_name(issuer: Issuer, local: LocalIssuer) -> None:
    first, second = (issuer.verify(local.token(sub="a.person@example.org", iat=n)) for n in (1, 2))
    assert first.id == second.id
    assert "person" not in first.id
    assert issuer.verify(local.token(sub="another")).id != first.id


@pytest.mark.parametrize(
    ("kind", "alg"),
    [("RSA", "RS256"), ("RSA", "PS512"), ("P-256", "ES256"), ("P-384", "ES384"), ("Ed25519", "EdDSA")],
)
async def test_every_usual_kind_of_key_does(issuer: Issuer, local: LocalIssuer, kind: str, alg: str) -> None:
    match kind:
        case "RSA":
            local.rotate("new", RSAKey.generate_key(2048))
        case "Ed25519":
            local.rotate("new", OKPKey.generate_key(kind))
        case _:
            local.rotate("new", ECKey.generate_key(kind))
    await issuer.refresh()
    assert issuer.verify(local.token("new", alg)).role == "editor"


def test_each_way_to_be_wrong_is_told_apart(issuer: Issuer, local: LocalIssuer, tokens: Tokens) -> None:
    now = int(tokens.now.timestamp())
    assert refused(issuer, local.token(exp=now - 61)) == (401, "expired")
    assert refused(issuer, local.token(nbf=now + 61)) == (401, "not-yet-valid")
    assert refused(issuer, local.token(iat=now + 61)) == (401, "not-yet-valid")
    assert refused(issuer, local.token(aud="account")) == (401, "wrong-audience")
    assert refused(issuer, local.token(aud=["ozg2", "account"])) == (401, "wrong-audience")
    for missing, reason in {"exp": "bad-claims", "aud": "wrong-audience", "sub": "bad-claims"}.items():
        assert refused(issuer, local.token(without=missing)) == (401, reason)
    for claims in ({"exp": "never"}, {"sub": 7}, {"sub": ""}, {"sub": "x" * 1001}, {"aud": {"ozg": True}}):
        assert refused(issuer, local.token(**claims)) == (401, "bad-claims")
    assert refused(issuer, local.token(exp=-1e300)) == (401, "bad-claims")
    head, body, signature = local.token().split(".")
    other = local.token(sub="x").split(".")[1]
    assert refused(issuer, f"{head}.{other}.{signature}") == (401, "wrong-key")
    assert refused(issuer, f"{head}.{body}.") == (401, "wrong-key")
    assert refused(issuer, f"{head}.{body}") == (401, "malformed")
    assert refused(issuer, f"{head}.{body}.{'x' * 20_000}") == (401, "malformed")


def test_a_minute_of_another_clock_is_forgiven(issuer: Issuer, local: LocalIssuer, tokens: Tokens) -> None:
    now = int(tokens.now.timestamp())
    assert issuer.verify(local.token(exp=now - 59, nbf=now + 59, iat=now + 59)).role == "editor"


def test_what_was_verified_does_not_outlive_its_time(issuer: Issuer, local: LocalIssuer, tokens: Tokens) -> None:
    token = local.token()
    issuer.verify(token)
    tokens.now = tokens.now.fromtimestamp(tokens.now.timestamp() + 361, tokens.now.tzinfo)
    assert refused(issuer, token) == (401, "expired")


@pytest.mark.parametrize("alg", ["none", "HS256", "HS512", "ES256", "PS999", "RSA-OAEP"])
async def test_the_token_does_not_choose_how_it_is_checked(issuer: Issuer, local: LocalIssuer, alg: str) -> None:
    """Neither unsigned, nor signed with the public key as if it were a secret, nor with another kind of key."""
    head, body, signature = local.token().split(".")
    header = {"alg": alg, "kid": "first", "typ": "JWT"}
    if alg.startswith("HS"):
        pem = RSAKey.as_pem(local.keys["first"], private=False)  # type: ignore[arg-type]  # it is one
        signed = f"{_encoded(header)}.{body}"
        mac = hmac.digest(pem, signed.encode(), f"sha{alg[2:]}")
        token = f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    else:
        token = f"{_encoded(header)}.{body}.{'' if alg == 'none' else signature}"
    assert issuer.issued(token)
    assert refused(issuer, token) == (401, "wrong-key")
    assert head != token.split(".")[0]


async def test_a_secret_that_is_published_is_no_key(issuer: Issuer, local: LocalIssuer) -> None:
    local.rotate("secret", OctKey.generate_key(256))
    await issuer.refresh()
    assert refused(issuer, local.token("secret", "HS256")) == (401, "wrong-key")


async def test_a_new_key_is_learned_from_the_first_token_that_names_it(
    issuer: Issuer, local: LocalIssuer, ticks: Ticks
) -> None:
    before = local.token()
    assert issuer.verify(before).role == "editor"
    local.rotate("second")
    after = local.token("second")
    assert refused(issuer, after) == (401, "wrong-key")
    ticks.at += issuers.AT_MOST_EVERY_SECONDS
    await issuer.learn(after)
    assert issuer.verify(after).role == "editor"
    assert issuer.verify(before).role == "editor"


async def test_a_key_that_is_no_longer_published_holds_no_longer(issuer: Issuer, local: LocalIssuer) -> None:
    before = local.token()
    assert issuer.verify(before).role == "editor"
    local.rotate("second", keep=False)
    await issuer.refresh()
    assert refused(issuer, before) == (401, "wrong-key")


async def test_nobody_can_make_a_crowd_of_requests_of_it(issuer: Issuer, local: LocalIssuer, ticks: Ticks) -> None:
    assert local.asked == 1
    for kid in range(50):
        local.keys[str(kid)] = local.keys["first"]
        await issuer.learn(local.token(str(kid)))
    assert local.asked == 1
    ticks.at += issuers.AT_MOST_EVERY_SECONDS
    await asyncio.gather(*(issuer.learn(local.token(str(kid))) for kid in range(50)))
    assert local.asked == 2
    ticks.at += issuers.AT_MOST_EVERY_SECONDS
    for harmless in (local.token(), local.token("1", iss="https://elsewhere.example"), "x", "a.b.c", "é.é.é", ""):
        await issuer.learn(harmless)
    assert local.asked == 2


async def test_when_it_is_down_its_keys_are_believed_for_some_hours_and_then_no_more(
    issuer: Issuer, local: LocalIssuer, ticks: Ticks
) -> None:
    token = local.token()
    local.fails = 500
    await issuer.refresh()
    assert issuer.trouble is not None
    assert "500" in issuer.trouble
    assert issuer.verify(token).role == "editor"
    local.rotate("second")
    assert refused(issuer, local.token("second")) == (503, "issuer-unreachable")
    ticks.at += issuers.BELIEVED_SECONDS + 1
    assert refused(issuer, token) == (503, "issuer-unreachable")
    local.fails = None
    await issuer.refresh()
    assert issuer.verify(token).role == "editor"
    assert issuer.trouble is None


async def test_an_issuer_that_was_never_reached_lets_nobody_in(
    local: LocalIssuer, tokens: Tokens, ticks: Ticks
) -> None:
    made = configured(local, tokens, ticks)
    assert refused(made, local.token()) == (503, "issuer-unreachable")
    await made.learn(local.token())
    assert made.verify(local.token()).role == "editor"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"fails": 500}, "answered 500"),
        ({"fails": 302}, "answered 302"),
        ({"garbage": b"{"}, "DecodeError"),
        ({"garbage": b'{"keys": 7}'}, "ValidationError"),
        ({"garbage": b'{"keys": []}'}, "no key"),
        ({"garbage": b" " * (2**18 + 1)}, "larger than"),
        ({"garbage": b"\xff\xfe"}, "Error"),
        ({"calls_itself": "https://other.example"}, "calls itself"),
        ({"keys_at": "http://192.0.2.1/certs"}, "https"),
        ({"keys_at": "file:///etc/passwd"}, "https"),
        ({"keys_at": "http://127.0.0.1:9/"}, "Cannot connect"),
    ],
)
async def test_whatever_it_answers_the_last_good_keys_stay(
    issuer: Issuer, local: LocalIssuer, what: dict[str, Any], said: str
) -> None:
    for name, value in what.items():
        setattr(local, name, value)
    await issuer.refresh()
    assert issuer.trouble is not None
    assert said in issuer.trouble
    assert issuer.verify(local.token()).role == "editor"


async def test_one_that_hangs_is_left_alone_after_a_time(local: LocalIssuer, tokens: Tokens, ticks: Ticks) -> None:
    made = configured(local, tokens, ticks, seconds=0.05)
    local.hanging = asyncio.Event()
    await made.learn(local.token())
    assert made.trouble is not None
    assert "no answer within 0.05 s" in made.trouble
    with pytest.raises(KeysUnavailable):
        await published(local.url, 0.05)


def test_keys_that_are_too_weak_or_for_something_else_are_left_out() -> None:
    good = RSAKey.generate_key(2048).as_dict(private=False)
    weak = RSAKey.generate_key(1024).as_dict(private=False)
    koblitz = {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}
    odd: list[dict[str, Any]] = [
        {**weak, "kid": "weak"},
        {**good, "kid": "encrypts", "use": "enc"},
        {**good, "kid": "hmac", "alg": "HS256"},
        {**good, "kid": "broken", "n": 7},
        {**koblitz, "kid": "koblitz"},
        {**good, "kid": ["list"]},
        {"kid": "nothing"},
        {"kty": "LMS", "kid": "unheard of"},
    ]
    assert set(usable([*odd, {**good, "kid": "good", "alg": "RS256", "x5c": ["…"]}])) == {"good"}
    assert len(usable([{**good, "kid": str(n)} for n in range(MOST_KEYS + 5)])) == MOST_KEYS


def _encoded(part: Any) -> str:
    return urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=").decode()
