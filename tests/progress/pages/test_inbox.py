"""A municipality's inbox on its pages."""

from typing import Any

import pytest

from progress.pages import inbox_entries
from tests.progress.pages.looking import Outline, Told, shown, words
from tests.progress.pages.neighbour import neighbour
from tests.progress.saxony import reporting_saxony

TOWN = "/kommunen/145110000000"
PATH = "GET /municipalities/ars:145110000000/alerts"


def alert(number: int = 1, **said: Any) -> dict[str, Any]:
    """As the notifier's inbox has it."""
    data = {
        "alert": str(number),
        "reason": "lacks-service",
        "services": [{"key": "leika:99102002000000", "title": "Hundesteuer anmelden"}],
        "solution": {"slug": f"hund-{number}", "name": f"Hund {number}"},
        "availability": {
            "region": "DE-SN",
            "from": "2026-11-12",
            "until": None,
            "members": None,
            "terms": {"order_url": "https://example.org/hund"},
        },
        "about": {"id": "x", "type": "ozg.catalog.solution-became-available.v1", "time": "2026-11-12T08:00:00Z"},
        "title": {"de": "Ganzer Satz.", "en": "Whole sentence."},
    } | said
    return {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "position": number,
        "raised_at": "2026-11-12T23:30:00Z",
        "reason": data["reason"],
        "event": {"specversion": "1.0", "data": data},
    }


def inbox(*items: dict[str, Any], following: str | None = None) -> tuple[int, Any]:
    return 200, {"items": list(items), "next": following}


async def test_what_a_town_was_told_is_on_its_page_with_the_reason_in_words(told: Told) -> None:
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            notifier.answers[PATH] = inbox(alert())
            german, english = await shown(client, TOWN), await shown(client, f"{TOWN}?lang=en")
    assert "Nachnutzbar · Sachsen, ab 12.11.2026 · Bedingungen" in words(german)
    assert "Hier noch nicht online: Hundesteuer anmelden" in words(german)
    assert ">13.11.2026<" in german  # half past midnight in Berlin
    assert "Not online here yet: Hundesteuer anmelden" in words(english)
    links = [link.get("href") for link in Outline(german).all("a")]
    assert {"/loesungen/hund-1", "/leistungen/99102002000000", f"{TOWN}/hinweise", "https://example.org/hund"} <= set(
        links
    )
    assert "/api/notifier/v1/municipalities/145110000000/alerts.atom" in links


@pytest.mark.parametrize("answer", [(500, {}), (200, {"items": "?"}), 5.0])
async def test_a_notifier_that_does_not_answer_takes_nothing_else_away(
    told: Told, answer: tuple[int, Any] | float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_entries, "SECONDS", 0.05)
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            notifier.answers[PATH] = answer
            town, alone = await shown(client, TOWN), await shown(client, f"{TOWN}/hinweise")
    assert "2 von 3 Leistungen" in words(town)
    for page in (town, alone):
        assert "Die Hinweise sind gerade nicht zu erreichen" in words(page)


async def test_a_town_that_the_notifier_has_not_heard_of_was_told_nothing(told: Told) -> None:
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            assert "Bisher gab es hier keinen Hinweis." in words(await shown(client, TOWN))


async def test_a_page_is_new_when_there_is_a_new_alert_and_only_then(told: Told) -> None:
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            notifier.answers[PATH] = inbox(alert(1))
            first = await client.get(TOWN)
            had = {"If-None-Match": first.headers["etag"]}
            assert (await client.get(TOWN, headers=had)).status_code == 304
            notifier.answers[PATH] = inbox(alert(2), alert(1))
            again = await client.get(TOWN, headers=had)
    assert again.status_code == 200
    assert "Hund 2" in again.text


async def test_what_is_cited_is_about_its_day_and_asks_nobody_else(told: Told) -> None:
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            page = await shown(client, f"{TOWN}?as_of=2026-06-30&known_at=2026-06-30")
            assert 'id="h-inbox"' not in page
            assert notifier.asked == []


async def test_all_of_it_is_on_a_page_of_its_own_some_at_a_time(told: Told) -> None:
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            notifier.answers[PATH] = inbox(*(alert(number) for number in range(30, 0, -1)), following="WzFd")
            page = await shown(client, f"{TOWN}/hinweise?lang=de")
            (following,) = [link["href"] for link in Outline(page).all("a") if "nach=" in (link.get("href") or "")]
            await shown(client, str(following))
            assert "Alerts for Chemnitz" in words(await shown(client, f"{TOWN}/hinweise?lang=en"))
            assert [one.query.get("after") for one in notifier.asked] == [None, "WzFd", None]
            notifier.answers[PATH] = (400, {"status": 400, "type": "urn:ozg:problem:bad-cursor", "detail": "no"})
            await shown(client, f"{TOWN}/hinweise?nach=unsinn", status=404)
            await shown(client, "/kommunen/999999999999/hinweise", status=404)


async def test_whatever_an_alert_says_is_shown(told: Told) -> None:
    names = [{"slug": f"s{number}", "name": f"Lösung {number}"} for number in range(5)]
    odd = [
        alert(1, reason="open-now", solutions=names, solution=None, availability=None),
        alert(2, reason="uses-solution", about={"type": "ozg.catalog.solution-withdrawn.v1"}, availability=None),
        alert(3, reason="some-later-one", about={"type": "ozg.catalog.some-later-one.v1"}),
        alert(4, reason="subscription-disabled", solution=None, about=None, availability=None, services=[]),
        alert(
            5, availability=alert()["event"]["data"]["availability"] | {"terms": {"order_url": "javascript:alert(1)"}}
        ),
    ]
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            notifier.answers[PATH] = inbox(*odd)
            page = await shown(client, f"{TOWN}/hinweise")
    seen = words(page)
    assert "Lösung 0 , Lösung 1 , Lösung 2 und 2 weitere" in seen
    assert "Wird nicht mehr angeboten Hier genutzt für: Hundesteuer anmelden" in seen
    assert "Ganzer Satz." in seen
    assert "javascript:" not in page


async def test_demonstration_data_are_marked(told: Told) -> None:
    with neighbour() as notifier:
        async with told(reporting_saxony(), notifier_url=notifier.url) as client:
            notifier.answers[PATH] = inbox(alert(demonstration=True))
            assert "Demonstrationsdaten" in await shown(client, f"{TOWN}/hinweise")
            notifier.answers[PATH] = inbox(alert())
            assert "Demonstrationsdaten" not in await shown(client, f"{TOWN}/hinweise")
