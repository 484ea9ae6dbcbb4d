"""The pages on which clerks act, in a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import axe
from tests.browser.looking import keep, sideways, violations
from tests.harness.postgres import Databases
from tests.progress.pages.together import Together, hearing, listening, together
from tests.situations.saxony import DOG_TAX, LEIPZIG

CELL = "/kommunen/147130000000/leistungen/99115005060000"
ROWS = "/kommunen/147130000000/erfassen?thema=ohne"


class Place:
    """The pages on a port, with the catalog behind them."""

    def __init__(self, url: str, both: Together) -> None:
        self.url = url
        self.both = both

    async def sign_in(self, page: Page, wanted: str = "/") -> None:
        """As a clerk of Leipzig, by keyboard."""
        await page.goto(f"{self.url}/anmelden?next={wanted}&lang=de")
        await page.locator("#token").fill(self.both.tokens.token("editor", LEIPZIG))
        await page.keyboard.press("Enter")
        await expect(page.locator(".own button")).to_be_visible()


@pytest.fixture
async def place(make_database: Databases) -> AsyncIterator[Place]:
    async with together(make_database) as both:
        await both.record(service=DOG_TAX.partition(":")[2], note="mit der Kämmerei klären")
        apps = {"/api/catalog/v1": both.catalog.app, "/api/progress/v1": both.app, "": both.app}
        async with listening(apps) as port, hearing(both):
            yield Place(f"http://127.0.0.1:{port}", both)


@pytest.mark.parametrize("script", [True, False])
async def test_a_clerk_signs_in_records_and_sees_it_on_the_towns_page(
    place: Place, browser: Browser, script: bool
) -> None:
    context = await browser.new_context(
        java_script_enabled=script, locale="de-DE", viewport={"width": 1440, "height": 900}
    )
    page = await context.new_page()
    await page.goto(f"{place.url}{CELL}")
    await expect(page.get_by_role("heading", name="Verlauf")).to_be_visible()
    await page.get_by_role("link", name="Anmelden").click()
    await page.locator("#token").fill("x.y.z")
    await page.get_by_role("button", name="Anmelden").click()
    await expect(page.get_by_text("kein vollständiges Token")).to_be_visible()
    await page.locator("#token").fill(place.both.tokens.token("editor", LEIPZIG))
    await page.get_by_role("button", name="Anmelden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Wohnsitz anmelden")
    await page.locator("#phase").select_option("live")
    await page.locator("#maturity").select_option("ozg-1.1:3")
    await page.locator("#effective_on").fill("2026-11-01")
    await page.locator("#online_url").fill("leipzig.example")
    await page.get_by_role("button", name="Speichern").click()
    await expect(page.locator("#online_url-wrong")).to_contain_text("keine Webadresse")
    await page.locator("#online_url").fill("https://leipzig.example/wohnsitz")
    await page.get_by_role("button", name="Speichern").click()
    await expect(page.get_by_role("status").first).to_contain_text("Gespeichert.")
    await page.get_by_role("link", name="Zur Seite von Leipzig").click()
    await expect(page.get_by_role("link", name="Wohnsitz anmelden: OZG-konform").first).to_be_visible()
    await page.get_by_role("button", name="Abmelden").click()
    await expect(page.get_by_role("link", name="Anmelden")).to_be_visible()
    await context.close()


async def test_a_theme_is_filled_by_keyboard_alone(place: Place, browser: Browser) -> None:
    page = await browser.new_page(java_script_enabled=False, locale="de-DE")
    await place.sign_in(page, ROWS)
    first = page.get_by_role("combobox", name="Stand: Führerschein umtauschen")
    await first.focus()
    await page.keyboard.press("l")
    await expect(first).to_have_value("live")
    await page.get_by_label("gilt ab: Führerschein umtauschen").fill("2026-11-02")
    await page.get_by_label("gilt ab: Führerschein umtauschen").press("Tab")
    save = page.get_by_role("button", name="Speichern: Führerschein umtauschen")
    await save.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("2 von 4 Leistungen sind erfasst.")).to_be_visible()
    await page.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "scheme", "language"), [(360, "light", "de"), (1440, "dark", "en")])
async def test_every_page_on_which_people_act_is_accessible_and_fits(
    place: Place, browser: Browser, width: int, scheme: str, language: str
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # a scheme
    page = await context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)

    async def look(name: str) -> None:
        wrong.extend(f"{name}: {one}" for one in await violations(page, axe()))
        if (over := await sideways(page)) > 0:
            wrong.append(f"{name}: {over} px too wide")
        await keep(page, f"act-{name}-{width}-{scheme}-{language}")

    await page.goto(f"{place.url}/anmelden?lang={language}")
    await look("sign-in")
    await page.locator("#token").fill("x")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#token-wrong")
    await look("sign-in-wrong")
    await place.sign_in(page, "/anmelden")
    for name, path in {
        "signed-in": "/anmelden",
        "town": "/kommunen/147130000000",
        "cell": "/kommunen/147130000000/leistungen/99102002000000",
        "retract": "/kommunen/147130000000/leistungen/99102002000000/zuruecknehmen",
        "rows": "/kommunen/147130000000/erfassen",
    }.items():
        await page.goto(f"{place.url}{path}?lang={language}")
        await look(name)
    await page.goto(f"{place.url}{CELL}?lang={language}")
    await page.locator("#online_url").fill("nonsense")
    await page.locator(".entry-form button").click()
    await page.wait_for_selector("#phase-wrong")
    await look("cell-wrong")
    await context.close()
    assert wrong == []
