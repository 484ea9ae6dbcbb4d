"""Setting alerts on the pages: the form, what a year would have brought, and one's own subscriptions."""

import json
import re
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from httpx import Response

from edge.testing import Tokens
from progress.pages.alerts_wish import EVENTS
from progress.pages.wording import WORDS
from tests.progress.pages.looking import Client, Told, shown, words
from tests.progress.pages.neighbour import Neighbour, neighbour
from tests.progress.saxony import CHEMNITZ, TODAY, reporting_saxony

SETTING: Final = "/hinweise/einrichten"
OWN: Final = {"Sec-Fetch-Site": "same-origin"}
ID: Final = "01a20000-0000-7000-8000-000000000001"
PREVIEW: Final = "POST /subscriptions/preview"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC))


def preview(count: int = 12, **more: Any) -> tuple[int, Any]:
    """As the notifier answers."""
    item = {
        "time": "2026-03-01T10:00:00Z",
        "reason": "lacks-service",
        "event": "solution-became-available",
        "about": "x",
        "title": {"de": "„Hund“ ist nachnutzbar.", "en": "“Hund” is open."},
        "services": [],
        "solution": "hund",
        "demonstration": False,
    }
    usual = {"since": "2025-11-20T12:00:00Z", "count": count, "complete": True, "not_kept": [], "items": [item] * count}
    return 200, usual | more


def subscription(**more: Any) -> dict[str, Any]:
    """One's own."""
    return {
        "id": ID,
        "channel": {"kind": "webhook", "url": "https://hooks.example.org/ozg"},
        "municipality": CHEMNITZ,
        "filter": {"services": [], "themes": ["umwelt"], "regions": [], "events": []},
        "mode": "instant",
        "signature": "hmac-sha256",
        "opened_at": "2026-11-02T10:00:00Z",
        "closed_at": None,
        "closed_why": None,
        "failing_since": None,
        "disabled_at": None,
    } | more


def own(notifier: Neighbour, *several: dict[str, Any]) -> None:
    notifier.answers["GET /subscriptions"] = (200, {"items": list(several), "next": None})


async def sign_in(client: Client, tokens: Tokens, role: Any = "editor", of: str | None = CHEMNITZ) -> None:
    await client.post("/anmelden", data={"token": tokens.token(role, of)}, headers=OWN, follow_redirects=False)


async def send(client: Client, path: str = SETTING, **form: Any) -> Response:
    return await client.post(path, data=form, headers=OWN, follow_redirects=False)


WEBHOOK: Final[dict[str, Any]] = {
    "worum": "ours",
    "thema": ["umwelt", "bildung"],
    "weg": "webhook",
    "url": "https://hooks.example.org/neu",
}


async def test_the_preview_comes_before_and_saves_nothing(told: Told, tokens: Tokens) -> None:
    with neighbour() as notifier:
        notifier.answers[PREVIEW] = preview()
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens)
            first = await shown(client, SETTING)
            assert "So einrichten" not in words(first)
            assert "Was für Chemnitz, Stadt wichtig ist" in words(first)
            answer = await send(client, tun="einrichten-nicht", **WEBHOOK)
    seen = words(answer.text)
    assert answer.status_code == 200
    assert "Das wären 12 Hinweise gewesen" in seen
    assert "und 2 weitere" in seen
    assert "01.03.2026 „Hund“ ist nachnutzbar." in seen
    assert 'value="einrichten"' in answer.text
    assert re.findall(r'name="thema" value="(\w+)" checked', answer.text) == ["bildung", "umwelt"]
    (asked,) = notifier.asked
    assert json.loads(asked.body) == {
        "municipality": "145110000000",
        "filter": {"services": [], "themes": ["umwelt", "bildung"], "regions": [], "events": []},
        "mode": "instant",
    }
    assert asked.headers["authorization"].startswith("Bearer ")


async def test_what_was_looked_at_is_set_and_the_secret_shown_once(told: Told, tokens: Tokens) -> None:
    with neighbour() as notifier:
        notifier.answers[PREVIEW] = preview(1)
        notifier.answers["POST /subscriptions"] = (201, subscription(secret="whsec_abc"))
        own(notifier)
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens)
            answer = await send(client, tun="einrichten", takt="digest", **WEBHOOK)
            assert "whsec_abc" in answer.text
            assert answer.headers["cache-control"] == "private, no-store"
            own(notifier, subscription())
            assert "whsec_abc" not in await shown(client, "/hinweise")
    sent = json.loads(next(one.body for one in notifier.asked if (one.method, one.path) == ("POST", "/subscriptions")))
    assert sent["channel"] == {"kind": "webhook", "url": "https://hooks.example.org/neu"}
    assert sent["mode"] == "digest"


async def test_a_second_click_opens_no_second_subscription(told: Told, tokens: Tokens) -> None:
    with neighbour() as notifier:
        notifier.answers[PREVIEW] = preview(1)
        themes = {"services": [], "themes": ["bildung", "umwelt"], "regions": [], "events": []}
        own(notifier, subscription(filter=themes, channel={"kind": "webhook", "url": WEBHOOK["url"]}))
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens)
            answer = await send(client, tun="einrichten", **WEBHOOK)
    assert answer.status_code == 422
    assert "Genau das ist schon eingerichtet." in words(answer.text)
    assert ("POST", "/subscriptions") not in {(one.method, one.path) for one in notifier.asked}


async def test_what_does_not_do_is_said_beside_its_field(told: Told, tokens: Tokens) -> None:
    def no(field: str, detail: str) -> tuple[int, Any]:
        return 422, {"type": "urn:ozg:problem:x", "status": 422, "title": "x", "detail": detail, "field": field}

    with neighbour() as notifier:
        own(notifier)
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens)
            notifier.answers[PREVIEW] = no("filter.services", "Kein Schlüssel.")
            services = await send(client, leistungen="Hund, 99102002000000", **WEBHOOK)
            notifier.answers[PREVIEW] = no("filter", "Bitte angeben, wovon.")
            nothing = await send(client, **WEBHOOK)
            notifier.answers[PREVIEW] = preview(0)
            notifier.answers["POST /subscriptions"] = no("channel.url", "Nicht öffentlich.")
            address = await send(client, tun="einrichten", **WEBHOOK)
    assert {one.status_code for one in (services, nothing, address)} == {422}
    assert re.search(r'id="leistungen-wrong">Kein Schlüssel.', services.text)
    assert "Hund\n99102002000000</textarea>" in services.text
    assert re.search(r'role="alert".*Bitte angeben, wovon\.', nothing.text)
    assert re.search(r'id="url-wrong">Nicht öffentlich\.', address.text)
    assert 'value="https://hooks.example.org/neu"' in address.text


async def test_a_mail_has_an_address_and_is_confirmed_first(told: Told, tokens: Tokens) -> None:
    with neighbour() as notifier:
        notifier.answers[PREVIEW] = preview(0, not_kept=["status-recorded"])
        mailed = subscription(
            channel={"kind": "email", "address": "amt@example.org", "language": "de"},
            secret=None,
            notice="An amt@example.org geht eine E-Mail.",
            confirm_until="2026-11-23T00:00:00Z",
        )
        notifier.answers["POST /subscriptions"] = (201, mailed)
        own(notifier, mailed)
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens)
            form = {"worum": "all", "land": "DE-SN", "weg": "email", "adresse": "amt@example.org"}
            looked = await send(client, **form)
            listed = await shown(client, "/hinweise")
            own(notifier)
            answer = await send(client, tun="einrichten", **form)
    assert "Davon hätten Sie nichts gehört" in words(looked.text)
    assert "Dazu käme, was nicht von Lösungen handelt" in words(looked.text)
    assert "An amt@example.org geht eine E-Mail." in words(answer.text)
    assert "noch nicht bestätigt" in words(listed)
    assert "Ausprobieren" not in listed
    sent = json.loads(notifier.asked[-1].body)
    assert sent["channel"] == {"kind": "email", "address": "amt@example.org"}
    assert "municipality" not in sent


async def test_ones_own_subscriptions_with_their_state(told: Told, tokens: Tokens) -> None:
    with neighbour() as notifier:
        own(
            notifier,
            subscription(
                closed_at="2026-11-03T10:00:00Z", closed_why="by-owner", channel={"kind": "webhook", "url": ""}
            ),
            subscription(id=ID[:-1] + "2", failing_since="2026-11-04T10:00:00Z", disabled_at="2026-11-09T10:00:00Z"),
            subscription(id=ID[:-1] + "3", municipality=None),
        )
        notifier.answers[f"GET /subscriptions/{ID}"] = (200, subscription())
        attempts = [{"at": "2026-11-04T10:00:00Z", "duration_ms": 3, "status": 503, "error": None, "answer": ""}]
        delivery = {
            "id": ID,
            "state": "given-up",
            "created_at": "2026-11-04T10:00:00Z",
            "alerts": [ID],
            "attempts": attempts,
        }
        notifier.answers[f"GET /subscriptions/{ID}/deliveries"] = (200, {"items": [delivery], "next": None})
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens)
            page = await shown(client, "/hinweise")
            sent = await shown(client, f"/hinweise/{ID}?lang=de")
            await shown(client, "/hinweise?lang=en")
            await shown(client, f"/hinweise/{ID[:-1]}9", status=404)
    seen = words(page)
    assert seen.index("eingeschaltet") < seen.index("beendet")
    assert "abgeschaltet, weil nichts ankam" in seen
    assert "gestört seit 04.11.2026" in seen
    assert "Umwelt" in seen
    assert page.count(">Wieder einschalten<") == 1
    assert page.count("/beenden") == 2
    assert "aufgegeben 1 1 (zuletzt: 503)" in words(sent)


async def test_trying_switching_on_and_ending(told: Told, tokens: Tokens) -> None:
    with neighbour() as notifier:
        own(notifier, subscription())
        path = f"/subscriptions/{ID}"
        notifier.answers[f"DELETE {path}"] = (200, {})
        notifier.answers[f"POST {path}/reactivate"] = (200, subscription())
        notifier.answers[f"POST {path}/test"] = (200, {"delivered": True, "status": 204, "error": None})
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens)
            for what, said in (
                ("probieren", "Der Versuch ist angekommen."),
                ("einschalten", "Wieder eingeschaltet."),
                ("beenden", "Dorthin wird nichts mehr gesendet."),
            ):
                answer = await send(client, f"/hinweise/{ID}/{what}")
                assert answer.status_code == 303
                assert said in words(await shown(client, answer.headers["location"]))
            notifier.answers[f"POST {path}/test"] = (200, {"delivered": False, "status": None, "error": "no route"})
            assert "nicht angekommen: no route" in words((await send(client, f"/hinweise/{ID}/probieren")).text)
            notifier.answers[f"POST {path}/test"] = (409, {"status": 409, "detail": "Beendet.", "title": "x"})
            assert "Beendet." in words((await send(client, f"/hinweise/{ID}/probieren")).text)


@pytest.mark.parametrize(("role", "of"), [("publisher", "org:verein"), ("operator", None)])
async def test_those_who_speak_for_no_municipality_choose_what_matches(
    told: Told, tokens: Tokens, role: str, of: str | None
) -> None:
    with neighbour() as notifier:
        notifier.answers[PREVIEW] = preview(3)
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            await sign_in(client, tokens, role, of)
            page = await shown(client, f"{SETTING}?thema=umwelt&leistung=99102002000000")
            await send(client, worum="ours", kommune="145110000000", weg="webhook", url="https://x.example/")
    assert ('name="kommune"' in page) == (role == "operator")
    assert 'value="umwelt" checked' in page
    assert ">99102002000000</textarea>" in page
    assert json.loads(notifier.asked[-1].body)["municipality"] == "145110000000"


async def test_only_who_is_signed_in_and_only_from_here(told: Told, tokens: Tokens) -> None:
    with neighbour() as notifier:
        async with told(reporting_saxony(), tokens=tokens, notifier_url=notifier.url) as client:
            for path in (SETTING, "/hinweise", f"/hinweise/{ID}"):
                assert "Bitte melden Sie sich an" in await shown(client, path, status=401)
            assert (await send(client, **WEBHOOK)).status_code == 401
            await sign_in(client, tokens, "reader", None)
            assert (await send(client, **WEBHOOK)).status_code == 403
    assert notifier.asked == []


def test_there_are_words_for_every_event_that_is_offered() -> None:
    for language in WORDS.values():
        assert {f"event_{event}" for event in EVENTS} <= language.keys()
