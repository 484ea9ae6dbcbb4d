"""What clerks do on pages, in a real browser and all the way: hand in a sheet, set an alert, read what they were told."""

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import axe
from tests.browser.looking import keep, sideways, violations
from tests.browser.whole import Whole, whole
from tests.harness.nats import NatsServer
from tests.harness.postgres import Databases
from tests.journeys.receiver import Receiver
from tests.situations.saxony import CHEMNITZ, DOG_TAX, LEIPZIG, MOVING_HOUSE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TOWN: Final = "/kommunen/145110000000"
PATIENCE: Final = 40_000


@pytest.fixture
async def everything(make_database: Databases, own_nats: NatsServer) -> AsyncIterator[Whole]:
    expect.set_options(timeout=PATIENCE)
    async with whole(make_database, own_nats.url) as made:
        yield made
    expect.set_options(timeout=5_000)


async def signed_in(everything: Whole, context: BrowserContext) -> Page:
    """An editor of Chemnitz, on the page of their town."""
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    await page.goto(f"{everything.url}/anmelden?next={TOWN}&lang=de")
    await page.get_by_label("Token", exact=True).fill(everything.tokens.token("editor", CHEMNITZ))
    await page.get_by_role("button", name="Anmelden").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Chemnitz")
    return page


async def seen(page: Page, name: str) -> None:
    """Accessible and as wide as the window, wide and narrow; a picture of each is kept."""
    for width in (1440, 360):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await violations(page, axe()) == [], name
        assert await sideways(page) <= 0, (name, width)
        await keep(page, f"{name}-{width}")


def text_of(file: Path) -> str:
    return file.read_text("utf-8-sig")


def filled(sheet: str, **cells: tuple[str, str, str]) -> str:
    """The sheet with phase, level and day of these services."""
    rows = list(csv.DictReader(io.StringIO(sheet), delimiter=";"))
    for row in rows:
        if row["Leistung"] in cells:
            row["Phase"], row["Reifegrad"], row["Gilt ab"] = cells[row["Leistung"]]
            row["Reifegradmodell"] = "ozg-1.1" if row["Reifegrad"] else ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("script", [True, False])
async def test_a_sheet_is_fetched_corrected_and_recorded(
    everything: Whole, browser: Browser, tmp_path: Path, script: bool
) -> None:
    context = await browser.new_context(java_script_enabled=script, locale="de-DE", accept_downloads=True)
    page = await signed_in(everything, context)
    await page.get_by_role("link", name="Tabelle", exact=True).click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="CSV-Datei").click()
    fetched = text_of(await (await downloading.value).path())
    file = tmp_path / "staende.csv"
    file.write_text(
        filled(fetched, **{MOVING_HOUSE: ("lvie", "3", "01.11.2026"), DOG_TAX: ("geplant", "9", "2.11.2026")})
    )
    await page.get_by_label("Ausgefüllte Tabelle").set_input_files(file)
    await page.get_by_role("button", name="Tabelle prüfen").click()

    first = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Wohnsitz anmelden"))
    second = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Hundesteuer anmelden"))
    await expect(first.locator(".is-wrong")).to_contain_text(re.compile("Phase.*lvie.*ist keine Phase", re.DOTALL))
    await expect(second.locator(".is-wrong")).to_contain_text(re.compile("Reifegrad.*9", re.DOTALL))
    if script:
        await seen(page, "sheet-with-mistakes")
    file.write_text(
        filled(fetched, **{MOVING_HOUSE: ("live", "3", "01.11.2026"), DOG_TAX: ("geplant", "", "2.11.2026")})
    )
    await page.get_by_label("Ausgefüllte Tabelle").set_input_files(file)
    await page.get_by_role("button", name="Noch einmal prüfen").click()
    await expect(page.get_by_role("table")).to_contain_text("live, Reifegrad 3 (ozg-1.1)")
    if script:
        await seen(page, "sheet-without-mistakes")
    await page.get_by_role("button", name="2 Änderungen erfassen").click()
    await expect(page.get_by_role("status")).to_contain_text("2 Änderungen sind erfasst")
    if script:
        await seen(page, "sheet-recorded")
    await page.get_by_role("status").get_by_role("link").click()
    await expect(page.get_by_role("link", name="Wohnsitz anmelden: OZG-konform")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
async def test_an_alert_is_set_after_its_preview_and_then_heard(
    everything: Whole, browser: Browser, script: bool
) -> None:
    solution = {"name": "Umzug online", "kind": "saas", "services": [MOVING_HOUSE], "publisher": LEIPZIG}
    await everything.call("PUT", "/catalog/v1/solutions/umzug-online", solution, role="publisher", of=LEIPZIG)
    place = "/catalog/v1/solutions/umzug-online/availability/DE-SN"
    terms = {
        "from": "2026-11-01",
        "terms": {"contract": "Beitritt über das Land", "order_url": "https://example.org/umzug"},
    }
    await everything.call("PUT", place, terms, role="publisher", of=LEIPZIG)
    context = await browser.new_context(java_script_enabled=script, locale="de-DE")
    page = await signed_in(everything, context)
    await _until_told(page)
    if script:
        await seen(page, "town-with-inbox")
    await page.get_by_role("link", name="Alle Hinweise").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hinweise für Chemnitz")
    if script:
        await seen(page, "inbox")
    await page.get_by_role("link", name="Hinweise einrichten").click()
    if script:
        await seen(page, "alerts-setting")
    async with Receiver() as receiver:
        await page.get_by_label("per Webhook").check()
        await page.get_by_label("Adresse des Webhooks").fill(receiver.url)
        await page.get_by_role("button", name="Vorschau zeigen").click()
        await expect(page.get_by_role("status")).to_contain_text("Das wäre ein Hinweis gewesen")
        await expect(page.get_by_role("status")).to_contain_text("Umzug online")
        if script:
            await seen(page, "alerts-preview")
        await page.get_by_role("button", name="So einrichten").click()
        await expect(page.locator(".secret")).to_have_text(re.compile("^whsec_"))
        if script:
            await seen(page, "alerts-set")
        await page.get_by_role("link", name="Was eingerichtet ist").click()
        await page.get_by_role("button", name="Ausprobieren").click()
        await expect(page.get_by_role("status")).to_contain_text("Der Versuch ist angekommen")
        if script:
            await seen(page, "alerts")
        await page.get_by_role("link", name="Zustellungen").click()
        await expect(page.get_by_role("table")).to_contain_text("angekommen")
        if script:
            await seen(page, "alerts-sent")
        await page.go_back()
        await page.get_by_role("button", name="Beenden").click()
        await expect(page.get_by_role("status")).to_contain_text("nichts mehr gesendet")


async def _until_told(page: Page) -> None:
    """The alert is raised a moment after what causes it."""
    inbox = page.get_by_role("region", name="Hinweise")
    for _ in range(100):
        await page.reload()
        if "Umzug online" in await inbox.inner_text():
            return
        await page.wait_for_timeout(300)
    raise AssertionError(await inbox.inner_text())


async def test_setting_an_alert_needs_no_mouse(everything: Whole, browser: Browser) -> None:
    page = await signed_in(everything, await browser.new_context(locale="de-DE"))
    await page.goto(f"{everything.url}/hinweise/einrichten")
    await page.get_by_label("Bildung").focus()
    await page.keyboard.press("Space")
    await page.get_by_label("per E-Mail").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_label("per Webhook")).to_be_checked()
    await page.get_by_label("Adresse des Webhooks").focus()
    await page.keyboard.type("https://hooks.example.org/ozg")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Davon hätten Sie nichts gehört")
    await expect(page.get_by_label("Bildung")).to_be_checked()
