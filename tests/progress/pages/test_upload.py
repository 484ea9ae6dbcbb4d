"""The sheet on the pages: fetched, tried, looked at row by row, recorded."""

import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from httpx import Response

from edge.testing import Tokens
from progress.pages import upload
from tests.progress.pages.looking import Client, Told, shown, words
from tests.progress.pages.neighbour import Neighbour, neighbour
from tests.progress.saxony import CHEMNITZ, TODAY, reporting_saxony

PAGE: Final = "/kommunen/145110000000/tabelle"
STATUSES: Final = "/municipalities/ars:145110000000/statuses"
OWN: Final = {"Sec-Fetch-Site": "same-origin"}
SHEET: Final = b"service,phase\n99102002000000,lvie\n"
SERVICE: Final = {"key": "leika:99102002000000", "title": "Hundesteuer anmelden"}


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC))


def tried(**more: Any) -> dict[str, Any]:
    """What the catalog answers to a dry run: two rows change, one is wrong in two cells, one stays."""
    live = {"phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}, "online_url": "https://example.org/hund"}
    return {
        "recorded": 2,
        "unchanged": 1,
        "refused": 1,
        "skipped": 4,
        "position": 7,
        "dry_run": True,
        "errors": [
            {"row": 3, "field": "phase", "detail": "'lvie' ist keine Phase."},
            {"row": 3, "field": "maturity.level", "detail": "Der Reifegrad fehlt."},
            {"row": 3, "field": None, "detail": "Und überhaupt."},
        ],
        "notices": [{"row": 1, "field": "effective_on", "detail": "Das Datum ist unverändert."}],
        "ignored_columns": ["Farbe"],
        "changes": [
            {
                "row": 1,
                "service": SERVICE,
                "effective_on": "2026-11-01",
                "until": None,
                "before": {"phase": "planned", "solution": "alt"},
                "after": live,
                "correction": True,
            },
            {
                "row": 2,
                "service": SERVICE,
                "effective_on": "2026-11-05",
                "until": "2026-11-09",
                "before": live,
                "after": live,
                "moved_from": "2026-11-02",
            },
        ],
        "rows": [
            {"row": 1, "written": {"service": "99102002000000", "phase": "live"}},
            {"row": 2, "written": {"service": "99102002000000", "phase": "live"}},
            {"row": 3, "written": {"service": "99115005060000", "title": "Wohnsitz", "phase": "lvie"}},
            {"row": 4, "written": {"service": "basis:postausgang", "title": "Postausgang", "phase": "live"}},
        ],
    } | more


async def hand_in(client: Client, body: bytes = SHEET, path: str = PAGE) -> Response:
    return await client.post(path, files={"datei": ("stand.csv", body, "text/csv")}, headers=OWN)


async def sign_in(client: Client, tokens: Tokens, of: str = CHEMNITZ) -> None:
    await client.post("/anmelden", data={"token": tokens.token("editor", of)}, headers=OWN, follow_redirects=False)


async def test_each_row_shows_what_would_change_and_errors_beside_their_cells(told: Told, tokens: Tokens) -> None:
    with neighbour() as catalog:
        catalog.answers[f"POST {STATUSES}"] = (200, tried())
        async with told(reporting_saxony(), tokens=tokens, catalog_url=catalog.url) as client:
            await sign_in(client, tokens)
            answer = await hand_in(client)
            english = await hand_in(client, path=f"{PAGE}?lang=en")
    assert answer.status_code == 200
    seen = words(answer.text)
    assert "Ändern etwas 2 Zeilen Sind fehlerhaft 1 Zeile Bleiben, wie sie sind 1 Zeile Sagen nichts 4 Zeilen" in seen
    assert "Stand: geplant → live, Reifegrad 3 (ozg-1.1)" in seen
    assert "Online-Adresse: leer → https://example.org/hund" in seen
    assert "Lösung: alt → leer" in seen
    assert "Gilt ab: 02.11.2026 → 05.11.2026" in seen
    assert "Das Datum ist unverändert." in seen
    assert "05.11.2026 bis 09.11.2026" in seen
    assert "Zeile 3: Wohnsitz Und überhaupt." in seen
    assert "Phase lvie 'lvie' ist keine Phase. Reifegrad leer Der Reifegrad fehlt." in seen.replace("&#39;", "'")
    assert "Zeile 4: Postausgang" in seen
    assert "Diese Spalten werden nicht beachtet: Farbe" in seen
    assert "Nur die 2 richtigen Änderungen erfassen" in seen
    assert "2 Änderungen erfassen" not in seen.replace("Nur die 2 richtigen Änderungen erfassen", "")
    assert "Status: planned → live, maturity 3 (ozg-1.1)" in words(english.text) or "planned → live" in words(
        english.text
    )
    asked = [one for one in catalog.asked if one.method == "POST"]
    assert [one.query for one in asked] == [{"dry_run": "true"}] * 2
    assert [one.headers["accept-language"] for one in asked] == ["de", "en"]
    assert {one.body for one in asked} == {SHEET}
    assert {one.headers["authorization"].startswith("Bearer ") for one in asked} == {True}


async def test_the_same_bytes_are_recorded_and_a_second_click_bears_the_same_key(told: Told, tokens: Tokens) -> None:
    with neighbour() as catalog:
        catalog.answers[f"POST {STATUSES}"] = (200, tried(refused=0, errors=[], position=3))
        async with told(reporting_saxony(), tokens=tokens, catalog_url=catalog.url) as client:
            await sign_in(client, tokens)
            page = (await hand_in(client)).text
            assert "2 Änderungen erfassen" in words(page)
            form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
            assert form["mode"] == "all"
            answers = [
                await client.post(f"{PAGE}/erfassen", data=form, headers=OWN, follow_redirects=False) for _ in range(2)
            ]
            assert {one.status_code for one in answers} == {303}
            after = await shown(client, answers[0].headers["location"])
    assert "2 Änderungen sind erfasst" in words(after)
    first, second = catalog.asked[-2:]
    assert (first.body, first.query) == (SHEET, {"mode": "all"})
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_what_became_wrong_meanwhile_is_shown_once_more(told: Told, tokens: Tokens) -> None:
    with neighbour() as catalog:
        async with told(reporting_saxony(), tokens=tokens, catalog_url=catalog.url) as client:
            await sign_in(client, tokens)
            refusing(catalog, tried())
            form = {"blatt": b64encode(SHEET).decode(), "nonce": "x", "mode": "all"}
            answer = await client.post(f"{PAGE}/erfassen", data=form, headers=OWN, follow_redirects=False)
    assert answer.status_code == 200
    assert "Es wurde nichts erfasst 1 von 4 Zeilen sind fehlerhaft." in words(answer.text)
    assert "Zeile 3: Wohnsitz" in words(answer.text)


def refusing(catalog: Neighbour, dry: dict[str, Any]) -> None:
    """Dry runs are answered, and what is to be recorded is refused."""
    usual = catalog.answer
    no = {
        "type": "urn:ozg:problem:sheet-refused",
        "status": 422,
        "title": "Nein",
        "detail": "1 von 4 Zeilen sind fehlerhaft.",
    }

    def answer(asked: Any) -> tuple[int, Any]:
        usual(asked)
        return (200, dry) if "dry_run" in asked.query else (422, no)

    catalog.answer = answer  # type: ignore[method-assign]


async def test_a_file_that_is_no_sheet_is_told_beside_the_field(told: Told, tokens: Tokens) -> None:
    with neighbour() as catalog:
        problem = {"type": "urn:ozg:problem:unreadable-file", "status": 422, "title": "x", "detail": "Das ist ein PDF."}
        catalog.answers[f"POST {STATUSES}"] = (422, problem)
        async with told(reporting_saxony(), tokens=tokens, catalog_url=catalog.url) as client:
            await sign_in(client, tokens)
            answers = [await hand_in(client, body) for body in (b"%PDF", b"", b"x" * (upload.LARGEST + 1))]
    for answer, said in zip(
        answers, ("Das ist ein PDF.", "Bitte wählen Sie die Datei", "größer als 700 kB"), strict=True
    ):
        assert answer.status_code == 422
        assert re.search(rf'id="datei-wrong">[^<]*{said}', answer.text), answer.text
        assert 'aria-describedby="datei-wrong datei-hint" aria-invalid="true"' in answer.text


async def test_a_sheet_without_news_has_nothing_to_confirm(told: Told, tokens: Tokens) -> None:
    with neighbour() as catalog:
        nothing = tried(recorded=0, refused=0, unchanged=4, errors=[], changes=[], notices=[])
        catalog.answers[f"POST {STATUSES}"] = (200, nothing)
        async with told(reporting_saxony(), tokens=tokens, catalog_url=catalog.url) as client:
            await sign_in(client, tokens)
            page = (await hand_in(client)).text
    assert "Die Tabelle sagt nichts Neues." in words(page)
    assert "/tabelle/erfassen" not in page


async def test_only_who_is_signed_in_and_only_from_here(told: Told, tokens: Tokens) -> None:
    with neighbour() as catalog:
        async with told(reporting_saxony(), tokens=tokens, catalog_url=catalog.url) as client:
            assert "Bitte melden Sie sich an" in await shown(client, PAGE, status=401)
            assert (await hand_in(client)).status_code == 401
            await sign_in(client, tokens)
            assert "Tabelle für Chemnitz" in words(await shown(client, PAGE))
            assert "Sheet of Chemnitz" in words(await shown(client, f"{PAGE}?lang=en"))
            elsewhere = {"Sec-Fetch-Site": "cross-site"}
            files = {"datei": ("stand.csv", SHEET, "text/csv")}
            assert (await client.post(PAGE, files=files, headers=elsewhere)).status_code in {401, 403}
            await shown(client, "/kommunen/999999999999/tabelle", status=404)
    assert catalog.asked == []


async def test_no_form_however_broken_gets_more_than_a_clear_answer(told: Told, tokens: Tokens) -> None:
    with neighbour() as catalog:
        catalog.answers[f"POST {STATUSES}"] = (200, tried())
        async with told(reporting_saxony(), tokens=tokens, catalog_url=catalog.url) as client:
            await sign_in(client, tokens)
            for form in ({}, {"blatt": "?"}, {"blatt": "ä"}):
                answer = await client.post(f"{PAGE}/erfassen", data=form, headers=OWN, follow_redirects=False)
                assert answer.status_code == 422, answer.text
            assert (await client.post(PAGE, data={"datei": "kein Datei-Feld"}, headers=OWN)).status_code == 422
            assert "1." in words(await shown(client, f"{PAGE}?erfasst=-1"))
            too_much = {"blatt": "A" * 2_000_000}
            assert (await client.post(f"{PAGE}/erfassen", data=too_much, headers=OWN)).status_code == 413
