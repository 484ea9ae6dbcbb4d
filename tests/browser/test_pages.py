"""The pages in a real browser, as people use them: wide and narrow, light and dark, by keyboard, without script, on paper."""

import re
from typing import Final, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import axe
from tests.browser.looking import KEPT, keep, sideways, violations

PAGES: Final = {
    "start": "/",
    "search": "/suche?q=chem",
    "town": "/kommunen/145110000000",
    "land": "/laender/DE-SN",
    "district": "/kreise/145220000000",
    "districts": "/kreise",
    "theme": "/themen/steuern_zoll",
    "services": "/leistungen",
    "service": "/leistungen/99102002000000",
    "solutions": "/loesungen",
    "solution": "/loesungen/hund",
    "definitions": "/zahlen",
    "figure": "/zahlen/online",
    "town-figure": "/zahlen/alle?ort=145110000000",
    "unknown": "/kommunen/999999999999",
}
FORMS: Final[list[tuple[int, Literal["light", "dark"], str]]] = [
    (360, "light", "de"),
    (1440, "light", "en"),
    (360, "dark", "en"),
]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "scheme", "language"), FORMS)
async def test_every_page_is_accessible_and_fits(
    site: str, browser: Browser, width: int, scheme: Literal["light", "dark"], language: str
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = await context.new_page()
    asked: set[str] = set()
    wrong: list[str] = []
    page.on("request", lambda request: asked.add(request.url))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for name, path in PAGES.items():
        await page.goto(f"{site}{path}{'&' if '?' in path else '?'}lang={language}")
        wrong += [f"{name}: {one}" for one in await violations(page, axe())]
        if (over := await sideways(page)) > 0:
            wrong.append(f"{name}: {over} px too wide")
        await keep(page, f"{name}-{width}-{scheme}-{language}")
    assert wrong == []
    assert {url for url in asked if not url.startswith((site, "data:"))} == set()


async def test_forced_colours_and_paper(site: str, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, forced_colors="active")
    page = await context.new_page()
    await page.goto(f"{site}/kommunen/145110000000")
    assert await violations(page, axe()) == []
    await keep(page, "town-forced-colours")
    await page.goto(site)
    paper = await page.pdf(path=KEPT / "start.pdf", format="A4")
    assert paper.startswith(b"%PDF")
    await page.emulate_media(media="print")
    await expect(page.locator("header nav")).to_be_hidden()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def test_all_of_it_works_without_script(site: str, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="de-DE")
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_role("searchbox").fill("chemnitz")
    await page.get_by_role("button", name="Suchen").click()
    await page.get_by_role("link", name="Chemnitz, Stadt", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Chemnitz, Stadt")

    await page.get_by_label("Stand am").select_option("2026-06-30")
    await page.get_by_role("button", name="Zeigen").click()
    await expect(page).to_have_url(re.compile("as_of=2026-06-30"))
    await expect(page.locator("main")).to_contain_text("Stand 30.")
    await page.get_by_role("link", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page).to_have_url(re.compile("as_of=2026-06-30"))
    await page.locator(".fraction a").first.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Online: Chemnitz")
    await expect(page.get_by_role("table")).to_contain_text("Wohnsitz anmelden")
    await page.get_by_role("link", name="Wohnsitz anmelden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Wohnsitz anmelden")


async def test_the_search_suggests_from_the_first_letter_by_keyboard_alone(site: str, browser: Browser) -> None:
    page = await browser.new_page(locale="de-DE")
    await page.goto(f"{site}/?as_of=2026-06-30")
    await page.get_by_role("searchbox").focus()
    await page.keyboard.type("C")
    suggestion = page.locator(".suggestions a").first
    await expect(suggestion).to_have_text("Chemnitz")
    await expect(page.get_by_role("status")).to_contain_text("1 ")
    assert await violations(page, axe()) == []
    await page.keyboard.press("ArrowDown")
    await expect(suggestion).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(suggestion).to_be_hidden()
    await page.keyboard.type("h")
    await expect(suggestion).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(suggestion).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/kommunen/145110000000.*as_of=2026-06-30"))


async def test_the_skip_link_comes_first_and_focus_is_always_seen(site: str, browser: Browser) -> None:
    page = await browser.new_page(locale="de-DE")
    await page.goto(site)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Zum Inhalt springen")).to_be_focused()
    for _ in range(40):
        await page.keyboard.press("Tab")
        assert await _seen(page)
    await page.goto(site)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_dark_is_kept_from_page_to_page(site: str, browser: Browser) -> None:
    context = await browser.new_context(color_scheme="light", locale="de-DE")
    page = await context.new_page()
    await page.goto(site)
    light = await _ground(page)
    await page.get_by_role("button", name="Dunkel").click()
    dark = await _ground(page)
    await page.goto(f"{site}/leistungen")
    await expect(page.locator("html")).to_have_attribute("data-kern-theme", "dark")
    assert await _ground(page) == dark != light
    await page.get_by_role("button", name="Hell").click()
    assert await _ground(page) == light


async def test_letters_are_our_own_font_in_three_weights(site: str, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(site)
    loaded = await page.evaluate(
        "document.fonts.ready.then(all => [...all].filter(f => f.status === 'loaded').map(f => f.weight))"
    )
    assert sorted(loaded) == ["400", "500", "600"]


async def _seen(page: Page) -> bool:
    """Whether what has the focus shows it."""
    return bool(
        await page.evaluate(
            "(() => { const style = getComputedStyle(document.activeElement);"
            " return document.activeElement === document.body || parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none'; })()"
        )
    )


async def _ground(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
