"""Who may call what: every operation of every document, with every kind of token that does not do."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest
from httpx import Response
from joserfc import jwt
from litestar import Litestar

from edge.documenting import openapi_document
from edge.guarding import OPEN, SAFE_METHODS, routes
from edge.sessions import own_page
from edge.testing import Tokens
from edge.tokens import ALGORITHMS, ROLES
from tests.hardening.conftest import Opened
from tests.hardening.place import Call, Place, calls, problem_of
from tests.hardening.places import HOOK, PLACES, SOLUTION, app_of
from tests.situations.saxony import CHEMNITZ, LEIPZIG, MITTELSACHSEN, OUTBOX

DAY: Final = "2026-11-01"
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
CALLS: Final = [call for service in PLACES for call in calls(service, app_of(service))]
CLOSED: Final = [call for call in CALLS if call.roles]
GOOD: Final[dict[str, dict[str, Any]]] = {
    "record_status": {"json": {"phase": "live", "effective_on": DAY}},
    "retract_status": {},
    "upload_sheet": {
        "content": b"service,phase,effective_on\n99102002000000,planned,2026-11-01\n",
        "headers": {"Content-Type": "text/csv"},
    },
    "retract_statuses": {"params": {"basis": "self"}},
    "confirm_statuses": {"json": {}},
    "assign_responsibility": {"json": {"serves": {"members": [LEIPZIG]}, "legal_basis": "SächsGVBl."}},
    "end_responsibility": {},
    "grant_delegation": {"json": {"legal_basis": "Zweckvereinbarung"}},
    "end_delegation": {},
    "publish_solution": {"json": SOLUTION | {"description": "neu"}},
    "withdraw_solution": {},
    "open_solution": {"json": {"until": "2027-12-31"}},
    "close_solution": {},
    "open_solution_in_regions": {"json": {"regions": ["DE-SH"]}},
    "register_municipality": {
        "json": {
            "id": "145225119280",
            "name": "Kriebstein",
            "levels": ["commune"],
            "region": "DE-SN",
            "kind": "Gemeinde",
        }
    },
    "rename_municipality": {"json": {"name": "Lipsk", "effective_on": DAY}},
    "rekey_municipality": {"json": {"key": "147139999999", "effective_on": DAY}},
    "move_municipality": {"json": {"parents": [MITTELSACHSEN], "effective_on": DAY}},
    "count_municipality": {"json": {"inhabitants": 1, "inhabitants_on": DAY}},
    "merge_municipality": {"json": {"successor": CHEMNITZ, "effective_on": DAY}},
    "dissolve_municipality": {"json": {"effective_on": DAY}},
    "describe_service": {"json": {"title": "Wohnsitz ummelden"}},
    "withdraw_service": {},
    "describe_bundle": {"json": {"title": "Umzug und mehr"}},
    "find_subscriptions": {},
    "open_subscription": {
        "json": {
            "channel": {"kind": "webhook", "url": HOOK},
            "municipality": "147130000000",
            "filter": {"services": [OUTBOX]},
        }
    },
    "preview_subscription": {"json": {"municipality": "147130000000", "filter": {"services": [OUTBOX]}}},
    "show_subscription": {},
    "close_subscription": {},
    "try_subscription": {},
    "reactivate_subscription": {},
    "change_secret": {},
    "find_deliveries": {},
    "redeliver": {},
    "redeliver_given_up": {},
}
"""What a good call of each closed operation adds to its path. A new one needs a line here, or its test fails."""
UNSEEN: Final = {
    "show_subscription",
    "close_subscription",
    "try_subscription",
    "reactivate_subscription",
    "change_secret",
    "find_deliveries",
    "redeliver",
    "redeliver_given_up",
}
"""Whose these are nobody else learns: to others they do not exist."""
ONCE_DELEGATE: Final = MITTELSACHSEN
"""Leipzig let it record, and took that back."""
OWN_ONLY: Final = {"find_subscriptions"}
"""Shows each their own."""
OF_ANYONE: Final = {"preview_subscription"}
"""Reads alerts that everybody may read, and keeps nothing."""


def a_role_that_may(call: Call) -> str:
    """Not an operator, who may do everything, unless only operators may."""
    return next((role for role in ("editor", "publisher") if role in call.roles), "operator")


async def ask(place: Place, call: Call, **more: Any) -> Response:
    """The good call, with other headers."""
    good = dict(GOOD[call.id])
    headers = {**good.pop("headers", {}), **more.pop("headers", {})}
    return await place.call(call.method, call.path.format(**place.known), headers=headers, **good, **more)


def forged(place: Place, call: Call, **claims: Any) -> str:
    """Signed by the installation, with other claims."""
    now = int(place.tokens.now.timestamp())
    usual = {"aud": "ozg", "sub": "x", "role": a_role_that_may(call), "authority": LEIPZIG, "iat": now, "exp": now + 60}
    return jwt.encode({"alg": "EdDSA"}, usual | claims, place.tokens.key, ALGORITHMS)


def unsigned(place: Place, call: Call) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, msgspec.json.decode(_payload(forged(place, call))))
    return ".".join(urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=").decode() for part in parts) + "."


def _payload(token: str) -> bytes:
    middle = token.split(".")[1]
    return urlsafe_b64decode(middle + "=" * (-len(middle) % 4))


def tokens_that_do_not_do(place: Place, call: Call) -> dict[str, tuple[str, str]]:
    """By the slug of the problem that it gets: what stands in the header, and words of the detail."""
    role: Any = a_role_that_may(call)
    stranger = Tokens(place.tokens.now).token(role, LEIPZIG)
    revoked = place.tokens.token(role, LEIPZIG)
    place.tokens.revoked.add(msgspec.json.decode(_payload(revoked))["jti"])
    tampered = place.tokens.token("reader", LEIPZIG).split(".")
    tampered[1] = forged(place, call).split(".")[1]
    return {
        "token-missing": ("Basic ZWRpdG9yOmVkaXRvcg==", "Authorization: Bearer <token>"),
        "token-expired": (
            f"Bearer {place.tokens.token(role, LEIPZIG, timedelta(seconds=-1))}",
            f"expired at {place.tokens.now:%Y-%m-%d}",
        ),
        "token-wrong-key": (f"Bearer {stranger}", "not signed by this installation"),
        "token-wrong-key ": (f"Bearer {'.'.join(tampered)}", "not signed by this installation"),
        "token-wrong-audience": (f"Bearer {forged(place, call, aud='other')}", "meant for 'other', not for 'ozg'"),
        "token-revoked": (f"Bearer {revoked}", "was revoked"),
        "token-not-yet-valid": (f"Bearer {forged(place, call, nbf=2**40)}", "not valid yet"),
        "token-bad-claims": (f"Bearer {forged(place, call, role='admin')}", "claims"),
        "token-malformed": (f"Bearer {unsigned(place, call)}", "no signed JWT"),
        "token-malformed ": ("Bearer x", "no signed JWT"),
        "token-malformed  ": (f"Bearer {'a' * 5000}.b.c", "no signed JWT"),
    }


@pytest.mark.parametrize("call", CLOSED, ids=str)
async def test_a_token_that_does_not_do_is_refused_in_words(opened: Opened, call: Call) -> None:
    place = await opened(call.service)
    before = await place.position()
    nobody = problem_of(await ask(place, call))
    assert (nobody["status"], nobody["type"]) == (401, "urn:ozg:problem:token-missing")
    for slug, (header, words) in tokens_that_do_not_do(place, call).items():
        answer = await ask(place, call, headers={"Authorization": header})
        problem = problem_of(answer)
        assert (problem["status"], problem["type"]) == (401, f"urn:ozg:problem:{slug.strip()}"), problem
        assert words in problem["detail"]
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert await place.position() == before


@pytest.mark.parametrize("call", CLOSED, ids=str)
async def test_another_role_is_refused_and_told_which_would_do(opened: Opened, call: Call) -> None:
    place = await opened(call.service)
    before = await place.position()
    others = set(ROLES) - call.roles
    assert "reader" in others
    for role in others:
        problem = problem_of(await ask(place, call, role=role, of=LEIPZIG))
        assert (problem["status"], problem["type"]) == (403, "urn:ozg:problem:wrong-role"), problem
        assert role in problem["detail"]
        assert all(allowed in problem["detail"] for allowed in call.roles)
    assert await place.position() == before


@pytest.mark.parametrize("call", [call for call in CLOSED if call.roles != {"operator"}], ids=str)
async def test_nobody_acts_for_another(opened: Opened, call: Call) -> None:
    place = await opened(call.service)
    before = await place.position()
    for role in call.roles - {"operator"}:
        for other in (CHEMNITZ, ONCE_DELEGATE, "145110000000", None, "ars:999999999999", "nonsense"):
            answer = await ask(place, call, role=role, of=other)
            if call.id in OWN_ONLY:
                assert (answer.status_code, answer.json()["items"]) == (200, [])
                continue
            if call.id in OF_ANYONE:
                assert answer.status_code == 200, answer.text
                continue
            problem = problem_of(answer)
            assert problem["status"] == (404 if call.id in UNSEEN else 403), problem
            said = (
                "You have no" if call.id in UNSEEN else "ended on" if "delegation-ended" in problem["type"] else "not"
            )
            assert said in problem["detail"]
    assert await place.position() == before


@pytest.mark.parametrize("call", CLOSED, ids=str)
async def test_who_may_can(opened: Opened, call: Call) -> None:
    """Or else the refusals above would prove nothing."""
    place = await opened(call.service)
    answer = await ask(place, call, role=a_role_that_may(call), of=LEIPZIG)
    assert answer.is_success, answer.text


@pytest.mark.parametrize("service", PLACES)
async def test_where_reading_needs_a_token_every_call_does(opened: Opened, service: str) -> None:
    place = await opened(service, reading="token")
    for call in calls(service, app_of(service, reading="token")):
        if call.path.startswith("/-/") or call.writes:
            continue
        path = call.path.format(**place.known)
        problem = problem_of(await place.call("GET", path))
        assert (problem["status"], problem["type"]) == (401, "urn:ozg:problem:token-missing"), (call, problem)
        if call.id != "stream_events" and not call.roles:
            answer = await place.call("GET", path, role="reader", params=GOOD.get(call.id, {}).get("params"))
            assert answer.status_code in {200, 400}, (call, answer.text)


@pytest.mark.parametrize("service", PLACES)
def test_every_route_that_writes_is_described_and_needs_a_token(service: str) -> None:
    app: Litestar = app_of(service)
    described = openapi_document(app)["paths"]
    for method, path, handler in routes(app):
        if method in SAFE_METHODS or handler.opt.get("open") == OPEN["open"]:
            continue
        if not handler.include_in_schema:  # a page's own form, tried in test_pages_that_act.py
            assert own_page in handler.resolve_guards(), (method, path)
            continue
        assert described[path][method.lower()]["security"] == [{"bearer": []}], (method, path)
