"""What the public looks at, in a real browser: what can be done online, comparisons, maps; and installations still empty."""

from typing import Final, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import axe, serving
from tests.browser.looking import keep, sideways, violations
from tests.harness.postgres import Databases
from tests.progress.story import Story

PAGES: Final = {
    "citizens": "/kommunen/145110000000/online",
    "citizens-search": "/kommunen/145110000000/online?q=en",
    "compared": "/kommunen/145110000000?vergleich=leipzig",
    "compared-with-whom": "/kommunen/145110000000?vergleich=stadt",
    "service-map": "/leistungen/99102002000000",
    "solution-map": "/loesungen/hund",
    "district-trend": "/kreise/145220000000",
}
NOTHING: Final = ("/", "/suche", "/leistungen", "/loesungen", "/kreise", "/laender/DE-SN", "/zahlen", "/zahlen/online")
FORMS: Final[list[tuple[int, Literal["light", "dark"], str]]] = [(360, "dark", "de"), (1440, "light", "en")]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "scheme", "language"), FORMS)
async def test_public_pages_are_accessible_and_fit(
    site: str, browser: Browser, width: int, scheme: Literal["light", "dark"], language: str
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = await context.new_page()
    wrong: list[str] = []
    for name, path in PAGES.items():
        wrong += await _looked_at(page, f"{site}{path}{'&' if '?' in path else '?'}lang={language}", name)
        await keep(page, f"{name}-{width}-{scheme}-{language}")
    assert wrong == []


async def test_citizens_find_what_they_want_to_do_without_script(site: str, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="de-DE")
    page = await context.new_page()
    await page.goto(f"{site}/suche?q=chemnitz")
    await page.get_by_role("link", name="online erledigen in Chemnitz").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Online erledigen in Chemnitz")
    await page.get_by_role("searchbox", name="Was möchten Sie erledigen?").fill("hund")
    await page.get_by_role("button", name="Suchen").click()
    await expect(page.locator("main")).to_contain_text("Hundesteuer anmelden")
    await expect(page.locator("main")).not_to_contain_text("Wohnsitz anmelden")


async def test_what_is_recorded_meanwhile_appears_on_the_page(site: str, browser: Browser) -> None:
    page = await browser.new_page(locale="de-DE")
    await page.goto(site)
    lately = page.locator("[data-live]")
    await expect(lately.locator("li").first).to_contain_text("Görlitz: Hundesteuer anmelden, live, Reifegrad 3")
    await expect(lately).not_to_contain_text("Kiel")
    await expect(lately.locator("li").first.locator("a")).to_have_attribute("href", "/kommunen/010020000000")
    assert await lately.locator("li").count() <= 8
    assert await violations(page, axe()) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_an_empty_installation_says_on_every_page_what_to_do_first(
    make_database: Databases, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 900}, locale="de-DE")
    page = await context.new_page()
    wrong: list[str] = []
    async with serving(make_database, Story()) as site:
        for path in NOTHING:
            wrong += await _looked_at(page, f"{site}{path}", path)
            if "noch nicht angekommen" not in await page.locator("main").inner_text():
                wrong.append(f"{path} does not say what to do first")
        await page.goto(site)
        await keep(page, "empty-360")
    assert wrong == []


async def _looked_at(page: Page, address: str, name: str) -> list[str]:
    answer = await page.goto(address)
    assert answer is not None
    wrong = [f"{name}: {answer.status}"] if answer.status != 200 else []
    wrong += [f"{name}: {one}" for one in await violations(page, axe())]
    if (over := await sideways(page)) > 0:
        wrong.append(f"{name}: {over} px too wide")
    return wrong
