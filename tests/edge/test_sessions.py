"""A token in a cookie counts only where one of our own pages made the browser bring it."""

from typing import Any, cast

import pytest
from litestar.types import HTTPScope

from edge.sessions import Sessions, ending, from_own_page, token_of
from edge.testing import Tokens

PUBLIC = "https://ozg.example"


def scope(method: str = "GET", **headers: str) -> HTTPScope:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    made: Any = {"type": "http", "method": method, "headers": raw}
    return cast("HTTPScope", made)


def test_over_tls_nobody_else_can_have_set_the_cookie() -> None:
    cookie = Sessions(PUBLIC).begin(Tokens().token(), 0)
    assert cookie.key.startswith("__Host-")
    assert (cookie.secure, cookie.httponly, cookie.samesite, cookie.path, cookie.domain) == (
        True,
        True,
        "lax",
        "/",
        None,
    )
    assert not Sessions("http://localhost:8000").begin(Tokens().token(), 0).secure


def test_it_ends_with_the_token() -> None:
    tokens = Tokens()
    token = tokens.token()
    assert ending(token) == pytest.approx(tokens.now.timestamp() + 3600, abs=1)
    assert Sessions(PUBLIC).begin(token, ending(token) - 100).max_age == 100
    assert Sessions(PUBLIC).begin(token, ending(token) + 100).max_age == 0
    assert Sessions(PUBLIC).end().max_age == 0


@pytest.mark.parametrize(
    "given", ["ozg-session=abc", "a=b; ozg-session=abc; c", 'x; ozg-session="abc"', "ozg-session=abc; =; ;;"]
)
def test_it_is_found_among_whatever_else_there_is(given: str) -> None:
    sessions = Sessions(None)
    asked = scope(cookie=given)
    assert sessions.enter(asked) == "abc"
    assert token_of(asked) == "abc"


@pytest.mark.parametrize("given", ["", "other=abc", "xozg-session=abc", "ozg-session2=abc", "ozg-session"])
def test_others_are_none(given: str) -> None:
    assert Sessions(None).enter(scope(cookie=given)) == ""


OWN: list[dict[str, str]] = [
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "none"},
    {"origin": "https://ozg.example", "host": "inside:8000"},
    {"origin": "http://10.0.0.1:8000", "host": "10.0.0.1:8000"},
]
FOREIGN: list[dict[str, str]] = [
    {},
    {"sec_fetch_site": "cross-site", "origin": "https://ozg.example"},
    {"sec_fetch_site": "same-site", "origin": "https://ozg.example"},
    {"sec_fetch_site": "nonsense"},
    {"origin": "null", "host": "ozg.example"},
    {"origin": "https://evil.example", "host": "ozg.example"},
    {"origin": "https://ozg.example.evil.example", "host": "ozg.example"},
    {"origin": "https://ozg.example:8443", "host": "ozg.example"},
    {"origin": "http://ozg.example", "host": "inside:8000"},
    {"origin": "", "host": ""},
    {"origin": "file://", "host": ""},
]


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_own_pages_are_believed(headers: dict[str, str]) -> None:
    asked = scope("POST", cookie="__Host-ozg-session=abc", **headers)
    assert from_own_page(asked, PUBLIC)
    assert Sessions(PUBLIC).enter(asked) == "abc"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_whoever_comes_from_elsewhere_changes_nothing(headers: dict[str, str]) -> None:
    asked = scope("POST", cookie="__Host-ozg-session=abc", **headers)
    assert not from_own_page(asked, PUBLIC)
    assert Sessions(PUBLIC).enter(asked) == ""
    assert token_of(asked) == ""
    assert Sessions(PUBLIC).enter(scope("GET", cookie="__Host-ozg-session=abc", **headers)) == "abc"
