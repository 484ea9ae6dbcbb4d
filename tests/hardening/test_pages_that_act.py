"""What pages send: nothing happens without somebody who is signed in, and nothing because another site made a browser send it."""

from typing import Final

import pytest

from edge.guarding import OPEN, SAFE_METHODS, routes
from tests.hardening.conftest import Opened
from tests.hardening.places import app_of

OWN: Final = {"Sec-Fetch-Site": "same-origin"}
FOREIGN: Final = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver.local"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]
ACTS: Final = sorted(
    (method, path, handler.opt.get("open") == OPEN["open"])
    for method, path, handler in routes(app_of("progress"))
    if method not in SAFE_METHODS
)
OPENLY: Final = {"/anmelden", "/abmelden"}
"""What whoever is not signed in may send."""


def test_there_are_some_and_only_signing_in_and_out_is_open() -> None:
    assert {path for _, path, is_open in ACTS if is_open} == OPENLY
    assert {method for method, _, _ in ACTS} == {"POST"}


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in ACTS])
async def test_nothing_happens_because_another_site_wants_it(opened: Opened, method: str, path: str) -> None:
    place = await opened("progress")
    where = path.format_map(_Known(place.known))
    for role in ("operator", "editor"):
        cookie = {"Cookie": f"ozg-session={place.tokens.token(role, 'ars:147130000000')}"}
        for foreign in FOREIGN:
            answer = await place.call(method, where, headers=cookie | foreign)
            assert answer.status_code == 403, (foreign, answer.text[:300])
            assert "Nicht von dieser Seite" in answer.text
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, is_open in ACTS if not is_open])
async def test_nothing_happens_without_somebody_who_may(opened: Opened, method: str, path: str) -> None:
    place = await opened("progress")
    where = path.format_map(_Known(place.known))
    for cookie in ({}, {"Cookie": "ozg-session=x.y.z"}):
        nobody = await place.call(method, where, headers=OWN | cookie)
        assert nobody.status_code == 401
        assert "/anmelden?next=" in nobody.text
    reader = {"Cookie": f"ozg-session={place.tokens.token('reader')}"}
    other = await place.call(method, where, headers=OWN | reader)
    assert other.status_code == 403
    assert "Falsche Rolle" in other.text


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "0199a2f4-7c1e-7d5a-9d57-2f6f0f1b6c11" if key == "subscription" else f"no-{key.partition(':')[0]}"
