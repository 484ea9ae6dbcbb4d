"""A theme row by row: what is missing first, one row or all at once, and what does not do stays in its row."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.harness.postgres import Databases
from tests.progress.pages.looking import shown, words
from tests.progress.pages.together import Together, together
from tests.situations.saxony import CHEMNITZ

HERE = "/kommunen/147130000000/erfassen"
MOVING, DOG, LICENCE = "99115005060000", "99102002000000", "99108004020000"


@pytest.fixture
async def both(make_database: Databases) -> AsyncIterator[Together]:
    async with together(make_database) as made:
        await made.record(
            service=DOG, phase="planned", effective_on="2026-10-01", online_url="https://leipzig.example/hund"
        )
        await made.sign_in()
        yield made


def fields_of(html: str) -> dict[str, str]:
    """What a browser sends of the table if nobody changes anything."""
    table = html.split('<table class="kern-table kern-table--small dense stack rows"')[1].split("</table>", maxsplit=1)[
        0
    ]
    found = dict(re.findall(r'name="((?:was|effective_on)-[^"]+)" value="([^"]*)"', table))
    found |= {name: value for value, name in re.findall(r'value="([^"]*)"[^>]* name="(effective_on-[^"]+)"', table)}
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', table):
        found[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    found |= {"thema": re.findall(r'name="thema" value="([^"]+)"', html)[0]}
    found |= {"nonce": re.findall(r'name="nonce" value="([^"]+)"', html)[0]}
    return {name: re.sub(r"&#34;", '"', value) for name, value in found.items()}


async def page_of(both: Together, theme: str = "ohne") -> str:
    return await shown(both.client, f"{HERE}?thema={theme}")


async def test_what_is_missing_comes_first_and_how_much_that_is(both: Together) -> None:
    page = await page_of(both)
    assert "1 von 4 Leistungen sind erfasst" in words(page)
    rows = re.findall(r'<th role="rowheader" scope="row"><a [^>]*>([^<]+)', page)
    assert rows == ["Führerschein umtauschen", "Wohnsitz anmelden", "Hundesteuer anmelden"]
    english = words(await shown(both.client, f"{HERE}?thema=ohne", language="en"))
    assert "1 of 4 services are recorded" in english


async def test_all_changes_are_saved_at_once_and_nothing_else(both: Together) -> None:
    fields = fields_of(await page_of(both))
    fields |= {f"phase-{MOVING}": "live", f"maturity-{MOVING}": "ozg-1.1:3", f"effective_on-{MOVING}": "2026-11-01"}
    fields |= {f"phase-{DOG}": "pilot", f"effective_on-{DOG}": "2026-11-02"}
    answer = await both.send(HERE, **fields)
    assert answer.status_code == 303, answer.text
    after = words(await shown(both.client, answer.headers["location"]))
    assert "Gespeichert oder bestätigt: 2." in after
    assert "2 von 4 Leistungen sind erfasst" in after
    dog = (await both.catalog.call("GET", f"/municipalities/147130000000/services/{DOG}/status")).json()
    assert (dog["state"]["phase"], dog["state"]["online_url"]) == ("pilot", "https://leipzig.example/hund")
    assert "t-compliant" in await shown(both.client, "/kommunen/147130000000")
    said = len(await both.catalog.log())
    again = await both.send(HERE, **fields_of(await page_of(both)))
    assert again.status_code == 303
    assert "nichts geändert" in words(await shown(both.client, again.headers["location"]))
    assert len(await both.catalog.log()) == said


async def test_one_button_saves_its_row_and_keeps_what_was_typed_in_others(both: Together) -> None:
    fields = fields_of(await page_of(both))
    fields |= {
        f"phase-{MOVING}": "live",
        f"effective_on-{MOVING}": "2026-11-01",
        f"phase-{LICENCE}": "planned",
        "nur": MOVING,
    }
    answer = await both.send(HERE, **fields)
    assert answer.status_code == 200
    assert "Gespeichert." in words(answer.text)
    left = fields_of(answer.text)
    assert left[f"phase-{LICENCE}"] == "planned"
    rest = await both.send(HERE, **(left | {f"effective_on-{LICENCE}": "2026-11-02"}))
    assert rest.status_code == 303
    assert "3 von 4" in words(await shown(both.client, rest.headers["location"]))


async def test_what_does_not_do_stays_in_its_row_while_the_rest_is_saved(both: Together) -> None:
    fields = fields_of(await page_of(both))
    fields |= {f"phase-{MOVING}": "live", f"effective_on-{MOVING}": "2026-12-24"}
    fields |= {f"phase-{LICENCE}": "live", f"effective_on-{LICENCE}": "2026-11-02"}
    answer = await both.send(HERE, **fields)
    assert answer.status_code == 422
    assert re.search(rf'id="wrong-{MOVING}">[^<]*liegt in der Zukunft', answer.text)
    assert "Eine Zeile passt noch nicht" in answer.text
    assert "Gespeichert oder bestätigt: 1." in answer.text
    left = fields_of(answer.text)
    assert left[f"effective_on-{MOVING}"] == "2026-12-24"
    rest = await both.send(HERE, **(left | {f"effective_on-{MOVING}": "2026-11-02"}))
    assert rest.status_code == 303


async def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(both: Together) -> None:
    fields = fields_of(await page_of(both))
    await both.record(service=DOG, phase="live", effective_on="2026-10-20")
    answer = await both.send(HERE, **(fields | {f"phase-{DOG}": "ended", f"effective_on-{DOG}": "2026-11-02"}))
    assert answer.status_code == 422
    assert "Inzwischen hat jemand anderes diese Zeile geändert" in answer.text
    again = await both.send(HERE, **fields_of(answer.text))
    assert again.status_code == 303, answer.text


async def test_all_of_a_theme_is_confirmed_with_one_click(both: Together) -> None:
    answer = await both.send(f"{HERE}/bestaetigen", thema="ohne")
    assert answer.status_code == 303
    assert [one.type for one in (await both.catalog.log())[-1:]] == ["ozg.catalog.status-confirmed.v1"]


async def test_only_who_may_record_there_gets_the_table(both: Together) -> None:
    await both.sign_in(of=CHEMNITZ)
    assert "Nicht Ihre Kommune" in await shown(both.client, HERE, status=403)
    refused = await both.send(HERE, thema="ohne")
    assert refused.status_code == 403
    both.client.cookies.clear()
    assert "Bitte melden Sie sich an" in await shown(both.client, HERE, status=401)
